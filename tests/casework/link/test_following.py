"""What is taken in is compared by itself: once, late, as who took it in; what was out of sight once more."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from entente.casework.intake.service import Intake, receive
from entente.casework.link import service
from entente.casework.link.service.following import LATER
from entente.casework.link.service.scenes import KIND
from entente.casework.prioritise.service import assign
from entente.records import clock, guard, jobs, retention
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import enqueue
from entente.records.models import Camera, Derivation, Job, Link, Media, Retention, ScenePoints
from entente.records.release import release
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from tests.casework.link.scene.drawn import ASIDE, room
from tests.casework.match.test_scenes import laid_down, taken

VI = Purpose.VICTIM_IDENTIFICATION


def waiting(task: str) -> list[Job]:
    return list(Job.objects.filter(task=task, status="ready"))


def ended(name: str) -> Job:
    """Run the one job of a kind that waits, when nothing more urgent does, and return it."""
    Job.objects.exclude(task=name).filter(status="ready", priority__gt=LATER).delete()
    [job] = waiting(name)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk)


def run(circle, case) -> Job:
    job = enqueue("link.scenes", circle.officer(circle.it), VI, case=case.pk)
    assert jobs.run(jobs.take("test", only=job)), Job.objects.get(pk=job.pk).error
    return Job.objects.get(pk=job.pk)


def points(case) -> dict[int, ScenePoints]:
    with guard.system("test"):
        return {
            row.media.number: row for row in ScenePoints.objects.filter(case=case).select_related("media")
        }


def test_an_import_is_compared_by_itself_and_the_page_says_when(circle, case, tmp_path, client) -> None:
    client.force_login(circle.it)
    page = reverse("link:page", args=[case.pk])
    assert "not yet" in client.get(page).content.decode()
    folder = laid_down(tmp_path / "a", a=room(101, 3), b=room(102, 3, ASIDE))
    receive(circle.officer(circle.it), VI, case, [folder], Intake("a phone"))
    order: list[str] = []
    while job := jobs.take("test"):
        order.append(job.task)
        if job.task == "link.scenes":
            assert (job.account_id, job.purpose, job.priority) == (circle.it.pk, str(VI), LATER)
            assert "2 items not compared yet" in client.get(page).content.decode()
        assert jobs.run(job), Job.objects.get(pk=job.pk).error
    assert order[0] == "intake.receive", order
    assert order[-1] == "link.scenes", "after all that says what is known"
    assert "link.cameras" not in order, "no camera is known"
    with guard.system("test"):
        assert Link.objects.filter(case=case, kind=str(KIND), state="proposed").count() == 1
    text = client.get(page).content.decode()
    assert "not compared yet" not in text and text.count("<time") >= 2 and "<progress" not in text


def test_one_job_waits_and_none_where_nothing_is_new(circle, case, tmp_path) -> None:
    officer = circle.officer(circle.it)
    taken(circle, case, laid_down(tmp_path / "a", a=room(101)))
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="match", reason="two batches of one import"):
        announce("matched", officer, VI, case.pk, items=200)
        announce("matched", officer, VI, case.pk, items=7)
    assert len(waiting("link.scenes")) == 1 and waiting("link.cameras") == []
    service.ask_to_compare(officer, VI, case)
    assert [j.priority > LATER for j in waiting("link.scenes")] == [True], "a person waits for the same job"
    with guard.system("test"):
        media = Media.objects.get(case=case)
        Camera.objects.create(
            case=case, owner=circle.agencies.it, made_by=circle.it, name="a camera", references=[]
        )
    assert ended("link.scenes").result["compared"] == 1
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="match", reason="its lists learned more"):
        announce("matched", officer, VI, case.pk, items=1)
    assert waiting("link.scenes") == [], "nothing is new"
    assert [j.priority for j in waiting("link.cameras")] == [LATER]

    with guard.system("test"):
        ScenePoints.objects.update(key="", because="the decoder ended too soon")
        assert not service.not_compared(officer.agency, case.pk).exists(), "it is not tried again and again"
    with acting(officer, Act.ALTER, media.as_thing(), VI, step="intake", reason="looked at more closely"):
        announce("looked closer", officer, VI, case.pk, media=str(media.pk))
    with guard.scope(officer, VI):
        assert [m.pk for m in service.not_compared(officer.agency, case.pk)] == [media.pk]


def test_what_was_out_of_sight_is_asked_again_when_it_is_seen(circle, case, tmp_path) -> None:
    taken(circle, case, laid_down(tmp_path / "a", a=room(101, 3), c=room(103)))
    run(circle, case)
    with guard.system("test"):
        first = Media.objects.get(case=case, occurrences__name="a.jpg")
        Media.objects.filter(pk=first.pk).update(codes="H2", owner=circle.agencies.dk)  # its release ended
    taken(circle, case, laid_down(tmp_path / "b", b=room(102, 3, ASIDE)))
    assert run(circle, case).result["made"] == 0
    assert not points(case)[first.number].asked, "what came meanwhile was not compared with it"
    with guard.system("test"):
        Media.objects.filter(pk=first.pk).update(codes="H0", owner=circle.agencies.it)
    with guard.scope(circle.officer(circle.it), VI):
        assert service.not_compared(circle.agencies.it.pk, case.pk).count() == 1
    again = run(circle, case).result
    assert (again["looked"], again["compared"], again["made"]) == (0, 1, 1)


def test_what_follows_by_itself_makes_way_between_two_parts(circle, case, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("entente.casework.link.service.points.AT_ONCE", 1)
    taken(circle, case, laid_down(tmp_path / "a", a=room(101, 3), b=room(102, 3, ASIDE)))
    officer = circle.officer(circle.it)
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="match", reason="an import was matched"):
        announce("matched", officer, VI, case.pk, items=2)
    Job.objects.exclude(task="link.scenes").delete()
    job, urgent = jobs.take("test"), []

    def came(done: int, total: int) -> None:
        urgent.append(enqueue("match.check", officer, VI, case=case.pk))

    assert not jobs.run(job, watch=came), "another import came after its first part"
    job.refresh_from_db()
    assert (job.status, job.attempts, len(points(case))) == ("ready", 0, 1)
    assert jobs.take("test").pk == urgent[0].pk
    assert ended("link.scenes").result == {"looked": 1, "compared": 2, "made": 1, "hubs": []}


def test_what_is_released_is_compared_by_who_got_it_and_what_was_restricted_by_all_who_see_it(
    circle, case, tmp_path
) -> None:
    officer = circle.officer(circle.it)
    for who, part in ((circle.dk, Part.MEMBER), (circle.nl, Part.MEMBER), (circle.fr, Part.READER)):
        assign(officer, VI, case, who, part=part)
    taken(circle, case, laid_down(tmp_path / "a", a=room(101, 3), b=room(102, 3, ASIDE)))
    with guard.system("test"):
        Media.objects.filter(case=case).update(codes="H2")
        one, other = Media.objects.filter(case=case).order_by("number")
    Job.objects.all().delete()

    def let(media: Media, to) -> None:
        release(officer, VI, media, to, clock.now() + timedelta(days=9), "to compare")

    let(one, circle.agencies.dk)
    let(other, circle.agencies.dk)
    let(one, circle.agencies.fr)
    let(one, circle.agencies.ca)
    queued = {(j.task, j.account_id) for j in Job.objects.all()}
    assert queued == {(t, circle.dk.pk) for t in ("match.check", "link.propose", "link.scenes")}, "each once"
    assert ended("link.scenes").result["compared"] == 2
    with guard.scope(circle.officer(circle.dk), VI):
        assert Link.objects.filter(case=case, kind=str(KIND)).count() == 1

    audit, dpo = Purpose.DATA_PROTECTION_AUDIT, circle.officer(circle.it_dpo)
    with guard.scope(dpo, audit):
        held = Retention.objects.get(case=case.pk, thing=None)
    retention.restrict(dpo, audit, held, "its accuracy is contested", "a letter")
    job = enqueue("link.scenes", officer, VI, case=case.pk)
    assert not jobs.run(jobs.take("test", only=job)), "it is only read"
    Job.objects.all().delete()
    assert (retention.lift(dpo, audit, held), retention.lift(dpo, audit, held)) == (1, 0)
    assert [(j.account_id, j.priority) for j in waiting("link.scenes")] == [(circle.it.pk, LATER)]
    assert {j.account_id for j in waiting("match.check")} == {circle.it.pk, circle.dk.pk, circle.nl.pk}


def test_what_another_worker_found_meanwhile_is_not_found_again(circle, case, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("entente.casework.link.service.points.AT_ONCE", 1)
    taken(circle, case, laid_down(tmp_path / "a", a=room(101, 3), b=room(102, 3, ASIDE)))
    other: list[Job] = []

    def meanwhile(done: int, total: int) -> None:
        if not other:
            other.append(run(circle, case))

    job = enqueue("link.scenes", circle.officer(circle.it), VI, case=case.pk)
    assert jobs.run(jobs.take("test", only=job), watch=meanwhile), Job.objects.get(pk=job.pk).error
    assert (other[0].result["looked"], other[0].result["made"]) == (1, 1), "it went on where the first was"
    assert Job.objects.get(pk=job.pk).result["compared"] == 0
    with guard.system("test"):
        assert Derivation.objects.filter(case=case, what="scene points").count() == len(points(case)) == 2
