"""What the region rests on, in sentences: English, French, Italian.

References
----------
The verbal scale of ``scale``. Words of support are given to likelihood ratios only, never to a share of
belief.
"""

from __future__ import annotations

from collections.abc import Sequence

from entente.casework.link.scale import LANGUAGES, in_force
from entente.casework.locate.contradiction import shown
from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.sameness import canonical, counted
from entente.casework.locate.world import world
from entente.vocabulary.clue import Clue
from entente.vocabulary.place import ClueWeight, GroupWeight, Posterior

__all__ = ["LANGUAGES"]

_SAYS = {
    "en": {
        "for": "“{clue}” {how} supports {place}: it is {ratio} times likelier there than elsewhere.",
        "against": "“{clue}” {how} speaks against {place}: it is {ratio} times likelier elsewhere.",
        "neutral": "“{clue}” neither supports nor speaks against {place}.",
        "silent": "“{clue}” says nothing of the place.",
        "counted": "“{clue}” counts once, with “{other}”.",
        "doubt": "It does not fit the other clues: it misleads with probability {p:.2f}.",
        "not": "not ",
    },
    "fr": {
        "for": "« {clue} » soutient {how} {place} : il y est {ratio} fois plus vraisemblable qu’ailleurs.",
        "against": "« {clue} » va {how} contre {place} : il est {ratio} fois plus vraisemblable ailleurs.",
        "neutral": "« {clue} » ne soutient ni ne contredit {place}.",
        "silent": "« {clue} » ne dit rien du lieu.",
        "counted": "« {clue} » ne compte qu’une fois, avec « {other} ».",
        "doubt": "Il ne s’accorde pas avec les autres indices : il trompe avec une probabilité de {p:.2f}.",
        "not": "pas ",
    },
    "it": {
        "for": "«{clue}» sostiene {how} {place}: l’indizio vi è {ratio} volte più verosimile che altrove.",
        "against": "«{clue}» depone {how} contro {place}: l’indizio è {ratio} volte più verosimile altrove.",
        "neutral": "«{clue}» non sostiene né contraddice {place}.",
        "silent": "«{clue}» non dice nulla del luogo.",
        "counted": "«{clue}» conta una volta sola, con «{other}».",
        "doubt": "Non si accorda con gli altri indizi: inganna con probabilità {p:.2f}.",
        "not": "non ",
    },
}
KIND_NAMES = {
    "fr": {
        "gps": "position", "text": "texte", "language": "langue écrite", "speech": "langue parlée",
        "mains_hz": "fréquence du secteur", "socket": "prise de courant",
        "driving_side": "côté de circulation",
        "currency": "monnaie", "phone_number": "numéro de téléphone", "barcode": "code-barres",
        "utc_offset": "décalage UTC", "posting_hours": "heures de publication",
        "sun_elevation": "hauteur du soleil",
        "toponym": "nom de lieu", "region": "région", "country": "pays", "relief": "relief",
        "ip_country": "pays de l’adresse IP", "plate": "plaque", "holiday": "jour férié", "object": "objet",
        "sites": "série de lieux", "picture_model": "modèle d’image",
        "device": "appareil", "time": "heure",
    },
    "it": {
        "gps": "posizione", "text": "testo", "language": "lingua scritta", "speech": "lingua parlata",
        "mains_hz": "frequenza di rete", "socket": "presa elettrica", "driving_side": "lato di guida",
        "currency": "moneta", "phone_number": "numero di telefono", "barcode": "codice a barre",
        "utc_offset": "scarto UTC", "posting_hours": "ore di pubblicazione",
        "sun_elevation": "altezza del sole",
        "toponym": "toponimo", "region": "regione", "country": "paese", "relief": "rilievo",
        "ip_country": "paese dell’indirizzo IP", "plate": "targa", "holiday": "festività",
        "sites": "serie di luoghi", "picture_model": "modello di immagini",
        "object": "oggetto",
        "device": "apparecchio", "time": "ora",
    },
}  # fmt: skip


GROUP_NAMES = {
    "fr": {"objects": "objets", "person": "personne", "device": "appareil", "scene": "scène",
           "analyst": "analyste", "partner": "partenaire", "open_source": "sources ouvertes"},
    "it": {"objects": "oggetti", "person": "persona", "device": "apparecchio", "scene": "scena",
           "analyst": "analista", "partner": "partner", "open_source": "fonti aperte"},
}  # fmt: skip


def strength(log10_bf: float, language: str = "en") -> str | None:
    """Return the word of support for a ratio either way, None where it is about neutral; see ``scale``."""
    return in_force().word(log10_bf, language)


def hypothesis(posterior: Posterior, language: str = "en") -> str:
    """Name what the ratios are about: the region with half the belief, else the leading country."""
    top = posterior.regions[0] if posterior.regions else None
    if top and top.p >= 0.5:
        return f"{top.name} ({world().name(top.country, language)})"
    return world().name(posterior.countries[0].code, language)


def clue_name(clue: Clue, language: str = "en") -> str:
    """Name a clue by kind and value, such as “socket L”."""
    kind = KIND_NAMES.get(language, {}).get(str(clue.kind), str(clue.kind).replace("_", " "))
    return f"{_SAYS[language]['not'] if clue.negated else ''}{kind} {shown(clue)}"


def explain(posterior: Posterior, clues: Sequence[Clue], language: str = "en") -> tuple[str, ...]:
    """Return a sentence for each clue, the strongest first; ``language`` is en, fr or it (else en).

    Each ratio is of the clue alone, its reliability counted, for the leading region against everywhere else.
    """
    speak = language if language in LANGUAGES else "en"
    place = hypothesis(posterior, speak)
    part, with_it = {w.id: w for w in posterior.clues}, counted(clues)[1]
    order = sorted(clues, key=lambda c: (-abs(part[c.id].log10_bf) if c.id in part else 0.0, c.id))
    return tuple(_sentence(c, part.get(c.id), place, speak, with_it.get(canonical(c))) for c in order)


def explain_groups(
    posterior: Posterior, groups: Sequence[GroupWeight], language: str = "en"
) -> tuple[str, ...]:
    """Return a sentence for each source group, the strongest first, in the words of ``explain``."""
    speak = language if language in LANGUAGES else "en"
    place, names = hypothesis(posterior, speak), GROUP_NAMES.get(speak, {})
    order = sorted(groups, key=lambda g: (-abs(g.log10_bf), g.group))
    return tuple(
        _ratio(f"{names.get(g.group, g.group.replace('_', ' '))} ({g.clues})", g.log10_bf, place, speak)
        for g in order
    )


def _sentence(
    clue: Clue, weight: ClueWeight | None, place: str, language: str, other: Clue | None = None
) -> str:
    """Return what one clue does, and whether the others doubt it; or with which it counts."""
    says, name = _SAYS[language], clue_name(clue, language)
    if other is not None:
        return says["counted"].format(clue=name, other=clue_name(other, language))
    if clue.kind in SILENT or weight is None:
        return says["silent"].format(clue=name)
    told = _ratio(name, weight.log10_bf, place, language)
    doubt = " " + says["doubt"].format(p=weight.p_misleading) if weight.p_misleading > 0.5 else ""
    return told + doubt


def _ratio(name: str, log10_bf: float, place: str, language: str) -> str:
    """Return what a ratio says, in the words of the scale."""
    says, how = _SAYS[language], strength(log10_bf, language)
    if how is None:
        return says["neutral"].format(clue=name, place=place)
    ratio = f"{10 ** abs(log10_bf):,.0f}".replace(",", "\u202f" if language != "en" else ",")
    return says["for" if log10_bf > 0 else "against"].format(clue=name, how=how, place=place, ratio=ratio)
