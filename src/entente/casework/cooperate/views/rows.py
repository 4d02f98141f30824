"""Which row of a list a form means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model
from django.utils.translation import gettext

from entente.records.door import DeskRequest

Row = TypeVar("Row", bound=Model)


class NotHere(ValueError):
    """No such row is in sight; the text says the mend."""


def row_meant(request: DeskRequest, rows: Iterable[Row]) -> Row:
    """Return the row that the field ``row`` names; hidden and absent are refused in one sentence."""
    given = request.POST.get("row", "")
    row = next((r for r in rows if str(r.pk) == given), None)
    if row is None:
        raise NotHere(gettext("That is not here; reload the page to see how things stand."))
    return row
