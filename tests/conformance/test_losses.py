"""What goes out and comes back loses nothing but what the format's ``losses`` name: drawn, not chosen."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from entente import plugins
from entente.formats import ListFormat, ReadOptions
from entente.formats.case_package import CaseFormat, Marking
from entente.formats.ncmec import NCMEC
from entente.formats.vics import PROFILES, VERSIONS, VICS
from entente.formats.vpdq import VPDQ, write_signals, write_text
from entente.vocabulary.handling import Audience, Handling, HandlingCode, narrowest, union
from entente.vocabulary.media_hash import FrameHash, HashEntry
from tests.conformance.test_case_packages import FORMATS as CASES
from tests.conformance.test_case_packages import differing
from tests.formats.packages import NOON, package

few = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate]
)
WRITERS = [f for f in plugins.formats().values() if isinstance(f, ListFormat) and hasattr(f, "write")]
# How a sentence of ``losses`` names a field of an entry.
WORDS = {
    "size": "size",
    "series": "series",
    "paths": "paths",
    "tags": "tags",
    "mime": "types",
    "frames": "frames",
    "pdq_quality": "PDQ quality",
    "pdq_profile": "PDQ quality and profile",
    "disputed": "votes",
    "positive": "votes",
    "negative": "votes",
    "deleted": "deletions",
    "victim_identified": "flags",
    "offender_identified": "flags",
    "distributed": "flags",
}
said = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
word = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), min_size=1, max_size=12)
plain = st.just("") | word.map(str.strip)
some = word.map(lambda t: f"x{t}".strip())


def hashed(length):
    return st.integers(1, 16**length - 2).map(lambda n: f"{n:0{length}x}")


def one_of(length):
    return st.just("") | hashed(length)


flag = st.sampled_from([None, True, False])
moment = st.integers(0, 2**41).map(lambda ms: NOON + timedelta(milliseconds=ms - 2**40))
frame = st.builds(FrameHash, st.integers(0, 10**7).map(lambda ms: ms / 1000), hashed(64), st.integers(0, 100))
entry = st.builds(
    HashEntry,
    st.integers(1, 10**6),
    hashed(32),
    one_of(40),
    one_of(64),
    one_of(64),
    st.just("") | st.just("A" * 192) | hashed(288),
    category=plain,
    series=plain,
    victim_identified=flag,
    offender_identified=flag,
    distributed=flag,
    size=st.none() | st.integers(0, 2**53),
    mime=st.sampled_from(["", "image", "image/jpeg", "video/mp4"]),
    tags=plain,
    paths=st.lists(some, unique=True, max_size=4).map(tuple),
    deleted=st.booleans(),
    pdq_quality=st.none() | st.integers(0, 100),
    pdq_profile=plain,
    positive=st.integers(0, 9),
    negative=st.integers(0, 9),
    disputed=st.integers(0, 9),
    frames=st.lists(frame, max_size=2).map(tuple),
)


def back(chosen, told, **how):
    out = io.BytesIO()
    read = how.pop("read", ReadOptions())
    count = chosen.write({"CaseNumber": "OP-1", "member": "9"}, [told], out, **how)
    out.seek(0)
    records = list(chosen.read(out, read)) if count else []
    assert all(isinstance(r, HashEntry) for r in records), records
    return records


def lost(told, read, but=()):
    names = {f.name for f in fields(HashEntry)} - {"line", "other"} - set(but)
    return {n for n in names if getattr(told, n) != getattr(read, n)}


@pytest.mark.parametrize("chosen", WRITERS, ids=lambda f: f.name)
def test_every_field_that_is_not_written_is_named_in_a_loss(chosen):
    for name in chosen.unwritten:
        assert any(WORDS[name] in sentence for sentence in chosen.losses), name


@few
@given(
    entry,
    st.sampled_from(PROFILES),
    st.sampled_from(VERSIONS),
    st.sampled_from(["Cases", "Media"]),
    st.dictionaries(st.sampled_from(["Comments", "IsSuspected", "SelfGenerated"]), some),
    moment,
)
def test_a_record_of_vics_comes_back_whole(told, profile, version, holds, other, at):
    told = replace(told, other={**other, "DateUpdated": at.isoformat(), "MediaID": "7"})
    read = back(VICS, told, profile=profile, version=version, holds=holds, read=ReadOptions(profile=profile))
    assert len(read) == (not told.deleted)
    for one in read:
        assert lost(told, one) <= set(VICS.unwritten)
        assert told.other.items() <= one.other.items()


@few
@given(
    entry,
    st.lists(some.map(lambda t: t.replace(",", "")), unique=True, max_size=3),
    some,
    moment,
)
def test_an_entry_of_hash_sharing_comes_back_whole(told, members, number, at):
    other = {
        "kind": "video",
        "id": number,
        "member": "8",
        "member name": "A member",
        "affirmative": ",".join(members),
    }
    other |= {"timestamp": at.replace(microsecond=0).isoformat()}
    told = replace(told, positive=len(members), negative=0, other={k: v for k, v in other.items() if v})
    (one,) = back(NCMEC, told)
    gone = {"md5", "sha1", "sha256", "pdq", "photodna", "category", "positive"} if told.deleted else set()
    assert lost(told, one) <= set(NCMEC.unwritten) | gone
    kept = {k: v for k, v in told.other.items() if not (told.deleted and k == "affirmative")}
    assert kept.items() <= one.other.items()


@few
@given(
    st.lists(frame, min_size=1, max_size=5, unique_by=lambda f: f.t),
    st.sampled_from([write_text, write_signals]),
)
def test_the_frames_of_a_video_come_back_whole(frames, write):
    frames, out = tuple(sorted(frames, key=lambda f: f.t)), io.BytesIO()
    write(frames if write is write_text else [frames], out)
    out.seek(0)
    assert [e.frames for e in VPDQ.read(out)] == [frames]


codes = st.frozensets(st.sampled_from(list(HandlingCode)), min_size=1)
handling = codes.flatmap(lambda c: st.builds(Handling, st.just(c), some if HandlingCode.H3 in c else plain))
marking = st.builds(Marking, handling, st.sampled_from(list(Audience)))


@st.composite
def packages(draw):
    """The drawn case with other texts, numbers, moments and markings in all its parts; sound as before."""
    told = package()
    shift = timedelta(microseconds=draw(st.integers(0, 10**6)))
    items = tuple(
        replace(
            i,
            size=draw(st.none() | st.integers(0, 2**53)),
            mime=draw(plain),
            width=draw(st.none() | st.integers(1, 9)),
            sha1=draw(one_of(40)),
            pdq=draw(one_of(64)),
            marking=draw(marking),
        )
        for i in told.items
    )
    exhibits = tuple(replace(e, description=draw(said), marking=draw(marking)) for e in told.exhibits)
    steps = tuple(replace(s, why=draw(said), when=s.when + shift, marking=draw(marking)) for s in told.steps)
    clues = tuple(
        replace(
            c,
            word=replace(
                c.word,
                because=draw(said),
                negated=draw(st.booleans()),
                evaluation=draw(st.sampled_from(["A1", "X4"])),
                reliability=draw(st.none() | st.floats(0, 1)),
            ),
            marking=draw(marking),
        )
        for c in told.clues
    )
    marks = [p.marking for p in (*items, *told.series, *exhibits, *steps, *clues)]
    whole = Marking(union([m.handling for m in marks]), narrowest([m.audience for m in marks]))
    return replace(
        told,
        marking=whole,
        items=items,
        exhibits=exhibits,
        steps=steps,
        clues=clues,
        contact=draw(plain),
        left_out=tuple(draw(st.lists(some, max_size=3))),
    )


@pytest.mark.parametrize("chosen", CASES, ids=lambda f: f.name)
def test_a_drawn_case_comes_back_but_for_what_the_losses_name(chosen):
    assert isinstance(chosen, CaseFormat)

    @few
    @given(packages())
    def play(told):
        out = io.BytesIO()
        chosen.write_case(told, out)
        out.seek(0)
        read = chosen.read_case(out)
        assert not differing(told, read.package) - set(chosen.case_losses)
        assert read.refusals == ()

    play()
