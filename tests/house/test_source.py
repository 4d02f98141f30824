"""What the program's own text must not hold: code from text, shells, XML readers, trusted markup, secrets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOT, cells_of, files, imports, modules, short, tree

SCRIPTS = PACKAGE / "web" / "static" / "entente"
TEMPLATES = files(PACKAGE, ".html")

RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
UNSAFE_READERS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "jsonpickle"}
XML = {"xml", "lxml", "defusedxml", "xmltodict", "html5lib", "bs4"}
UNCHECKED = re.compile(
    r"verify\s*=\s*False|CERT_NONE|_create_unverified_context|check_hostname\s*=\s*False|allow_http"
)
FROM_TEXT = re.compile(r"\bfrom_string\(|\bTemplate\(|\.format_map\(")
MARKUP = re.compile(
    r"\.(innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
)
CHANNELS = re.compile(
    r"\b(WebSocket|EventSource|RTCPeerConnection|RTCDataChannel|SharedWorker|serviceWorker|WebTransport)\b"
    r"|(window|parent|opener|top)\.postMessage|addEventListener\(.message"
)
STORES = re.compile(r"\b(localStorage|sessionStorage|indexedDB|caches\.open|openDatabase)\b")
MERGES = re.compile(
    r"__proto__|Object\.assign|\.prototype\b|structuredClone|\bfor \((const|let|var) \w+ in\b"
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|xox[bp]-[0-9A-Za-z-]{20}"
)
# A mark of trust in markup, and why what it trusts is drawn by the desk itself.
TRUSTED = {
    "casework/locate/views/where.py": "a map drawn here from numbers; every word in it is escaped",
    "casework/locate/views/history.py": "a small map drawn here from numbers; it has no word",
}


def called(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of a module with the dotted name that is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_no_code_is_made_from_text() -> None:
    found = [(short(p), name) for p in modules() for name, _ in called(p) if name in RUNS_TEXT]
    assert found == []


def test_no_reader_that_builds_objects_from_bytes_is_used() -> None:
    found = [
        (short(p), name) for p in modules() for name, _ in imports(p) if name.split(".")[0] in UNSAFE_READERS
    ]
    assert found == []
    loaded = [
        short(p)
        for p in modules()
        for name, call in called(p)
        if name in {"np.load", "numpy.load"}
        and not any(k.arg == "allow_pickle" and ast.unparse(k.value) == "False" for k in call.keywords)
    ]
    assert [
        at for at in loaded if at.startswith("src/")
    ] == loaded  # numpy refuses pickles unless it is told to
    assert not any("allow_pickle=True" in p.read_text("utf-8") for p in modules())


def test_no_shell_is_ever_started() -> None:
    found = []
    for p in modules():
        for name, call in called(p):
            if name in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}:
                found.append((short(p), name))
            if any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords):
                found.append((short(p), name))
            if name.startswith("subprocess.") and name.split(".")[1] in {
                "run",
                "Popen",
                "call",
                "check_output",
            }:
                first = call.args[0]
                if isinstance(first, ast.Constant | ast.JoinedStr | ast.BinOp):
                    found.append((short(p), name))  # a line for a shell, not a list of arguments
    assert found == []


# One reader without document types; and who writes a page escapes its texts with the standard library's own.
READS_XML = {"formats/elements.py": {"xml.parsers"}, "formats/ncmec.py": {"xml.sax.saxutils"}}


def test_one_module_reads_xml_and_no_document_type_comes_through() -> None:
    found = {
        p.relative_to(PACKAGE).as_posix(): {n for n, _ in imports(p) if n.split(".")[0] in XML}
        for p in modules()
    }
    assert {path: names for path, names in found.items() if names} == READS_XML
    assert "StartDoctypeDeclHandler = self._no_type" in (PACKAGE / "formats/elements.py").read_text("utf-8")


def test_no_page_is_a_template_made_while_running() -> None:
    found = [
        short(p) for p in modules() for line in p.read_text("utf-8").splitlines() if FROM_TEXT.search(line)
    ]
    assert found == []


def test_markup_is_trusted_only_where_the_desk_drew_it() -> None:
    trusts = {
        p.relative_to(PACKAGE).as_posix()
        for p in modules()
        if re.search(r"\bmark_safe\(|\bSafeString\(|format_html\(", p.read_text("utf-8"))
    }
    assert trusts == set(TRUSTED)
    assert all(len(why.split()) > 5 for why in TRUSTED.values())
    off = [
        short(p)
        for p in TEMPLATES
        if re.search(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off", p.read_text("utf-8"))
    ]
    assert off == []


def test_no_input_is_a_format_or_an_expression() -> None:
    """``re`` takes what the program wrote, and ``str.format`` nothing that a request brought."""
    found = []
    for p in modules():
        for name, call in called(p):
            if name.endswith(".format") and re.search(r"request|POST|GET|cleaned_data|read_text", name):
                found.append((short(p), ast.unparse(call)[:60]))
            if name in {
                "re.compile",
                "re.match",
                "re.search",
                "re.fullmatch",
                "re.sub",
                "re.findall",
                "re.split",
            }:
                first = call.args[0]
                if not isinstance(first, ast.Constant | ast.Name | ast.JoinedStr):
                    found.append((short(p), ast.unparse(call)[:60]))
                if isinstance(first, ast.JoinedStr) and "re.escape" not in ast.unparse(first):
                    found.append((short(p), ast.unparse(call)[:60]))
    assert found == []


def test_no_certificate_goes_unchecked() -> None:
    found = [
        short(p) for p in modules() for line in p.read_text("utf-8").splitlines() if UNCHECKED.search(line)
    ]
    assert [at for at in found if not at.endswith("evidence/bucket.py")] == []
    bucket = (PACKAGE / "evidence" / "bucket.py").read_text("utf-8")
    assert "verify=False" not in bucket and "allow_invalid_certificates" not in bucket


# The one line that a page keeps open: it only hears, from this very desk (connect-src 'self'), what to fetch.
HEARS = {"live.js": "new EventSource(`${place.dataset.live}?${asked}`)"}


@pytest.mark.parametrize("script", files(SCRIPTS, ".js"), ids=short)
def test_a_script_writes_text_opens_no_channel_and_keeps_nothing(script: Path) -> None:
    text = script.read_text("utf-8")
    if line := HEARS.get(script.name):
        assert text.count(line) == 1
        text = text.replace(line, "").replace("EventSource.CLOSED", "")
    for what in (
        MARKUP,
        CHANNELS,
        STORES,
        MERGES,
        re.compile(r"\beval\(|new Function\b|setTimeout\(\s*[\"'`]"),
    ):
        assert not what.search(text), what.pattern


def test_the_checks_of_scripts_hear_what_they_must() -> None:
    for what, said in (
        (MARKUP, "a.innerHTML = b"),
        (CHANNELS, "new WebSocket(url)"),
        (STORES, "localStorage.setItem('a', b)"),
        (SECRET, "-----BEGIN PRIVATE" + " KEY-----"),
        (UNCHECKED, "get(url, verify=False)"),
        (FROM_TEXT, "engine.from_string(text)"),
    ):
        assert what.search(said), said


def test_no_page_uses_what_browsers_gave_up() -> None:
    old = re.compile(
        r"<(object|embed|applet|frame|frameset|iframe|marquee)\b|x-shockwave|java-archive", re.IGNORECASE
    )
    assert [short(p) for p in TEMPLATES if old.search(p.read_text("utf-8"))] == []


def test_forms_write_named_fields_only() -> None:
    """No form takes whatever its model has, and no row is made of whatever was sent."""
    found = []
    for p in modules():
        text = p.read_text("utf-8")
        if '__all__"' in text and "ModelForm" in text:
            found.append(short(p))
        if re.search(r"\*\*\s*(request\.(POST|GET)|form\.data)\b|setattr\([^)]*request\.", text):
            found.append(short(p))
    assert found == []


def test_no_secret_lies_in_the_source() -> None:
    held = list(files(ROOT, ".py", ".md", ".toml", ".json", ".txt", ".pem", ".key", ".env", ".html", ".js"))
    found = [
        short(p) for p in held if "corpus" not in p.parts and SECRET.search(p.read_text("utf-8", "replace"))
    ]
    assert found == []


# --- docs/site.md -------------------------------------------------------------------------------------------

TALKS = {
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "obstore",
    "obstore.store",
    "smtplib",
    "ftplib",
    "aiohttp",
}


def test_every_connection_that_the_desk_makes_is_written_down() -> None:
    """A module that can reach another machine stands in the table of ``docs/site.md``, and no other does."""
    talk = {
        p.relative_to(PACKAGE).as_posix()
        for p in modules()
        for name, _ in imports(p)
        if any(name == t or name.startswith(f"{t}.") for t in TALKS)
    }
    listed = {row[1].strip("`") for row in cells_of(ROOT / "docs" / "site.md", "## Connections")}
    assert talk == {at for at in listed if (PACKAGE / at).is_file()}


def test_every_table_of_the_desk_has_a_level_of_protection() -> None:
    from django.apps import apps

    said = " ".join(row[1] for row in cells_of(ROOT / "docs" / "site.md", "## Levels of protection"))
    named = set(re.findall(r"`(\w+)`", said))
    tables = {m.__name__ for m in apps.get_app_config("records").get_models()}
    assert named == tables
