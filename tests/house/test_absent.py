"""What is absent on purpose stays absent: no face template, no search for a person by face or picture."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from entente import plugins
from tests.house.house import PACKAGE, ROOT, files, short

FORBIDDEN = {
    "face", "faces", "facial", "biometric", "biometrics", "embedding", "embeddings", "gait", "iris",
    "voiceprint", "faceprint", "ethnicity", "race",
}  # fmt: skip
PERSON = {"person", "people", "victim", "child", "suspect", "officer"}
BY_PICTURE = {"picture", "image", "photo", "frame", "media", "look", "lookalike", "similar", "resemblance"}
SEARCH = {"search", "find", "lookup", "recognise", "recognize", "identify"}
LIBRARIES = (
    "face-recognition", "face_recognition", "insightface", "deepface", "dlib", "mediapipe", "facenet",
    "retinaface",
)  # fmt: skip
CALLS = re.compile(
    r"CascadeClassifier|FaceDetectorYN|FaceRecognizerSF|LBPHFaceRecognizer|haarcascade", re.IGNORECASE
)


def words(name: str) -> set[str]:
    """Split a name into its words: ``faceVector``, ``face_vector`` and ``face-vector`` alike."""
    return {w for w in re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()) if w}


def recognises(name: str) -> bool:
    """Whether a name speaks of recognising people by how they look."""
    said = words(name)
    return bool(said & FORBIDDEN) or bool(said & PERSON and said & BY_PICTURE and said & SEARCH)


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Yield the path and the name of every address of the desk."""
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, f"{here}{pattern.namespace or ''} ")
        else:
            yield f"{here} {pattern.name or ''}"


def test_the_check_hears_what_it_must() -> None:
    for name in ("faceVector", "face_template", "cases/search/person/by-picture", "embedding", "Iris"):
        assert recognises(name), name
    for name in (
        "surface",
        "interface",
        "picture_hash",
        "cases/<uuid:case_id>/seize/",
        "trace",
        "search_media",
    ):
        assert not recognises(name), name


def test_no_table_can_hold_how_a_person_looks() -> None:
    models = list(apps.get_models())
    assert len(models) > 20, "the walk over the tables saw them"
    named = [
        f"{m.__name__}.{f.name}"
        for m in models
        for f in m._meta.get_fields()
        if m.__module__.startswith("entente")
    ]
    assert len(named) > 100
    assert [name for name in named if recognises(name)] == []


def test_no_address_searches_for_a_person() -> None:
    all_routes = list(routes(get_resolver().url_patterns))
    assert any("examine" in route for route in all_routes), "the walk over the addresses saw them"
    assert [route for route in all_routes if recognises(route)] == []


def test_no_plug_in_recognises_people() -> None:
    found = [*plugins.hashes(), *plugins.extractors(), *plugins.picture_models(), *plugins.formats()]
    assert found
    assert [name for name in found if recognises(name)] == []


def test_no_library_or_call_that_recognises_faces_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(d for group in project["optional-dependencies"].values() for d in group),
    ]
    assert [d for d in wanted if d.lower().startswith(LIBRARIES)] == []
    assert [
        short(p) for p in files(PACKAGE, ".py", ".js") if CALLS.search(p.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize("word", ["crawl", "crawler", "scraper", "spider"])
def test_nothing_crawls(word: str) -> None:
    assert [short(p) for p in files(PACKAGE, ".py") if word in words(p.stem)] == []


def test_there_is_no_public_question_is_this_file_known() -> None:
    """Whoever is not logged in reaches the log-in and nothing that could answer."""
    for route in routes(get_resolver().url_patterns):
        path = route.split(" ")[0]
        assert not path.startswith(("check", "known", "public", "api/check")), route
