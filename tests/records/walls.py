"""The first wall taken down, and the second built anew with another text: what the tests of walls share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.db import connection

from entente.records import guard, wall
from entente.safeguards.access import Allow, Shape


@contextmanager
def without_the_first_wall() -> Iterator[None]:
    """Allow all: ``decide`` says yes to everything, and no condition stands in any query.

    A scope is still needed, as in a desk whose rules were all forgotten but whose pages still say who asks.
    """

    def allow_all(*asked: object) -> Allow:
        return Allow()

    def no_condition(table: str, alias: str) -> None:
        guard.current()

    with (
        mock.patch("entente.records.act.decide", allow_all),
        mock.patch("entente.safeguards.access.decide", allow_all),
        mock.patch("entente.safeguards.access.readable", lambda *asked: True),
        mock.patch.object(guard, "predicate", no_condition),
    ):
        yield


@contextmanager
def built_with(texts: dict[Shape, str], members: str = wall.MEMBERS) -> Iterator[None]:
    """Build the second wall of this connection with some texts replaced; put the right ones back."""
    with mock.patch.dict(wall.WALLS, texts), mock.patch.object(wall, "MEMBERS", members):
        build()
        yield
    build()


def build() -> None:
    """Write the wall anew, as it stands in ``wall.WALLS``."""
    if connection.vendor == "postgresql":
        from entente.records.postgres.policies import raise_walls

        connection.check_constraints()  # PostgreSQL alters no table whose rows still wait for a check
        raise_walls(connection.alias)
    else:
        connection.raze()  # made anew when they are needed
