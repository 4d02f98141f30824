"""A page is made by a thread that stays, on a connection that stays until a fault spoils it."""

from __future__ import annotations

import threading

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, connections

from entente.web.asgi import Desk

pytestmark = pytest.mark.django_db(transaction=True)


def made_by(desk):
    """Have a page made; return the thread and the connection that made it."""
    return async_to_sync(desk.get_response_async)(None)


@pytest.fixture
def desk(monkeypatch):
    def page(self, request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return threading.get_ident(), connection.connection

    monkeypatch.setattr(Desk, "get_response", page)
    made = Desk(pages=1)
    yield made
    made._threads.submit(lambda: connection.close()).result()
    made._threads.shutdown()


def test_the_next_page_finds_the_thread_and_the_connection_of_the_last(desk):
    first, second = made_by(desk), made_by(desk)
    assert first == second and first[0] != threading.get_ident()


def test_a_connection_left_inside_a_transaction_serves_no_other_page(desk, monkeypatch):
    made_by(desk)
    desk._threads.submit(lambda: connection.set_autocommit(False)).result()
    closed = []
    # a test's database is in memory and goes with its connection: closing it is only seen
    monkeypatch.setattr(type(connections["default"]), "close", lambda line: closed.append(line))
    desk._threads.submit(lambda: desk._made(None)).result()
    assert closed
    monkeypatch.undo()
    desk._threads.submit(lambda: connection.set_autocommit(True)).result()
