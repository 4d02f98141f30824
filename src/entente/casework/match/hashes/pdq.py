"""PDQ: the open perceptual hash of pictures, in the three profiles that are in use, with its eight turns.

Method: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (2019). The
arithmetic is in ``kernel``, what comes before it in ``profiles``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.hashes import TURNS, HashExample, framed, kernel, running_sums
from entente.casework.match.hashes.profiles import SIDE, made_small, read_only, thumb_band, thumb_size
from entente.vocabulary.media_hash import PDQ_HEX, PDQ_NEAR, Profile, Turns, demand_pdq

LEAST_SIDE = 5  # smaller pictures have no hash
BLANK: Turns = ("0" * PDQ_HEX,) * len(TURNS)


def _hashed(flat: NDArray[np.generic], channels: int) -> tuple[Turns, int]:
    """Return eight turns and quality of (rows, columns x channels), uint8 or float32."""
    rows, columns = flat.shape[0], flat.shape[1] // channels
    if min(rows, columns) < LEAST_SIDE:
        return BLANK, 0
    plane = read_only(flat)
    if rows == columns == kernel.SIDE:
        return _told(kernel.hashed(_as_it_is(plane, channels), kernel.COSINES, -1.0, 0.0))
    bands = kernel.band(rows), kernel.band(columns)
    answer = kernel.quick(plane, channels, *bands, kernel.COSINES, kernel.GAP_DOUBT, kernel.STEP_DOUBT)
    if not answer[2]:
        answer = kernel.hashed(running_sums.slow_samples(plane, channels), kernel.COSINES, -1.0, 0.0)
    return _told(answer)


def _as_it_is(plane: NDArray[np.generic], channels: int) -> NDArray[np.float32]:
    """Return the luma of a picture of 64 by 64, which no filter touches."""
    if channels == 1:
        return plane.astype(np.float32)
    parts = plane.reshape(*plane.shape[:1], -1, 3).astype(np.float64)
    luma: NDArray[np.float32] = (
        parts[..., 0] * 0.299 + parts[..., 1] * 0.587 + parts[..., 2] * 0.114
    ).astype(np.float32)
    return luma


def _told(answer: tuple[NDArray[np.uint8], int, bool]) -> tuple[Turns, int]:
    text = answer[0].tobytes().hex()
    return tuple(text[at : at + PDQ_HEX] for at in range(0, len(text), PDQ_HEX)), int(answer[1])


class PDQHash:
    """The 256-bit PDQ of a picture; FULL, bit-identical to the reference, unless a profile is named."""

    name = "pdq"
    version = "2-full"
    near = PDQ_NEAR

    def of_luma(self, luma: NDArray[np.generic]) -> tuple[Turns, int]:
        """Return the eight turns in hex and the quality; see ``HashType.of_luma``.

        Raises ``ValueError`` for anything but a plane (rows, columns). A side under five pixels gives zeros
        with quality 0, as the reference does. A JPEG's own luma plane gives a hash within 2 bits of the
        picture's (rounding on the way to colours); the sound answer for a picture is ``of_rgb``.
        """
        if luma.ndim != 2:
            raise ValueError("a luma plane has rows and columns; use of_rgb for a colour picture")
        return _hashed(luma if luma.dtype == np.uint8 else luma.astype(np.float32), 1)

    def of_rgb(self, rgb: NDArray[np.uint8], profile: Profile = Profile.FULL) -> tuple[Turns, int]:
        """Return the eight turns and the quality of a colour picture (rows, columns, 3) uint8."""
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError("a colour picture has rows, columns and three channels of 8 bits")
        small = rgb if profile is Profile.FULL else made_small(rgb, profile)
        return _hashed(small.reshape(len(small), -1), 3)

    def of_picture(self, rgb: NDArray[np.uint8]) -> dict[Profile, tuple[Turns, int]]:
        """Return turns and quality under every profile, for asking. Up to 512 pixels a side all are FULL's.

        FULL and NEAREST512 are exact; THUMB512 is taken in one step from the full picture, without the
        thumbnail's rounding: equal for nine pictures of ten, 4 bits apart at most of 62 measured.
        """
        full = self.of_rgb(rgb)
        rows, columns = rgb.shape[:2]
        if max(rows, columns) <= SIDE or min(rows, columns) < LEAST_SIDE:
            return dict.fromkeys(Profile, full)
        flat = read_only(rgb).reshape(rows, -1)
        bands = thumb_band(rows, columns), thumb_band(columns, rows)
        thumb = _told(kernel.quick(flat, 3, *bands, kernel.COSINES, -1.0, 0.0))
        if min(thumb_size(columns, rows)) < LEAST_SIDE:  # a strip has no thumbnail to speak of
            thumb = BLANK, 0
        nearest = self.of_rgb(rgb, Profile.NEAREST512)
        return {Profile.FULL: full, Profile.THUMB512: thumb, Profile.NEAREST512: nearest}

    def of_scaled(
        self,
        luma: NDArray[np.uint8],
        rows: int,
        columns: int,
        eighths: int,
        backwards: tuple[bool, bool] = (False, False),
    ) -> tuple[Turns, int]:
        """Return turns and quality of a picture of ``rows`` x ``columns`` that was decoded smaller.

        ``luma`` is the plane that a JPEG decoder gives at ``eighths``/8 of the size (1 to 8, rounded up),
        with its rows or columns reversed since where ``backwards`` says so. The filter is the full picture's,
        integrated over what each pixel stands for: within 2 bits at 12 megapixels, 4 at 1.6, while the copy
        has 512 pixels a side; for triage, never for exchange. Raises ``ValueError`` where the sizes do not
        fit together.
        """
        fits = tuple(-(-side * eighths // 8) for side in (rows, columns))
        if luma.ndim != 2 or luma.shape != fits or not 1 <= eighths <= 8:
            raise ValueError(
                f"a plane of {rows} x {columns} at {eighths}/8 has the size {fits[0]} x {fits[1]}"
            )
        if min(luma.shape) < kernel.SIDE:
            raise ValueError("a scaled copy needs 64 pixels a side; decode it larger")
        sides = zip((rows, columns), fits, backwards, strict=True)
        down, across = (kernel.scaled_band(side, scaled, eighths, back) for side, scaled, back in sides)
        return _told(kernel.quick(read_only(luma), 1, down, across, kernel.COSINES, -1.0, 0.0))

    def of_frame(self, plane: NDArray[np.uint8], columns: int) -> tuple[str, int]:
        """Return hash and quality of a video frame's luma plane (rows, at least ``columns``); ``framed``."""
        return framed.hash_of(plane, columns)

    def distance(self, a: str, b: str) -> int:
        """Return the differing bits, 0-256, of two hashes of 64 hex digits; raises ``HashRefused``."""
        for each in (a, b):
            if each not in (BLANK[0], "f" * PDQ_HEX):  # a stand-in, but a distance it has
                demand_pdq(each)
        return (int(a, 16) ^ int(b, 16)).bit_count()

    def examples(self) -> Sequence[HashExample]:
        """Return drawn pictures, and one too small, with the answers of pdqhash 0.2.8."""
        return _examples()


def _drawn(rows: int, columns: int) -> NDArray[np.uint8]:
    """Return a drawn scene: a slope, a disc and a bar."""
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    picture = 200 * x * y + 40 * np.sin(9 * x + 4 * y * y) + 60
    picture[(x - 0.3) ** 2 + (y - 0.4) ** 2 < 0.03] += 90
    picture[(x > 0.55) & (x < 0.62)] -= 50
    return np.clip(picture, 0, 255).astype(np.uint8)


def _examples() -> list[HashExample]:
    """Return the answers that pdqhash 0.2.8 gives for the drawn scenes."""
    answers = {
        (240, 320): "fffd470ef8f938dec6f1c0f1271c4711f88e780ec4f180f73701370388cc3443",
        (64, 64): "7de7c0f1c8f1271d2703fe3db88e398ec4f1c4f133033f113701c84ee8cc1753",
        (300, 300): "c7f3c0f1c8f1271d4711f8feb88eb91ec6f1c4f137033f013701c0de88c83753",
    }
    scenes = [HashExample(_drawn(*shape), value, 100) for shape, value in answers.items()]
    return [*scenes, HashExample(_drawn(4, 90), "0" * 64, 0)]


PDQ = PDQHash()
