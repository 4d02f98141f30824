"""Each wall catches an intrusion; the tree as it stands passes all of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOT

LINT = Path(sys.executable).with_name("lint-imports")
CONTRACTS = ("floors", "time", "step", "pure", "doors")

pytestmark = pytest.mark.skipif(not LINT.exists(), reason="import-linter is not installed: make setup")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package's modules, with the walls beside it."""
    leave_out = shutil.ignore_patterns("__pycache__", "data", "static", "templates", "locale", "typst")
    shutil.copytree(PACKAGE, tmp_path / "entente", ignore=leave_out)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def lint(folder: Path, *contracts: str) -> tuple[int, str]:
    """Run the walls on the copy and on nothing else; return the exit code and what was said."""
    chosen = [word for name in contracts for word in ("--contract", name)]
    ran = subprocess.run(
        [LINT, "--no-cache", *chosen],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.returncode, ran.stdout + ran.stderr


def plant(folder: Path, module: str, line: str) -> None:
    """Put one line at the end of a module, making the module where it is missing."""
    path = folder / "entente" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as out:
        out.write(f"\n{line}\n")


INTRUSIONS = [
    ("floors", "a noun opens a step", "vocabulary/clue.py", "import entente.casework.match.compare"),
    ("floors", "the law reads the tables", "safeguards/access.py", "import entente.records.guard"),
    (
        "floors",
        "a format reaches the tables",
        "formats/vics/reading.py",
        "import entente.records.models.case",
    ),
    ("floors", "the store asks the workers", "evidence/store.py", "import entente.workers.local"),
    ("floors", "a step opens the front door", "casework/match/service/check.py", "import entente.web.board"),
    ("floors", "a room nobody planned", "annex/__init__.py", '"""An annex."""'),
    (
        "time",
        "intake uses its outcome",
        "casework/intake/service/receiving.py",
        "import entente.casework.close.service",
    ),
    (
        "time",
        "a step asks what follows",
        "casework/link/service/proposing.py",
        "import entente.casework.flow",
    ),
    (
        "time",
        "the same inside a function",
        "casework/match/compare.py",
        "def late() -> None:\n    import entente.casework.locate.engine",
    ),
    ("time", "a step nobody planned", "casework/guess/__init__.py", '"""A guess."""'),
    (
        "step",
        "a service opens its pages",
        "casework/locate/service/weigh.py",
        "import entente.casework.locate.views",
    ),
    ("pure", "science imports Django", "casework/locate/sun.py", "import django"),
    (
        "pure",
        "science opens a file of evidence",
        "casework/link/series/grouping.py",
        "import entente.evidence.open",
    ),
    ("pure", "science starts a process", "casework/match/index/near.py", "import subprocess"),
    ("pure", "the law asks the network", "safeguards/release.py", "import urllib.request"),
    ("pure", "a word opens a socket", "vocabulary/place.py", "import socket"),
    (
        "doors",
        "science opens a service",
        "casework/trends/counts.py",
        "import entente.casework.match.service",
    ),
]


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [(c, m, line) for c, _, m, line in INTRUSIONS],
    ids=[f"{c}: {why}" for c, why, _, _ in INTRUSIONS],
)
def test_an_intrusion_breaks_its_wall(copy: Path, contract: str, module: str, line: str) -> None:
    plant(copy, module, line)
    code, said = lint(copy, contract)
    assert code == 1, said
    assert "1 broken" in said, said
    assert Path(module).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__") in said, said


def test_every_wall_has_an_intrusion_that_tries_it() -> None:
    assert {contract for contract, *_ in INTRUSIONS} == set(CONTRACTS)
    walls = (ROOT / ".importlinter").read_text(encoding="utf-8")
    named = {
        line.split(":")[2].rstrip("]") for line in walls.splitlines() if line.startswith("[importlinter:")
    }
    assert named == set(CONTRACTS)


def test_the_tree_as_it_stands_keeps_every_wall(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said
