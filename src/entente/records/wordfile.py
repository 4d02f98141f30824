"""A vocabulary as a file: TOML that people can read and edit, read strictly, written in one way only.

The files that come with the program lie in ``vocabulary/words``; docs/decisions/0013 says why they are read
here. Nothing of Django is needed to read one.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from entente.vocabulary.terms import Scheme, Term, TermRefused, Vocabulary

LARGEST = 1_000_000  # bytes
MOST = 5000  # entries
_HEAD = {"name", "version", "date", "title", "source", "licence"}
_MORE = {"closed", "verbatim", "known", "scheme", "entry"}
_ENTRY = {"code", "labels", "hints", "parent", "deprecated", "replaced_by"}


class WordsRefused(ValueError):
    """A file that is no vocabulary: where in it, which entry, and the mend."""

    def __init__(self, file: str, why: str, *, line: int = 0, entry: str = "") -> None:
        place = file + (f", line {line}" if line else "") + (f", entry {entry!r}" if entry else "")
        super().__init__(f"{place}: {why}")
        self.file, self.line, self.entry, self.why = file, line, entry, why


def read(data: bytes, file: str) -> Vocabulary:
    """Return the vocabulary that a file holds; raise ``WordsRefused`` naming the place."""
    text = _text(data, file)
    try:
        held = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise WordsRefused(file, f"it is no TOML: {fault}") from None
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[entry]]"]
    _demand_keys(held, _HEAD, _HEAD | _MORE, file, 0, "")
    entries = held.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST or len(lines) != len(entries):
        raise WordsRefused(file, f"each entry begins with a line [[entry]]; there are at most {MOST}")
    terms = tuple(_term(e, file, n) for e, n in zip(entries, lines, strict=True))
    try:
        return _vocabulary(held, terms, file)
    except TermRefused as fault:
        # of a code that stands twice, the second
        place = max((n for t, n in zip(terms, lines, strict=True) if t.code == fault.code), default=0)
        raise WordsRefused(file, str(fault), line=place, entry=fault.code) from None


def write(held: Vocabulary) -> bytes:
    """Return the file of a vocabulary: equal vocabularies give equal bytes, and ``read`` gives it back."""
    lines = [
        f"name = {_quoted(held.name)}",
        f"version = {_quoted(held.version)}",
        f"date = {held.date.isoformat()}",
        f"title = {_table(held.title)}",
        f"source = {_quoted(held.source)}",
        f"licence = {_quoted(held.licence)}",
    ]
    lines += [f"{flag} = true" for flag in ("closed", "verbatim") if getattr(held, flag)]
    if not held.known:
        lines.append("known = false")
    if held.scheme:
        named = {"profile": held.scheme.profile, "model_version": held.scheme.model_version}
        lines.append(f"scheme = {_table(named)}")
    for term in held.terms:
        lines += ["", "[[entry]]", f"code = {_quoted(term.code)}", f"labels = {_table(term.labels)}"]
        if term.hints:
            lines.append(f"hints = {_table(term.hints)}")
        if term.parent:
            lines.append(f"parent = {_quoted(term.parent)}")
        if term.deprecated:
            lines.append("deprecated = true")
        if term.replaced_by:
            lines.append(f"replaced_by = {_quoted(term.replaced_by)}")
    return ("\n".join(lines) + "\n").encode()


@cache
def shipped() -> dict[str, Vocabulary]:
    """Return the vocabularies that come with the program, by name."""
    folder = files("entente.vocabulary").joinpath("words")
    held: dict[str, Vocabulary] = {}
    for place in sorted(folder.iterdir(), key=lambda p: p.name):
        if place.name.endswith(".toml"):
            one = read(place.read_bytes(), place.name)
            if one.name + ".toml" != place.name:
                raise WordsRefused(place.name, f"it holds {one.name!r}; name the file after it")
            held[one.name] = one
    return held


def _text(data: bytes, file: str) -> str:
    if len(data) > LARGEST:
        raise WordsRefused(
            file, f"it is larger than {LARGEST} bytes; that is no list for people to choose from"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise WordsRefused(file, f"it is no UTF-8 (byte {fault.start + 1}); save it as UTF-8") from None
    for n, line in enumerate(text.splitlines(), 1):
        if '"""' in line or "'''" in line:
            raise WordsRefused(file, "a text stands on one line, in single quotation marks", line=n)
    return text


def _vocabulary(held: Mapping[str, Any], terms: tuple[Term, ...], file: str) -> Vocabulary:
    day = held["date"]
    if type(day) is not date:
        raise WordsRefused(file, "its date is a day such as 2026-11-29, without quotation marks")
    scheme = None
    if "scheme" in held:
        named = _texts(held["scheme"], "scheme", file, 0, "")
        _demand_keys(
            named, {"profile", "model_version"}, {"profile", "model_version"}, file, 0, "", "its scheme"
        )
        if not all(v.strip() for v in named.values()):
            raise WordsRefused(file, "a scheme names its profile and its model version")
        scheme = Scheme(named["profile"], named["model_version"])
    return Vocabulary(
        name=_said(held, "name", file, 0, ""),
        version=_said(held, "version", file, 0, ""),
        date=day,
        title=_texts(held["title"], "title", file, 0, ""),
        source=_said(held, "source", file, 0, ""),
        licence=_said(held, "licence", file, 0, ""),
        terms=terms,
        closed=_flag(held, "closed", file, 0, ""),
        verbatim=_flag(held, "verbatim", file, 0, ""),
        known=_flag(held, "known", file, 0, "", default=True),
        scheme=scheme,
    )


def _term(entry: Any, file: str, line: int) -> Term:
    code = str(entry.get("code", "")) if isinstance(entry, dict) else ""
    _demand_keys(entry, {"code", "labels"}, _ENTRY, file, line, code)
    try:
        return Term(
            code=_said(entry, "code", file, line, code),
            labels=_texts(entry["labels"], "labels", file, line, code),
            hints=_texts(entry.get("hints", {}), "hints", file, line, code),
            parent=_said(entry, "parent", file, line, code),
            deprecated=_flag(entry, "deprecated", file, line, code),
            replaced_by=_said(entry, "replaced_by", file, line, code),
        )
    except TermRefused as fault:
        raise WordsRefused(file, str(fault), line=line, entry=code) from None


def _demand_keys(
    held: Any, needed: set[str], known: set[str], file: str, line: int, entry: str, what: str = "it"
) -> None:
    if not isinstance(held, dict):
        raise WordsRefused(file, f"{what} is no table of names and values", line=line, entry=entry)
    if missing := sorted(needed - set(held)):
        raise WordsRefused(file, f"{what} lacks: {', '.join(missing)}", line=line, entry=entry)
    if strange := sorted(set(held) - known):
        why = f"{what} has names that mean nothing here: {', '.join(strange)}"
        raise WordsRefused(file, why, line=line, entry=entry)


def _said(held: Mapping[str, Any], key: str, file: str, line: int, entry: str) -> str:
    value = held.get(key, "")
    if not isinstance(value, str):
        raise WordsRefused(file, f"{key} is a text in quotation marks", line=line, entry=entry)
    return value


def _texts(value: Any, key: str, file: str, line: int, entry: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        why = f'{key} is a table of texts such as {{ en = "socket" }}'
        raise WordsRefused(file, why, line=line, entry=entry)
    return dict(value)


def _flag(
    held: Mapping[str, Any], key: str, file: str, line: int, entry: str, *, default: bool = False
) -> bool:
    value = held.get(key, default)
    if not isinstance(value, bool):
        raise WordsRefused(file, f"{key} is true or false, without quotation marks", line=line, entry=entry)
    return value


def _quoted(text: str) -> str:
    """Write a text as TOML: what JSON escapes, TOML reads the same way, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(texts: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {_quoted(texts[key])}" for key in texts) + " }" if texts else "{}"
