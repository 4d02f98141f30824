"""The same bytes give the same result: twice, with another decoder, and in another process."""

import json
import subprocess
import sys

import pytest

from entente.evidence import tools
from entente.evidence.open import read, render
from entente.evidence.sandbox import Sandbox
from entente.vocabulary.media import Region
from tests.evidence.drawn import clip, encoded, scene

KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "video")
AGAIN = """
import json, sys
from pathlib import Path
from tests.evidence.test_tools import told
print(json.dumps([told(Path(p)) for p in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("same")
    made = []
    for kind in KINDS:
        path = folder / kind
        if kind == "video":
            path = clip(path.with_suffix(".mp4"), gop=100)
        else:
            path.write_bytes(encoded(scene(seed=3), kind))
        made.append(path)
    return made


def told(path, sandbox=None):
    """Return the digest of everything that is derived from a file."""
    t = 0.4 if path.suffix == ".mp4" else None
    made = [tools.described(read(path, sandbox=sandbox))]
    for view in ("grey", "edges", "clear", "crop"):
        shown = render(path, view, region=Region(0.1, 0.2, 0.5, 0.5), t=t, sandbox=sandbox)
        assert isinstance(shown, bytes), shown
        made.append(shown)
    return [tools.output_of(data) for data in made]


def test_twice_and_with_another_decoder(files):
    first = [told(f) for f in files]
    assert first == [told(f) for f in files]
    fresh = Sandbox(1)
    try:
        assert first == [told(f, fresh) for f in files]
    finally:
        fresh.close()
    assert {len(set(each)) for each in first} == {4}  # so small a picture is as large in clear as its crop


def test_in_another_process(files):
    ran = subprocess.run(
        [sys.executable, "-c", AGAIN, *map(str, files)], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == [told(f) for f in files]


def test_another_version_is_named():
    here = tools.versions(**{"hash pdq": "1"})
    assert tools.differing(here, here) == []
    other = {**here, "pillow": "1.0"}
    del other["hash pdq"]
    assert tools.differing(other, here) == [
        "hash pdq was absent, here 1",
        f"pillow was 1.0, here {here['pillow']}",
    ]


def test_one_spelling_of_what_was_found():
    assert tools.canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    with pytest.raises(ValueError, match="JSON"):
        tools.canonical(float("nan"))
