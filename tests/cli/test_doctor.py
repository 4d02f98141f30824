"""The doctor names each layer of the sandbox that does not hold, and what is lost without it."""

from __future__ import annotations

import pytest

from entente.cli import doctor
from entente.evidence import calls

ALL = list(doctor.LAYERS)


def test_where_every_layer_holds_they_are_listed() -> None:
    (found,) = doctor.layers(ALL)
    assert found.there and "system calls" in found.says


@pytest.mark.parametrize("lost", [name for name in ALL if name != "user"])
def test_a_layer_that_does_not_hold_is_named_with_what_is_lost(lost: str) -> None:
    (found,) = doctor.layers([name for name in ALL if name != lost])
    assert not found.there and found.what == f"sandbox: {lost}" and "a decoder" in found.says


def test_without_the_library_the_filter_says_that_it_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "pyseccomp", None)
    monkeypatch.setattr(calls, "MISSING", "RuntimeError: Unable to find libseccomp")
    assert calls.filter_calls() is False
    (found,) = doctor.layers([name for name in ALL if name != "system calls"])
    assert "install libseccomp" in found.says and "Unable to find libseccomp" in found.says
