"""What a switch or a move of the map brings anew: map, tables, waterfall, contradictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from entente.casework.locate import engine
from entente.casework.locate.explain import clue_name, explain, explain_groups, hypothesis
from entente.casework.locate.frame import MOVES, View, fitted, view_of
from entente.casework.locate.likelihood import SILENT
from entente.casework.locate.map import Row, Said, centres, draw, indexes, table
from entente.casework.locate.reckon import Reckoned, reckon
from entente.casework.locate.views.asked import Asked, Line, lines
from entente.casework.locate.waterfall import bar, scale_of
from entente.casework.locate.world import ATTRIBUTION, world
from entente.records.models import Case, Clue, Media
from entente.records.names import named
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.place import ClueWeight, Posterior, Without

COUNTRIES_SHOWN, REGIONS_SHOWN, ITEMS_SHOWN = 12, 24, 3
MOVE_NAMES = {
    "in": gettext_lazy("Zoom in"),
    "out": gettext_lazy("Zoom out"),
    "west": gettext_lazy("West"),
    "east": gettext_lazy("East"),
    "north": gettext_lazy("North"),
    "south": gettext_lazy("South"),
}


def where(
    case: Case, rows: Sequence[Clue], words: Sequence[ClueWord], wish: Asked, language: str
) -> dict[str, Any]:
    """Return what the part shows of clues that were sifted, without those that are switched off."""
    listed = lines(words, wish)
    left = [clue for line in listed if not line.off for clue in line.clues]
    context: dict[str, Any] = {
        "wish": wish,
        "off": sum(line.off for line in listed),
        "reset": wish.looking(wish.view).query() if not wish.something_off else Asked(view=wish.view).query(),
        "listed": bool(listed),
        "attribution": ATTRIBUTION,
    }
    # of more observations than are weighed at once the most trusted are; where one is off, another moves up
    left, beyond = engine.most_trusted(engine.sift(left)[0])
    found = reckon(left)
    return context | {
        "beyond": beyond,
        "found": found.posterior,
        "weighed": bool([c for c in left if c.kind not in SILENT]),
        "place": hypothesis(found.posterior, language),
        "contradictions": _contradictions(case, found, left, wish, language),
        **_map(case, found, wish, language),
        "rows": _worth_a_line(table(found.posterior, language)),
        "fall": _fall(found),
        **_parts(found, rows, listed, wish, language),
    }


def _drawn(svg: str) -> SafeString:
    """Return a drawing of our own arithmetic: numbers and our own tables, its text escaped there."""
    return mark_safe(svg)  # noqa: S308


def km2(area: float) -> str:
    """Return an area in the words of the reader's language."""
    return f"{intcomma(round(area))} km²"


def _map(case: Case, found: Reckoned, wish: Asked, language: str) -> dict[str, Any]:
    """Return the drawing and the ways to move it, each an address of its own."""
    posterior = found.posterior
    fit = fitted(centres(indexes(posterior.cells50)))
    frame = wish.view.frame() if wish.view else fit
    shares = ", ".join(f"{world().name(c.code, language)} {c.p:.0%}" for c in posterior.countries[:5])
    about = gettext("%(half)s Countries: %(shares)s. The table below says the same.") % {
        "half": areas_said(posterior),
        "shares": shares,
    }
    said = Said(gettext("Where the clues point"), about, outside=True)
    here = wish.view or view_of(fit)
    page = reverse("locate:page", args=[case.pk])
    views: list[tuple[str, Any, View | None]] = [(m, MOVE_NAMES[m], here.moved(m)) for m in MOVES]
    views += [
        ("fit", gettext_lazy("The region"), None),
        ("world", gettext_lazy("The world"), View(0.0, 10.0, 360.0)),
    ]
    return {
        "map": _drawn(draw(posterior, found.cells90, frame=frame, said=said)),
        "moves": [(name, text, f"{page}?{wish.looking(view).query()}#where") for name, text, view in views],
        "says": areas_said(posterior),
    }


def areas_said(posterior: Posterior) -> str:
    """Return the two areas in a sentence."""
    said = gettext("Half of the belief lies in %(a)s, nine tenths in %(b)s.")
    return said % {"a": km2(posterior.area50_km2), "b": km2(posterior.area90_km2)}


def _worth_a_line(rows: tuple[Row, ...]) -> list[Row]:
    """Return the likeliest countries, then the likeliest regions: what the map's shade can show."""
    countries = [r for r in rows if not r.region]
    regions = [r for r in rows if r.region]
    return [*countries[:COUNTRIES_SHOWN], *regions[:REGIONS_SHOWN]]


def _contradictions(
    case: Case, found: Reckoned, left: Sequence[ClueWord], wish: Asked, language: str
) -> list[tuple[str, str, str]]:
    """Return where clues and sources do not agree: a sentence, and what leaves the doubted clue out.

    Each observation stands once, however many items say it.
    """
    clues, place = {c.id: c for c in left}, hypothesis(found.posterior, language)
    doubt = gettext(
        "“%(clue)s” does not fit the other clues, which lead to %(place)s: "
        "it misleads with probability %(p)s."
    )
    part = gettext("The sources part: %(one)s alone leads to %(here)s, %(two)s to %(there)s.")
    page, name = reverse("locate:page", args=[case.pk]), world().name
    said: dict[str, tuple[str, str]] = {}
    for w in found.doubted:
        told = {"clue": clue_name(clues[w.id], language), "place": place, "p": f"{w.p_misleading:.2f}"}
        said.setdefault(doubt % told, (w.id, f"{page}?{wish.also_off(w.id).query()}#where"))
    for p in found.parted:
        told = {"one": str(named(p.one)), "two": str(named(p.two))}
        told |= {"here": name(p.here, language), "there": name(p.there, language)}
        said.setdefault(part % told, ("", ""))
    return [(sentence, *link) for sentence, link in said.items()]


def _fall(found: Reckoned) -> list[dict[str, Any]]:
    """Return the waterfall: what was believed before any clue, each source upon the others, and all."""
    first, last = found.odds
    scale = scale_of([first, last, *(s.after for s in found.steps)])
    begun = {"name": gettext("Before any clue"), "odds": first, "bar": _drawn(bar(scale, 0.0, first, True))}
    ended = {"name": gettext("All together"), "odds": last, "bar": _drawn(bar(scale, 0.0, last, True))}
    steps = [
        {
            "name": named(s.weight.group),
            "clues": s.weight.clues,
            "step": s.after - s.before,
            "odds": s.after,
            "bar": _drawn(bar(scale, s.before, s.after)),
        }
        for s in found.steps
    ]
    return [begun, *steps, ended]


def _without(without: Without, language: str) -> str:
    return f"{world().name(without.top_country, language)}, {km2(without.area90_km2)}"


def _parts(
    found: Reckoned, rows: Sequence[Clue], listed: Sequence[Line], wish: Asked, language: str
) -> dict[str, Any]:
    """Return each source group with its clues, the strongest first; then the clues that say nothing."""
    weights = {w.id: w for w in found.posterior.clues}
    groups = {g.group: g for g in found.groups}
    state_of = {str(r.pk): str(r.state) for r in rows}
    said, items = _sentences(found, listed, language), _items(rows)
    told = [_line(line, weights, said, state_of, wish, language) for line in listed]
    for each, line in zip(told, listed, strict=True):
        links = [items[c.id] for c in line.clues if c.id in items]
        each |= {"items": links[:ITEMS_SHOWN], "more_items": len(links[ITEMS_SHOWN:])}
    told.sort(key=lambda t: (t["off"], -abs(t["log10"]), t["name"], t["id"]))
    speaking = [t for t in told if not t["silent"]]
    scale = scale_of([*(t["log10"] for t in speaking), *(g.log10_bf for g in groups.values())])
    for each in speaking:
        each["bar"] = "" if each["off"] or not each["weight"] else _drawn(bar(scale, 0.0, each["log10"]))
    names = sorted({t["group"] for t in speaking}, key=lambda n: (-abs(_of(groups, n)), n))
    sources = []
    for name in names:
        weight = groups.get(name)
        source: dict[str, Any] = {
            "name": name,
            "off": name in wish.groups,
            "weight": weight,
            "lines": [t for t in speaking if t["group"] == name],
        }
        if weight:
            source |= {
                "says": explain_groups(found.posterior, [weight], language)[0],
                "bar": _drawn(bar(scale, 0.0, weight.log10_bf)),
                "without": _without(weight.without, language),
            }
        sources.append(source)
    return {"sources": sources, "silent": [t for t in told if t["silent"]]}


def _items(rows: Sequence[Clue]) -> dict[str, tuple[int, str]]:
    """Return the item that each clue was seen in, by its number, with the address that opens it there."""
    held = {row.media_id for row in rows if row.media_id}
    numbers = dict(Media.objects.filter(pk__in=held).values_list("pk", "number"))
    return {
        str(row.pk): (number, reverse("examine:item", args=[row.case_id, number]) + f"?clue={row.pk}")
        for row in rows
        if row.media_id and (number := numbers.get(row.media_id)) is not None
    }


def _of(groups: dict[str, Any], name: str) -> float:
    return groups[name].log10_bf if name in groups else 0.0


def _sentences(found: Reckoned, listed: Sequence[Line], language: str) -> dict[str, str]:
    """Return what each line that was weighed does, in words, by the id of the clue that stands for it."""
    part = {w.id: w for w in found.posterior.clues}
    counting = [line.clue for line in listed if not line.off and line.clue.id in part]
    order = sorted(counting, key=lambda c: (-abs(part[c.id].log10_bf), c.id))
    return {c.id: s for c, s in zip(order, explain(found.posterior, counting, language), strict=True)}


def _line(
    line: Line,
    weights: dict[str, ClueWeight],
    said: dict[str, str],
    state_of: dict[str, str],
    wish: Asked,
    language: str,
) -> dict[str, Any]:
    """Return one observation as its row shows it."""
    clue, weight = line.clue, weights.get(line.clue.id)
    states = {state_of.get(c.id) for c in line.clues}
    return {
        "id": line.id(wish.off),
        "group": str(clue.group),
        "evaluation": clue.evaluation,
        "name": clue_name(clue, language),
        "says": said.get(clue.id) or clue_name(clue, language),
        "times": len(line.clues),
        "proposed": states == {"proposed"},
        "off": line.off,
        "silent": clue.kind in SILENT,
        "weight": weight,
        "log10": weight.log10_bf if weight else 0.0,
        "without": _without(weight.without, language) if weight else "",
        "group_off": str(clue.group) in wish.groups,
    }
