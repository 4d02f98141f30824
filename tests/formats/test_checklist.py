"""The search-day checklist: crops only, a box for each element, handling on every page, two papers."""

import pytest
from pikepdf import PdfImage

from entente.formats import checklist
from entente.formats.typesetting import NotSet
from tests.formats.test_product import crop, pdf_of, words_of

ELEMENTS = [
    {"number": 2, "text": "Lamp with a green shade", "room": "Living room", "evaluation": "B3",
     "seen_at": 75.2, "item": "V-0042/7", "crop": "lamp", "alt": "A green lamp"},
    {"number": 1, "text": "Socket with three holes", "room": "Kitchen", "evaluation": "A1", "seen_at": 14.0,
     "item": "V-0042/3", "crop": "", "alt": ""},
    {"number": 3, "text": "#strong[Bag] *red*", "room": "", "evaluation": "C4", "seen_at": None, "item": "",
     "crop": "", "alt": ""},
]  # fmt: skip


def written(elements=ELEMENTS, **more):
    given = {
        "case": "OP-1", "victim": "V-0042", "issuer": "Italy", "issued_at": "2026-03-09T05:00:00+00:00",
        "handling": {"codes": "H0 H2", "text": "", "audience": "TLP:RED"},
    }  # fmt: skip
    return checklist.write(elements, {"lamp": crop("JPEG")}, **(given | more))


@pytest.mark.parametrize(("paper", "width"), [("a4", 595), ("phone", 255)])
def test_each_paper_has_its_size_and_the_same_words(paper, width, tmp_path):
    made = written(paper=paper)
    with pdf_of(made) as pdf:
        assert round(float(pdf.pages[0].MediaBox[2])) == width
    text = words_of(made, tmp_path)
    assert text.count("Found") == 3
    assert "seen at 00:14" in text
    assert "seen at 01:15" in text
    assert "#strong[Bag] *red*" in text
    for page in text.split("\f")[:-1]:
        assert page.count("H0 H2 · TLP:RED") == 2


def test_only_the_given_crops_are_in_the_file():
    with pdf_of(written()) as pdf:
        images = [PdfImage(i) for page in pdf.pages for i in page.get_images().values()]
    assert [(i.width, i.height) for i in images] == [(64, 48)]


def test_rooms_come_in_the_order_of_their_first_element_and_any_room_last(tmp_path):
    text = words_of(written(), tmp_path)
    assert text.index("Kitchen") < text.index("Living room") < text.index("Any room")


def test_the_same_elements_in_another_order_give_the_same_bytes():
    assert written(ELEMENTS[::-1]) == written()


def test_a_crop_without_bytes_or_description_is_refused():
    with pytest.raises(NotSet, match="crop vase were not given"):
        written([ELEMENTS[0] | {"crop": "vase"}])
    with pytest.raises(NotSet, match="element 2 has no description"):
        written([ELEMENTS[0] | {"alt": ""}])


def test_an_empty_list_an_unknown_paper_and_a_missing_code_are_refused():
    with pytest.raises(NotSet, match="at least one element"):
        written([])
    with pytest.raises(NotSet, match="a4 or phone"):
        written(paper="a0")
    with pytest.raises(NotSet, match="handling codes"):
        written(handling={"audience": "TLP:RED"})


@pytest.mark.parametrize(("language", "word"), [("fr", "Trouvé"), ("it", "Trovato")])
def test_it_speaks_french_and_italian(language, word, tmp_path):
    assert word in words_of(written(language=language), tmp_path)
