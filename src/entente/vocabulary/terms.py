"""Terms that people choose from: a vocabulary with its version, source and licence, and a word taken from it.

What is recorded is never a bare code: the same code may mean the opposite in another scheme or version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

LANGUAGES = ("en", "fr", "it")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,39}\Z")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
# numbers of the publisher, and after the sign how often an agency changed it
VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}(?:\+\d{1,6})?\Z")
LONGEST = 300  # characters of a label or hint


class TermRefused(ValueError):
    """A term or vocabulary that cannot stand; ``code`` names the term, the text says the mend."""

    def __init__(self, why: str, code: str = "") -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Term:
    """One term. A deprecated one is offered no more and stays readable for what was recorded with it."""

    code: str
    labels: Mapping[str, str]
    hints: Mapping[str, str] = field(default_factory=dict)  # how to write or recognise it
    parent: str = ""
    deprecated: bool = False
    replaced_by: str = ""

    def __post_init__(self) -> None:
        if not CODE.match(self.code):
            raise TermRefused(
                f"a code has 1 to 40 letters, digits, points, hyphens or underscores, not {self.code!r}",
                self.code,
            )
        for language, text in (*self.labels.items(), *self.hints.items()):
            _demand_text(language, text, self.code)
        if self.replaced_by and not self.deprecated:
            raise TermRefused("a term that is replaced is deprecated too; say deprecated = true", self.code)

    def label(self, language: str) -> str:
        """Return the label in ``language``, else in English, else the code itself."""
        return self.labels.get(language[:2]) or self.labels.get("en") or self.code

    def hint(self, language: str) -> str:
        """Return the hint in ``language``, else in English, else nothing."""
        return self.hints.get(language[:2]) or self.hints.get("en") or ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Whose categories these are. Two schemes are never equated, whatever their codes and labels."""

    profile: str
    model_version: str

    def __str__(self) -> str:
        return f"{self.profile} {self.model_version}".strip()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A list of terms as one version of it stands.

    ``closed``: the program reads these codes, so terms may be renamed or deprecated and none added.
    ``verbatim``: labels are a provider's own words and stand untranslated. ``known`` is false where the
    provider's labels are not public: then there are codes at most, and nothing is made up for them.
    """

    name: str
    version: str
    date: date
    title: Mapping[str, str]
    source: str
    licence: str
    terms: tuple[Term, ...] = ()
    closed: bool = False
    verbatim: bool = False
    known: bool = True
    scheme: Scheme | None = None

    def __post_init__(self) -> None:
        if not NAME.match(self.name):
            raise TermRefused(f"a vocabulary's name is small letters such as sockets, not {self.name!r}")
        if not VERSION.match(self.version):
            raise TermRefused(f"a version is numbers such as 2026.1, not {self.version!r}")
        if not self.source.strip() or not self.licence.strip():
            raise TermRefused("a vocabulary names its source and its licence")
        for language in LANGUAGES:
            _demand_text(language, self.title.get(language, ""), "")
        self._demand_terms()

    def _demand_terms(self) -> None:
        seen: set[str] = set()
        codes = {t.code for t in self.terms}
        for term in self.terms:
            if term.code in seen:
                raise TermRefused("this code stands twice; a code means one thing", term.code)
            seen.add(term.code)
            if not self.verbatim and (missing := [x for x in LANGUAGES if not term.labels.get(x)]):
                raise TermRefused(f"its label is missing in: {', '.join(missing)}", term.code)
            for what, other in (("parent", term.parent), ("replaced_by", term.replaced_by)):
                if other and (other not in codes or other == term.code):
                    raise TermRefused(f"its {what} {other!r} is no other term of this vocabulary", term.code)
        for term in self.terms:
            self._demand_an_end(term)

    def _demand_an_end(self, term: Term) -> None:
        """Refuse terms that replace, or stand under, each other in a ring."""
        above = {t.code: t.parent for t in self.terms}
        after = {t.code: t.replaced_by for t in self.terms}
        for leads in (above, after):
            at = leads[term.code]
            for _ in self.terms:
                at = leads[at] if at else ""
            if at:
                raise TermRefused("it leads back to itself through other terms", term.code)

    def term(self, code: str) -> Term | None:
        """Return the term with this code, deprecated or not."""
        return next((t for t in self.terms if t.code == code), None)

    def label(self, code: str, language: str = "en") -> str:
        """Return a code's label as this version has it; an unknown code stays what it is."""
        found = self.term(code)
        return found.label(language) if found else code

    def offered(self) -> tuple[Term, ...]:
        """Return the terms that may be chosen now."""
        return tuple(t for t in self.terms if not t.deprecated)


@dataclass(frozen=True, slots=True)
class Word:
    """What was chosen: a code of one version of one vocabulary, so that it keeps its meaning."""

    vocabulary: str
    version: str
    code: str

    def __post_init__(self) -> None:
        if not (NAME.match(self.vocabulary) and VERSION.match(self.version) and CODE.match(self.code)):
            raise TermRefused("a word is its vocabulary, version and code, never a bare code", self.code)

    def __str__(self) -> str:
        return f"{self.vocabulary} {self.version} {self.code}"

    @classmethod
    def parse(cls, text: str) -> Word:
        """Read what ``str`` wrote; raise ``TermRefused`` for anything else, a bare code above all."""
        parts = text.split(" ")
        if len(parts) != 3:
            raise TermRefused(f"a word is its vocabulary, version and code, not {text!r}")
        return cls(*parts)


def numbers(version: str) -> tuple[tuple[int, ...], int]:
    """Return a version as numbers that compare: the publisher's, then how often it was changed here."""
    plain, _, own = version.partition("+")
    return tuple(int(n) for n in plain.split(".")), int(own or 0)


def _demand_text(language: str, text: str, code: str) -> None:
    if language not in LANGUAGES:
        raise TermRefused(f"labels are in {', '.join(LANGUAGES)}, not {language!r}", code)
    if not text.strip() or text != text.strip() or not text.isprintable():
        raise TermRefused(f"a label in {language} is a line of text without spaces around it", code)
    if len(text) > LONGEST:
        raise TermRefused(f"a label has at most {LONGEST} characters", code)
