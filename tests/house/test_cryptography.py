"""The inventory of cryptography names every module that uses any, and no other (ASVS 5.0, 11.1.2)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "entente"
LIBRARIES = (
    "hashlib",
    "hmac",
    "secrets",
    "ssl",
    "cryptography",
    "argon2",
    "pyrage",
    "private_set_intersection",
    "nacl",
    "jwt",
    "rfc3161_client",
    "django.core.signing",
    "django.contrib.auth.hashers",
    "django.utils.crypto",
)
OLD = {"md5", "sha1", "DES", "TripleDES", "ARC4", "ECB", "Blowfish"}


def imported(text: str) -> set[str]:
    """Return the dotted names that a module imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def uses(text: str) -> bool:
    return any(f"{name}.".startswith(f"{library}.") for name in imported(text) for library in LIBRARIES)


def modules() -> dict[str, str]:
    return {p.relative_to(SOURCE).as_posix(): p.read_text("utf-8") for p in sorted(SOURCE.rglob("*.py"))}


def listed() -> dict[str, list[str]]:
    page = (ROOT / "docs" / "cryptography.md").read_text("utf-8")
    table = page.split("## Where", 1)[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "`" in line
    ]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_every_module_that_uses_cryptography_is_in_the_inventory() -> None:
    unlisted = sorted({path for path, text in modules().items() if uses(text)} - set(listed()))
    assert not unlisted, f"say in docs/cryptography.md what for: {', '.join(unlisted)}"


def test_the_inventory_names_no_module_that_uses_none() -> None:
    idle = sorted(set(listed()) - {path for path, text in modules().items() if uses(text)})
    assert not idle, f"take out of docs/cryptography.md: {', '.join(idle)}"


def test_every_line_says_what_for_which_algorithm_library_and_key() -> None:
    assert len(listed()) > 20
    for path, cells in listed().items():
        assert len(cells) == 4 and all(cells), path


@pytest.mark.parametrize(
    "line",
    [
        "import hashlib",
        "from hmac import new",
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM",
        "def late():\n    import secrets",
        "from django.core import signing",
        "import argon2.low_level as a",
    ],
)
def test_an_unlisted_use_would_be_found(line: str) -> None:
    assert uses(line)


def test_what_only_sounds_alike_is_no_use() -> None:
    assert not uses(
        "import hashlib_extra\nfrom entente.casework.match import hashes\nfrom django.core import mail"
    )


def test_broken_algorithms_are_used_nowhere_but_for_partners_lists() -> None:
    found = {
        path
        for path, text in modules().items()
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Attribute) and node.attr in OLD and uses(text))
        and isinstance(node.value, ast.Name)
        and node.value.id in {"hashlib", "algorithms", "modes"}
    }
    assert found <= {"evidence/digests.py"}
    digests = (SOURCE / "evidence" / "digests.py").read_text("utf-8")
    assert re.search(r"md5\(usedforsecurity=False\)", digests)


def test_chance_that_can_be_guessed_decides_nothing_secret() -> None:
    """``random`` is for science and stories; whoever needs a secret takes ``secrets``."""
    both = [
        path
        for path, text in modules().items()
        if {n.split(".")[0] for n in imported(text)} >= {"random"} and uses(text)
    ]
    assert both == []
