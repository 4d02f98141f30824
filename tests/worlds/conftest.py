"""W is made once for all the tests of this folder, and undone at the end."""

from __future__ import annotations

import logging

import pytest

from tests.worlds import worlds
from tests.worlds.replay import arithmetic_remembered


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """Return W; every example undoes what it did to it. Gone before any other folder's tests begin."""
    logging.disable(logging.CRITICAL)
    folder = tmp_path_factory.mktemp("worlds")
    with django_db_blocker.unblock(), arithmetic_remembered(), worlds.made(folder) as made:
        yield made
    logging.disable(logging.NOTSET)


@pytest.fixture
def _django_db_helper(world):
    """Take the place of pytest-django's own: W's transaction is the one that every test is in."""
