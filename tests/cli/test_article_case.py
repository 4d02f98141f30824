"""The article's case from a drawn clip, end to end: examine, a person's two marks, locate, and one partner.

The clip is a wall with Italian signs and a packet, a camera's clock and the hum of the house. Where the extra
`text` is installed the signs are read by the program; elsewhere a person reads them.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from demo.clip import film, house_sound
from PIL import Image, ImageDraw, ImageFont

from entente.casework.examine.extractors import reading
from entente.casework.examine.extractors.barcode import bars
from entente.cli import main
from tests.casework.locate.clues import NORTH

PACKET = "8004120650420"  # registered in Italy
SIGNS = ("Farmacia comunale di turno", "Chiuso il lunedì mattina")
PARTNER = {"id": "livery", "kind": "region", "value": {"country": "IT", "admin1": "12"}, "evaluation": "B2"}
MARKS = [  # of a person who looked at the clip; the socket type L needs no reading
    {"id": "socket", "kind": "socket", "value": "L", "evaluation": "A2"},
    {"id": "words", "kind": "language", "value": {"it": 0.9, "es": 0.1}, "evaluation": "A2"},
]


def scene() -> np.ndarray:
    wall = Image.new("RGB", (960, 540), (196, 188, 176))
    draw, font = ImageDraw.Draw(wall), ImageFont.load_default(44)
    for row, words in enumerate(SIGNS):
        draw.rectangle((60, 40 + 90 * row, 780, 110 + 90 * row), (250, 248, 240))
        draw.text((90, 50 + 90 * row), words, (30, 34, 60), font)
    packet = np.asarray(wall).copy()
    art = bars(PACKET, 4)
    packet[260 : 260 + art.shape[0], 420 : 420 + art.shape[1]] = art[..., None]
    return packet


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("article") / "VID_0001.mp4"
    tags = {"com.apple.quicktime.creationdate": "2026-05-04T10:38:00+0200"}
    film(path, [scene()] * 60, house_sound(5.0, 50), tags=tags)
    return path


def located(capsys, tmp_path, clues):
    (tmp_path / "clues.json").write_text(json.dumps(clues))
    assert main(["locate", str(tmp_path / "clues.json"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    italy = next((c["p"] for c in found["countries"] if c["code"] == "IT"), 0.0)
    north = sum(r["p"] for r in found["regions"] if r["country"] == "IT" and r["admin1"] in NORTH)
    return found, italy, north


def test_the_clip_leads_to_italy_and_one_partner_to_its_north(clip, tmp_path, capsys):
    assert main(["examine", str(clip), "--json"]) == 0
    clues = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = {
        (c["kind"], json.dumps(c["value"]))
        for c in clues
        if c["method"] in ("barcode", "mains_hum", "metadata")
    }
    assert {("barcode", f'"{PACKET}"'), ("mains_hz", "50"), ("utc_offset", "120")} <= said
    reads = not reading.missing()
    assert reads == any(c["kind"] == "language" for c in clues)
    marked = [*clues, *(MARKS[:1] if reads else MARKS)]
    _, italy_alone, _ = located(capsys, tmp_path, clues)
    before, italy, north = located(capsys, tmp_path, marked)
    after, _, north_after = located(capsys, tmp_path, [*marked, PARTNER])
    with capsys.disabled():
        print(
            f"\narticle's case ({len(clues)} clues of the clip, signs read by "
            f"{'the program' if reads else 'a person'}): Italy {italy_alone:.3f} before any person, "
            f"{italy:.3f} after; northern Italy {north:.2f} before the partner, {north_after:.2f} after"
        )
    assert before["countries"][0]["code"] == "IT" and italy >= 0.95
    assert italy_alone >= (0.95 if reads else 0.5)
    assert north < 0.6 and north_after > max(
        0.8, north + 0.3
    )  # a country is not a region, until somebody recognises it
    assert (after["regions"][0]["country"], after["regions"][0]["admin1"]) == ("IT", "12")
