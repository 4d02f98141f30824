"""The map of OWASP ASVS 5.0 (``docs/asvs.md``): every item in scope has a row, and every row holds.

Ids and levels stand in ``asvs-5.0.0.txt``: facts of the standard, from its published list of 345 items.
In scope are levels 1 and 2 of V1 to V16, and level 3 of V5, V8, V14 and V16; V17 is WebRTC.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.house.house import ROOT, cells_of, names_of

MAP = ROOT / "docs" / "asvs.md"
SITE = ROOT / "docs" / "site.md"
LEVELS = Path(__file__).with_name("asvs-5.0.0.txt")
DEEP = {"5", "8", "14", "16"}  # chapters whose level 3 is in scope
KINDS = ("not applicable", "deployment", "gap")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (\d) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def levels() -> dict[str, int]:
    """Return the level of each of the standard's items."""
    lines = (line.split() for line in LEVELS.read_text("ascii").splitlines())
    return {item: int(level) for item, level in lines}


def in_scope() -> dict[str, int]:
    """Return the items that the map must hold, with their levels."""
    wanted = {}
    for item, level in levels().items():
        chapter = item.split(".")[0]
        if chapter != "17" and (level < 3 or chapter in DEEP):
            wanted[item] = level
    return wanted


def rows() -> list[tuple[str, int, str, str]]:
    """Return the map: item, level, what it asks, how it holds."""
    found = _ROW.findall(MAP.read_text("utf-8"))
    return [(item, int(level), asks, holds) for item, level, asks, holds in found]


def kind(holds: str) -> str:
    """Return whether a row names tests, or gives a reason, and of which kind."""
    begun = next((k for k in KINDS if holds.startswith(f"{k}: ")), "")
    return begun or ("test" if _TEST.match(holds) else "")


def faults(item: str, holds: str) -> list[str]:
    """Return what is wrong with how a row says that it holds."""
    found = []
    said = kind(holds)
    if not said:
        found.append(f"{item} names no test and gives no reason")
    for path, name in _TEST.findall(holds):
        if not (ROOT / path).is_file() or name not in names_of(ROOT / path):
            found.append(f"{item} names {path}::{name}, which is not there")
    reason = holds.partition(": ")[2] if said in KINDS else ""
    if said in KINDS and not (len(reason.split()) >= 5 and reason.endswith(".")):
        found.append(f"{item} gives a reason that is no sentence: {reason!r}")
    return found


def test_the_list_of_the_standard_is_whole() -> None:
    assert len(levels()) == 345
    assert Counter(levels().values()) == {1: 70, 2: 183, 3: 92}
    assert len(in_scope()) == 261


def test_every_item_in_scope_has_one_row_with_its_level() -> None:
    held = Counter(item for item, *_ in rows())
    assert [item for item in in_scope() if item not in held] == []
    assert [item for item, times in held.items() if times > 1] == []
    assert [item for item in held if item not in levels()] == []
    assert [item for item, level, *_ in rows() if levels()[item] != level] == []


def test_every_row_names_tests_that_exist_or_gives_a_reason() -> None:
    assert [fault for item, _, asks, holds in rows() for fault in faults(item, holds)] == []
    assert [item for item, _, asks, _ in rows() if len(asks.split()) < 2] == []


def test_no_row_is_lost_on_the_way() -> None:
    """A line that looks like a row and is not read as one would hide an item."""
    lines = [line for line in MAP.read_text("utf-8").splitlines() if re.match(r"\|\s*V?\d", line)]
    assert len(lines) == len(rows())


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        ("it holds", "no test"),
        ("`tests/house/test_asvs.py::test_that_nobody_wrote`", "not there"),
        ("`tests/nowhere.py::test_x`", "not there"),
        ("gap: none", "no sentence"),
        ("not applicable: there is simply no such thing here", "no sentence"),
        ("deployment:", "no test"),
    ],
)
def test_a_row_that_does_not_hold_is_found(holds: str, says: str) -> None:
    assert any(says in fault for fault in faults("1.1.1", holds))


def test_the_page_says_its_own_counts(capsys) -> None:
    counts = Counter(kind(holds) for item, _, _, holds in rows() if item in in_scope())
    said = (
        f"{len(in_scope())} items: {counts['test']} by tests, {counts['not applicable']} not applicable, "
        f"{counts['deployment']} of the deployment, {counts['gap']} gaps"
    )
    with capsys.disabled():
        print(f"\nASVS 5.0, {said}")
    assert said in MAP.read_text("utf-8"), said


# What the standard wants written down: the section of docs/site.md, and words that it cannot do without.
WRITTEN = {
    "TLS": ("1.3", "1.2", "ECDHE", "certificate", "X-Forwarded"),
    "Beside the desk": ("encryption", "log", "outgoing", "clock", "nightly"),
    "Levels of protection": ("material", "casework", "partners", "officers", "proof", "erase"),
    "Log-ins and sessions": (
        "15 minutes",
        "12 hours",
        "800-63B",
        "several log-ins",
        "provider",
        "no account is locked",
    ),
    "Who may what": ("safeguards/access.py", "field", "state", "default"),
    "Rules for what comes in": ("lengths", "Combinations", "limits", "million pixels", "1 GiB", "sandbox"),
    "Logs": ("sealed log", "console", "how long", "UTC"),
    "Risky components": ("pillow", "av", "Dangerous functions"),
    "Time frames": ("7 days", "30 days", "90 days"),
}


@pytest.mark.parametrize("section", WRITTEN)
def test_what_must_be_written_down_is_written(section: str) -> None:
    text = SITE.read_text("utf-8")
    assert f"## {section}\n" in text
    held = text.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    assert [word for word in WRITTEN[section] if word not in held] == []


def test_the_lives_of_keys_are_written_down() -> None:
    held = cells_of(ROOT / "docs" / "cryptography.md", "## Keys")
    assert {row[0] for row in held} >= {"node key", "case key", "object key", "log key", "desk secret"}
    for row in held:
        assert len(row) == 6 and all(row), row  # bytes, where, protected by, replaced by, what a loss means
