"""``entente locate``: a region from clues, without a desk."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from entente.casework.link import scale
from entente.casework.locate.engine import cells90, groups, locate, sift, tables_version
from entente.casework.locate.explain import explain, explain_groups
from entente.casework.locate.map import draw
from entente.casework.locate.refusal import ClueRefused, in_words
from entente.casework.locate.world import world
from entente.safeguards import strict_json
from entente.vocabulary.clue import Clue, NotAClue, clue_from_json
from entente.vocabulary.place import GroupWeight, Posterior

_SHOWN = 8  # rows of each table on a terminal
_SAYS = {
    "en": {
        "tables": "the tables in use are {used!r}, not {wanted!r}: install the version of Entente that has "
        "them to get the same bytes, or leave --tables out",
        "clue": "clue {id}: {why}",
        "refused": "clue number {index} refused: {why}",
        "map": "the map was not written: {why}",
    },
    "fr": {
        "tables": "les tables en usage sont {used!r}, et non {wanted!r} : installez la version d’Entente "
        "qui les a pour obtenir les mêmes octets, ou omettez --tables",
        "clue": "indice {id} : {why}",
        "refused": "indice numéro {index} refusé : {why}",
        "map": "la carte n’a pas été écrite : {why}",
    },
    "it": {
        "tables": "le tabelle in uso sono {used!r}, non {wanted!r}: installate la versione di Entente che "
        "le ha per ottenere gli stessi byte, o omettete --tables",
        "clue": "indizio {id}: {why}",
        "refused": "indizio numero {index} rifiutato: {why}",
        "map": "la mappa non è stata scritta: {why}",
    },
}


def run(arguments: list[str]) -> int:
    """Locate from a file of clues; 0 done, 1 done with refusals, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="entente locate", description="A region from clues.")
    parser.add_argument("clues", metavar="CLUES.json", help="a list of clues, or one a line; - reads them in")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--map", metavar="OUT.svg", type=Path, help="also draw the 50 and 90 %% areas")
    parser.add_argument("--tables", metavar="VERSION", help="refuse unless these are the tables in use")
    parser.add_argument(
        "--scale",
        metavar="FILE.toml",
        default=os.environ.get("ENTENTE_VERBAL_SCALE") or None,
        help="a site's own words for likelihood ratios (default: ENTENTE_VERBAL_SCALE, else ENFSI 2015)",
    )
    parser.add_argument("--language", choices=("en", "fr", "it"), default="en", help="of the sentences")
    try:
        given = parser.parse_args(arguments)
    except SystemExit as stop:
        return 2 if stop.code else 0
    if given.tables and given.tables != tables_version():
        said = _SAYS[given.language]["tables"].format(used=tables_version(), wanted=given.tables)
        sys.stderr.write(f"entente locate: {said}\n")
        return 2
    try:
        if given.scale:
            scale.use(scale.read(Path(given.scale).read_text(encoding="utf-8"), given.scale))
        text = sys.stdin.read() if given.clues == "-" else Path(given.clues).read_text(encoding="utf-8")
        listed = objects(text)
    except (OSError, UnicodeDecodeError, ValueError) as wrong:
        about = "" if isinstance(wrong, scale.ScaleRefused) else f"{given.clues}: "
        sys.stderr.write(f"entente locate: {about}{wrong}\n")
        return 2
    now = datetime.now(UTC)
    clues, refused = read(listed, now)
    try:
        found = locate(clues, now)
    except ClueRefused as why:
        said = _SAYS[given.language]["clue"].format(id=why.clue_id, why=in_words(why, given.language))
        sys.stderr.write(f"entente locate: {said}\n")
        return 2
    if given.map:
        try:
            given.map.write_text(draw(found, cells90(clues, now)), encoding="utf-8")
        except OSError as wrong:
            sys.stderr.write(f"entente locate: {_SAYS[given.language]['map'].format(why=wrong)}\n")
            return 2
    for index, fault in refused:
        said = _SAYS[given.language]["refused"].format(index=index, why=_reason(fault, given.language))
        sys.stderr.write(f"entente locate: {said}\n")
    shown = (
        json.dumps(found.as_json(), ensure_ascii=False)
        if given.json
        else told(found, clues, groups(clues, now), given.language)
    )
    sys.stdout.write(shown + "\n")
    return 1 if refused else 0


def objects(text: str) -> list[Any]:
    """Return the objects of a JSON list, of one object, or of JSON lines.

    Raises
    ------
    ValueError : it is neither, with the line that could not be read
    """
    if not text.strip():
        return []
    try:
        whole = strict_json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except strict_json.NotStrict as first:
        found = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    found.append(strict_json.loads(line))
                except strict_json.NotStrict as second:
                    said = f"line {number}: {second}" if number > 1 else str(first)
                    raise ValueError(f"neither a JSON list nor JSON lines ({said})") from None
        return found


def read(listed: list[Any], now: datetime) -> tuple[list[Clue], list[tuple[int, Exception]]]:
    """Return the clues that can be weighed, and for each other one its place in the list and the fault."""
    clues: dict[int, Clue] = {}
    refused: dict[int, Exception] = {}
    for index, thing in enumerate(listed):
        if isinstance(thing, dict) and "refused" in thing and "kind" not in thing:
            continue  # `entente examine --json` has said it already
        try:
            if not isinstance(thing, dict):
                raise NotAClue("a clue is an object with kind and value")
            clues[index] = clue_from_json({"id": f"clue-{index}", **thing})
        except (ValueError, TypeError, AttributeError) as wrong:
            refused[index] = wrong
    kept, bad = sift(list(clues.values()), now)
    stay = {id(c) for c in kept}  # two clues may have one id of their own
    out = [index for index, clue in clues.items() if id(clue) not in stay]
    refused |= dict(zip(out, bad, strict=True))
    return kept, sorted(refused.items(), key=lambda each: each[0])


def _reason(wrong: Exception, language: str) -> str:
    """Return a fault in the reader's language, with the clue's id where it has one."""
    if isinstance(wrong, ClueRefused):
        return _SAYS[language]["clue"].format(id=wrong.clue_id, why=in_words(wrong, language))
    return in_words(wrong, language) if isinstance(wrong, NotAClue) else str(wrong)


def told(found: Posterior, clues: list[Clue], groups: Sequence[GroupWeight], language: str) -> str:
    """Return the posterior as tables and sentences for a person."""
    lines = ["Country                          share"]
    lines += [f"{world().name(c.code, language):<32} {c.p:6.1%}" for c in found.countries[:_SHOWN]]
    lines += ["", "Region                           share"]
    lines += [f"{f'{r.name} ({r.country})':<32} {r.p:6.1%}" for r in found.regions[:_SHOWN]]
    lines += ["", f"50 % area {found.area50_km2:,.0f} km²; 90 % area {found.area90_km2:,.0f} km²"]
    if found.fine:
        lines.append(
            f"half of it in {len(found.fine)} cells of about 5 km² (H3 resolution 7), the likeliest "
            f"{found.fine[0].cell}; the automated part stops here, at the district"
        )
    lines.append("")
    lines += explain(found, clues, language)
    lines += [f"= {said}" for said in explain_groups(found, groups, language)]
    lines += [f"! {c}" for c in found.contradictions]
    lines += [f"? {q.ask} ({q.gain_bits:.2f} bits, cost {q.cost:g})" for q in found.next_questions[:3]]
    lines.append(
        f"engine {found.engine_version}, tables {found.tables_version}, words {scale.in_force().name}"
    )
    return "\n".join(lines)
