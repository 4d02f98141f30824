"""Each room holds what its name says: arithmetic is pure, every step is whole, no drawer is for anything."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from entente.casework import STEPS
from tests.house.house import PACKAGE, ROOT, TESTS, WALK, files, imports, modules, short, tree

# The pure part of the standard library: nothing that reads a file, a clock, the network or chance.
WORDS = {
    "__future__", "abc", "bisect", "collections", "collections.abc", "dataclasses", "datetime", "difflib",
    "enum", "fractions", "functools", "heapq", "itertools", "math", "operator", "re", "statistics", "string",
    "textwrap", "types", "typing", "unicodedata", "uuid",
}  # fmt: skip
LAW = WORDS | {"base64", "binascii", "hashlib", "hmac", "json"}
SCIENCE = LAW | {
    "array", "base64", "html", "importlib.resources", "io", "lzma", "struct", "zlib", "contextlib",
    "warnings", "tomllib", "numpy", "scipy", "numba", "llvmlite", "cv2", "h3",
}  # fmt: skip
# One profile of PDQ is what Pillow's thumbnail of an array makes: it opens no file there.
BY_DEFINITION = {
    ("casework/match/hashes/profiles.py", "PIL"),
    # Readers of the extra `text`: arrays and words in, words out; they open no file in the closed decoder.
    ("casework/examine/extractors/reading.py", "rapidocr_onnxruntime"),
    ("casework/examine/extractors/reading.py", "tesserocr"),
    ("casework/examine/extractors/language.py", "lingua"),
    ("casework/examine/extractors/phone_number.py", "phonenumbers"),
    # The protocol of the extra `private`: texts in, bytes out; it opens no file and no connection.
    ("casework/crosscheck/private.py", "private_set_intersection.python"),
    # Communities of a network: arrays in, numbers out.
    ("casework/link/series/leiden.py", "graspologic_native"),
}
BELOW = {
    "vocabulary": ("entente.vocabulary",),
    "safeguards": ("entente.vocabulary", "entente.safeguards"),
    "casework": ("entente.vocabulary", "entente.safeguards", "entente.plugins", "entente.casework"),
}
TOUCHES_THE_WORLD = {"service.py", "views.py", "api.py"}
IMPURE_CALLS = {"open", "exec", "eval", "input", "print", "__import__"}
IMPURE_METHODS = {"now", "today", "utcnow", "read_text", "write_text", "write_bytes", "unlink", "mkdir"}
NO_ROOM = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "misc", "stuff"}
# Django and PostgreSQL look for a backend in a module of this very name.
NAMED_BY_DJANGO = {"records/sqlite/base.py", "records/postgres/base.py"}


def arithmetic(room: str) -> list[Path]:
    """Return the pure modules of a room."""
    found = modules(PACKAGE / room)
    if room == "casework":
        outside = {*TOUCHES_THE_WORLD, "flow.py"}
        folders = {"service", "views"}
        return [p for p in found if p.name not in outside and not folders & {*p.relative_to(PACKAGE).parts}]
    return found


def _allowed(module: str, white: set[str], rooms: tuple[str, ...]) -> bool:
    if module == "entente":  # ``from entente import plugins``: the walls judge what is taken from it
        return True
    if module.startswith("entente."):
        return module.startswith(rooms)
    return module in white or any(
        module.startswith(f"{w}.") for w in white & {"numpy", "scipy", "numba", "h3"}
    )


@pytest.mark.parametrize(
    ("room", "white"),
    [("vocabulary", WORDS), ("safeguards", LAW), ("casework", SCIENCE)],
    ids=["vocabulary", "safeguards", "casework"],
)
def test_arithmetic_imports_only_what_is_on_its_list(room: str, white: set[str]) -> None:
    strangers = [
        f"{short(path)}:{line} imports {module}"
        for path in arithmetic(room)
        for module, line in imports(path)
        if not _allowed(module, white, BELOW[room])
        and (path.relative_to(PACKAGE).as_posix(), module) not in BY_DEFINITION
    ]
    assert not strangers


def test_the_list_refuses_what_does_not_belong() -> None:
    for module in ("PIL", "django.db", "os", "pathlib", "time", "random", "entente.records", "socket"):
        assert not _allowed(module, SCIENCE, BELOW["casework"]), module


def test_arithmetic_asks_no_clock_and_opens_no_file() -> None:
    faults = []
    for room in BELOW:
        for path in arithmetic(room):
            for node in ast.walk(tree(path)):
                if not isinstance(node, ast.Call):
                    continue
                called = node.func
                named = isinstance(called, ast.Name) and called.id in IMPURE_CALLS
                asked = isinstance(called, ast.Attribute) and called.attr in IMPURE_METHODS
                if named or asked:
                    faults.append(f"{short(path)}:{node.lineno} {ast.unparse(called)}")
    assert not faults


def test_a_step_reads_no_table_that_lies_in_another_step() -> None:
    """An import can be judged by the walls, a file read by its path cannot: each step keeps its own."""
    told = re.compile(r"""files\(f?["'](entente[\w.]*)["']""")
    read = [
        (path, package)
        for path in arithmetic("casework")
        for package in told.findall(path.read_text(encoding="utf-8"))
    ]
    assert read
    strangers = [
        f"{short(path)} reads a file of {package}"
        for path, package in read
        if package.split(".")[2:3] != [path.relative_to(PACKAGE / "casework").parts[0]]
    ]
    assert not strangers
    assert told.findall('files("entente.casework") / "locate"') == ["entente.casework"]


def test_every_module_says_in_one_line_what_it_is() -> None:
    silent = [short(p) for p in modules() if tree(p).body and not (ast.get_docstring(tree(p)) or "").strip()]
    assert not silent


def test_no_room_is_a_drawer_for_anything() -> None:
    places = [
        p for folder in ("src", "tests", "demo", "benchmarks", "tools") for p in files(ROOT / folder, ".py")
    ]
    drawers = [short(p) for p in places if NO_ROOM & {p.stem, *p.relative_to(ROOT).parts[:-1]}]
    bases = [
        short(p)
        for p in modules()
        if p.stem == "base" and p.relative_to(PACKAGE).as_posix() not in NAMED_BY_DJANGO
    ]
    assert not drawers + bases


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_whole(step: str) -> None:
    room = PACKAGE / "casework" / step
    assert (ast.get_docstring(tree(room / "__init__.py")) or "").strip(), "it says what it is for"
    # a service that outgrew one file is a folder of that name, and so are pages
    views = tree(room / "views.py" if (room / "views.py").is_file() else room / "views" / "__init__.py")
    service = [room / "service.py"] if (room / "service.py").is_file() else modules(room / "service")
    bodies = [n for p in service for n in tree(p).body]
    acts = [n.name for n in bodies if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    assert acts, "it has an act"
    assert "urlpatterns" in {
        t.id for n in views.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    assert files(room / "templates" / step, ".html"), "it has a page"
    page = (WALK / f"{step}.md").read_text(encoding="utf-8")
    for part in ("You see", "You do", "The machine does", "It refuses", "Keys", "The law"):
        assert f"\n## {part}\n" in page, f"its page in the walk says: {part}"
    assert any(p.name.startswith("test_") for p in files(TESTS / "casework" / step, ".py")), "it has tests"


def test_no_step_is_only_announced() -> None:
    announced = [
        short(p)
        for p in modules()
        if (ast.get_docstring(tree(p)) or "").lower().startswith(("written next", "to be written", "todo"))
    ]
    assert not announced


def test_the_rooms_of_casework_are_the_steps_and_nothing_else() -> None:
    rooms = {p.name for p in (PACKAGE / "casework").iterdir() if (p / "__init__.py").is_file()}
    assert rooms == set(STEPS)


def test_the_walk_has_a_page_for_each_step_and_no_other() -> None:
    assert {p.stem for p in WALK.glob("*.md")} - {"README"} == set(STEPS)


def test_the_tree_of_the_readme_is_the_order_of_the_walk() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = text[text.index("casework/") :].splitlines()
    shown = [step for line in lines for step in STEPS if line.strip("│├└─ ").split(" ")[0] == step]
    assert tuple(shown) == STEPS


def test_the_tree_of_the_readme_names_every_room() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    assert [room for room in sorted(rooms) if f"{room}/" not in text] == []


def test_the_science_is_installed_without_django() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plain = " ".join(project["dependencies"]).lower()
    assert "django" not in plain
    assert all(name in plain for name in ("numpy", "scipy", "numba", "opencv", "h3"))


def test_no_query_goes_around_the_guard_in_raw_sql() -> None:
    """The guard sits in Django's compiler, so SQL that somebody writes by hand would not meet it."""
    ways = {"raw", "extra", "cursor", "execute", "executemany", "executescript"}
    own = (
        "src/entente/records/sqlite/",  # the second wall
        "src/entente/records/postgres/",
        "src/entente/records/bulk.py",  # rows by the thousand; it asks the guard as the compiler does
        "src/entente/records/durable.py",  # the database's promises and its journal, no table
        "src/entente/evidence/keyring.py",  # keys of cases, in a small database of their own
        "src/entente/formats/nsrl.py",  # a provider's file, read only; no table of ours
    )
    found = [
        f"{short(path)}:{node.lineno} {ast.unparse(node.func)}"
        for path in modules()
        if not short(path).startswith(own)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ways or ast.unparse(node.func) in {"sqlite3.connect", "psycopg.connect"}
    ]
    assert not found


def test_a_private_name_is_imported_by_nobody() -> None:
    """What is tested or used from elsewhere has a public name, or is reached through the door."""
    found = [
        (short(path), alias.name)
        for path in (*modules(), *modules(TESTS), *modules(ROOT / "benchmarks"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("entente")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert found == []
