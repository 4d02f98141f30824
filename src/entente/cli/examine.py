"""`entente examine PATH…`: propose clues from files and folders; no desk needed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from tqdm import tqdm

from entente.casework.examine.extractors.run import FIND_ALL
from entente.cli.hash import in_order
from entente.evidence.open import Opened, read, walk
from entente.evidence.sandbox import SandboxFailed
from entente.vocabulary.clue import clue_from_json


def run(arguments: list[str]) -> int:
    """Examine what is named; return 0 when all was examined, 1 with refusals, 2 for wrong use."""
    parser = argparse.ArgumentParser("entente examine", description=__doc__)
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of any depth"
    )
    parser.add_argument("--json", action="store_true", help="one clue a line, as JSON")
    try:
        wanted = parser.parse_args(arguments)
    except SystemExit as error:
        return int(error.code or 0)
    show, refused, numbers = _as_json if wanted.json else _as_text, 0, count(1)
    bar = tqdm(disable=not sys.stderr.isatty(), unit=" files", file=sys.stderr)
    try:
        for path, opened in in_order(partial(read, extract=(FIND_ALL,)), walk(wanted.paths)):
            clues, refusals = clues_of(path, opened)
            refused += bool(refusals)
            for clue in clues:  # each file counts its own from 1; locate tells clues apart by id
                clue["id"] = f"{clue['method']}-{next(numbers)}"
            with bar.external_write_mode(file=sys.stdout):
                sys.stdout.writelines(line + "\n" for line in show(path, clues, refusals))
            bar.update()
    except SandboxFailed as error:
        sys.stderr.write(f"entente examine: {error}\n")
        return 2
    except BrokenPipeError:  # the reader of our output has gone; that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        bar.close()
    return 1 if refused else 0


def clues_of(path: Path, opened: Opened) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the clues of a file, each checked because a decoder is not trusted, and what was refused.

    The medium is the path. A refusal is ``{code, reason}``, with ``extractor`` when only that one failed.
    """
    if opened.refusal:
        return [], [{"code": opened.refusal.code, "reason": opened.refusal.reason}]
    answer = opened.extracted.get(FIND_ALL, {})
    if "value" not in answer:
        why = str(answer.get("error", "the extractors gave no answer"))
        return [], [{"code": "extractor", "reason": f"{why}; the file itself was opened"}]
    clues, refusals = [], []
    try:
        refusals = [
            {"code": "extractor", "extractor": str(each["extractor"]), "reason": str(each["reason"])}
            for each in answer["value"]["refused"]
        ]
        clues = [clue_from_json(each | {"medium": str(path)}).as_json() for each in answer["value"]["clues"]]
    except (KeyError, TypeError, ValueError) as error:
        refusals.append({"code": "extractor", "reason": f"an extractor gave what is no clue ({error})"})
    return clues, refusals


def _as_json(path: Path, clues: list[dict[str, Any]], refusals: list[dict[str, str]]) -> Iterator[str]:
    """Iterate over lines of JSON: a clue each, or what was refused, in ASCII."""
    for clue in clues:
        yield json.dumps(clue)
    for refusal in refusals:
        yield json.dumps({"path": str(path), "refused": refusal})


def _as_text(path: Path, clues: list[dict[str, Any]], refusals: list[dict[str, str]]) -> Iterator[str]:
    """Iterate over lines for people; control characters are shown, never sent to the terminal."""
    yield _plain(str(path)) + ("" if clues or refusals else "\n    no clue proposed")
    for clue in clues:
        yield _plain(f"    {clue['kind']} {_said(clue['value'])}: {clue['because']}")
    for refusal in refusals:
        name = f", {refusal['extractor']}" if "extractor" in refusal else ""
        yield _plain(f"    refused ({refusal['code']}{name}): {refusal['reason']}")


def _said(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items() if each != "")
    return str(value)


def _plain(text: str) -> str:
    """Return ``text`` with its control characters spelled out; tabs and line ends of our own stay."""
    shown = (
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "surrogatepass").decode()
        for c in text
    )
    return "".join(shown)
