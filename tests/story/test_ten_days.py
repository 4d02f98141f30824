"""The article, day by day, through the services: what each day leaves for the people of the next.

The days are played once (see ``conftest.story``) with a real store, sandbox and queue; each test then sits
down at somebody's desk on the evening of day 10 and looks.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest
from demo.ten_days import DISCOVERED, PARTNERS
from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.test import Client
from PIL import Image

from demo import scenes
from entente.casework import STEPS
from entente.casework.close import service as close
from entente.casework.cooperate import service as cooperate
from entente.casework.examine import service as examine
from entente.casework.inform import service as inform
from entente.casework.intake.service import Intake, evidence_store, receive
from entente.casework.link import service as link
from entente.casework.locate import service as locate
from entente.casework.seize import service as seize
from entente.casework.trends import service as trends
from entente.records import clock, guard, log
from entente.records.erasure import erase
from entente.records.models import (
    Account,
    Agency,
    Answer,
    CandidatePlace,
    Capture,
    Case,
    CaseBound,
    Check,
    CheckHit,
    Clue,
    Disclosure,
    Dispatch,
    Element,
    ElementMatch,
    Estimate,
    Feedback,
    Frame,
    HomeProposal,
    Job,
    Lead,
    LogEntry,
    Match,
    Media,
    Membership,
    Note,
    Occurrence,
    Outcome,
    Priority,
    Product,
    Request,
    Reshare,
    Series,
    Tombstone,
    Viewing,
)
from entente.vocabulary.case import Outcome as OutcomeWord
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
DAY = timedelta(days=1)
MIDNIGHT = DISCOVERED.replace(hour=0)
ABSENT = {e.words for e in scenes.elements() if not e.present}
PRESENT = {e.words for e in scenes.elements() if e.present}


@pytest.fixture(autouse=True)
def evening(story):
    """Everybody looks on the evening of day 10."""
    with story.at(10, 18):
        yield


@pytest.fixture
def italy(story):
    """The desk of the officer who leads the case."""
    with story.desk_of("IT-1001") as officer:
        yield officer


def items(story, *names):
    return Media.objects.filter(case=story.case, occurrences__name__in=names).distinct()


def names_of(rows):
    return {name for (name,) in Occurrence.objects.filter(media__in=rows).values_list("name")}


def estimate_of(story, day):
    """The last estimate of a day."""
    before = Estimate.objects.filter(case=story.case, made_at__lt=MIDNIGHT + (day + 1) * DAY)
    return before.order_by("made_at").last().posterior


def in_pages(story, number):
    client = Client()
    client.force_login(Account.objects.get(username=number))
    return client


# --- the whole --------------------------------------------------------------------------------------------


def test_every_job_of_the_ten_days_was_done(story):
    left = [(j.task, j.status, j.error) for j in Job.objects.exclude(status="done")]

    assert left == []
    assert Job.objects.count() > 40


def test_the_log_holds_and_another_process_proves_it(story):
    proof = log.verify()
    told = subprocess.run(
        [sys.executable, "-m", "entente.cli", "log", "verify", "--json", "--desk", str(story.desk)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin"},
    )

    assert proof.faults == ()
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["root"] == proof.root
    assert json.loads(told.stdout)["size"] == proof.size > 200


def test_every_step_of_the_walk_left_its_entries(story):
    with guard.system("read the story's log"):
        left = Counter(LogEntry.objects.filter(case=story.case.pk).values_list("step", flat=True))
        verbs = set(LogEntry.objects.values_list("verb", flat=True))

    assert set(STEPS) <= set(left), set(STEPS) - set(left)
    assert {"collect", "alter", "consult", "disclose", "combine", "admin"} <= verbs


def test_the_log_names_no_content_and_no_hash(story):
    with guard.system("read the story's log"):
        bodies = "\n".join(f"{e.body} {e.told}" for e in LogEntry.objects.select_related("opening"))
        digests = set(Media.objects.exclude(sha256="").values_list("sha256", flat=True))
        places = [p for (p,) in HomeProposal.objects.values_list("place")]

    assert not [d for d in digests if d in bodies]
    assert not [p for p in places if p in bodies]
    assert "IMG_0412" not in bodies


# --- day 0: found, sealed, known? -------------------------------------------------------------------------


def test_each_of_the_47_found_files_is_accounted_for(story, italy):
    found = Media.objects.filter(case=story.case, origin="found")

    assert names_of(found) == {p.name for p in (story.folder / "found").iterdir()}
    assert Occurrence.objects.filter(media__in=found).count() == 47
    refused = {next(iter(names_of([m]))): m.refusal for m in found.exclude(refusal="")}
    assert refused == {"IMG_0420.JPG": "empty", "readme.jpg": "not-media", "VID_0424.MP4": "damaged"}
    assert all(m.refusal_reason for m in found.exclude(refusal=""))
    cut_off = items(story, "IMG_0418.JPG").get()
    assert cut_off.partial and not cut_off.refusal, "a picture cut off keeps what can be seen of it"
    assert Counter(found.filter(refusal="").values_list("known", flat=True)) == {
        "new": 38,
        "near": 4,
        "exact": 2,
    }


def test_the_damaged_clip_still_has_its_digests_and_is_sealed(story, italy):
    clip = items(story, "VID_0424.MP4").get()

    assert len(clip.sha256) == 64 and clip.key
    assert "moov" in clip.refusal_reason


def test_originals_stand_in_the_store_as_they_were_found(story, italy):
    for name in ("IMG_0412.JPG", "VID_0419.MP4", "readme.jpg"):
        with evidence_store().open(items(story, name).get().key) as sealed:
            assert sealed.read() == (story.folder / "found" / name).read_bytes()


def test_known_pictures_are_met_exactly_and_near_mirrored_and_turned_too(story, italy):
    met = {next(iter(names_of([m.media]))): m for m in Match.objects.filter(case=story.case)}

    assert {n: m.verdict for n, m in met.items()} == {
        "old_0001.jpg": "exact",
        "old_0002.jpg": "exact",
        "old_0003.jpg": "near",
        "old_0004.jpg": "near",
        "old_0005.jpg": "near",
        "old_0006.jpg": "near",
    }
    assert met["old_0005.jpg"].transform == "mirror-y"
    assert met["old_0006.jpg"].transform.startswith("rotate")
    for each in met.values():
        assert each.list_name == "Known, national"
        assert each.because and each.entry and each.distance <= 31
        assert each.state == "confirmed" and each.decided_by.username == "IT-1001"


# --- day 1: series, clues, one country --------------------------------------------------------------------


def test_series_are_made_by_a_person_and_leave_the_false_leads_out(story, italy):
    series = {s.name: names_of([i.media for i in s.items.all()]) for s in Series.objects.all()}
    together = set().union(*series.values())

    assert any({"IMG_0412.JPG", "IMG_0431.JPG", "fwd_003.jpg"} <= s for s in series.values())
    assert any({"DSC_1187.JPG", "DSC_1202.JPG", "fwd_004.jpg"} <= s for s in series.values())
    assert not together & {"P3030021.JPG", "scan_114.jpg"}
    assert link.waiting(story.case), "what only a numbering ties still waits for somebody to look"
    assert all(k.because for k in link.waiting(story.case))


def test_the_first_guess_follows_the_false_leads(story, italy):
    assert estimate_of(story, 0)["countries"][0]["code"] == "FR", "the hotel's GPS alone misleads"


def test_on_day_1_the_clues_agree_on_italy_against_the_false_leads(story, italy):
    told = estimate_of(story, 1)
    kinds = {str(c.pk): c for c in Clue.objects.filter(case=story.case)}
    weights = {kinds[w["id"]].pk: w for w in told["clues"]}
    gps = Clue.objects.get(case=story.case, kind="gps")
    packets = {c.value: weights[c.pk] for c in Clue.objects.filter(pk__in=weights, kind="barcode")}

    assert told["countries"][0]["code"] == "IT" and told["countries"][0]["p"] >= 0.9
    assert weights[gps.pk]["p_misleading"] > 0.9
    assert any(str(gps.pk) in line for line in told["contradictions"])
    german, italian = packets["4006381333931"], packets["8004120650420"]
    assert german["log10_bf"] < 0 < italian["log10_bf"]
    assert german["p_misleading"] > 10 * italian["p_misleading"]


def test_clues_carry_grade_box_and_who_saw_them(story, italy):
    socket = Clue.objects.get(case=story.case, kind="socket")

    assert (socket.value, socket.evaluation, socket.state) == ("L", "A1", "confirmed")
    assert socket.made_by.username == "IT-1001"
    assert len(socket.region) == 4 and names_of([socket.media]) == {"DSC_1188.JPG"}
    hum = Clue.objects.filter(case=story.case, kind="mains_hz", state="confirmed")
    assert {c.value for c in hum} == {50} and hum.count() == 2


def test_a_look_was_asked_for_logged_and_counted(story, italy):
    looks = Viewing.objects.filter(case=story.case, view="clear")
    told = examine.exposure_of(italy, VI, story.case)

    assert looks.count() == 4
    assert set(looks.values_list("account__username", flat=True)) == {"IT-1001"}
    assert told.reveals == 4 and told.seconds == pytest.approx(16)
    with story.desk_of("EU-2002") as other:
        assert examine.exposure_of(other, VI, story.case).reveals == 0, "nobody reads another's figures"


# --- day 2: first, and who is on it -----------------------------------------------------------------------


def test_the_order_of_work_changes_when_a_child_is_at_risk(story, italy):
    def total(case, moment):
        return Priority.objects.filter(case=case, made_at__lt=moment).order_by("made_at").last().total

    morning, noon = MIDNIGHT + 2 * DAY + timedelta(hours=9), MIDNIGHT + 2 * DAY + timedelta(hours=12)
    assert total(story.other, morning) > total(story.case, morning)
    assert total(story.case, noon) > total(story.other, noon)
    latest = Priority.objects.filter(case=story.case).first()
    assert all(f["text"] and "points" in f for f in latest.factors)
    assert latest.total == sum(f["points"] for f in latest.factors)


def test_the_board_shows_the_child_at_risk_first(story):
    page = in_pages(story, "IT-1001").get("/").content.decode()

    assert 0 < page.index("IT-2026-0148") < page.index("IT-2026-0139")


def test_people_were_assigned_with_a_task(story, italy):
    on_it = {
        (m.account.username, m.part): m.task
        for m in Membership.objects.filter(case=story.case).select_related("account")
    }

    assert set(on_it) == {
        ("IT-1001", "lead"),
        ("IT-1002", "member"),
        ("EU-2001", "member"),
        ("EU-2002", "member"),
        ("DK-4001", "member"),
    }
    assert on_it["IT-1002", "member"] == "open sources"


# --- day 3: asked and cross-checked -----------------------------------------------------------------------


@pytest.mark.parametrize("number", ["AU-3001", "DK-4001", "FR-5001", "NL-6001", "CA-7001"])
def test_a_recipient_sees_its_own_question_and_nobody_else(story, number):
    with story.desk_of(number) as partner:
        mine = cooperate.inbox(partner).get()
        assert Dispatch.objects.filter(case=story.case).count() == 1
        assert not {p for p in PARTNERS if p != number[:2]} & set(mine.question.split())
        answers = Answer.objects.filter(case=story.case)
        told = {a.addressed.short for a in answers}
        assert told == {number[:2]} or number == "DK-4001", "Denmark joins the case on day 5"
        if number != "DK-4001":  # Denmark joins the case on day 5
            assert not Case.objects.filter(pk=story.case.pk).exists()
            assert not Request.objects.filter(case=story.case).exists()
            assert not Media.objects.filter(case=story.case).exists()


def test_the_other_members_of_the_case_do_not_learn_who_was_asked(story):
    for number in ("EU-2001", "EU-2002"):
        with story.desk_of(number):
            assert not Dispatch.objects.exists()


def test_only_a_crop_left_and_it_is_a_fresh_copy_of_its_own(story, italy):
    request = Request.objects.get(case=story.case)
    sent = Dispatch.objects.filter(request=request)
    kept = set(Media.objects.values_list("key", flat=True))

    assert request.crop.origin == "crop" and request.crop.parent_id
    assert sent.count() == 5
    for each in sent:
        assert each.crop_key and each.crop_key not in kept
        with evidence_store().open(each.crop_key) as stream:
            picture = Image.open(BytesIO(stream.read()))
        whole = request.crop.parent
        assert picture.width * picture.height < whole.width * whole.height / 4
        assert not picture.getexif() and not picture.info.get("comment")


def test_the_cross_check_tells_owner_and_contact_only(story, italy):
    row = Check.objects.get(case=story.case)
    hits = CheckHit.objects.filter(of=row)
    held = {(h.holder.short, h.kind) for h in hits}

    assert held == {("AU", "hash"), ("CA", "device serial")}
    assert {h.contact for h in hits} == {
        "victim-identification@au.example, duty line",
        "victim-identification@ca.example, duty line",
    }
    assert names_of([h.media for h in hits if h.kind == "hash"]) == {"IMG_0413.JPG", "fwd_001.jpg"}
    with story.desk_of("AU-3001"):
        theirs = Media.objects.get()  # what Australia holds
        ids = {str(theirs.pk), str(theirs), theirs.sha256, theirs.pdq, str(theirs.case_id), "au-2231"}
    told = json.dumps([{k: str(v) for k, v in h.__dict__.items()} for h in hits])
    assert not [i for i in ids - {"#1"} if i in told]


def test_each_holder_learns_who_asked_and_nothing_else(story):
    for number, kind in (("AU-3001", "hash"), ("CA-7001", "device serial")):
        with story.desk_of(number):
            lead = Lead.objects.get()
            assert (lead.kind, lead.asker.short) == (kind, "IT")
            assert lead.case.owner.short == number[:2]
    for number in ("DK-4001", "NL-6001", "FR-5001"):
        with story.desk_of(number):
            assert not Lead.objects.exists()


# --- day 4: the answers -----------------------------------------------------------------------------------


def test_answers_keep_their_own_grade_and_handling(story, italy):
    told = {a.addressed.short: a for a in Answer.objects.filter(case=story.case)}

    assert {k: (a.kind, a.evaluation, a.codes) for k, a in told.items()} == {
        "DK": ("answer", "B2", "H0"),
        "AU": ("seen it", "B2", "H2"),
        "FR": ("not ours", "B3", "H0"),
        "NL": ("partial", "B3", "H1"),
        "CA": ("seen it", "A2", "H0"),
    }
    for short in ("DK", "FR", "NL"):
        clue = told[short].taken_as
        assert (clue.evaluation, clue.codes, clue.group) == (
            told[short].evaluation,
            told[short].codes,
            "partner",
        )
    french = told["FR"].taken_as
    assert french.negated and (french.kind, french.value) == ("country", "FR")


def test_what_australia_said_under_h2_is_invisible_to_other_members(story):
    for number in ("EU-2001", "EU-2002", "DK-4001"):
        with story.desk_of(number):
            assert "AU" not in {a.addressed.short for a in Answer.objects.filter(case=story.case)}
    page = in_pages(story, "EU-2001").get(f"/cases/{story.case.pk}/cooperate/").content.decode()
    assert "earlier copy" not in page


def test_after_denmarks_answer_piedmont_leads(story, italy):
    before, after = estimate_of(story, 1), estimate_of(story, 4)

    assert after["regions"][0]["name"] == "Piedmont", after["regions"][:3]
    assert before["regions"][0]["name"] != "Piedmont"
    assert after["regions"][0]["p"] > 0.5


# --- days 5 and 6: together, open sources, the product ----------------------------------------------------


def test_examiners_of_two_countries_write_on_the_same_item(story, italy):
    notes = Note.objects.filter(case=story.case)

    assert {n.made_by.username for n in notes} == {"DK-4001", "EU-2002"}
    assert len({n.media_id for n in notes}) == 1


def test_the_telephone_number_makes_the_area_small(story, italy):
    before, after = estimate_of(story, 4), estimate_of(story, 6)

    assert after["area90_km2"] < 20_000 < 50_000 < before["area90_km2"]
    assert after["regions"][0]["name"] == "Piedmont" and after["regions"][0]["p"] > 0.95


def test_the_product_is_made_again_byte_for_byte(story, italy):
    product = Product.objects.get(case=story.case)
    pdf = inform.regenerate(product)

    assert pdf == inform.regenerate(product)
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert opened.Root.MarkInfo.Marked
        assert len(opened.pages) >= 2


def test_the_products_handling_is_the_union_of_what_it_stands_on(story, italy):
    product = Product.objects.get(case=story.case)
    with guard.system("count who is behind a product"):
        behind = product.as_thing().originators
    agencies = set(Agency.objects.filter(pk__in=behind).values_list("short", flat=True))

    assert product.codes == "H0 H1", "the Netherlands said H1"
    assert agencies == {"DK", "FR", "NL"}
    assert product.facts["document"]["handling"]["codes"] == "H0 H1"


def test_every_statement_leads_to_a_clue_an_item_and_a_person(story, italy):
    document = Product.objects.get(case=story.case).facts["document"]
    clues = {c["id"]: c for c in document["clues"]}
    people = set(Account.objects.values_list("username", flat=True))

    assert {s["type"] for s in document["statements"]} == {"fact", "assessment"}
    for statement in document["statements"]:
        assert statement["trace"], statement["text"]
        for step in statement["trace"]:
            assert step["clue"] in clues
            assert step["item"].startswith("V-2026-031")
            assert step["by"] in people
    assert {t["by"] for s in document["statements"] for t in s["trace"]} >= {
        "IT-1001",
        "IT-1002",
        "DK-4001",
        "FR-5001",
        "NL-6001",
    }
    assert document["region"]["countries"][0]["name"] in {"IT", "Italy"}
    assert document["pictures"], "crops stand beside what they show"


def test_the_centre_got_what_the_originators_let_go(story, italy):
    gone = Disclosure.objects.get(case=story.case, what="product 1")

    assert gone.to.short == "EU"
    assert gone.left_out and "released" in gone.left_out[0]


def test_the_courts_version_leaves_h1_out_and_says_so(story, italy):
    product = Product.objects.get(case=story.case)
    centre = Agency.objects.get(short="EU")
    version = inform.version_for(italy, Purpose.PROSECUTION, product, centre)

    assert "NL" not in json.dumps([s.agency for s in version.draft.sources])
    assert "Netherlands" not in json.dumps([s.agency for s in version.draft.sources])
    assert version.told_recipient


# --- day 7: a home ----------------------------------------------------------------------------------------


def test_a_home_needs_two_people(story, italy):
    home = HomeProposal.objects.get(case=story.case)

    assert (home.made_by.username, home.confirmed_by.username) == ("IT-1002", "IT-1001")
    assert "explains" in {row.says for row in home.candidate.clues.all()}
    assert locate.check(italy, VI, home.candidate.captures.get()).sound
    with story.desk_of("IT-1002") as investigator, transaction.atomic():
        other = locate.enter(investigator, VI, story.case, place="another house", because="a doubt")
        with pytest.raises(locate.ProposalRefused, match="which clues"):
            locate.propose_home(investigator, VI, other, because="a doubt")
        clue = next(c for c in locate.clues_at_hand(story.case) if c.state == "confirmed")
        locate.judge(investigator, VI, other, [clue], says="fails", because="another lane")
        with pytest.raises(locate.ProposalRefused, match="not judged yet"):
            locate.propose_home(investigator, VI, other, because="a doubt")
        locate.judge_rest(investigator, VI, other, because="true of any house")
        own = locate.propose_home(investigator, VI, other, because="a doubt")
        with pytest.raises(locate.ProposalRefused, match="two people"):
            locate.confirm_home(investigator, VI, own)
        transaction.set_rollback(True)


def test_the_place_of_the_home_stays_with_the_national_unit(story):
    for number in ("EU-2001", "DK-4001"):
        with story.desk_of(number):
            assert not HomeProposal.objects.exists()
            assert not CandidatePlace.objects.exists()
            assert not Capture.objects.exists()


# --- days 8 and 9: the search -----------------------------------------------------------------------------


def test_the_checklist_shows_crops_only(story, italy):
    listed = Element.objects.filter(case=story.case)
    with pikepdf.open(BytesIO(story.checklist)) as pdf:
        shown = [
            (int(i.Width), int(i.Height))
            for page in pdf.pages
            for i in page.get_images().values()
            if i.get("/Subtype") == "/Image"
        ]
        assert len(pdf.pages) >= 2

    assert listed.count() == 20
    assert all(e.crop.origin == "crop" for e in listed)
    assert len(shown) >= 20
    assert all(max(size) <= seize.CROP_SIDE for size in shown)
    wholes = {(m.width, m.height) for m in Media.objects.filter(case=story.case, origin="found")}
    assert not wholes & set(shown)


def test_at_least_12_of_the_14_things_that_stayed_are_proposed(story, italy):
    met = ElementMatch.objects.filter(case=story.case)
    proposed = {m.element.name for m in met}

    assert len(PRESENT) == 14
    assert len(proposed & PRESENT) >= 12, PRESENT - proposed
    assert all(m.because and m.method for m in met)


def test_nothing_is_confirmed_without_a_person_and_nothing_absent_at_all(story, italy):
    met = ElementMatch.objects.filter(case=story.case)

    assert not met.filter(element__name__in=ABSENT, state="confirmed").exists()
    assert {m.decided_by.username for m in met.exclude(state="proposed")} == {"IT-1001"}
    assert not met.filter(state="proposed").exists()
    told, sentence = seize.coverage_of(story.case)
    assert told.confirmed >= 12 and told.elements == 20
    assert "proves nothing" in sentence


def test_the_photographs_of_the_search_give_no_clues_to_the_place(story, italy):
    assert Media.objects.filter(case=story.case, origin="search").count() == 60
    assert not Clue.objects.filter(case=story.case, media__origin="search").exists()


def test_the_seized_files_are_compared_with_the_case(story, italy):
    told = seize.seized_summary(story.case)

    assert told.files == 120 and told.refused == 0
    assert told.same_camera == 24, "the phone's serial stands in a tenth of originals and of landscapes"
    assert told.near + told.equal >= 12, "copies of found pictures lie on the laptop"
    assert told.equal + told.near + told.new == 120


# --- day 10: safe -----------------------------------------------------------------------------------------


def test_the_outcome_is_the_leads_word(story, italy):
    told = {o.what: o.made_by.username for o in Outcome.objects.filter(case=story.case)}

    assert told == {
        str(OutcomeWord.CHILD_SAFE): "IT-1001",
        str(OutcomeWord.SUSPECT_ARRESTED): "IT-1001",
    }


@pytest.mark.parametrize("number", ["AU-3001", "DK-4001", "FR-5001", "NL-6001", "CA-7001"])
def test_each_contributor_learns_what_its_own_items_did(story, number):
    others = [a for a in Agency.objects.exclude(short=number[:2]) if a.short != "IT"]
    with story.desk_of(number):
        told = Feedback.objects.get()
        said = " ".join(told.sentences)
        assert told.addressed.short == number[:2]
    assert not [a.name for a in others if a.name in said or a.short in said.split()]
    page = in_pages(story, number).get("/").content.decode()
    assert told.sentences[0] in page or told.sentences[0].replace("’", "&#x27;") in page


def test_denmark_learns_that_it_led_to_the_region_and_france_reads_french(story, italy):
    told = {f.addressed.short: " ".join(f.sentences) for f in Feedback.objects.filter(case=story.case)}

    assert "helped to find the region" in told["DK"]
    assert "helped to find the region" not in told["AU"]
    assert "was confirmed" in told["AU"] and "was confirmed" in told["CA"]
    assert "sécurité" in told["FR"]


def test_the_clock_shows_each_stage_and_the_slowest(story, italy):
    clock = story.case.clock()
    days = {t.stage: (t.at - DISCOVERED) / DAY for t in clock.reached}

    assert list(days) == list(Stage)
    assert [int(d) for d in days.values()] == [0, 1, 1, 5, 7, 8, 10] or days[Stage.SAFE] == 10
    assert clock.waiting_for is None
    assert clock.elapsed == 10 * DAY
    assert clock.slowest is Stage.HOME
    assert max(clock.reached[1:], key=lambda t: t.took).stage is Stage.HOME


def test_each_re_share_is_counted_as_new_harm(story, italy):
    again = Reshare.objects.filter(case=story.case)
    because = " ".join(again.values_list("because", flat=True))

    assert again.count() >= 7
    assert "mirroring" in because and "quarter" in because
    figures = trends.board_figures(italy, VI)
    assert figures.reshares >= 7
    assert figures.cases == 2


# --- who sees nothing, and who sees the log ---------------------------------------------------------------


def test_an_administrator_sees_nothing_of_any_case(story):
    with story.desk_of("IT-9001"):
        for model in apps.get_app_config("records").get_models():
            if issubclass(model, CaseBound | Case):
                assert not model._default_manager.exists(), model
    client = in_pages(story, "IT-9001")
    assert "IT-2026-0148" not in client.get("/").content.decode()
    assert client.get(f"/cases/{story.case.pk}/").status_code == 404


def test_the_data_protection_officer_reads_the_log_of_the_own_agency_and_no_case(story):
    officer = Account.objects.get(username="IT-9002").as_officer()
    with guard.scope(officer, Purpose.DATA_PROTECTION_AUDIT):
        assert LogEntry.objects.count() > 150
        assert {e.agency.short for e in LogEntry.objects.select_related("agency")} == {"IT"}
        assert not Case.objects.exists() and not Media.objects.exists()
    page = in_pages(story, "IT-9002").get("/log/")
    assert page.status_code == 200 and "V-2026-031" not in page.content.decode()


def test_an_outsider_meets_one_404_for_hidden_and_for_absent(story):
    client = in_pages(story, "FR-5001")
    hidden = client.get(f"/cases/{story.case.pk}/")
    absent = client.get("/cases/00000000-0000-4000-8000-000000000000/")

    assert hidden.status_code == absent.status_code == 404
    strip = lambda page: page.content.replace(str(story.case.pk).encode(), b"")  # noqa: E731
    assert len(strip(hidden)) == len(strip(absent).replace(b"00000000-0000-4000-8000-000000000000", b""))


def test_receiving_the_same_folder_again_changes_nothing(story):
    with guard.system("count"):
        before = (Media.objects.count(), Occurrence.objects.count(), Clue.objects.count())
    with story.desk_of("IT-1001") as italy:
        job = receive(
            italy,
            VI,
            story.case,
            [story.folder / "found"],
            Intake(source="forum thread, referred by a hotline"),
        )
    story.work()
    job.refresh_from_db()

    assert job.status == "done"
    assert job.result == {"files": 47, "new": 0, "duplicate": 0, "refused": 0, "known": 47}
    with guard.system("count"):
        assert before == (Media.objects.count(), Occurrence.objects.count(), Clue.objects.count())
    assert log.verify().faults == ()


# --- for a court ----------------------------------------------------------------------------------------


def test_the_laptop_s_chain_names_the_two_hours_in_which_nobody_held_it(story, italy):
    held = seize.chain_of(story.laptop)
    assert held.holder == "IT-1002"
    (gap,) = held.gaps
    assert (str(gap.kind), gap.until - gap.since) == ("nobody", timedelta(hours=2))


def test_what_was_derived_from_a_found_picture_comes_out_the_same_days_later(story, italy):
    item = Media.objects.filter(case=story.case, origin="crop").first().parent
    results = list(seize.reproduce(italy, VI, item))
    assert {"hashes", "clues", "crop"} <= {r.derivation.what for r in results}
    cut = [r for r in results if r.derivation.what == "product for a recipient"]
    assert {str(r.verdict) for r in cut} <= {"cannot"}  # a version cut for one recipient is not kept
    assert {str(r.verdict) for r in results if r not in cut} == {"same"}, [r.because for r in results]


def test_what_a_person_confirmed_becomes_an_exhibit_whose_chain_holds_offline_until_a_byte_changes(
    story, tmp_path
):
    with story.at(11, 9):
        with story.desk_of("IT-1001") as italy:
            met = ElementMatch.objects.filter(
                case=story.case, state="confirmed", media__origin="search"
            ).first()
            row = seize.exhibit(
                italy,
                VI,
                story.case,
                number="2",
                description=met.element.name,
                items=[met.media],
                place=met.element.room,
                seized_at=story.laptop.seized_at,
                seized_by="IT-1001",
            )
            to = Account.objects.get(username="IT-1002")
            step = seize.hand_over(
                italy, VI, row, to=to, when=clock.now(), from_place="home", to_place="store", why="evidence"
            )
        with story.desk_of("IT-1002") as second:
            seize.sign(second, VI, step, when=clock.now())
        with story.desk_of("IT-1001") as italy:
            asked = seize.ask(italy, story.case, to=Agency.objects.get(short="EU"), exhibits=[row])
        with story.desk_of("IT-1002") as second:
            seize.confirm(second, asked, count=asked.items)
        out = BytesIO()
        with story.desk_of("IT-1001") as italy:
            told = seize.write_bundle(italy, asked, out)
    whole, data = tmp_path / "bundle.zip", out.getvalue()
    whole.write_bytes(data)
    program = tmp_path / "verify.py"
    with zipfile.ZipFile(whole) as held:
        program.write_bytes(held.read("verify.py"))
    assert verified(program, whole, told.key) == (0, True)
    changed = bytearray(data)
    changed[data.index(b"from_place") + 14] ^= 1  # a letter of where it was handed over
    whole.write_bytes(changed)
    assert verified(program, whole, told.key) == (1, False)


def verified(program, path, key):
    """Return what the bundle's own program says, with nothing of this project and no network to ask."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), "--key", key],
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ran.returncode, "HOLDS" in ran.stdout


# --- months later -----------------------------------------------------------------------------------------


def test_a_later_re_share_raises_the_counter_and_they_are_told_only_as_they_wish(story, tmp_path):
    with story.desk_of("IT-1001"):
        before = Reshare.objects.filter(case=story.case).count()
    again = tmp_path / "again"
    again.mkdir()
    shared = Image.open(story.folder / "found" / "IMG_0416.JPG")
    shared.resize((700, 525)).save(again / "x9.jpg", quality=60)
    with story.at(60, 9):
        with story.desk_of("IT-1001") as italy:
            case = close.record_wish(italy, VI, story.case, "never", "a counsellor asked")
            receive(italy, VI, case, [again], Intake(source="another forum"))
        story.work()
        with story.desk_of("IT-1001") as italy:
            fresh = Reshare.objects.filter(case=case, source="another forum")
            assert fresh.count() == 1 and Reshare.objects.filter(case=case).count() == before + 1
            with pytest.raises(trends.NotTold):
                trends.record_told(italy, VI, case)
            assert not trends.to_be_told(case).exists()
            case = close.record_wish(italy, VI, case, "each", "they changed their mind")
            assert trends.record_told(italy, VI, case) == before + 1
            assert not fresh.filter(told_at=None).exists()


def test_the_export_for_policy_shows_no_number_under_five(story, italy):
    rows = dict(csv.reader(trends.export_figures(italy, VI).decode().splitlines()))
    assert rows["cases"] == "fewer than 5"
    told = [int(value) for value in rows.values() if value.isdigit()]
    assert all(n >= 5 or n == 0 for n in told)


def test_what_is_erased_is_gone_with_its_hashes_and_a_tombstone_proves_it(story):
    """Last of all: small and grey copies are made anew at each look, so none is kept that could stay."""
    with story.at(61, 9):
        with story.desk_of("IT-1001") as italy:
            item = items(story, "IMG_0416.JPG").get(origin="found")
            pk, key, pdq, sha256 = item.pk, item.key, item.pdq, item.sha256
            crops = list(Media.objects.filter(parent=item).values_list("key", flat=True))
            stone = erase(italy, VI, item, "the person who was harmed asked for it")
        with guard.system("look for what is left, in a test"):
            assert not Media.objects.filter(Q(pk=pk) | Q(parent=pk) | Q(pdq=pdq) | Q(sha256=sha256)).exists()
            assert not Frame.objects.filter(media=pk).exists() and not Clue.objects.filter(media=pk).exists()
            assert not ElementMatch.objects.filter(media=pk).exists()
            assert LogEntry.objects.get(seq=stone.entry).verb == "erase"
        assert crops and not any(evidence_store().has(each) for each in [key, *crops])
        officer = Account.objects.get(username="IT-9002").as_officer()
        with guard.scope(officer, Purpose.DATA_PROTECTION_AUDIT):
            held = Tombstone.objects.get(pk=stone.pk)
            assert held.thing == pk and held.destroyed_at and held.keys == []
        assert log.verify().faults == ()
