"""Finds hash types, clue extractors, picture models and exchange formats by entry point, anybody's alike.

Two of one name are refused, because nobody could say which one gave a verdict. A broken one is named in the
log and in ``broken()`` and takes nothing else with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

GROUPS = ("hashes", "extractors", "picture_models", "formats")

_log = logging.getLogger("entente.plugins")


class PluginConflict(ValueError):
    """Two plug-ins of one kind carry one name; one of the two packages has to go."""


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plug-in that could not be loaded: its kind, name, package, and why."""

    group: str
    name: str
    distribution: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one kind's entry points gave: the loaded ones by name, and the broken ones."""

    loaded: Mapping[str, Any]
    broken: tuple[BrokenPlugin, ...]


def _distribution(point: EntryPoint) -> str:
    """Return the package that a plug-in came with."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unnamed package"


def _load(point: EntryPoint) -> Any:
    """Load one plug-in; a class is made into its object. Raises whatever its module raises."""
    thing = point.load()
    if isinstance(thing, type):
        thing = thing()
    own_name = getattr(thing, "name", point.name)
    if own_name != point.name:
        raise ValueError(f"it calls itself {own_name!r}; the entry point and the name must be the same")
    return thing


def gather(group: str, points: Iterable[EntryPoint]) -> Found:
    """Load the plug-ins of one kind.

    Raises ``PluginConflict`` naming both packages when two carry one name.
    """
    seen: dict[str, EntryPoint] = {}
    for point in points:
        if point.name in seen:
            first, second = sorted((_distribution(seen[point.name]), _distribution(point)))
            raise PluginConflict(
                f"two plug-ins of entente.{group} are named {point.name!r}: one from {first}, "
                f"one from {second}; uninstall one of them"
            )
        seen[point.name] = point
    loaded, broken = {}, []
    for name, point in sorted(seen.items()):
        try:
            loaded[name] = _load(point)
        except Exception as error:  # a stranger's module may raise anything
            why = f"{type(error).__name__}: {error}"
            broken.append(BrokenPlugin(group, name, _distribution(point), why))
            _log.error(
                "plug-in %s of entente.%s from %s is broken: %s", name, group, _distribution(point), why
            )
    return Found(MappingProxyType(loaded), tuple(broken))


@cache
def _found(group: str) -> Found:
    """Return what is installed, once for the life of the process."""
    return gather(group, entry_points(group=f"entente.{group}"))


def hashes() -> Mapping[str, Any]:
    """Return the perceptual hash types by name (``casework.match.hashes.HashType``)."""
    return _found("hashes").loaded


def extractors() -> Mapping[str, Any]:
    """Return the clue extractors by name."""
    return _found("extractors").loaded


def picture_models() -> Mapping[str, Any]:
    """Return the picture models by name (``casework.examine.picture_models.PictureModel``); ours has none."""
    return _found("picture_models").loaded


def formats() -> Mapping[str, Any]:
    """Return the exchange formats by name (``formats.ListFormat`` for hash lists)."""
    return _found("formats").loaded


def installed(package: str) -> bool:
    """Say whether a package that a plug-in needs is there; it is not loaded."""
    return find_spec(package) is not None


def broken() -> tuple[BrokenPlugin, ...]:
    """Return every installed plug-in that could not be loaded, for ``entente doctor``."""
    return tuple(b for group in GROUPS for b in _found(group).broken)
