"""Plug-ins: two of one name are refused, a broken one is named and takes nothing with it."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from entente.plugins import PluginConflict, gather


class Good:
    """A plug-in that tells its name."""

    name = "good"


class Liar:
    """A plug-in that calls itself otherwise than its entry point."""

    name = "other"


def _point(name: str, value: str, package: str = "ours") -> EntryPoint:
    point = EntryPoint(name, value, "entente.hashes")
    vars(point)["dist"] = SimpleNamespace(name=package, version="1.0")
    return point


def test_a_class_is_made_into_its_object() -> None:
    found = gather("hashes", [_point("good", "tests.test_plugins:Good")])
    assert isinstance(found.loaded["good"], Good)


def test_two_of_one_name_are_refused_and_both_packages_named() -> None:
    points = [_point("good", "tests.test_plugins:Good", "ours"), _point("good", "math:pi", "theirs")]
    with pytest.raises(PluginConflict, match=r"'good': one from ours 1\.0, one from theirs 1\.0"):
        gather("hashes", points)


@pytest.mark.parametrize("value", ["no.such.module:X", "math:nothing", "tests.test_plugins:Liar"])
def test_a_broken_one_is_named_and_the_others_stay(value: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found = gather("hashes", [_point("bad", value, "theirs"), _point("good", "tests.test_plugins:Good")])
    assert list(found.loaded) == ["good"]
    assert [(b.name, b.distribution) for b in found.broken] == [("bad", "theirs 1.0")]
    assert "bad" in caplog.text
    assert "theirs 1.0" in caplog.text
