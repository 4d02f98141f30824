"""A bundle for a court: two people, the law, and a verifier that believes nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from entente.casework.examine.service import crop, suggest
from entente.casework.seize import service
from entente.formats import court_bundle, court_verify
from entente.records import clock, guard
from entente.records.models import CourtExport, Disclosure, LogEntry, Media
from entente.vocabulary.handling import Purpose
from tests.casework.seize.test_custody import over, phone, second  # noqa: F401 - fixtures
from tests.casework.seize.test_service import THING, VI, item, it  # noqa: F401 - fixtures

COURT = Purpose.PROSECUTION


@pytest.fixture
def ready(circle, case, it, second, item, phone):  # noqa: F811
    """An exhibit that was handed over once, its item cut and examined."""
    step = over(it, phone, circle)
    service.sign(second(), VI, step, when=step.when + timedelta(hours=1), seal_state="intact")
    service.correct(it(), VI, phone, step.pk, "the seal is S-8")
    crop(it(), VI, item, THING)
    suggest(it(), VI, case)
    return phone


def bundle(circle, case, it, second, row):  # noqa: F811
    asked = service.ask(it(), case, to=circle.agencies.eu, exhibits=[row])
    service.confirm(second(), asked, count=asked.items)
    out = io.BytesIO()
    return service.write_bundle(it(), asked, out), out.getvalue()


@pytest.fixture
def made(circle, case, it, second, ready, tmp_path):  # noqa: F811
    told, data = bundle(circle, case, it, second, ready)
    path = tmp_path / "bundle.zip"
    path.write_bytes(data)
    return told, path


def verify(program, *arguments):
    """Run the verifier from the bundle itself: no environment, no site packages, nothing of this project."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", program, *map(str, arguments)], env={}, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout + ran.stderr


def program_of(path, tmp_path):
    with zipfile.ZipFile(path) as held:
        place = tmp_path / "verify.py"
        place.write_bytes(held.read("verify.py"))
    return place


def test_it_holds_for_a_stranger_with_nothing_but_python(made, tmp_path):
    told, path = made
    code, said = verify(program_of(path, tmp_path), path, "--key", told.key)
    assert code == 0, said
    assert "HOLDS" in said
    assert "originals: 1" in said
    assert "records of custody: 3" in said
    assert "not sealed in the log: 0" in said
    assert told.derivations == 4
