"""A decoder that a file takes over costs that file, in time; the queue and the other files go on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL.PngImagePlugin import PngInfo

from entente.casework.intake.service import Intake, receive
from entente.evidence import calls, sandbox
from entente.evidence import open as door
from entente.records import guard, jobs
from entente.records.models import Job, Occurrence
from entente.vocabulary.handling import Purpose
from tests.evidence.drawn import encoded, scene

pytestmark = pytest.mark.django_db(transaction=True)

ACTS = {
    "loops": "timeout",
    "dies": "decoder-died",
    "eats_slowly": "timeout",
    "opens_a_file": "decoder-died",
    "opens_a_socket": "decoder-died",
    "forks": "decoder-died",
    "execs": "decoder-died",
    "kills_its_parent": "decoder-died",
    "says_good_but_without_ticket": "decoder-died",
    "says_a_length_beyond_measure": "decoder-died",
}


def acting(act: str, seed: int) -> bytes:
    """A good picture that carries what its decoder is to do."""
    told = PngInfo()
    told.add_text("act", act + "!")
    return encoded(scene(seed=seed), "PNG", pnginfo=told)


@pytest.mark.skipif(bool(calls.MISSING), reason=f"no filter of system calls here: {calls.MISSING}")
def test_each_act_is_a_typed_refusal_in_time_and_the_queue_goes_on(
    circle, case, evidence_desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sandbox.Sandbox(2)
    monkeypatch.setattr(sandbox, "_shared", made)
    monkeypatch.setattr(door, "PICTURE_S", 2.0)
    needs = {"describe": (*sandbox.NEEDS_OF["describe"], "tests.evidence.taken_over:hashed")}
    monkeypatch.setattr(sandbox, "NEEDS_OF", needs)
    for i, act in enumerate(ACTS):
        (tmp_path / f"{act}.png").write_bytes(acting(act, 2 * i))
        (tmp_path / f"{act}-after.png").write_bytes(encoded(scene(seed=2 * i + 1), "PNG"))
    officer = circle.officer(circle.it)
    job = receive(officer, Purpose.VICTIM_IDENTIFICATION, case, [tmp_path], Intake("a phone"))
    start = time.monotonic()
    try:
        assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    finally:
        made.close()
    took = time.monotonic() - start
    with guard.system("test"):
        refused = {o.name: o.media.refusal for o in Occurrence.objects.select_related("media")}
        hashes = {o.name: o.media.pdq for o in Occurrence.objects.select_related("media")}
    assert {act: refused[f"{act}.png"] for act in ACTS} == ACTS
    assert all(not refused[f"{act}-after.png"] and hashes[f"{act}-after.png"] for act in ACTS)
    assert len({hashes[f"{act}-after.png"] for act in ACTS}) == len(ACTS), "each has its own hash"
    assert took < 20 * len(ACTS)
    second = receive(officer, Purpose.VICTIM_IDENTIFICATION, case, [tmp_path], Intake("a phone"))
    assert jobs.run(jobs.take("test", only=second)), "the next job in the queue is done"
