"""What ``entente compare`` compares with: lists of any format, and folders of pictures and videos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from tqdm import tqdm

from entente.casework.match import standing
from entente.casework.match.compare import HeldLists, Query
from entente.casework.match.scene import Features
from entente.casework.match.scene.seen import TO_ASK, TO_HOLD, asked_of, held_of
from entente.cli.hash import in_order
from entente.evidence.open import Known, Opened, read, walk
from entente.formats import ListFormat, ReadOptions
from entente.vocabulary.media import MediaKind, Sampling
from entente.vocabulary.media_hash import BLANK_HASHES, HashEntry, Profile, RecordRefusal

_HEAD = 1 << 16  # bytes of a list that say what it is


def format_of(path: Path) -> str:
    """Return the format name that a list's first bytes speak for."""
    with path.open("rb") as stream:
        raw = stream.read(_HEAD)
    if raw.startswith(b"SQLite format 3\x00"):
        return "nsrl"
    head = raw.decode("utf-8-sig", "replace").lstrip()
    if head.startswith(("{", "[")):
        return _of_json(head)
    if head.startswith("<") and "hashsharing.ncmec.org" in head:
        return "ncmec"
    first = head.split("\n", 1)[0].casefold()
    if "md5;" in first and "image id" in first:
        return "icse"
    if "productcode" in first and "opsystemcode" in first:
        return "nsrl"
    cells = [len(cell.strip()) for cell in first.split(",")]
    frame = 64 in cells and cells.index(64) in {0, 2} and len(cells) in {3, 4} and cells[1] in {1, 2, 3}
    return "vpdq" if frame else "hashlist"


def _of_json(head: str) -> str:
    """Tell JSON lists apart by the names that each has to have."""
    if "@odata.context" in head or "DataModels" in head:
        return "vics"
    if '"@graph"' in head or '"@context"' in head:
        return "caseuco"
    if '"Event"' in head or '"Attribute"' in head or '"response"' in head:
        return "misp"
    if '"objects"' in head and '"type"' in head:
        return "stix"
    if head.startswith("[") or ('"quality"' in head and '"hash"' in head):
        return "vpdq"
    return "vics"


class Against:
    """Everything that is held for one run, and how many records or files of it were refused."""

    def __init__(self, wanted: argparse.Namespace, formats: dict[str, ListFormat]) -> None:
        self.held, self.refused, self.scenes = HeldLists(), 0, False
        self._wanted, self._formats = wanted, formats
        for paths, harmless in ((wanted.against, False), (wanted.harmless, True)):
            for path in paths:
                if path.is_dir():
                    self._folder(path, harmless)
                else:
                    entries = self._entries(path)
                    self.held.add(path.name, entries, harmless=harmless, profile=wanted.profile)

    def _say(self, text: str) -> None:
        self.refused += 1
        sys.stderr.write(text + "\n")

    def _entries(self, path: Path) -> Iterator[HashEntry]:
        """Iterate over a list's entries; what is refused of it is said."""
        chosen = self._formats[self._wanted.format or format_of(path)]
        with path.open("rb") as stream:
            for record in chosen.read(stream, ReadOptions(self._wanted.profile, kind=self._wanted.kind)):
                if isinstance(record, RecordRefusal):
                    self._say(f"{path}:{record.line}: {record.code}: {record.reason}")
                elif record.pdq and not record.deleted and (why := _blank(record.pdq)):
                    self._say(f"{path}:{record.line}: blank-pdq: {why}")
                    yield replace(record, pdq="")
                else:
                    yield record

    def _folder(self, folder: Path, harmless: bool) -> None:
        """Hold every picture and video of a folder under its path there."""
        bar = tqdm(
            disable=not sys.stderr.isatty(), unit=" files", file=sys.stderr, desc=f"hold {folder.name}"
        )
        entries, scenes = [], []
        for number, (path, (opened, features)) in enumerate(in_order(_to_hold, walk([folder])), 1):
            bar.update()
            if opened.refusal:
                self._say(f"{path}: {opened.refusal.code}: {opened.refusal.reason}")
                if not opened.sha256:
                    continue
            entries.append(_entry(number, path.relative_to(folder), opened))
            scenes.append(features)
        bar.close()
        self.scenes = self.scenes or any(scenes)
        self.held.add(folder.name, entries, harmless=harmless, scenes=scenes)

    def asking(self) -> Callable[[Path], tuple[Opened, Query]]:
        """Return how a file is opened to be asked about."""
        return partial(to_ask, held=self.held.ready(), scenes=self.scenes)


def _blank(pdq: str) -> str:
    """Return why a PDQ of a list is not searched by likeness, or nothing."""
    why = standing.blank_reason(pdq) if pdq not in BLANK_HASHES else ""
    return (
        f"{why.split(':')[0]}: such a hash meets what is flat; it was not searched by likeness" if why else ""
    )


def _known(opened: Opened) -> Known | None:
    """Return the digests of a file, so that a second look does not compute them again."""
    if opened.bytes is None or opened.md5 is None or opened.sha1 is None or opened.sha256 is None:
        return None
    return Known(opened.bytes, opened.md5, opened.sha1, opened.sha256)


def _to_hold(path: Path) -> tuple[Opened, Features | None]:
    """Open a file to be held: videos densely, pictures with their features."""
    opened = read(path, sampling=Sampling.DENSE)
    if opened.refusal or opened.kind is not MediaKind.PICTURE:
        return opened, None
    answer = read(path, known=_known(opened), extract=(TO_HOLD,)).extracted.get(TO_HOLD, {})
    if (found := held_of(answer)) is None:
        why = answer.get("error") or "the decoder gave no features of it"
        sys.stderr.write(f"{path}: known by its hashes alone, parts of it will not be: {why}\n")
    return opened, found


def to_ask(path: Path, held: HeldLists, scenes: bool) -> tuple[Opened, Query]:
    """Open a file to be asked about; its features only where nothing better is known of it."""
    opened = read(path)
    query = query_of(opened)
    if not scenes or opened.refusal or opened.kind is not MediaKind.PICTURE:
        return opened, query
    if any(not hit.harmless and hit.list_name for hit in held.compare(query).hits):
        return opened, query
    again = read(path, known=_known(opened), extract=(TO_ASK,))
    answer = again.extracted.get(TO_ASK, {})
    scene = asked_of(answer)
    unseen = "" if scene else str(answer.get("error") or "the decoder gave no features of it")
    return opened, replace(query, scene=scene, unseen=unseen)


def query_of(opened: Opened) -> Query:
    """Return the hashes of an opened file."""
    return Query(
        md5=opened.md5 or "",
        sha1=opened.sha1 or "",
        sha256=opened.sha256 or "",
        pdq_turns=opened.pdq_turns,
        pdq_quality=opened.pdq_quality,
        frames=tuple(opened.frames or ()),
        pdq_raw=opened.pdq_raw,
    )


def _entry(number: int, path: Path, opened: Opened) -> HashEntry:
    return HashEntry(
        number,
        md5=opened.md5 or "",
        sha1=opened.sha1 or "",
        sha256=opened.sha256 or "",
        pdq=opened.pdq or "",
        pdq_quality=opened.pdq_quality,
        pdq_profile=str(Profile.FULL) if opened.pdq else "",
        frames=tuple(opened.frames or ()),
        other={"record": str(path)},
    )
