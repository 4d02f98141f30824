"""A site's file is in the decoders' hands as it was vetted, or it is refused; the latest replaces it."""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from entente.evidence import holding
from entente.evidence.holding import Holding, HoldingRefused, vetted
from entente.evidence.open import read
from entente.evidence.sandbox import Sandbox, SandboxFailed

PLANTED = """
HELD = []

def hold(told, data):
    HELD[:] = [told, data.decode()]

def held(seen):
    return HELD
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    (tmp_path / "planted_holding.py").write_text(PLANTED, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    return "planted_holding:"


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "picture.png"
    Image.effect_noise((96, 96), 60).save(path)
    return path


def laid(folder: Path, name: str, text: str, digest: str = "") -> Holding:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return Holding(
        "planted_holding:hold", name, str(path), digest or hashlib.sha256(text.encode()).hexdigest()
    )


def test_decoders_hold_what_was_vetted_and_the_latest_of_it(planted, tmp_path, picture) -> None:
    made = Sandbox(1)
    try:
        one, other = laid(tmp_path, "one", "first"), laid(tmp_path, "other", "second")
        for wanted in (one, other, one):
            opened = read(picture, extract=[f"{planted}held"], holding=wanted, sandbox=made)
            text = "first" if wanted is one else "second"
            assert opened.extracted[f"{planted}held"] == {"value": [wanted.told, text]}
        bad = laid(tmp_path, "bad", "x", "0" * 64)
        with pytest.raises(SandboxFailed, match="not the file that was vetted"):
            read(picture, extract=[f"{planted}held"], holding=bad, sandbox=made)
        opened = read(picture, extract=[f"{planted}held"], holding=one, sandbox=made)
        assert opened.extracted[f"{planted}held"] == {"value": ["one", "first"]}, "the others go on"
        Path(one.path).write_text("changed", encoding="utf-8")
        assert made._child and made.peak()  # no decoder is idle
        made._child.kill()
        made._child.wait()
        assert not read(picture, sandbox=made).refusal, "nor does it stop who does not ask for it"
        with pytest.raises(SandboxFailed, match="not the file that was vetted"):
            read(picture, extract=[f"{planted}held"], holding=one, sandbox=made)
    finally:
        made.close()


def test_what_is_larger_or_missing_is_refused_with_its_mend(tmp_path, monkeypatch) -> None:
    held = laid(tmp_path, "one", "first")
    assert vetted(held.path, held.sha256) == b"first"
    monkeypatch.setattr(holding, "MOST", 4)
    with pytest.raises(HoldingRefused, match="larger than"):
        vetted(held.path, held.sha256)
    with pytest.raises(HoldingRefused, match="mend its path or its rights"):
        vetted(str(tmp_path), held.sha256)


def test_two_callers_at_once_each_get_their_own_file(planted, tmp_path, picture) -> None:
    made = Sandbox(2)
    two = laid(tmp_path, "one", "first"), laid(tmp_path, "other", "second")

    def asked(i: int) -> bool:
        opened = read(picture, extract=[f"{planted}held"], holding=two[i % 2], sandbox=made)
        return opened.extracted[f"{planted}held"]["value"][0] == two[i % 2].told

    try:
        with ThreadPoolExecutor(2) as pool:
            assert all(pool.map(asked, range(12)))
    finally:
        made.close()
