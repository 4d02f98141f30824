"""The search sheet for a phone: one HTML file that needs no network, with crops and drawings only.

It may run one script, which is in it and whose hash its own policy names; it may fetch and send nothing.
What is ticked stays on the phone until it is saved as a small file (``ticks.py``).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from entente.formats.search_sheet.ticks import FORMAT, VERSION, read_ticks
from entente.formats.typesetting import LANGUAGES, PNG, bare_picture
from entente.safeguards import strict_json
from entente.safeguards.commitment import canonical
from entente.vocabulary.search_sheet import BY, NOTE, PLACE, SheetFault, SheetRefused

__all__ = ["FORMAT", "VERSION", "read_ticks", "write"]

ANSWERS = (("found", "found", "yes"), ("not_here", "not here", "no"), ("not_looked", "not looked", "unseen"))
TOLD = (
    "kept_here",
    "not_kept",
    "progress",
    "ticked_at",
    "taken_back",
    "need_by",
    "need_tick",
    "saved",
    "forgotten",
)


def write(
    elements: Iterable[Mapping[str, Any]],
    crops: Mapping[str, bytes],
    *,
    sheet: str,
    case: str,
    victim: str,
    issuer: str,
    by: str,
    handling: Mapping[str, str],
    issued_at: str,
    language: str = "en",
) -> tuple[bytes, str]:
    """Return the sheet as a file, and its digest: SHA-256 of all that it says, its crops by their own.

    Elements and crops are those of ``formats.checklist``; ``sheet`` is an id that no other sheet has, ``by``
    a service number. Raises ``SheetRefused`` where nothing is listed, ``ValueError`` for a language that is
    not ours or no handling codes, ``typesetting.NotSet`` for a crop that is neither JPEG nor PNG.
    """
    rows = sorted((dict(e) for e in elements), key=lambda e: int(e["number"]))
    if not rows:
        raise SheetRefused(SheetFault.NOTHING_LISTED, "a sheet needs at least one element to look for")
    if language not in LANGUAGES or not handling.get("codes"):
        raise ValueError(f"a sheet is written in {', '.join(LANGUAGES)}, and has handling codes")
    names = [row["crop"] for row in rows if row.get("crop")]
    shown = {name: bare_picture(name, crops[name])[1] for name in names}
    says = {
        "sheet": sheet,
        "case": case,
        "victim": victim,
        "issuer": issuer,
        "by": by,
        "handling": dict(handling),
        "issued_at": issued_at,
        "language": language,
        "elements": [
            {k: row.get(k) for k in ("number", "text", "alt", "room", "evaluation", "seen_at", "item")}
            | {"crop": sha256(shown[row["crop"]]).hexdigest() if row.get("crop") else ""}
            for row in rows
        ],
    }
    digest = sha256(canonical(says).encode()).hexdigest()
    return _page(says, rows, shown, digest, _words()[language]).encode(), digest


@cache
def _words() -> Mapping[str, dict[str, str]]:
    return strict_json.loads((files(__name__) / "words.json").read_bytes())


@cache
def _part(name: str) -> str:
    return (files(__name__) / name).read_text("utf-8")


def _allowed(text: str) -> str:
    """Return the name by which a policy allows one script or style."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _page(
    says: Mapping[str, Any],
    rows: list[dict[str, Any]],
    shown: Mapping[str, bytes],
    digest: str,
    words: Mapping[str, str],
) -> str:
    style, script = _part("sheet.css"), _part("sheet.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_allowed(style)}; script-src {_allowed(script)}; "
        "form-action 'none'; base-uri 'none'"
    )
    title = f"{words['title']} {says['case']}"
    told = "".join(f' data-{name.replace("_", "-")}="{escape(words[name])}"' for name in TOLD)
    rooms = list(dict.fromkeys(row["room"] for row in rows if row["room"]))
    rooms += [""] if any(not row["room"] for row in rows) else []  # what may stand anywhere comes last
    links = "".join(
        f'<li><a href="#room-{n}">{escape(room or words["any_room"])}</a></li>'
        for n, room in enumerate(rooms)
    )
    # a printed page is read alone: how it is handled stands with each element
    foot = f'<p class="every-page" aria-hidden="true">{escape(_codes(says))} · {escape(says["case"])}</p>'
    listed = "".join(
        f'<section aria-labelledby="room-{n}"><h2 id="room-{n}">{escape(room or words["any_room"])}</h2>'
        + "".join(_element(row, shown, words, foot) for row in rows if row["room"] == room)
        + "</section>"
        for n, room in enumerate(rooms)
    )
    return (
        f'<!doctype html>\n<html lang="{says["language"]}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n"
        f"<body><header><h1>{escape(title)}</h1>{_head(says, digest, words)}</header>\n"
        f'<main data-sheet="{digest}" data-format="{FORMAT}" data-version="{VERSION}"'
        f' data-file="{escape(says["victim"])}-ticks.json"{told}>'
        f"<p>{escape(words['note_to_all'])}</p>"
        f'<p class="soft" data-without>{escape(words["without_script"])}</p>'
        f'<p class="soft" id="keeping" data-with hidden></p>'
        f'<nav class="rooms" aria-label="{escape(words["rooms"])}"><ul>{links}</ul></nav>\n'
        f"{listed}\n{_end(words, foot)}</main>\n<script>{script}</script></body></html>\n"
    )


def _codes(says: Mapping[str, Any]) -> str:
    handling = says["handling"]
    return " · ".join(p for p in (handling["codes"], handling.get("text"), handling.get("audience")) if p)


def _head(says: Mapping[str, Any], digest: str, words: Mapping[str, str]) -> str:
    facts = (
        ("handling", _codes(says), "codes"),
        ("case", says["case"], ""),
        ("victim", says["victim"], ""),
        ("made_by", f"{says['by']} · {says['issuer']}", ""),
        ("issued", says["issued_at"], ""),
        ("digest", digest, "mono"),
    )
    told = "".join(
        f'<dt>{escape(words[name])}</dt><dd class="{look}">{escape(value)}</dd>'
        for name, value, look in facts
    )
    return f"<dl>{told}</dl>"


def _element(row: Mapping[str, Any], shown: Mapping[str, bytes], words: Mapping[str, str], foot: str) -> str:
    n = int(row["number"])
    facts = [f"{words['grade']} {row['evaluation']}"]
    if row.get("seen_at") is not None:
        facts.append(f"{words['seen_at']} {float(row['seen_at']):.1f} {words['seconds']}")
    facts += [row["item"]] if row.get("item") else []
    radios = "".join(
        f'<label class="{look}"><input type="radio" name="answer-{n}" value="{value}" autocomplete="off">'
        f"{escape(words[word])}</label>"
        for word, value, look in ANSWERS
    )
    return (
        f'<fieldset class="element" data-element="{n}"><legend>{n} · {escape(row["text"])}</legend>'
        f'<p class="soft">{escape(" · ".join(facts))}</p>{_crop(row, shown, words)}'
        f'<div class="answers">{radios}</div>'
        f'<div class="field"><label for="place-{n}">{escape(words["where"])}</label>'
        f'<input id="place-{n}" data-place maxlength="{PLACE}" autocomplete="off"></div>'
        f'<div class="field"><label for="note-{n}">{escape(words["note"])}'
        f' <span class="soft">{escape(words["note_help"])}</span></label>'
        f'<textarea id="note-{n}" data-note maxlength="{NOTE}" rows="2" autocomplete="off"></textarea></div>'
        f'<p class="told" data-told hidden><span></span> <button type="button" data-back>'
        f"{escape(words['take_back'])}</button></p>{foot}</fieldset>"
    )


def _crop(row: Mapping[str, Any], shown: Mapping[str, bytes], words: Mapping[str, str]) -> str:
    if not row.get("crop"):
        return f'<p class="soft">{escape(words["no_crop"])}</p>'
    data = shown[row["crop"]]
    kind = "png" if data.startswith(PNG) else "jpeg"
    return (
        f'<img class="crop" src="data:image/{kind};base64,{b64encode(data).decode()}"'
        f' alt="{escape(row["alt"] or row["text"])}">'
    )


def _end(words: Mapping[str, str], foot: str) -> str:
    away = "".join(
        f"<li>{escape(words[f'delete_{what}'])}</li>" for what in ("file", "saved", "photos", "kept")
    )
    return (
        f'<section class="end" aria-labelledby="end"><h2 id="end">{escape(words["end"])}</h2>'
        f'<div data-with hidden><div class="field"><label for="by">{escape(words["by"])}'
        f' <span class="soft">{escape(words["by_help"])}</span></label>'
        f'<input id="by" maxlength="{BY}" autocomplete="off"></div>'
        f'<p class="told"><button type="button" class="main" id="save">{escape(words["save"])}</button></p>'
        f'<p role="status" id="told"></p></div>'
        f"<h3>{escape(words['delete_title'])}</h3><p>{escape(words['delete_intro'])}</p><ul>{away}</ul>"
        f"<p>{escape(words['delete_sheet'])}</p>"
        f"<details data-with hidden><summary>{escape(words['forget'])}</summary>"
        f"<p>{escape(words['forget_warn'])}</p>"
        f'<button type="button" id="forget">{escape(words["forget_sure"])}</button></details>{foot}</section>'
        f'<p class="progress" role="status" id="progress" aria-label="{escape(words["progress_name"])}"'
        " data-with hidden></p>"
    )
