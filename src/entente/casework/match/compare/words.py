"""The sentences of a comparison: what was met, where, how far, and after which turn."""

from __future__ import annotations

from entente.vocabulary.media_hash import Digest, Profile, Transform
from entente.vocabulary.reason import Reason

METHOD, VERSION = "match.compare", "2"

NAMES = {Digest.SHA256: "SHA-256", Digest.SHA1: "SHA-1", Digest.MD5: "MD5"}  # the strongest first
TURNED = {
    Transform.ORIGINAL: "",
    Transform.ROTATE_90: " after turning it a quarter clockwise",
    Transform.ROTATE_180: " after turning it upside down by half a turn",
    Transform.ROTATE_270: " after turning it a quarter anticlockwise",
    Transform.MIRROR_X: " after mirroring top to bottom",
    Transform.MIRROR_Y: " after mirroring left to right",
    Transform.TRANSPOSE: " after mirroring along the falling diagonal",
    Transform.ANTITRANSPOSE: " after mirroring along the rising diagonal",
}


def reason(text: str, points: float | None = None, method: str = METHOD, version: str = VERSION) -> Reason:
    """Return a sentence that starts with a capital."""
    return Reason(text[0].upper() + text[1:], method, version, points)


def exact(digest: Digest, where: str) -> Reason:
    """Say which digest is the same."""
    return reason(f"same {NAMES[digest]} as {where}")


def near(distance: int, where: str, turn: Transform, profile: Profile) -> Reason:
    """Say how far apart two pictures' hashes are, and what had to be done to the asked one."""
    under = "" if profile is Profile.FULL else f" under the profile {profile.upper()}"
    return reason(f"PDQ distance {distance} of 256 to {where}{TURNED[turn]}{under}", float(distance))


def still(distance: int, where: str, t: float, turn: Transform) -> Reason:
    """Say at which second of a held video a picture stands."""
    return reason(f"PDQ distance {distance} of 256 to {where} at {t:.1f} s{TURNED[turn]}", float(distance))


def pictured(met: int, frames: int, where: str, t: float, distance: int, turn: Transform) -> Reason:
    """Say at which second of the asked video a held picture stands."""
    nearest = f"the nearest at {t:.1f} s with PDQ distance {distance} of 256"
    return reason(f"{met} of {frames} frames are near {where}; {nearest}{TURNED[turn]}", float(met))


def too_short(met: int, frames: int, where: str, turn: Transform) -> Reason:
    """Say that a video too short to be told by the order of its frames is met by nearly all of them."""
    text = f"{met} of {frames} frames are in {where}: too short to be told by their order{TURNED[turn]}"
    return reason(text, float(met))


def clock(seconds: float) -> str:
    """Return seconds as an officer reads them: 75.25 is 1:15.2."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"
