"""A bundle for a court: two people, the law, and a verifier that believes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import random
import subprocess
import sys
import zipfile
import zlib
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.urls import reverse

from entente.casework.examine.service import crop, suggest
from entente.casework.seize import service
from entente.formats import court_bundle, court_verify
from entente.records import clock, guard
from entente.records.models import CourtExport, Disclosure, LogEntry, Media
from entente.safeguards.checkpoint import Checkpoint as Head
from tests.casework.seize.test_custody import over, phone, second  # noqa: F401 - fixtures
from tests.casework.seize.test_service import THING, VI, it, item  # noqa: F401 - fixtures


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
    assert told.derivations == 5


# --- attacks --------------------------------------------------------------------------------------------


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


def packed(parts, names=None):
    """Return a container of these parts as the bundle's own writer would make it, in any order."""
    out, entries = io.BytesIO(), []
    for name, data in [(n, parts[n]) for n in names] if names else sorted(parts.items()):
        at, crc = out.tell(), zlib.crc32(data)
        out.write(court_verify.local_header(name, crc, len(data)) + data)
        entries.append((name, crc, len(data), at))
    return out.getvalue() + court_verify.directory(entries)


def flipped(data, at, bit=0):
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)


def zip_level(data, draw):
    """Yield (what, bytes): whatever can be done to the file as a file."""
    for _ in range(140):
        at = draw.randrange(len(data))
        yield f"bit at {at}", flipped(data, at, draw.randrange(8))
    for _ in range(40):
        yield "cut off", data[: draw.randrange(len(data))]
    yield "longer", data + b"\0"
    yield "something ahead", b"\0" + data
    yield "a comment", data[:-2] + b"\x05\0hello"
    packing = io.BytesIO()
    with zipfile.ZipFile(packing, "w", zipfile.ZIP_DEFLATED) as again:
        for name, part in parts_of(data).items():
            again.writestr(name, part)
    yield "packed by another program", packing.getvalue()


TRAVERSALS = (
    "../evil", "originals/../../evil", "/etc/passwd", "originals//x", "originals/", "..", "C:/evil",
    "originals/a/b", "UPPER.json", "derived/..", "a\\b", "manifest.json/x",
)  # fmt: skip


def part_level(parts, draw):
    """Yield (part, bytes): what a forger without the key can do to parts, with a sound container."""
    for name, part in parts.items():
        for _ in range(4):
            yield name, packed({**parts, name: flipped(part, draw.randrange(len(part)), draw.randrange(8))})
        yield name, packed({n: p for n, p in parts.items() if n != name})
        yield name, packed({**parts, name: b""})
    for name in TRAVERSALS:
        yield name, packed({**parts, name: b"x"})
    for name in ("derived/" + "0" * 64, "originals/" + "0" * 64, "zz.json", "b.txt"):
        yield name, packed({**parts, name: b"x"})
    names = sorted(parts)
    for a, b in pairwise(names):
        yield a, packed({**parts, a: parts[b], b: parts[a]})
        order = names.copy()
        i = order.index(a)
        order[i], order[i + 1] = b, a
        yield a, packed(parts, order)
        yield a, packed(parts, sorted([*names, a]))


def refusals(tmp_path, program, key, bundles, *more):
    """Verify many bundles in one run of the verifier; return what it said of each, by number."""
    folder = tmp_path / "attacks"
    folder.mkdir(exist_ok=True)
    files = []
    for n, data in enumerate(bundles):
        files.append(folder / f"{n:04}.zip")
        files[-1].write_bytes(data)
    code, said = verify(program, *files, "--key", key, *more)
    lines = [line for line in said.splitlines() if not line.startswith("  ")]
    assert len(lines) == len(files), said[-2000:]
    return code, lines


@pytest.fixture
def attacked(made, tmp_path):
    told, path = made
    return told.key, path.read_bytes(), program_of(path, tmp_path)


def test_every_mutation_of_every_part_is_refused_and_named(attacked, tmp_path):
    key, data, program = attacked
    draw = random.Random(20261123)
    parts = parts_of(data)
    assert packed(parts) == data  # the writer of this test is that of the bundle
    attacks = [*(("", d) for _, d in zip_level(data, draw)), *part_level(parts, draw)]
    assert len(attacks) >= 300
    code, lines = refusals(tmp_path, program, key, [data for _, data in attacks])
    assert code == 1
    held = [attacks[n][0] for n, line in enumerate(lines) if not line.startswith("REFUSED ")]
    assert held == [], f"{len(held)} of {len(attacks)} mutations were accepted"
    unnamed = [
        (part, line)
        for (part, _), line in zip(attacks, lines, strict=True)
        if part and not any(ascii(n)[1:-1] in line for n in (part, *_neighbours(parts, part)))
    ]
    assert unnamed == []


def _neighbours(parts, part):
    """A swap or a new order may be named by the other of the two, a changed manifest by its signature."""
    names = sorted({*parts, part})
    at = names.index(part)
    return [*names[max(0, at - 1) : at + 2], "manifest.sig"]


@pytest.fixture
def signer(evidence_desk):
    """Sign with the desk's own key: an insider who changed the records, not the log."""
    from django.conf import settings

    from entente.records import log_key

    def resigned(parts, key=None, **facts):
        private = key or log_key.read(settings.KEY_FOLDER)
        manifest = json.loads(parts["manifest.json"])
        rest = {n: p for n, p in parts.items() if n not in {"manifest.json", "manifest.sig"}}
        out = io.BytesIO()
        told = {k: v for k, v in manifest.items() if k not in {"files", "format", "version"}}
        court_bundle.write(
            out, {**told, **facts}, {n: p for n, p in rest.items() if n != "verify.py"}, private.sign
        )
        return out.getvalue()

    return resigned


def edited(parts, name, change):
    told = json.loads(parts[name])
    change(told)
    return {**parts, name: court_verify.canonical(told)}


def test_an_insider_who_signs_changed_records_is_found_by_the_log(attacked, tmp_path, signer):
    key, data, program = attacked
    parts = parts_of(data)
    held = json.loads(parts["items.json"])[0]["file"]
    other = hashlib.sha256(b"another picture").hexdigest()

    def swap_original(told):
        told[0].update(sha256=other, file=f"originals/{other}", size=15)

    swapped = edited(parts, "items.json", swap_original)
    del swapped[held]
    swapped[f"originals/{other}"] = b"another picture"
    attacks = {
        "seals this record": edited(
            parts, "custody.json", lambda c: c["exhibits"][0]["record"].update(device="another phone")
        ),
        "record 1: no entry": edited(
            parts, "custody.json", lambda c: c["exhibits"][0]["chain"][0].update(why="another reason")
        ),
        "broken here": edited(parts, "custody.json", lambda c: c["exhibits"][0]["chain"].pop(0)),
        "record 1: the chain": edited(parts, "custody.json", lambda c: c["exhibits"][0]["chain"].reverse()),
        "exhibit E1": edited(parts, "custody.json", lambda c: c["exhibits"].append(c["exhibits"][0])),
        "item 1": edited(parts, "custody.json", lambda c: c["items"][0].update(sha256=other)),
        "among those of its act": edited(
            parts, "derivations.json", lambda d: d[0]["record"]["parameters"].update(side=9)
        ),
        "its input": edited(parts, "items.json", lambda i: i.clear()),
        "its exhibit or its original": swapped,
        "nothing says why": edited(parts, "derivations.json", lambda d: d[0].update(file="")),
        "not in the log": edited(
            parts, "log.json", lambda g: g["entries"][0].update(proof=g["entries"][1]["proof"][::-1])
        ),
        "is not what was sealed": edited(
            parts, "log.json", lambda g: _first(g, "reason").update(value="another reason")
        ),
        "of after": edited(parts, "log.json", lambda g: _first(g, "after")["value"]["sealed"].reverse()),
        "another order": edited(parts, "log.json", lambda g: g["entries"].reverse()),
        "no entry of the log": edited(parts, "log.json", lambda g: g["entries"].clear()),
        "a name stands twice": {**parts, "absent.json": b'[{"a":1,"a":2}]'},
        "is no number": {**parts, "absent.json": b"[NaN]"},
        "not the JSON": {**parts, "absent.json": b"[" * 100_000},
        "no signed head": {**parts, "head.txt": parts["head.txt"][:-1]},
        "no record of the bundle": {**parts, f"originals/{other}": b"another picture"},
    }
    code, lines = refusals(tmp_path, program, key, [signer(p) for p in attacks.values()])
    assert code == 1
    wrong = [
        (w, line)
        for w, line in zip(attacks, lines, strict=True)
        if not line.startswith("REFUSED") or (w not in line and w not in LATER)
    ]
    assert wrong == []


# found at an earlier check than the one that it is aimed at
LATER = {"its input", "its exhibit or its original", "item 1", "of after"}


def _first(log, field):
    return next(e["openings"][field] for e in log["entries"] if field in e["openings"] and _more(e, field))


def _more(entry, field):
    return field != "after" or len(entry["openings"]["after"]["value"]["sealed"]) > 1


def test_a_forged_signer_an_old_head_another_case_and_an_unknown_version(
    attacked, tmp_path, signer, circle, case
):
    key, data, program = attacked
    parts = parts_of(data)
    manifest = json.loads(parts["manifest.json"])
    forger = Ed25519PrivateKey.generate()
    newer = court_verify.canonical({**manifest, "version": 2})
    from django.conf import settings

    from entente.records import log_key

    sign = log_key.read(settings.KEY_FOLDER).sign
    unknown = {
        **parts, "manifest.json": newer, "manifest.sig": sign(court_verify.CONTEXT + newer),
    }  # fmt: skip
    attacks = {
        "not signed by the key": signer(parts, forger),
        "of another case": signer(parts, case_id=str(uuid4())),
        "another log": signer(parts, log={**manifest["log"], "size": manifest["log"]["size"] - 1}),
        "does not know": packed(unknown),
    }
    _, lines = refusals(tmp_path, program, key, attacks.values())
    assert all(w in line for w, line in zip(attacks, lines, strict=True)), lines
    size = manifest["log"]["size"]
    code, lines = refusals(tmp_path, program, key, [data], "--at-least", size + 1)
    assert (code, "it is older" in lines[0]) == (1, True)
    assert refusals(tmp_path, program, key, [data], "--at-least", size)[0] == 0
    mine = log_key.public(forger, "a forger's log").written().replace("a forger's log", "x")
    assert verify(program, tmp_path / "attacks" / "0000.zip", "--key", mine)[0] == 2


def test_an_older_head_of_the_log_does_not_cover_the_export(attacked, tmp_path, signer):
    from entente.records import checkpoint, log_key
    from entente.records.log import root_at

    key, data, program = attacked
    from django.conf import settings

    parts = parts_of(data)
    size = (
        json.loads(parts["log.json"])["entries"][-1]["proof"]
        and json.loads(json.loads(parts["log.json"])["entries"][-1]["body"])["seq"]
    )
    head = Head(checkpoint.own_key().name, size, root_at(size))
    old = log_key.sign(log_key.read(settings.KEY_FOLDER), head, 1).text().encode()
    facts = {"origin": head.origin, "size": size, "root": head.root.hex()}
    _, (line,) = refusals(tmp_path, program, key, [signer({**parts, "head.txt": old}, log=facts)])
    assert "not in the log whose head was signed" in line


def test_without_openssl_and_cryptography_it_says_what_to_do(made, tmp_path):
    told, path = made
    lonely = (
        f"import sys,shutil; shutil.which=lambda n:None; sys.argv[1:]=[{str(path)!r},'--key',{told.key!r}]"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c",
         f"{lonely}; exec(compile(open({str(program_of(path, tmp_path))!r}).read(),'verify.py','exec'))"],
        env={}, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "openssl pkeyutl -verify" in ran.stdout
    assert "cryptography" in ran.stdout


# --- the law --------------------------------------------------------------------------------------------


def test_two_people_and_a_lead(circle, case, it, second, ready):  # noqa: F811
    eu = circle.agencies.eu
    with pytest.raises(guard.Denied):
        service.ask(second(), case, to=eu, exhibits=[ready])
    asked = service.ask(it(), case, to=eu, exhibits=[ready])
    with pytest.raises(service.NotForCourt, match="two people"):
        service.confirm(it(), asked, count=asked.items)
    with pytest.raises(service.NotForCourt, match="is asked"):
        service.write_bundle(it(), asked, io.BytesIO())
    with pytest.raises(service.NotForCourt, match="you confirm 7"):
        service.confirm(second(), asked, count=7)
    client, at = Client(), reverse("seize:court-confirm", args=[case.pk, asked.pk])
    client.force_login(circle.it_second)
    told = client.post(at, {"count": "²"}, follow=True).content.decode()  # a digit that is no number
    assert "may go now" in told and "invalid literal" not in told
    service.confirm(second(), asked, count=asked.items)
    with pytest.raises(service.NotForCourt, match="is confirmed"):
        service.confirm(second(), asked, count=asked.items)
    service.write_bundle(it(), asked, io.BytesIO())
    with pytest.raises(service.NotForCourt, match="is written"):
        service.write_bundle(it(), asked, io.BytesIO())
    with guard.system("read in a test"):
        told = [json.loads(e.body) for e in LogEntry.objects.filter(verb="disclose", step="seize")]
        assert [t["recipients"] for t in told] and all(t["purpose"] == "prosecution" for t in told)
        assert {r for t in told for r in t["recipients"]} <= {str(eu.pk)}
        assert Disclosure.objects.get(what="court bundle").to_id == eu.pk


def test_a_confirmation_ends_with_the_day(circle, case, it, second, ready):  # noqa: F811
    asked = service.ask(it(), case, to=circle.agencies.eu, exhibits=[ready])
    with clock.at(clock.now() + timedelta(hours=25)), pytest.raises(service.NotForCourt, match="expired"):
        service.confirm(second(), asked, count=asked.items)


def other_item(circle, case, number, codes, text=""):
    """Another agency's item in the case, kept in the store."""
    kept = service.evidence_store().keep_bytes(b"bytes of %d" % number, case.pk)
    with guard.system("another agency's item"):
        return Media.objects.create(
            case=case, owner=circle.agencies.dk, number=number, codes=codes, handling_text=text, source="s",
            kind="picture", sha256=kept.sha256, key=kept.key, size=kept.size,
        )  # fmt: skip


def test_h1_is_stated_and_h2_and_h3_leave_no_trace(circle, case, it, second, ready, tmp_path):  # noqa: F811
    held = [
        other_item(circle, case, 51, "H1"),
        other_item(circle, case, 52, "H2"),
        other_item(circle, case, 53, "H3", "for no court"),
    ]
    asked = service.ask(it(), case, to=circle.agencies.eu, exhibits=[ready], items=held)
    assert asked.items == 1
    service.confirm(second(), asked, count=1)
    out = io.BytesIO()
    told = service.write_bundle(it(), asked, out)
    parts = parts_of(out.getvalue())
    (stated,) = json.loads(parts["absent.json"])
    assert stated.startswith("1 item was left out. H1")
    traces = [m.sha256 for m in held] + [str(m.pk) for m in held]
    assert not any(t.encode() in out.getvalue() for t in traces)
    assert b"H2" not in parts["absent.json"] and b"H3" not in parts["absent.json"]
    assert any("H1" in line for line in told.left_out)
    path = tmp_path / "b.zip"
    path.write_bytes(out.getvalue())
    code, said = verify(program_of(path, tmp_path), path, "--key", told.key)
    assert code == 0, said


def test_the_same_bundle_has_the_same_bytes(circle, case, it, second, ready):  # noqa: F811
    asked = service.ask(it(), case, to=circle.agencies.eu, exhibits=[ready])
    service.confirm(second(), asked, count=asked.items)
    first, again = io.BytesIO(), io.BytesIO()
    with guard.scope(it(), VI):
        held = service.plan(it(), case, asked.things, circle.agencies.eu)
        from entente.casework.seize.service.bundle import bundle

        for out in (first, again):
            bundle(it(), case, circle.agencies.eu, held, out)
    assert first.getvalue() == again.getvalue()
    assert CourtExport._meta.db_table in guard.GUARDED
