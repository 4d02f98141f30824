"""The sentences that a product proposes, from clues and a region alone: English, French, Italian.

Nothing here speaks of a person: a machine never writes a statement about a suspect. An officer edits or
drops each sentence before the product is issued.
"""

from __future__ import annotations

from collections.abc import Sequence

from entente.casework.examine.values import as_text
from entente.casework.locate.explain import KIND_NAMES, LANGUAGES
from entente.casework.locate.world import world
from entente.vocabulary.clue import Clue
from entente.vocabulary.place import Posterior

NAMED = 8  # items that a sentence names; its trace has them all
HALF = 0.5  # share of belief from which a region is named, not only its country
SAYS = {
    "en": {
        "not": "not here: ",
        "item": " (item {item})",
        "item_at": " (item {item}, at {at} s)",
        "items": " ({n} items: {items})",
        "region": "The clues point to {place}, with {share:.0f} % of the belief; half lies in {half} km².",
        "home": "A home was proposed by {by} and confirmed by a second person: {place}.",
        "detail": "Detail of item {item}: {clue}",
        "map": "Map of where the clues point; the tables by country and by region say the same.",
        "unconfirmed": "{n} proposed clue(s) were left out: no person has confirmed them.",
        "unweighed": "{n} clue(s) could not be weighed for the region.",
        "beyond": "{n} observation(s) were not weighed for the region: the {most} most trusted were.",
        "originals": "Originals are never part of a product.",
    },
    "fr": {
        "not": "pas ici : ",
        "item": " (élément {item})",
        "item_at": " (élément {item}, à {at} s)",
        "items": " ({n} éléments : {items})",
        "region": "Les indices désignent {place}, avec {share:.0f} % de la probabilité ; la moitié tient "
        "dans {half} km².",
        "home": "Un domicile a été proposé par {by} et confirmé par une deuxième personne : {place}.",
        "detail": "Détail de l’élément {item} : {clue}",
        "map": "Carte de ce que les indices désignent ; les tableaux disent la même chose.",
        "unconfirmed": "{n} indice(s) proposé(s) omis : personne ne les a confirmés.",
        "unweighed": "{n} indice(s) n’ont pas pu être pesés pour la région.",
        "beyond": "{n} observation(s) non pesées pour la région : les {most} plus fiables l’ont été.",
        "originals": "Les originaux ne font jamais partie d’un produit.",
    },
    "it": {
        "not": "non qui: ",
        "item": " (elemento {item})",
        "item_at": " (elemento {item}, a {at} s)",
        "items": " ({n} elementi: {items})",
        "region": "Gli indizi portano a {place}, con il {share:.0f} % della probabilità; metà in {half} km².",
        "home": "Un domicilio è stato proposto da {by} e confermato da una seconda persona: {place}.",
        "detail": "Dettaglio dell’elemento {item}: {clue}",
        "map": "Mappa di dove portano gli indizi; le tabelle per paese e per regione dicono lo stesso.",
        "unconfirmed": "{n} indizi proposti sono stati omessi: nessuna persona li ha confermati.",
        "unweighed": "{n} indizi non si sono potuti pesare per la regione.",
        "beyond": "{n} osservazioni non pesate per la regione: lo sono state le {most} più affidabili.",
        "originals": "Gli originali non fanno mai parte di un prodotto.",
    },
}


def says(key: str, language: str, **facts: object) -> str:
    """Return a fixed sentence in ``language`` (else English) with its facts."""
    return SAYS[language if language in LANGUAGES else "en"][key].format(**facts)


def clue_says(clue: Clue, language: str = "en") -> str:
    """Return kind and value of a clue as a line of text, such as “socket: L”."""
    kind = KIND_NAMES.get(language, {}).get(str(clue.kind), str(clue.kind).replace("_", " "))
    denied = says("not", language) if clue.negated else ""
    return f"{denied}{kind}: {as_text(clue.kind, clue.value)}"


def fact_of(clue: Clue, items: Sequence[str], language: str = "en") -> str:
    """Return the sentence proposed for one observation: what was seen, in which items, and when in one."""
    line = clue_says(clue, language)
    where, item = "", items[0]
    if len(items) > 1:
        shown = ", ".join(items[:NAMED]) + (" …" if len(items) > NAMED else "")
        where = says("items", language, n=len(items), items=shown)
    elif clue.medium:
        at = f"{clue.start:.0f}" if clue.start is not None else ""
        where = says("item_at" if at else "item", language, item=item, at=at)
    return f"{line[:1].upper()}{line[1:]}{where}."


def region_of(posterior: Posterior | None, language: str = "en") -> str:
    """Return the assessment of the region with its share and area, or nothing where no clue speaks."""
    if posterior is None or not posterior.clues or not posterior.countries:
        return ""
    top = posterior.regions[0] if posterior.regions else None
    name = world().name
    if top and top.p >= HALF:
        place, share = f"{top.name} ({name(top.country, language)})", top.p
    else:
        place, share = name(posterior.countries[0].code, language), posterior.countries[0].p
    half = f"{posterior.area50_km2:,.0f}".replace(",", "\u202f" if language != "en" else ",")
    return says("region", language, place=place, share=100 * share, half=half)
