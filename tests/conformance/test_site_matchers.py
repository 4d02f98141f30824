"""A site's own network keeps to its word as OpenCV's class takes it, or is refused; none comes with us."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from entente.casework.link.scene import site, site_pairs
from entente.casework.link.scene.agreement import agreement
from entente.casework.link.scene.points import Points
from entente.casework.link.scene.site_seen import Nonsense, found, opened
from entente.casework.link.service.indexed import MOST_PAIRED
from entente.casework.link.service.site import asked_of, paired, tried, tried_matching, usable
from entente.cli import doctor
from entente.web import start
from tests.casework.link.scene.drawn import room
from tests.casework.link.scene.drawn_network import SIDE, network, pairing
from tests.house.house import ROOT

SIZE = (SIDE, SIDE)
LEFT = np.float32([[1, 0, -40], [0, 1, 24]])


def set_down(
    folder: Path,
    data: bytes,
    kind: str = "DISK",
    digest: str = "",
    second: bytes | None = None,
    **other: object,
) -> Path:
    """Write a network, perhaps a second one that pairs its points, and their setting; return the setting."""
    (folder / "drawn.onnx").write_bytes(data)
    told = {"size": list(SIZE), "points": 14, "links": 400, "false": 3} | other
    lines = [
        *('name = "drawn"', 'version = "1"', f'kind = "{kind}"', 'file = "drawn.onnx"'),
        f'sha256 = "{digest or hashlib.sha256(data).hexdigest()}"',
        f"size = {told['size']}",
        *('source = "drawn by a test"', "[measured]", 'on = "drawn rooms"'),
        *(f"{name} = {told[name]}" for name in ("points", "links", "false")),
    ]
    if second is not None:
        (folder / "pairs.onnx").write_bytes(second)
        lines += ["[matching]", 'name = "drawn-pairs"', 'version = "2"', 'file = "pairs.onnx"']
        lines += [f'sha256 = "{hashlib.sha256(second).hexdigest()}"', 'source = "drawn by a test too"']
    path = folder / "matcher.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def set_up(tmp_path, monkeypatch):
    """Set a network up as a site does."""

    def put(data: bytes, kind: str = "DISK", **other: object) -> site.SiteMatcher:
        monkeypatch.setenv("ENTENTE_MATCHER", str(set_down(tmp_path, data, kind, **other)))
        start.see_as_the_site()
        matcher = site.in_force()
        assert matcher is not None
        return matcher

    yield put
    site.use(None)


def shifted(plane: np.ndarray) -> np.ndarray:
    """Return what is seen a step further to the right, and higher."""
    return cv2.warpAffine(plane, LEFT, plane.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def picture(folder: Path, plane: np.ndarray, name: str = "a") -> Path:
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), np.dstack([plane] * 3))
    return path


@pytest.mark.parametrize("kind", ["DISK", "ALIKED"])
def test_a_network_finds_points_in_the_limited_decoder_as_opencvs_class_does(kind, set_up, tmp_path) -> None:
    data = network(kind)
    matcher = set_up(data, kind)
    assert tried() == matcher
    plane = room(101, 3)
    moved = shifted(plane)
    (one, other) = (
        asked_of(matcher, picture(tmp_path, p, n)).shots[0][1] for p, n in ((plane, "a"), (moved, "b"))
    )
    shared = agreement(one, other)
    assert shared is not None and shared.score >= matcher.points and len(one) == 256
    steps = (shared.pairs[:, 2:] - shared.pairs[:, :2]) * (plane.shape[1], plane.shape[0])
    assert np.abs(np.median(steps, axis=0) - (-40, 24)).max() < 3, "the points lie where the picture went"

    bgr = np.dstack([plane] * 3)
    if kind == "DISK":
        native = cv2.DISK.createFromMemory(np.frombuffer(data, np.uint8), 1200, 0.0, SIZE)
    else:
        params = cv2.ALIKED.Params()
        params.inputSize = SIZE
        native = cv2.ALIKED.create(str(tmp_path / "drawn.onnx"), params)
    kept, looks = native.detectAndCompute(bgr, None)
    at, ours, _ = found(*opened(kind, SIZE, data), bgr)
    assert np.abs(at - [k.pt for k in kept]).max() < 1e-3 and np.abs(ours - looks).max() < 1e-5


BAD = {
    "nan": "a number that is none",
    "outside": "points outside the picture",
    "short": "not 128 floats each",
    "nothing": "look like nothing",
    "uneven": "does not answer as DISK|do not fit each other",
    "mute": "'descriptors' is not found",
}


@pytest.mark.parametrize("kind", ["DISK", "ALIKED"])
@pytest.mark.parametrize("fault", list(BAD))
def test_nonsense_is_named(kind: str, fault: str) -> None:
    with pytest.raises(Nonsense, match=BAD[fault]):
        found(*opened(kind, SIZE, network(kind, fault)), np.dstack([room(101, 3)] * 3))


def test_one_that_fails_is_refused_with_its_mend_before_it_sees_an_item(set_up) -> None:
    good = network()
    for data, kind, other, why in (
        (b"no network at all" * 40, "DISK", {}, "OpenCV cannot open it as DISK"),
        (good[: len(good) // 2], "ALIKED", {}, "OpenCV cannot open it as ALIKED"),
        (good, "DISK", {"size": [128, 128]}, "does not answer as DISK does"),
        (good, "ALIKED", {}, "points outside the picture"),
        (network(fault="nan"), "DISK", {}, "a number that is none"),
    ):
        set_up(data, kind, **other)
        with pytest.raises(site.MatcherRefused, match=why) as refused:
            tried()
        assert "take ENTENTE_MATCHER away" in str(refused.value) and "/io/" not in str(refused.value)
    matcher = set_up(good, digest="0" * 64)
    with pytest.raises(site.MatcherRefused, match="not the file that was vetted"):
        tried()
    Path(matcher.path).unlink()
    with pytest.raises(site.MatcherRefused, match="cannot be read"):
        tried()
    (told,) = doctor.site_matcher()
    assert not told.there and "cannot be read" in told.says
    set_up(good)
    assert tried() is not None, "the mended one is used, by the same decoders"
    (told,) = doctor.site_matcher()
    assert told.there and "wrong in 3 of 400 links; a link weighs 0.94" in told.says
    site.use(None)
    (told,) = doctor.site_matcher()
    assert told.there and "none of its own" in told.says and "day against night" in told.says


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("name = ", "no TOML"),
        ('name = "x"', "no more and no less"),
        (("drawn by a test", ""), "say source in one line"),
        (('"DISK"', '"SIFT"'), "kind is DISK or ALIKED"),
        (("[256, 256]", "[250, 256]"), "multiples of 16"),
        (("points = 14", "points = 8"), "points is 14 or more"),
        (("false = 3", "false = 300"), "it says nothing"),
        (("links = 400", "links = -1"), "whole number"),
        (('sha256 = "', 'sha256 = "g'), "sha256 is written as"),
        (("[measured]", "[matching]\nfile = 'a'\n[measured]"), "the table .matching. has file, name, sha256"),
    ],
)
def test_a_setting_that_says_too_little_stops_the_start_and_is_named(
    told, why, tmp_path, monkeypatch
) -> None:
    path = set_down(tmp_path, b"")
    if isinstance(told, tuple):
        assert told[0] in path.read_text()
        told = path.read_text().replace(*told)
    path.write_text(told, encoding="utf-8")
    monkeypatch.setenv("ENTENTE_MATCHER", str(path))
    with pytest.raises(start.NoDesk, match=why) as refused:
        start.see_as_the_site()
    assert str(path) in str(refused.value) and site.in_force() is None


def test_the_setting_in_the_documents_is_one() -> None:
    whole = (ROOT / "docs/methods/scene.md").read_text("utf-8")
    told, more = re.findall(r"```toml\n(.*?)```", whole, re.DOTALL)
    made = site.read(told, "/desk/matcher.toml")
    assert made.path == "/desk/disk.onnx" and made.weight == min(site.MOST_WEIGHT, round(210 / 214, 3))
    with_both = site.read(told + more, "/desk/matcher.toml")
    assert with_both.matching is not None and with_both.matching.path == "/desk/lightglue.onnx"
    assert made.matching is None and made.mark != with_both.mark


def points_of_two(matcher: site.SiteMatcher, folder: Path) -> tuple[Points, Points]:
    """Return what the first network finds in a room from two places."""
    plane = room(101, 3)
    planes = ((plane, "a"), (shifted(plane), "b"))
    one, other = (asked_of(matcher, picture(folder, p, n)).shots[0][1] for p, n in planes)
    return one, other


def test_a_second_network_pairs_points_in_the_limited_decoder_as_opencvs_class_does(set_up, tmp_path) -> None:
    matcher = set_up(network(), second=pairing())
    assert usable() == (matcher, "")
    one, other = points_of_two(matcher, tmp_path)
    found = paired(matcher.matching, [(one, other), (other, one), (one, one)])
    native = cv2.LightGlueMatcher.createFromMemory(np.frombuffer(pairing(), np.uint8))
    for pairs, (a, b) in zip(found, [(one, other), (other, one), (one, one)], strict=True):
        native.setPairInfo(
            *(p.pixels.astype(np.float32) for p in (a, b)), *((p.width, p.height) for p in (a, b))
        )
        theirs = native.match(site_pairs.looks_of(a), site_pairs.looks_of(b))
        assert pairs.tolist() == sorted([m.queryIdx, m.trainIdx] for m in theirs) and len(pairs) > 60
    shared = agreement(one, other, found[0])
    assert shared is not None and shared.score >= matcher.points
    steps = (shared.pairs[:, 2:] - shared.pairs[:, :2]) * (one.width, one.height)
    assert np.abs(np.median(steps, axis=0) - (-40, 24)).max() < 3, "what it pairs goes into the same geometry"
    (told,) = doctor.site_matcher()
    assert told.there and "drawn 1 (DISK) with drawn-pairs 2 (LightGlue, SHA-256 " in told.says


WRONG = {
    "nan": "a score that is no number",
    "outside": "pairs points that are not there",
    "twice": "pairs one point with two",
    "real": "answers otherwise than LightGlue does",
    "short": "answers otherwise than LightGlue does",
    "mute": "'matches0' is not found",
}


def test_nonsense_of_a_second_network_is_named(set_up, tmp_path) -> None:
    one, other = points_of_two(set_up(network()), tmp_path)
    for fault, why in WRONG.items():
        with pytest.raises(Nonsense, match=why):
            site_pairs.paired(site_pairs.opened(pairing(fault)), one, other)
    for fault in ("blind", "empty"):
        assert len(site_pairs.paired(site_pairs.opened(pairing(fault)), one, other)) == 0, (
            "which is an answer"
        )
    with pytest.raises(Nonsense, match="OpenCV cannot open it as LightGlue"):
        site_pairs.opened(b"no network at all" * 40)


def test_what_a_decoder_says_of_pairs_is_not_trusted(set_up, tmp_path) -> None:
    one, other = points_of_two(set_up(network()), tmp_path)
    asks = [(one, other)]
    for told, why in (
        (None, "without sense"),
        ({"pairs": []}, "without sense"),
        ({"pairs": [7]}, "without sense"),
        ({"pairs": [{}]}, "without sense"),
        ({"pairs": ["AAA"]}, "without sense"),
        ({"pairs": ["AAAA"]}, "without sense"),
        ({"pairs": ["//8AAA=="]}, "not there"),
        ({"pairs": ["AAAAAAAAAQA="]}, "one point with two"),
        ({"error": "it dreams" * 99}, "it dreams"),
    ):
        with pytest.raises(Nonsense, match=why) as refused:
            site_pairs.pairs_of(told, asks)
        assert len(str(refused.value)) <= 300
    assert site_pairs.pairs_of({"pairs": ["AAAAAA=="]}, asks)[0].tolist() == [[0, 0]]


def test_a_second_network_that_fails_is_set_aside_and_the_first_is_used(set_up) -> None:
    for second, why in (
        (pairing("nan"), "a score that is no number"),
        (pairing("blind"), "points it pairs 0 with those of the same picture"),
        (b"no network at all" * 40, "OpenCV cannot open it as LightGlue"),
    ):
        matcher = set_up(network(), second=second)
        used, refused = usable()
        assert used is not None and used.pairing is None and used.mark == matcher.mark
        assert why in refused and "take the table [matching] away" in refused and "/io/" not in refused
        assert used.weighs(paired=False) == site.LEAST_WEIGHT < used.weighs(paired=True) == used.weight
        assert "by mutual neighbours without drawn-pairs 2" in used.reason(paired=False)
    (told, more) = doctor.site_matcher()
    assert told.there and not more.there and more.what == "matching" and "mutual neighbours" in more.says
    matcher = set_up(network(), second=pairing())
    Path(matcher.matching.path).write_bytes(pairing("blind"))
    with pytest.raises(site.MatcherRefused, match="not the file that was vetted"):
        tried_matching(matcher)
    assert MOST_PAIRED == 10, "the documents say what it costs at most"


def test_its_weight_is_what_was_measured_and_never_joins_by_itself(tmp_path) -> None:
    def weight(links: int, false: int) -> float:
        path = set_down(tmp_path, b"", links=links, false=false)
        return site.read(path.read_text(), str(path)).weight

    assert weight(10, 1) == round(10 / 12, 3) and weight(3, 0) == 0.8, "few measured links say little"
    assert weight(10**6, 0) == site.MOST_WEIGHT < site.STRONG


def test_no_network_comes_with_the_program() -> None:
    ours = [p for part in ("src", "demo", "tests", "benchmarks", "tools") for p in (ROOT / part).rglob("*.*")]
    assert len(ours) > 500 and not [p for p in ours if p.suffix in {".onnx", ".pth", ".pt", ".safetensors"}]
