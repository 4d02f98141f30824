"""How much a link of one kind and grade weighs: the probability, as measured, that it joins one series.

The table is part of the program, as constant as its code; it names its source and version.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table() -> dict[str, Any]:
    """Return the table: its version, its source, and a row for each kind and grade."""
    text = (files("entente.casework.link") / "data" / "weights.toml").read_bytes().decode()
    return tomllib.loads(text)


def weight_of(kind: str, grade: str) -> float:
    """Return the weight of a link, 0-1; an unknown kind or grade is a fault of the program."""
    return float(table()["kinds"][kind][grade]["weight"])
