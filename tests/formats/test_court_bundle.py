"""The court bundle as a file: one form of bytes, names that cannot climb, a page in three languages."""

import io
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from entente.formats import court_bundle, court_verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PARTS = {"items.json": b"[]", "originals/" + "a" * 64: b"a picture"}


def written(parts=PARTS):
    out = io.BytesIO()
    manifest = court_bundle.write(out, {"case": "C"}, parts, KEY.sign)
    return manifest, out.getvalue()


def test_any_zip_program_opens_it_and_the_same_parts_give_the_same_bytes():
    manifest, data = written()
    assert data == written(dict(reversed(PARTS.items())))[1]
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        assert held.testzip() is None
        assert held.namelist() == sorted(held.namelist())
        assert held.read("items.json") == b"[]"
        assert {i.compress_type for i in held.infolist()} == {zipfile.ZIP_STORED}
        assert held.read("verify.py") == court_bundle.verifier()
    assert set(manifest["files"]) == {*PARTS, "verify.py"}


def test_streams_are_read_and_one_that_changes_is_refused():
    parts = {**PARTS, "derived/x": lambda: io.BytesIO(b"whole")}
    with zipfile.ZipFile(io.BytesIO(written(parts)[1])) as held:
        assert held.read("derived/x") == b"whole"
    turns = iter([b"once", b"more"])
    with pytest.raises(court_bundle.NotBundled, match="changed while"):
        written({**PARTS, "derived/x": lambda: io.BytesIO(next(turns))})


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "x//y", "UP", "", "a/b/c", "a\\b", "ä"])
def test_a_name_that_climbs_is_not_written(name):
    with pytest.raises(court_bundle.NotBundled, match="no name"):
        written({name: b"x"})


def test_too_much_for_one_file_is_refused(monkeypatch):
    monkeypatch.setattr(court_bundle, "MOST", 10)
    with pytest.raises(court_bundle.NotBundled, match="for each exhibit"):
        written()


@pytest.mark.parametrize("language", court_bundle.LANGUAGES)
def test_the_page_says_the_same_in_each_language_and_runs_nothing(language):
    record = {
        "kind": "exhibit", "number": "E1<script>", "description": "a phone", "place": "", "seized_at": None,
        "seized_by": "", "device": "", "warrant": "", "seal": "", "condition": "",
    }  # fmt: skip
    gap = court_bundle.gap_says("nobody", language, since="1", until="2", number=1, who="", instead_of="")
    document = {
        "case": "C", "from": "IT", "to": "EU", "issued": "now", "key": "k", "absent": [], "items": [],
        "derivations": [], "exhibits": [{"record": record, "chain": [], "gaps": [gap]}],
    }  # fmt: skip
    page = court_bundle.page(document, language).decode()
    assert f'lang="{language}"' in page
    assert gap in page
    assert "<script" not in page
    assert court_bundle.WORDS[language].keys() == court_bundle.WORDS["en"].keys()


def test_the_verifier_s_log_arithmetic_is_that_of_the_desk():
    from entente.safeguards import tree

    leaves = [tree.leaf_hash(bytes([n])) for n in range(13)]
    for size in range(1, 14):
        root = tree.root(leaves[:size])
        for index in range(size):
            proof = tree.inclusion_proof(leaves[:size], index)
            assert court_verify.included(leaves[index], index, size, proof, root)
            assert not court_verify.included(leaves[index - 1], index, size, proof, root) or size == 1
        for old in range(1, size + 1):
            proof = tree.consistency_proof(leaves[:size], old)
            assert court_verify.grew(old, size, proof, tree.root(leaves[:old]), root)
            assert not court_verify.grew(old, size, proof, bytes(32), root)
