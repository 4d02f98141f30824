"""Tags to facts: what devices and partners write, and what must not be made up from it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.casework.intake.metadata import normalise, parse_offset, parse_time

ROME = {
    "GPS GPSLatitude": "[41, 53, 61/25]",
    "GPS GPSLatitudeRef": "N",
    "GPS GPSLongitude": "[12, 29, 32]",
    "GPS GPSLongitudeRef": "E",
}


def test_a_phone_s_exif_is_read_whole() -> None:
    found = normalise(
        ROME
        | {
            "Image Make": "Drawn",
            "Image Model": "Phone 3",
            "EXIF BodySerialNumber": "00123",
            "EXIF LensModel": "26 mm",
            "Image Software": "7.1",
            "EXIF DateTimeOriginal": "2024:03:02 11:22:33",
            "EXIF SubSecTimeOriginal": "25",
            "EXIF OffsetTimeOriginal": "+01:00",
            "GPS GPSHPositioningError": "47/10",
            "Image DocumentName": "C:\\old\\IMG_0001.JPG",
            "Thumbnail Make": "Other",
        }
    )
    assert (found.make, found.model, found.serial, found.lens, found.software) == (
        "Drawn",
        "Phone 3",
        "00123",
        "26 mm",
        "7.1",
    )
    assert (found.taken_at, found.offset_minutes) == ("2024-03-02T11:22:33.250000+01:00", 60)
    assert found.gps is not None
    assert found.gps.lat == pytest.approx(41.8840111) and found.gps.lon == pytest.approx(12.4922222)
    assert found.original_names == ("IMG_0001.JPG",)
    assert json.loads(json.dumps(found.as_json()))["gps"]["radius_m"] == found.gps.radius_m


@pytest.mark.parametrize(
    ("lat", "lat_ref", "lon", "lon_ref", "expected"),
    [
        ("12 deg 34'56\"", "North", "98 deg 7'6\"", "West", (12.5822222, -98.1183333)),
        ("41, 53, 2.44", "N", "12, 29, 32.1", "E", (41.8840111, 12.4922500)),
        ("[33, 51, 54]", "S", "[151, 12, 36]", "E", (-33.865, 151.21)),
        ("41,53.04N", "", "12,29.53W", "", (41.884, -12.4921667)),
        ("12 deg 34' 56.00\" S", "", "1 deg 2' 3.00\" east", "", (-12.5822222, 1.0341667)),
        ("-33.865", "S", "-70.5", "W", (-33.865, -70.5)),
        ("48.8584", "N", "2.2945", "e", (48.8584, 2.2945)),
    ],
)
def test_positions_in_the_ways_that_they_are_written(
    lat: str, lat_ref: str, lon: str, lon_ref: str, expected: tuple[float, float]
) -> None:
    tags = {"GPSLatitude": lat, "GPSLatitudeRef": lat_ref, "GPSLongitude": lon, "GPSLongitudeRef": lon_ref}
    gps = normalise(tags).gps
    assert gps is not None and (gps.lat, gps.lon) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"GPS GPSLatitudeRef": ""},
        {"GPS GPSLongitudeRef": ""},
        {"GPS GPSLatitudeRef": "E"},
        {"GPS GPSLatitude": "[0/0, 0/0, 0/0]"},
        {"GPS GPSLatitude": "[91, 0, 0]"},
        {"GPS GPSLatitude": "[41, 75, 0]"},
        {"GPS GPSLatitude": "-41.5"},
        {"GPS GPSLatitude": "[1, 2, 3, 4]"},
        {"GPS GPSLongitude": "somewhere"},
        {"GPS GPSLatitude": "0", "GPS GPSLongitude": "0"},
    ],
)
def test_half_a_position_is_none(change: dict[str, str]) -> None:
    assert normalise(ROME).gps is not None
    assert normalise(ROME | change).gps is None


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("+41.8902+012.4922+021.000/", 41.8902, 12.4922),
        ("-3351.900+15112.600/", -33.865, 151.21),
        ("+415304.5-0122932.1/", 41.8845833, -12.4922500),
    ],
)
def test_quicktime_locations_have_their_own_signs(text: str, lat: float, lon: float) -> None:
    gps = normalise({"container:com.apple.quicktime.location.ISO6709": text}).gps
    assert gps is not None and (gps.lat, gps.lon) == pytest.approx((lat, lon), abs=1e-6)
    assert normalise({"container:location": text[:5]}).gps is None


def test_the_radius_is_what_the_device_states_and_never_finer_than_it_wrote() -> None:
    film = {"container:com.apple.quicktime.location.ISO6709": "+41.8902+012.4922/"}
    accuracy = "container:com.apple.quicktime.location.accuracy.horizontal"
    assert normalise(film | {accuracy: "1400.5"}).gps.radius_m == 1400.5  # type: ignore[union-attr]
    coarse = normalise({"container:location": "+41.8+012.4/"}).gps
    assert coarse is not None and coarse.radius_m == pytest.approx(11_119.5, rel=0.01)


def test_an_offset_is_never_invented() -> None:
    bare = normalise({"EXIF DateTimeOriginal": "2024:03:02 11:22:33"})
    assert (bare.taken_at, bare.offset_minutes) == ("2024-03-02T11:22:33", None)
    film = normalise({"container:creation_time": "2024-03-02T11:22:33.000000Z"})
    assert (film.taken_at, film.offset_minutes) == ("2024-03-02T11:22:33Z", None)
    greenwich = normalise({"EXIF DateTimeOriginal": "2024:03:02 11:22:33", "EXIF OffsetTime": "+00:00"})
    own = normalise({"container:com.apple.quicktime.creationdate": "2024-03-02T12:22:33+0100"})
    assert (own.taken_at, own.offset_minutes) == ("2024-03-02T12:22:33+01:00", 60)
    at_zero = normalise({"container:com.apple.quicktime.creationdate": "2024-03-02T12:22:33+0000"})
    assert (at_zero.taken_at, at_zero.offset_minutes) == ("2024-03-02T12:22:33+00:00", 0)
    listed = normalise({"CreateDate": "/Date(1700000000000+0200)/"})
    assert (listed.taken_at, listed.offset_minutes) == ("2023-11-15T00:13:20+02:00", 120)
    assert (greenwich.taken_at, greenwich.offset_minutes) == ("2024-03-02T11:22:33+00:00", 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-02T11:22:33+02:00Z", "2024-03-02T11:22:33+02:00"),
        ("2024-03-02T11:22:33-0330", "2024-03-02T11:22:33-03:30"),
        ("2024-03-02 11:22:33 UTC", "2024-03-02T11:22:33+00:00"),
        ("/Date(1700000000000)/", "2023-11-14T22:13:20+00:00"),
        ("/Date(1700000000000+0200)/", "2023-11-15T00:13:20+02:00"),
        ("2024:02:29 23:59:59", "2024-02-29T23:59:59"),
    ],
)
def test_moments_in_the_ways_that_they_are_written(text: str, expected: str) -> None:
    moment = parse_time(text)
    assert moment is not None and moment.isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000:00:00 00:00:00",
        "2023:02:29 10:00:00",
        "1904-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "/Date(0)/",
        "/Date(999999999999999)/",
        "2024-03-02",
        "yesterday",
    ],
)
def test_moments_that_make_no_sense_are_none(text: str) -> None:
    assert parse_time(text) is None


def test_offsets_outside_the_world_are_none() -> None:
    assert parse_offset("+02:00Z") == 120 and parse_offset("-1200") == -720 and parse_offset("+14:00") == 840
    assert [parse_offset(t) for t in ("+14:15", "-13:00", "+05:07", "05:00", "", "+99:00")] == [None] * 6


def test_a_time_that_was_never_set_gives_way_to_one_that_was() -> None:
    tags = {"EXIF DateTimeOriginal": "0000:00:00 00:00:00", "Image DateTime": "2024:03:02 11:22:33"}
    assert normalise(tags).taken_at == "2024-03-02T11:22:33"


_words = st.sampled_from(
    [
        "GPSLatitude",
        "GPSLatitudeRef",
        "GPSLongitude",
        "GPSLongitudeRef",
        "DateTimeOriginal",
        "OffsetTime",
        "location",
        "GPSDOP",
        "SubSecTimeOriginal",
        "creation_time",
        "GPSHPositioningError",
        "Make",
        "Title",
    ]
)
_texts = st.one_of(st.text(), st.from_regex(r"[\[(]?[+\-]?\d{1,9}[./, :]\d{0,9}[./, :NSEWZ'\"]?\d{0,6}.?"))


@given(st.dictionaries(_words, _texts))
def test_no_tag_whatever_makes_it_fail(tags: dict[str, str]) -> None:
    found = normalise(tags)
    json.dumps(found.as_json(), allow_nan=False)
    assert found.gps is None or (
        abs(found.gps.lat) <= 90 and abs(found.gps.lon) <= 180 and found.gps.radius_m > 0
    )
