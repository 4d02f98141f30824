"""The second wall alone: with "allow all" in place of the first, the database still hides what it must.

Runs on the database of the suite; ``test_postgres.py`` runs the same file on PostgreSQL.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from tests.records.rows import ONE_ROW, SEEN, fill, people, worlds  # noqa: F401 - a fixture
from tests.records.walls import built_with, without_the_first_wall

from entente.records import clock, guard, wall
from entente.records.act import acting
from entente.records.models import (
    Case,
    Media,
    Membership,
    Milestone,
)
from entente.safeguards.access import Act, Shape, readable
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
EXAMPLES = max(200, settings.default.max_examples)


# --- the same rows as the law -----------------------------------------------------------------------------


def differences(world, circle, case):
    """Return who sees a row that the law hides or misses one that it shows, the first wall being down."""
    now = datetime.now(UTC)
    found = []
    with guard.system("fill a world for a test"):
        rows = fill(world, circle, case, now)
        lawful_of = [(row, row.as_thing()) for row in rows]
    for who, purpose in world["asked"]:
        officer = circle.officer(getattr(circle, who))
        with clock.at(now):
            lawful = {r.pk for r, thing in lawful_of if readable(officer, thing, purpose, now)}
            with without_the_first_wall(), guard.scope(officer, purpose):
                seen = {pk for model in SEEN for pk in model.objects.values_list("pk", flat=True)}
        if seen != lawful:
            found.append((who, purpose, [r for r in rows if r.pk in seen ^ lawful]))
    return found


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
def test_the_database_alone_shows_what_the_law_allows_and_nothing_else(world, case, people):  # noqa: F811
    assert differences(world, people, case) == []


FAULTS = {
    "always true for a case": ({Shape.CASE: "1 = 1"}, ONE_ROW),
    "handling forgotten": ({Shape.CASE: wall.MEMBERS}, ONE_ROW | {"codes": "H2"}),
    "another's notice": ({Shape.TOLD: "1 = 1"}, ONE_ROW),
    "all lists": ({Shape.AGENCY: wall._CONTENT}, ONE_ROW),
    "never true": ({Shape.ADDRESSED: "1 = 0"}, ONE_ROW),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_wall_is_found(fault, case, people):  # noqa: F811
    texts, row = FAULTS[fault]
    world = {
        "rows": [row],
        "members": [("dk", (-1, None), False)],
        "asked": [("dk", VI), ("fr", VI), ("dk", Purpose.PROSECUTION)],
    }
    assert differences(world, people, case) == []
    with built_with(texts):
        assert differences(world, people, case)
    assert differences(world, people, case) == []


def test_a_shape_without_a_text_is_seen_by_nobody(case, circle):
    with built_with({Shape.CASE: wall.NOBODY}), guard.scope(circle.officer(circle.it), VI):
        assert not Media.objects.exists()
    assert set(wall.WALLS) == set(Shape), "a new shape needs a text of its own in records/wall.py"


# --- one hidden row and every way to it -------------------------------------------------------------------


@pytest.fixture
def hidden(case, circle):
    """An item of Italy's case, and Denmark, which must not learn of it."""
    with acting(circle.officer(circle.it), Act.RECEIVE, case.as_thing(), VI, step="intake"):
        item = Media.objects.create(case=case, owner=circle.agencies.it, number=1, source="SECRET")
    return SimpleNamespace(item=item, case=case, it=circle.officer(circle.it), dk=circle.officer(circle.dk))


def test_the_rows_of_a_case_are_neither_read_nor_changed_from_outside(hidden, first_wall_off):
    with guard.scope(hidden.dk, VI, Act.ALTER):
        assert list(Media.objects.all()) == list(Case.objects.all()) == []
        assert Media.objects.count() == 0
        assert not Media.objects.filter(pk=hidden.item.pk).exists()
        assert Media.objects.filter(pk=hidden.item.pk).update(source="changed") == 0
        assert Media.objects.all().delete()[0] == 0
        assert not Case.objects.filter(milestones__stage="discovered").exists()
    with guard.system("test looks"):
        assert Media.objects.get().source == "SECRET"


def test_who_is_in_the_case_still_reads_and_changes(hidden, first_wall_off):
    with guard.scope(hidden.it, VI, Act.ALTER):
        assert Media.objects.select_related("case").get().case == hidden.case
        assert Media.objects.update(source="changed") == 1
        assert Media.objects.get().source == "changed"


def test_a_membership_that_ended_or_began_counts_at_once(hidden, circle, first_wall_off):
    with guard.system("test"):
        mine = Membership.objects.create(case=hidden.case, account=circle.dk, part=Part.READER)
    with guard.scope(hidden.dk, VI):
        assert Media.objects.count() == 1
        with guard.system("test"):
            Membership.objects.filter(pk=mine.pk).update(until=clock.now())
        assert Media.objects.count() == 0


def test_a_scope_that_was_rolled_back_into_is_told_again(hidden):
    with guard.system("test"):
        assert Media.objects.count() == 1
    with without_the_first_wall(), guard.scope(hidden.dk, VI):
        with pytest.raises(RuntimeError), transaction.atomic():
            with guard.system("inside what is taken back"):
                assert Media.objects.count() == 1
            raise RuntimeError
        assert Media.objects.count() == 0
    with guard.scope(hidden.it, VI), pytest.raises(RuntimeError), transaction.atomic():
        assert Media.objects.count() == 1
        raise RuntimeError
    with without_the_first_wall(), guard.scope(hidden.dk, VI):
        assert Media.objects.count() == 0


def test_rows_fetched_in_another_scope_are_those_of_the_one_that_asked(hidden, first_wall_off):
    bound = {"case": hidden.case, "source": "s"}
    with guard.system("more rows, and a withheld one at the end"):
        Media.objects.bulk_create(Media(owner_id=hidden.it.agency, number=n, **bound) for n in range(2, 400))
        Media.objects.create(owner_id=hidden.dk.agency, number=400, codes="H2", **bound)
    for other in (guard.system("fetch elsewhere"), guard.scope(hidden.dk, VI)):
        with guard.scope(hidden.it, VI):
            found = Media.objects.order_by("number").iterator(chunk_size=10)
            next(found)
            with other:
                assert [m.number for m in found] == list(range(2, 400))


@pytest.mark.parametrize("codes", ["", "H9", "h2", "H0,H2", "public"])
def test_a_row_whose_handling_nobody_knows_is_seen_by_its_owner_only(hidden, circle, codes, first_wall_off):
    with guard.system("a code that is none"):
        Membership.objects.create(case=hidden.case, account=circle.dk, part=Part.MEMBER)
        Media.objects.update(codes=codes)
    with guard.scope(hidden.dk, VI):
        assert Case.objects.exists() and not Media.objects.exists()
    with guard.scope(hidden.it, VI):
        assert Media.objects.exists()


def test_raw_sql_finds_nothing_without_a_scope_or_in_another_agency_s(hidden):
    def told(sql, *params):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        except DatabaseError as refused:
            return str(refused)

    ways = [
        "SELECT source FROM records_media",
        "SELECT count(*) FROM records_media WHERE source = 'SECRET' HAVING count(*) > 0",
        "SELECT c.title FROM records_media m JOIN records_case c ON c.id = m.case_id",
        "WITH v AS (SELECT source FROM records_media) SELECT * FROM v",
        "SELECT (SELECT source FROM records_media)",
        "UPDATE records_media SET source = source RETURNING source",
        "DELETE FROM records_media RETURNING source",
    ]
    for opened in (lambda: guard.scope(hidden.dk, VI, Act.ALTER), None):
        for way in ways:
            if opened is None:
                answer = told(way)
            else:
                with opened():
                    answer = told(way)
            assert "SECRET" not in str(answer) and "Larch" not in str(answer), way
            assert isinstance(answer, str) or answer in ([], [(None,)]), way
    with guard.system("it was there all along"):
        assert told(ways[0]) == [("SECRET",)]


def test_nothing_is_written_outside_an_act(hidden, first_wall_off):
    with pytest.raises(guard.ScopeMissing), transaction.atomic(), guard.scope(hidden.it, VI):
        Media.objects.update(source="x")
    for sql in (
        "UPDATE records_media SET source = 'changed'",
        "DELETE FROM records_media",
        f"INSERT INTO records_milestone (id, case_id, stage, at, because) VALUES"
        f" ('{uuid4().hex}', '{hidden.case.pk.hex}', 'safe', '2026-01-01', 'x')",
    ):
        try:
            with guard.scope(hidden.it, VI), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        except DatabaseError:
            continue
    with guard.system("as before"):
        assert Media.objects.get().source == "SECRET"
        assert not Milestone.objects.filter(stage="safe").exists()


# --- what the wall leaves open, with its reason -----------------------------------------------------------

UNGUARDED = {
    "auth_group": "names of groups; the desk has none",
    "auth_group_permissions": "as auth_group",
    "auth_permission": "Django's own words",
    "django_content_type": "names of tables",
    "account_emailaddress": "kept empty: the desk sends no mail",
    "account_emailconfirmation": "as account_emailaddress",
    "mfa_authenticator": "read before it is known who asks; keys of accounts",
    "records_account": "service numbers are known in the circle; read before it is known who asks",
    "records_account_groups": "as auth_group",
    "records_account_user_permissions": "as auth_group",
    "records_accountchange": "what two administrators are about to grant; no case",
    "records_agency": "the circle knows its agencies",
    "records_loginlink": "hashes of log-ins; read before it is known who asks",
    "records_machinetoken": "hashes of machines' tokens; read before it is known who asks",
    "records_session": "read before it is known who asks; times and addresses of log-ins",
    "records_spent": "counts against a limit, by account",
    "records_feed": "random ids of what changed; told only of a thing that the guard lets the asker have",
    "records_hours": "one's own time on a case, by account; the service tells it to nobody else",
    "records_hoursconsent": "whether one's time counts in a total; as records_hours",
    "records_job": "taken for every agency by the worker; random ids, shown to who asked; no content",
    "records_originator": "read by the law itself, of all agencies: random ids of things and agencies",
    "records_release": "read by the law itself, of all agencies: random ids of things and agencies",
    "records_restriction": "read by the law itself: random ids of things and a ground",
    "records_seal": "hashes of what acts derived, sealed in the log; random ids and no content",
    "records_loghead": "size and root of the tree, published to partners",
    "records_lognode": "hashes of subtrees, from which proofs are made",
    "records_checkpoint": "signed heads, published to partners",
    "records_cosignature": "as records_checkpoint",
    "records_logalarm": "as records_checkpoint",
    "records_logstamp": "as records_checkpoint",
    "records_specialist": "which officer knows which field: known in the circle, as service numbers are",
    "records_vocabularyversion": "words to choose from; no case and no person",
    "records_partnerlog": "public keys and heads of partners",
}

# Every unique constraint of a guarded table: a refused duplicate tells that the other row is there.
UNIQUE = {
    "case_number_per_agency": "within the own agency",
    "list_name_per_agency": "within the own agency",
    "file_once_per_case_and_origin": "within the own agency's files of the case",
    "list_state_once": "within the own agency's deliveries",
    "version_once": "only on a list of the own agency, which nobody else sees",
    "set_aside_once": "only on a record of the own agency's list",
    "compared_once": "within the own agency's questions",
    "scene_features_once": "within the own agency's features",
    "scene_points_once": "within the own agency's points",
    "match_once": "within the own agency's verdicts",
    "reshare_once": "within the own agency's counts",
    "product_number_once": "within the own agency's numbers",
    "element_found_once": "within the own agency's proposals",
    "exhibit_number_once": "within the own agency's numbers",
    "link_once": "within the own agency's proposals",
    "camera_finding_once": "within the own agency's comparisons",
    "stage_once": "milestones are read by all members of the case",
    "item_number_once": "numbers are given by the desk: withheld items get random ones above a million",
    "element_number_once": "numbers are given by the desk, withheld elements' too",
    "occurrence_once": "only on an item that the writer sees, and a path that the writer has",
    "in_series_once": "only on an item that the writer sees; the row has no content of its own",
    "item_once_in_exhibit": "within the own agency's statements",
    "transfer_place_once": "only on an exhibit that the writer sees, with the whole of its chain",
    "receipt_place_once": "as transfer_place_once",
    "correction_place_once": "as transfer_place_once",
    "records_receipt.transfer": "as transfer_place_once",
    "clock_once": "written by the system only, under random ids",
    "records_logentry.seq": "written by the system only, in order",
    "records_logopening.entry": "written by the system only, one an entry",
    "one_vote_a_person": "one's own vote: it meets nobody else's",
    "own_limits_once": "one's own limits: they meet nobody else's",
    "one_key_of_a_partner_in_force": "within the own agency's cards",
    "package_number_once": "within the own agency's book of packages",
    "last_said_of_a_thing": "within the own agency's book of packages",
    "partners_case_once": "within the own agency's book of packages",
    "private_check_once": "within the own agency's private checks",
    "told_of_a_thing_once": "of what one holder was sent: written by the desk as it opens a package",
    "dataset_number_once": "within the own agency's datasets of a task force",
    "suspect_number_once": "numbers are given by the desk, withheld suspects' at random",
    "records_delivery.disclosure": "written with its disclosure in one act: it meets nobody else's",
    "records_stub.case": "written by the system only, one a case",
}


def test_every_table_is_behind_the_wall_or_says_why_not():
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True)}
    assert tables - guard.GUARDED.keys() == UNGUARDED.keys()


def test_every_unique_constraint_of_a_guarded_table_was_judged():
    found = set()
    for model in apps.get_models():
        if model._meta.db_table in guard.GUARDED:
            found |= {c.name for c in model._meta.constraints if hasattr(c, "fields")}
            fields = model._meta.concrete_fields
            found |= {f"{model._meta.db_table}.{f.name}" for f in fields if f.unique and not f.primary_key}
    assert found == UNIQUE.keys()
    for name, reason in UNIQUE.items():
        (fields,) = [c.fields for m in apps.get_models() for c in m._meta.constraints if c.name == name] or [
            ()
        ]
        assert ("owner" in fields) == reason.startswith("within the own agency"), name
