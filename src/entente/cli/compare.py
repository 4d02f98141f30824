"""``entente compare PATH… --against LIST…``: known or new, without a desk."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from entente import plugins
from entente.casework.match.compare import Comparison, HeldLists, Query
from entente.evidence.open import Opened, read
from entente.formats import ListFormat, ListRefused, ReadOptions
from entente.formats.vpdq import looks_like_vpdq
from entente.vocabulary.media_hash import HashEntry, RecordRefusal, Verdict

DONE, DONE_WITH_REFUSALS, WRONG_USE = 0, 1, 2


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("entente compare", description="Known or new, against hash lists.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    parser.add_argument("--against", nargs="+", action="extend", type=Path, required=True, metavar="LIST")
    parser.add_argument("--format", choices=names, help="of the lists; else by their first bytes")
    parser.add_argument("--profile", default="", help="whose categories a list has, such as US or UK")
    parser.add_argument(
        "--kind", default="", choices=["", "sha256", "pdq"], help="what unnamed 64 hex digits are"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def format_of(path: Path) -> str:
    """Return the format name that a list's first bytes speak for."""
    with path.open("rb") as stream:
        head = stream.read(4096).decode("utf-8-sig", "replace").lstrip()
    if looks_like_vpdq(head):
        return "vpdq"
    if head.startswith("{"):
        return "vics"
    first = head.split("\n", 1)[0].casefold()
    return "icse" if "md5;" in first and "image id" in first else "hashlist"


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield each file once, folders walked in order; links are passed on, to be refused by name."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from (Path(folder) / name for name in sorted(names))
        else:
            yield path


def _hold(arguments: argparse.Namespace, formats: dict[str, ListFormat]) -> tuple[HeldLists, int]:
    """Read the lists; return them and how many records were refused, each said on standard error."""
    held, refused = HeldLists(), 0

    def entries(path: Path) -> Iterator[HashEntry]:
        nonlocal refused
        chosen = formats[arguments.format or format_of(path)]
        options = ReadOptions(arguments.profile, arguments.kind)
        with path.open("rb") as stream:
            for record in chosen.read(stream, options):
                if isinstance(record, RecordRefusal):
                    refused += 1
                    sys.stderr.write(f"{path}:{record.line}: {record.code}: {record.reason}\n")
                else:
                    yield record

    for path in arguments.against:
        held.add(path.name, entries(path))
    return held, refused


def _query(opened: Opened) -> Query:
    """Return the hashes of an opened file."""
    return Query(
        md5=opened.md5 or "",
        sha1=opened.sha1 or "",
        sha256=opened.sha256 or "",
        pdq_turns=opened.pdq_turns,
        pdq_quality=opened.pdq_quality,
        frames=tuple(opened.frames or ()),
    )


def _line(path: Path, compared: Comparison) -> dict[str, Any]:
    """Return the best hit as the object of the command line's contract, with the others after it."""
    best, *others = compared.hits
    segments = [
        {k: v for k, v in asdict(s).items() if k.startswith(("query", "match"))}
        for s in compared.segments
        if (s.list_name, s.entry) == (best.list_name, best.entry)
    ]
    return {
        "path": str(path),
        "verdict": best.verdict.value,
        "list": best.list_name or None,
        "entry": best.entry or None,
        "distance": best.distance,
        "transform": best.transform.value,
        "because": best.because.text,
        "segments": segments,
        "others": [{"list": h.list_name, "entry": h.entry, "distance": h.distance} for h in others],
    }


def _line_of(path: Path, opened: Opened, held: HeldLists) -> dict[str, Any]:
    """Return one file's line. A file that cannot be decoded is still known by an equal digest."""
    compared = held.compare(_query(opened))
    line = _line(path, compared)
    if opened.refusal is None:
        return line
    refused = {"code": opened.refusal.code.value, "reason": opened.refusal.reason}
    if compared.verdict is Verdict.NEW:
        return {"path": str(path), "refused": refused}
    return line | {"refused": refused}


def _say(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    elif "verdict" not in line:
        sys.stdout.write(f"{line['path']}: refused: {line['refused']['reason']}\n")
    else:
        sys.stdout.write(f"{line['path']}: {line['verdict']}: {line['because']}\n")


def run(arguments: list[str]) -> int:
    """Compare each file; return 0 done, 1 done with refusals, 2 wrong use."""
    formats = {n: f for n, f in plugins.formats().items() if isinstance(f, ListFormat)}
    try:
        asked = _parser(sorted(formats)).parse_args(arguments)
    except SystemExit as stop:
        return DONE if stop.code in (0, None) else WRONG_USE
    try:
        held, refused = _hold(asked, formats)
    except (ListRefused, OSError) as error:
        sys.stderr.write(f"entente compare: {error}\n")
        return WRONG_USE
    for path in _files(asked.paths):
        opened = read(path)
        line = _line_of(path, opened, held)
        refused += "refused" in line
        _say(line, asked.json)
    return DONE_WITH_REFUSALS if refused else DONE
