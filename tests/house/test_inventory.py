"""The inventory of what the desk is made of (``make audit``), and what a check of it may say."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import pytest

from tests.house.house import ROOT, cells_of

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-text.lock")


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    found = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    assert found and found.loader
    made = importlib.util.module_from_spec(found)
    import sys

    sys.modules["audit"] = made  # dataclasses look their module up
    found.loader.exec_module(made)
    return made


def test_every_package_has_one_version_and_the_digests_of_what_is_installed(audit) -> None:
    held = {lock: audit.pinned((ROOT / lock).read_text("utf-8")) for lock in LOCKS}
    for lock, packages in held.items():
        assert len(packages) > 20, lock
        assert len({p.name for p in packages}) == len(packages)
        assert all(p.digests for p in packages)
    newer = {(p.name, p.version) for p in held["requirements-dev.lock"]}
    assert {(p.name, p.version) for p in held["requirements.lock"]} <= newer


@pytest.mark.parametrize(
    "line",
    ["django>=5", "django==5.2.8", "thing @ git+https://example.org/thing", "--extra-index-url https://example.org/",
     "--index-url https://example.org/", "-e ."],
)  # fmt: skip
def test_what_is_not_pinned_by_its_digest_or_comes_from_elsewhere_is_refused(audit, line) -> None:
    with pytest.raises(ValueError, match="lock files"):
        audit.pinned(line + "\n")


def test_an_installation_demands_the_digests() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for lock in LOCKS:
        assert f"--require-hashes -r {lock}" in makefile
    assert "--extra-index-url" not in makefile


def test_the_inventory_names_every_package_once_with_its_digests(audit, tmp_path) -> None:
    out = tmp_path / "sbom.cdx.json"
    assert audit.main(["--inventory-only", "--out", str(out)]) == 0
    bill = json.loads(out.read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = [c["purl"] for c in bill["components"]]
    assert named == sorted(set(named))
    locked = {
        f"pkg:pypi/{p.name}@{p.version}" for k in LOCKS for p in audit.pinned((ROOT / k).read_text("utf-8"))
    }
    assert set(named) == locked
    django = next(c for c in bill["components"] if c["name"] == "django")
    assert django["scope"] == "required" and django["externalReferences"][0]["hashes"]


def test_a_check_that_was_not_made_is_not_called_a_clean_one(audit) -> None:
    skipped = {"dependencies": [{"name": "django", "skip_reason": "not found on the index"}]}
    for answer in (None, {}, skipped):
        code, said = audit.verdict(answer)
        assert code == 0 and said.startswith("Not checked")
    clean = {"name": "a", "version": "1", "vulns": []}
    code, said = audit.verdict({"dependencies": [clean, *skipped["dependencies"]]})
    assert (code, said) == (0, "0 known vulnerabilities in 1 packages; 1 could not be asked about.")


def test_what_is_known_ends_with_one_and_names_the_mend(audit) -> None:
    fault = {"id": "PYSEC-0", "fix_versions": ["2"]}
    code, said = audit.verdict({"dependencies": [{"name": "a", "version": "1", "vulns": [fault]}]})
    assert code == 1 and "a 1: PYSEC-0 (mended in 2)" in said


def test_every_risky_component_is_one_that_is_locked(audit) -> None:
    locked = {p.name for lock in LOCKS for p in audit.pinned((ROOT / lock).read_text("utf-8"))}
    rows = cells_of(ROOT / "docs" / "site.md", "## Risky components")
    assert len(rows) >= 5
    named = {name.strip("` ") for row in rows for name in row[0].split(",")}
    assert named <= locked, named - locked
    assert all(len(row[2].split()) > 2 for row in rows)
