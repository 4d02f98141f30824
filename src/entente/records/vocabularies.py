"""Vocabularies at an agency: what is in force, what was, and the acts of an administrator on them.

Each change makes a new version; an old one stays readable, so that what was recorded keeps its meaning. A
term is never taken away: it is deprecated. Two schemes of categories are never equated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from entente.records import clock, wordfile
from entente.records.act import acting
from entente.records.models import Agency, VocabularyVersion
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.terms import Scheme, Term, TermRefused, Vocabulary, Word, numbers

STEP = "vocabularies"


class NotTaken(ValueError):
    """A vocabulary was not changed; the text says the mend."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What taking one version in place of another would change, by code."""

    added: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()  # other labels or hints
    moved: tuple[str, ...] = ()  # under another term
    deprecated: tuple[str, ...] = ()
    offered_again: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.added, self.renamed, self.moved, self.deprecated, self.offered_again))


# --- reading: any step may, for the agency of its officer -------------------------------------------------


def names(agency: UUID) -> list[str]:
    """Return the names of all vocabularies that an agency has."""
    own = VocabularyVersion.objects.filter(agency=agency).values_list("name", flat=True)
    return sorted({*wordfile.shipped(), *own})


def in_force(agency: UUID, name: str) -> Vocabulary:
    """Return a vocabulary as it is offered at ``agency`` now; raise ``NotTaken`` where there is none."""
    row = _newest(agency, name)
    if row is not None:
        return _read(row)
    try:
        return wordfile.shipped()[name]
    except KeyError:
        raise NotTaken(f"there is no vocabulary {name!r}; the page Vocabularies lists them") from None


def at(agency: UUID, name: str, version: str) -> Vocabulary | None:
    """Return a vocabulary as it stood in ``version``, or ``None`` where no such version is kept here."""
    row = VocabularyVersion.objects.filter(agency=agency, name=name, version=version).first()
    if row is not None:
        return _read(row)
    came = wordfile.shipped().get(name)
    return came if came is not None and came.version == version else None


def history(agency: UUID, name: str) -> list[VocabularyVersion]:
    """Return the versions that an agency made or took, the newest first."""
    return list(VocabularyVersion.objects.filter(agency=agency, name=name).select_related("made_by"))


def word(agency: UUID, name: str, code: str) -> Word:
    """Return the word to record for a chosen code; raise ``NotTaken`` for one that is not offered."""
    held = in_force(agency, name)
    term = held.term(code)
    if term is None or term.deprecated:
        instead = f"; take {term.replaced_by}" if term and term.replaced_by else ""
        raise NotTaken(f"{code!r} is not offered by {name} {held.version}{instead}")
    return Word(name, held.version, code)


def label(agency: UUID, chosen: Word, language: str = "en") -> str:
    """Return what a recorded word meant when it was recorded; without its version, its code as it stands."""
    held = at(agency, chosen.vocabulary, chosen.version)
    return held.label(chosen.code, language) if held else chosen.code


def recorded(agency: UUID, kind: str, value: object) -> list[str]:
    """Return the words that a clue's value is made of, for its record; free text is none.

    An object is met by its label in any language, a socket by each of its letters.
    """
    if kind == "socket" and isinstance(value, str):
        held = in_force(agency, "sockets")
        return [str(Word(held.name, held.version, c)) for c in value if held.term(c)]
    if kind != "object" or not isinstance(value, str):
        return []
    held, said = in_force(agency, "objects"), value.strip().casefold()
    met = (t for t in held.offered() if said in {t.code, *(text.casefold() for text in t.labels.values())})
    return [str(Word(held.name, held.version, t.code)) for t in met][:1]


def choices(agency: UUID, name: str, language: str) -> list[tuple[str, str]]:
    """Return the codes that are offered, each with its label."""
    return [(t.code, t.label(language)) for t in in_force(agency, name).offered()]


def schemes(agency: UUID) -> list[Vocabulary]:
    """Return the category schemes in force, each under its profile and model version."""
    return [held for name in names(agency) if (held := in_force(agency, name)).scheme is not None]


def of_scheme(agency: UUID, profile: str, model_version: str) -> Vocabulary | None:
    """Return the categories of exactly this profile and model version; nothing near it is taken instead."""
    wanted = Scheme(profile, model_version)
    return next((held for held in schemes(agency) if held.scheme == wanted), None)


# --- acts of an administrator -----------------------------------------------------------------------------


def add(officer: Officer, purpose: Purpose, name: str, term: Term, *, seen: str) -> Vocabulary:
    """Add a term. ``seen`` is the version that the administrator was looking at."""
    with _changing(officer, purpose, name, seen, f"add {term.code}") as (old, keep):
        if old.closed:
            raise NotTaken(
                "the program reads the codes of this vocabulary; rename or deprecate, but add none"
            )
        if old.term(term.code) is not None:
            raise NotTaken(f"{term.code} is there already; rename it, or choose another code")
        return keep((*old.terms, term))


def rename(
    officer: Officer,
    purpose: Purpose,
    name: str,
    code: str,
    labels: Mapping[str, str],
    *,
    seen: str,
    hints: Mapping[str, str] | None = None,
) -> Vocabulary:
    """Give a term other labels from now on; what was recorded before keeps the label of its version."""
    with _changing(officer, purpose, name, seen, f"rename {code}") as (old, keep):
        if old.verbatim:
            raise NotTaken("these labels are their provider's own words; import the provider's newer version")
        now = _of(old, code)
        return keep(_with(old, replace(now, labels=dict(labels), hints=dict(hints or now.hints))))


def deprecate(
    officer: Officer, purpose: Purpose, name: str, code: str, *, seen: str, replaced_by: str = ""
) -> Vocabulary:
    """Offer a term no more, and say what is used in its place; it stays readable."""
    with _changing(officer, purpose, name, seen, f"deprecate {code}") as (old, keep):
        now = _of(old, code)
        if now.deprecated:
            raise NotTaken(f"{code} is deprecated already")
        return keep(_with(old, replace(now, deprecated=True, replaced_by=replaced_by)))


def take(officer: Officer, purpose: Purpose, data: bytes, file: str, *, seen: str) -> Vocabulary:
    """Take a newer version from a file, or a vocabulary that is new here; ``seen`` is empty for a new one."""
    new = wordfile.read(data, file)
    old = _in_force_or_none(officer.agency, new.name)
    with _act(officer, purpose, f"import {new.name} {new.version}"):
        _demand_seen(old, seen)
        coming = coming_from(old, new)
        _keep(officer, coming, f"imported version {new.version}")
    return coming


def restore(officer: Officer, purpose: Purpose, name: str, version: str, *, seen: str) -> Vocabulary:
    """Put an earlier version back in force, as a new version: nothing of what was in between is lost."""
    with _changing(officer, purpose, name, seen, f"restore {version}") as (old, keep):
        back = at(officer.agency, name, version)
        if back is None:
            raise NotTaken(f"version {version} of {name} is not kept here")
        if not compare(old, back):
            raise NotTaken(f"version {version} is what is in force; nothing was changed since")
        gone = [replace(t, deprecated=True) for t in old.terms if back.term(t.code) is None]
        return keep((*back.terms, *gone))


def export(officer: Officer, purpose: Purpose, name: str) -> bytes:
    """Return the file of the version in force."""
    with _act(officer, purpose, f"export {name}"):
        return wordfile.write(in_force(officer.agency, name))


def coming_from(old: Vocabulary | None, new: Vocabulary) -> Vocabulary:
    """Return what would be in force after ``new`` is taken; raise ``NotTaken`` for what may not be."""
    if old is None:
        return new
    if not newer(new, old):
        raise NotTaken(f"version {new.version} is not newer than {old.version}, which is in force")
    if new.scheme != old.scheme:
        raise NotTaken("it is of another scheme; two schemes are never equated: import it under its own name")
    if old.closed and ({t.code for t in new.terms} - {t.code for t in old.terms}):
        raise NotTaken("the program reads the codes of this vocabulary; the file has others")
    gone = [replace(t, deprecated=True) for t in old.terms if new.term(t.code) is None]
    return replace(new, terms=(*new.terms, *gone), closed=old.closed or new.closed)


def newer(new: Vocabulary, old: Vocabulary) -> bool:
    """Whether a publisher's version is newer than that which an agency's own version was made of."""
    return numbers(new.version)[0] > numbers(old.version)[0]


def compare(old: Vocabulary | None, new: Vocabulary) -> Differences:
    """Return what differs, by code, in the order of the new version."""
    before = {t.code: t for t in old.terms} if old else {}
    both = [(before[t.code], t) for t in new.terms if t.code in before]
    gone = [t.code for t in before.values() if not t.deprecated and new.term(t.code) is None]
    return Differences(
        added=tuple(t.code for t in new.terms if t.code not in before),
        renamed=tuple(b.code for a, b in both if (a.labels, a.hints) != (b.labels, b.hints)),
        moved=tuple(b.code for a, b in both if a.parent != b.parent),
        deprecated=(*(b.code for a, b in both if b.deprecated and not a.deprecated), *gone),
        offered_again=tuple(b.code for a, b in both if a.deprecated and not b.deprecated),
    )


# --- one change ------------------------------------------------------------------------------------------


@contextmanager
def _act(officer: Officer, purpose: Purpose, reason: str) -> Iterator[None]:
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    with acting(officer, Act.ADMINISTER, thing, purpose, step=STEP, reason=reason):
        try:
            yield
        except TermRefused as fault:
            raise NotTaken(f"{fault.code}: {fault}" if fault.code else str(fault)) from None


@contextmanager
def _changing(officer: Officer, purpose: Purpose, name: str, seen: str, what: str):  # type: ignore[no-untyped-def]
    with _act(officer, purpose, f"{name}: {what}"):
        Agency.objects.select_for_update().get(pk=officer.agency)  # one change of an agency's words at a time
        old = in_force(officer.agency, name)
        _demand_seen(old, seen)

        def keep(terms: tuple[Term, ...]) -> Vocabulary:
            base, own = numbers(old.version)
            version = f"{'.'.join(str(n) for n in base)}+{own + 1}"
            made = replace(old, version=version, date=clock.now().date(), terms=tuple(terms))
            _keep(officer, made, what)
            return made

        yield old, keep


def _demand_seen(old: Vocabulary | None, seen: str) -> None:
    now = old.version if old else ""
    if seen != now:
        raise NotTaken(f"somebody changed it since: version {now} is in force; look at it again")


def _keep(officer: Officer, made: Vocabulary, what: str) -> None:
    newest = _newest(officer.agency, made.name)
    VocabularyVersion.objects.create(
        agency_id=officer.agency,
        name=made.name,
        serial=newest.serial + 1 if newest else 1,
        version=made.version,
        text=wordfile.write(made).decode(),
        what=what,
        made_by_id=officer.id,
    )


def _newest(agency: UUID, name: str) -> VocabularyVersion | None:
    return VocabularyVersion.objects.filter(agency=agency, name=name).order_by("-serial").first()


def _in_force_or_none(agency: UUID, name: str) -> Vocabulary | None:
    try:
        return in_force(agency, name)
    except NotTaken:
        return None


def _read(row: VocabularyVersion) -> Vocabulary:
    return wordfile.read(row.text.encode(), f"{row.name}.toml")


def _of(held: Vocabulary, code: str) -> Term:
    term = held.term(code)
    if term is None:
        raise NotTaken(f"there is no term {code!r} in {held.name}")
    return term


def _with(held: Vocabulary, changed: Term) -> tuple[Term, ...]:
    return tuple(changed if t.code == changed.code else t for t in held.terms)
