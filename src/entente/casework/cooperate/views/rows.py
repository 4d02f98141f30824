"""Which row of a list a form means."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext

from entente.records.asked import uuid_of
from entente.records.door import DeskRequest

Row = TypeVar("Row", bound=Model)


class NotHere(ValueError):
    """No such row is in sight; the text says the mend."""


def row_meant(request: DeskRequest, rows: QuerySet[Row]) -> Row:
    """Return the row that the field ``row`` names; hidden and absent are refused in one sentence."""
    given = uuid_of(request.POST.get("row", ""))
    row = rows.filter(pk=given).first() if given else None
    if row is None:
        raise NotHere(gettext("That is not here; reload the page to see how things stand."))
    return row
