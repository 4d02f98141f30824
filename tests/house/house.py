"""The house as its tests see it: where things are, which files count, what a module imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "entente"
TESTS = ROOT / "tests"
WALK = ROOT / "docs" / "walk"

_SKIP = {"__pycache__", ".venv", ".git", "node_modules", "build", "dist", "var"}


def files(folder: Path, *endings: str) -> list[Path]:
    """Return every file below ``folder`` with one of the endings, in order, build folders left out."""
    found = (p for p in folder.rglob("*") if p.suffix in endings and p.is_file())
    return sorted(p for p in found if not _SKIP & set(p.relative_to(folder).parts))


def documents() -> list[Path]:
    """Return every Markdown page of the house."""
    return sorted(ROOT.glob("*.md")) + files(ROOT / "docs", ".md")


def modules(folder: Path = PACKAGE) -> list[Path]:
    """Return every module that somebody wrote: migrations are made by Django."""
    return [p for p in files(folder, ".py") if "migrations" not in p.parts]


def short(path: Path) -> str:
    """Return the path as a reader of the repository writes it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Return the module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=short(path))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module and its line, wherever in the file it stands."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "." * node.level, node.lineno


def names_of(path: Path) -> set[str]:
    """Return what a module defines: ``name`` at its top, ``Class.name`` inside a class."""
    found: set[str] = set()
    for node in tree(path).body:
        found |= _defined(node)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in _defined(inner)}
    return found


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.Assign):
        return {t.id for t in node.targets if isinstance(t, ast.Name)}
    return set()


def between(text: str, start: str, end: str) -> str:
    """Return what stands between two marks of a page; both must be there."""
    found = re.search(re.escape(start) + r"(.*?)" + re.escape(end), text, re.DOTALL)
    assert found, f"the page has lost its mark {start!r}"
    return found.group(1)


def cells_of(page: Path, heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading of a page, its head and rule left out."""
    text = page.read_text(encoding="utf-8").split(f"{heading}\n", 1)[1]
    lines = [line for line in re.split(r"^## ", text, flags=re.MULTILINE)[0].splitlines() if line[:1] == "|"]
    return [[c.strip() for c in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]]
