"""One leaf of a long list; several lists on a page turn their leaves each for itself."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Case, When
from django.db.models.expressions import OrderBy
from django.http import HttpRequest

A_LEAF = 50  # rows


class Leaf(Page):
    """Some rows of a list, with what ``parts/pages.html`` needs to turn it and leave the other lists be."""

    name = "page"  # in the address
    query = ""  # all else that stands there


class _Leaves(Paginator):
    def _get_page(self, *args: Any, **kwargs: Any) -> Leaf:
        return Leaf(*args, **kwargs)


def leaf_of(request: HttpRequest, rows: Any, name: str = "page", most: int = 0) -> Leaf:
    """Return the leaf of ``rows`` that the address asks for by ``name``: the nearest there is."""
    leaf = cast(Leaf, _Leaves(rows, most or A_LEAF).get_page(request.GET.get(name)))
    others = request.GET.copy()
    others.pop(name, None)
    leaf.name, leaf.query = name, f"{others.urlencode()}&" if others else ""
    return leaf


def waits_first(*states: str) -> OrderBy:
    """Return the order by which rows in these states stand before all others, on whatever leaf those are."""
    return Case(When(state__in=states, then=0), default=1).asc()
