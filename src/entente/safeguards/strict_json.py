"""JSON from outside, read in one sense only (RFC 8259; RFC 7493 for names that occur once).

Where two readers may understand a text differently, one of them can be made to see a looser rule: of
``{"handling": "H3", "handling": "H0"}`` Python alone would keep H0. So what has two readings is refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DEEPEST = 100  # nested lists and objects; our own formats stay below 12
DIGITS = 100  # of one number; a double has 17, the largest count that we store 19
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotStrict(ValueError):
    """The text is no JSON or has two readings; says which and what to mend."""


def loads(text: str | bytes | bytearray, *, deepest: int = DEEPEST) -> Any:
    """Return the value of a whole text (bytes: UTF-8 without a mark).

    Raises ``NotStrict`` for what is no JSON, a name given twice in one object, NaN or an infinity, nesting
    deeper than ``deepest``, numbers of over ``DIGITS`` characters or beyond a double, half a surrogate pair.
    """
    if isinstance(text, (bytes, bytearray)):
        text = _text(text)
    try:
        value = DECODER.decode(text)
    except NotStrict:
        raise
    except RecursionError:
        raise NotStrict(_too_deep(deepest)) from None
    except ValueError as error:
        raise NotStrict(f"it is no JSON ({error}); have it written again") from None
    if text.count("[") + text.count("{") > deepest:
        demand_shallow(value, deepest)
    demand_whole_text(value, text)
    return value


def demand_shallow(value: Any, deepest: int = DEEPEST) -> None:
    """Raise ``NotStrict`` where lists and objects are nested deeper; needs no recursion."""
    level = [value]
    for _ in range(deepest):
        level = [
            inner
            for outer in level
            if isinstance(outer, (list, dict))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (list, dict))
        ]
        if not level:
            return
    raise NotStrict(_too_deep(deepest))


def demand_whole_text(value: Any, text: str) -> None:
    """Raise ``NotStrict`` for half a surrogate pair, which no database or file could hold."""
    try:
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        elif not text.isascii():
            text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotStrict("a text in it holds half a surrogate pair; have it written again as UTF-8") from None


def _text(data: bytes | bytearray) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotStrict(f"it is no UTF-8 (byte {error.start + 1}); save it as UTF-8 and try again") from None


def _too_deep(deepest: int) -> str:
    return f"its lists and objects are nested deeper than {deepest}; no format that is read here is"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object whose names occur once."""
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(
            f"an object says {twice[:80]!r} twice; which of the two holds must be said at its source"
        )
    return made


def _whole(text: str) -> int:
    if len(text) <= DIGITS:
        return int(text)
    raise NotStrict(f"a number of {len(text)} digits; the most are {DIGITS}")


def _broken(text: str) -> float:
    value = float(text)
    if len(text) > DIGITS or not math.isfinite(value):
        raise NotStrict(
            f"the number {text[:40]} is longer than {DIGITS} characters or too large for a double"
        )
    return value


def _no_constant(name: str) -> Any:
    raise NotStrict(f"{name} is no number in JSON; leave the value out or write null")


#: For readers of a text piece by piece; they call ``demand_shallow`` themselves.
DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_float=_broken, parse_constant=_no_constant
)
