"""JSON from outside has one reader: ``safeguards.strict_json``. Anything else that parses says why it may."""

from __future__ import annotations

import ast

from tests.house.house import PACKAGE, files, short

READERS = {"load", "loads", "JSONDecoder", "raw_decode", "scan_once"}
ALLOWED = {
    "src/entente/cli/journal.py": "lines that we wrote ourselves, millions, with names that are no text",
    "src/entente/safeguards/strict_json.py": "it is the reader",
    "src/entente/records/proving.py": "the log's own sealed bytes, bound by their leaf; there are millions",
    "src/entente/casework/locate/likelihood/days.py": "tables of our own package",
    "src/entente/casework/locate/likelihood/ground.py": "tables of our own package",
    "src/entente/casework/locate/world.py": "tables of our own package",
    "src/entente/formats/court_verify.py": "one file for a court, standard library alone; as strict itself",
    "src/entente/formats/typesetting.py": "words of our own package",
}


def parsed(source: str) -> list[int]:
    """The lines where Python's own reader of JSON, or another library's, is named."""
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in READERS:
            inner = node.value
            if isinstance(inner, ast.Name) and inner.id in {"json", "orjson", "ujson", "simplejson"}:
                found.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module in {"json", "json.decoder", "orjson", "ujson"}:
            found += [node.lineno for name in node.names if name.name in READERS]
        asked = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args
        if asked and node.func.attr == "json":  # a request's or an answer's own reader
            found.append(node.lineno)
    return found


def test_the_check_hears_what_it_must() -> None:
    for source in (
        "import json\nx = json.loads(y)",
        "import json\nx = json.load(y)",
        "from json import loads",
        "import json\nd = json.JSONDecoder()",
        "x = request.json()",
        "import json\nread = json.loads",
    ):
        assert parsed(source), source
    for source in ("from entente.safeguards import strict_json\nstrict_json.loads(x)", "json.dumps(x)"):
        assert not parsed(source), source


def test_nothing_else_reads_json() -> None:
    found = {short(path): parsed(path.read_text("utf-8")) for path in files(PACKAGE, ".py")}
    others = {path: lines for path, lines in found.items() if lines and path not in ALLOWED}
    assert not others, "read it with safeguards.strict_json.loads, or say in ALLOWED why not"


def test_every_exception_is_still_needed() -> None:
    found = {short(path) for path in files(PACKAGE, ".py") if parsed(path.read_text("utf-8"))}
    assert set(ALLOWED) == found & set(ALLOWED)
