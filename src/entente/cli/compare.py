"""`entente compare PATH… --against LIST…`: known or new, without a desk.

A LIST is a hash list of any format, or a folder of pictures and videos: then a part of a held picture is
known too (``scene``), and the stretch of a held video.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from entente import plugins
from entente.casework.match.compare import Comparison
from entente.cli.against import Against, format_of
from entente.cli.hash import in_order
from entente.evidence.open import Opened, walk
from entente.evidence.sandbox import SandboxFailed
from entente.formats import ListFormat, ListRefused
from entente.vocabulary.media import Segment
from entente.vocabulary.media_hash import Hit, Verdict

__all__ = ["format_of", "run"]

DONE, DONE_WITH_REFUSALS, WRONG_USE = 0, 1, 2


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("entente compare", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "type": Path, "metavar": "LIST"}
    parser.add_argument("--against", required=True, help="hash lists, or folders of what is known", **many)
    parser.add_argument("--harmless", default=[], help="lists or folders of what is harmless", **many)
    parser.add_argument("--format", choices=names, help="of the lists; else by their first bytes")
    parser.add_argument("--profile", default="", help="whose categories a list has, such as US or UK")
    parser.add_argument(
        "--kind", default="", choices=["", "sha256", "pdq"], help="what unnamed 64 hex digits are"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _line(path: Path, opened: Opened, compared: Comparison) -> dict[str, Any]:
    """Return one file's line: the best hit as the contract has it, why, the other hits, what disagrees.

    A file that cannot be decoded is still known by an equal digest.
    """
    best, *others = compared.hits
    refusal = opened.refusal
    refused = {"refused": {"code": refusal.code.value, "reason": refusal.reason}} if refusal else {}
    if refusal and best.verdict is Verdict.NEW:
        return {"path": str(path), **refused}
    line = {
        "path": str(path),
        **_told(best),
        "segments": [_stretch(s) for s in best.segments],
        "why": _why(best),
        "others": [_told(hit) | {"harmless": hit.harmless} for hit in others],
    }
    told = {
        "harmless": compared.harmless,
        "contradictions": [r.text for r in compared.contradictions],
        "notes": [r.text for r in compared.notes],
    }
    return line | {name: value for name, value in told.items() if value} | refused


def _told(hit: Hit) -> dict[str, Any]:
    return {
        "verdict": hit.verdict.value,
        "list": hit.list_name or None,
        "entry": hit.entry or None,
        "distance": hit.distance,
        "transform": hit.transform.value,
        "because": hit.because.text,
    }


def _stretch(segment: Segment) -> dict[str, float]:
    told = asdict(segment)
    return {k: round(v, 3) for k, v in told.items() if k.startswith(("query", "match"))}


def _why(hit: Hit) -> dict[str, Any]:
    """Return what is needed to check a hit again."""
    told: dict[str, Any] = {
        "method": hit.because.method,
        "method_version": hit.because.version,
        "list_version": hit.list_version,
        "profile": str(hit.profile),
        "category": hit.category,
    }
    if hit.regions:
        told |= {
            name: [round(v, 4) for v in (r.x, r.y, r.w, r.h)]
            for name, r in zip(("region_query", "region_match"), hit.regions, strict=True)
        }
    return {name: value for name, value in told.items() if value}


def _text(line: dict[str, Any]) -> str:
    """Return a line for people; control characters of a name are shown, never sent to the terminal."""
    name = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in line["path"]
    )
    if "verdict" not in line:
        return f"{name}: refused: {line['refused']['reason']}"
    said = [f"{name}: {line['verdict']}: {line['because']}"]
    said += [f"    also {other['verdict']}: {other['because']}" for other in line["others"]]
    said += [f"    contradiction: {text}" for text in line.get("contradictions", ())]
    if "refused" in line:
        said.append(f"    it could not be opened: {line['refused']['reason']}")
    return "\n".join(said)


def run(arguments: list[str]) -> int:
    """Compare each file; return 0 done, 1 done with refusals, 2 wrong use."""
    formats = {n: f for n, f in plugins.formats().items() if isinstance(f, ListFormat)}
    try:
        asked = _parser(sorted(formats)).parse_args(arguments)
    except SystemExit as stop:
        return DONE if stop.code in (0, None) else WRONG_USE
    try:
        against = Against(asked, formats)
        refused = against.refused + _compare_all(asked, against)
    except (ListRefused, OSError, SandboxFailed) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output has gone; that is its right
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        sys.stderr.write(f"entente compare: {error}\n")
        return WRONG_USE
    return DONE_WITH_REFUSALS if refused else DONE


def _compare_all(asked: argparse.Namespace, against: Against) -> int:
    """Print a line for each file; return how many could not be opened."""
    refused = 0
    bar = tqdm(disable=not sys.stderr.isatty(), unit=" files", file=sys.stderr)
    for path, (opened, query) in in_order(against.asking(), walk(asked.paths)):
        line = _line(path, opened, against.held.compare(query))
        refused += "refused" in line
        with bar.external_write_mode(file=sys.stdout):
            sys.stdout.write((json.dumps(line) if asked.json else _text(line)) + "\n")
        bar.update()
    bar.close()
    return refused
