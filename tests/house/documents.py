"""Pages that are derived from the code: ``make docs`` writes them, a test finds one that is old."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from entente import plugins
from entente.casework import STEPS
from entente.cli import VERBS
from entente.formats import ListFormat
from entente.formats.case_package import CaseFormat
from entente.safeguards.limits import TABLE, in_words
from tests.house.house import PACKAGE, ROOT, WALK, tree

_MARK = re.compile(r"(<!-- derived: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _verbs() -> str:
    rows = "\n".join(f"| `entente {verb}` | {says} |" for verb, says in VERBS.items())
    return f"| verb | does |\n|---|---|\n{rows}\n"


def _plugins() -> str:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    rows = "\n".join(
        f"| {group.removeprefix('entente.')} | `{name}` | `{target.split(':')[0]}` |"
        for group, named in points.items()
        for name, target in named.items()
    )
    return f"| kind | name | module |\n|---|---|---|\n{rows}\n"


def _walk() -> str:
    rows = []
    for number, step in enumerate(STEPS, 1):
        says = _caption(PACKAGE / "casework" / step / "__init__.py").rstrip(".")
        rows.append(f"{number}. [{step}]({step}.md): {says[0].lower()}{says[1:]}")
    return "\n".join(rows) + "\n"


def _caption(path: Path) -> str:
    return (ast.get_docstring(tree(path)) or "").splitlines()[0]


def _limits() -> str:
    rows = "\n".join(
        f"| {limit.name} | {'; '.join(f'{w.most:,} in {in_words(w.span)}' for w in limit.windows)}"
        f" | {limit.per} | {limit.why} |"
        for limit in TABLE
    )
    return f"| what | how often | who counts | why |\n|---|---|---|---|\n{rows}\n"


def _losses() -> str:
    lists = [
        f"| {name} | {'; '.join(t.rstrip('.') for t in told.losses)} | {_case_losses(told)} |"
        for name, told in sorted(plugins.formats().items())
        if isinstance(told, ListFormat)
    ]
    rows = "\n".join(lists)
    head = "| format | as a hash list, what does not survive | as a case package |"
    return f"{head}\n|---|---|---|\n{rows}\n"


def _case_losses(told: object) -> str:
    if not isinstance(told, CaseFormat):
        return "–"
    by_sentence: dict[str, list[str]] = {}
    for name, why in told.case_losses.items():
        by_sentence.setdefault(why.rstrip("."), []).append(f"`{name}`")
    return "; ".join(f"{why}: {', '.join(names)}" for why, names in by_sentence.items()) or "nothing"


PARTS = {"losses": _losses, "limits": _limits, "verbs": _verbs, "plugins": _plugins, "walk": _walk}
PAGES = (
    ROOT / "docs" / "running.md",
    ROOT / "docs" / "formats.md",
    ROOT / "docs" / "limits.md",
    WALK / "README.md",
)


def derived(text: str) -> str:
    """Return a page with each derived part made again from the code."""
    return _MARK.sub(lambda m: f"{m[1]}{PARTS[m[2]]()}{m[3]}", text)


def main() -> None:
    """Write every derived page again."""
    for page in PAGES:
        page.write_text(derived(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
