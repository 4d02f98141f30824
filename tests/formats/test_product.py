"""The product as a PDF: the same bytes again, tagged, marked on every page, and deaf to markup."""

import io
import json
import subprocess
import sys

import pikepdf
import pytest
from PIL import Image

from entente.formats import product
from entente.formats.typesetting import NotSet, drawable, without_metadata

HOSTILE = (
    '#strong[x] $x^2$ *b* _i_ `c` @ref <label> \\ #read("/etc/passwd") // /* "quoted" \u202eabc\u0000 日本 😀'
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h5v5z"/></svg>'


def crop(kind="PNG", **more):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (96, 130, 160)).save(out, kind, **more)
    return out.getvalue()


def document(statements=1, text="A socket of type L is seen.", **more):
    made = {
        "format": "entente.product/1", "case": "OP-2026-014", "victim": "V-0042", "number": 3,
        "issued_at": "2026-03-04T12:00:00+00:00", "issuer": "Centre", "purpose": "victim-identification",
        "handling": {"codes": "H0 H1 H3", "text": "ask before use", "audience": "TLP:AMBER"},
        "statements": [
            {"id": f"S{i}", "type": "fact", "text": text, "evaluation": "A1",
             "trace": [{"clue": "c1", "item": "V-0042/7", "by": "DK-112", "agency": "Denmark"}]}
            for i in range(1, statements + 1)
        ],
        "region": {
            "countries": [{"name": "Italy", "percent": 91.0}, {"name": None, "percent": 9.0}],
            "regions": [{"name": text, "percent": 62.0}], "area50_km2": 4210, "area90_km2": 31878,
            "contradictions": [text], "engine": "1, tables 2",
            "map": {"svg": SVG, "alt": "Map of Italy"},
        },
        "clues": [{"id": "c1", "text": text, "item": "V-0042/7", "at": 14.0, "by": "DK-112",
                   "agency": "Denmark", "evaluation": "A1", "handling": "H0", "log10_bf": -1.1,
                   "p_misleading": 0.05}],
        "pictures": [{"ref": "socket", "alt": "A wall socket", "caption": text, "clue": "c1"}],
        "sources": [text], "requests": [{"question": text, "due": "2026-03-07", "recipients": 4}],
        "left_out": [text],
    }  # fmt: skip
    return made | more


def pdf_of(data):
    return pikepdf.open(io.BytesIO(data))


def words_of(data, tmp_path):
    path = tmp_path / "p.pdf"
    path.write_bytes(data)
    try:
        return subprocess.run(
            ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
        ).stdout
    except FileNotFoundError:
        pytest.skip(
            "pdftotext is absent (Debian package poppler-utils): the words on the pages were not read"
        )


def test_two_processes_give_the_same_bytes():
    script = (
        "import sys, json, hashlib; from entente.formats import product; d = json.load(sys.stdin);"
        "print(hashlib.sha256(product.write(d['d'], {'socket': bytes(d['p'])}, language='it')).hexdigest())"
    )
    given = json.dumps({"d": document(), "p": list(crop("JPEG"))})
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], input=given, capture_output=True, check=True, text=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == 64


def test_a_changed_fact_gives_other_bytes():
    assert product.write(document(), {"socket": crop()}) != product.write(
        document(number=4), {"socket": crop()}
    )


@pytest.mark.parametrize("language", ["en", "fr", "it"])
def test_it_is_tagged_and_names_its_language_title_and_standards(language):
    with pdf_of(product.write(document(), {"socket": crop()}, language=language)) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang).startswith(language)
        with pdf.open_metadata() as xmp:
            assert xmp["pdfuaid:part"] == "1"
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("3", "A")
            assert "OP-2026-014" in xmp["dc:title"]


def tags_of(node, found):
    for kid in node.get("/K", []) if isinstance(node.get("/K", []), pikepdf.Array) else [node.get("/K")]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found.append(kid)
            tags_of(kid, found)
    return found


def test_headings_header_cells_and_descriptions_are_in_the_structure():
    with pdf_of(product.write(document(), {"socket": crop()})) as pdf:
        tags = tags_of(pdf.Root.StructTreeRoot, [])
        kinds = [str(t.S) for t in tags]
        alts = {str(t.Alt) for t in tags if "/Alt" in t}
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure"} <= set(kinds)
    assert {"A wall socket", "Map of Italy"} <= alts


@pytest.mark.parametrize(
    "kind", ["victim identification", "case package", "suspect activity", "situation report"]
)
def test_what_pdf_a_and_pdf_ua_ask_of_the_structure_holds_for_each_template(kind):
    """Seen by our own eyes on the file: no independent validator could be had on the test machine."""
    more = {"kind": kind, "about": "IT", "people": ["IT-1001", "IT-1002"]}
    more |= {"stages": [{"stage": "region", "day": "2026-03-01"}], "corrects": {"number": 2, "because": "x"}}
    with pdf_of(product.write(document(**more), {"socket": crop()})) as pdf:
        root = pdf.Root
        assert not pdf.is_encrypted and "/ID" in pdf.trailer
        assert not {"/AA", "/OpenAction", "/AcroForm"} & set(root.keys())
        assert "/JavaScript" not in root.get("/Names", {})
        (intent,) = root.OutputIntents
        assert (str(intent.S), bool(intent.DestOutputProfile)) == ("/GTS_PDFA1", True)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        (attached,) = root.AF
        assert (str(attached.AFRelationship), str(attached.F)) == ("/Source", "facts.json")
        assert "/ParentTree" in root.StructTreeRoot
        fonts = [
            o
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert fonts and all({"/FontFile", "/FontFile2", "/FontFile3"} & set(f.keys()) for f in fonts)
        assert all("/StructParents" in page and page.Tabs == "/S" for page in pdf.pages)
        tags = tags_of(root.StructTreeRoot, [])
        assert all("/Alt" in t for t in tags if t.S == "/Figure")
        assert all("/Scope" in str(t.get("/A")) or t.S != "/TH" for t in tags)


def test_the_facts_are_attached_whole():
    given = document(text="Etichetta 日本")
    with pdf_of(product.write(given, {"socket": crop()})) as pdf:
        (attached,) = pdf.attachments.values()
        facts = json.loads(attached.get_file().read_bytes())
    assert facts["statements"] == given["statements"]


def test_ten_pages_each_carry_the_handling_at_head_and_foot(tmp_path):
    text = words_of(product.write(document(statements=130), {"socket": crop()}), tmp_path)
    pages = text.split("\f")[:-1]
    assert len(pages) >= 10
    for number, page in enumerate(pages, 1):
        assert page.count("H0 H1 H3 · TLP:AMBER — ask before use") == 2
        assert f"Page {number} / {len(pages)}" in page


def test_markup_and_odd_letters_in_a_text_stay_text(tmp_path):
    text = words_of(product.write(document(text=HOSTILE), {"socket": crop()}), tmp_path)
    flat = " ".join(text.split())
    assert "#strong[x] $x^2$ *b* _i_ `c` @ref <label>" in flat
    assert '#read("/etc/passwd")' in flat
    assert "<U+202E>abc<U+0000>" in flat
    assert "U+65E5 U+672C" in flat


def test_letters_of_our_languages_are_drawn_as_they_are():
    text = "È già più: œuvre, naïve, façade, Straße, Łódź, Žižkov, Αθήνα, Київ, مرحبا, 5 × 3 − 1 €"
    assert drawable(text) == text
    product.write(document(text=text), {"socket": crop()})


def test_a_picture_or_a_map_without_description_is_refused():
    bare = document(pictures=[{"ref": "socket", "alt": " ", "caption": "x", "clue": ""}])
    with pytest.raises(NotSet, match="socket has no description"):
        product.write(bare, {"socket": crop()})
    region = document()["region"] | {"map": {"svg": "<svg/>", "alt": ""}}
    with pytest.raises(NotSet, match="map has no description"):
        product.write(document(region=region), {"socket": crop()})


def test_a_missing_or_strange_picture_is_refused_by_name():
    with pytest.raises(NotSet, match="bytes of the picture socket"):
        product.write(document(), {})
    with pytest.raises(NotSet, match="socket is neither JPEG nor PNG"):
        product.write(document(), {"socket": b"GIF89a"})
    with pytest.raises(NotSet, match="could not be set"):
        product.write(document(), {"socket": crop()[:60]})


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>1</script></svg>",
        '<svg><image href="a.png"/></svg>',
        '<svg><use href="b.svg#x"/></svg>',
        '<svg onload="x()"/>',
    ],
)
def test_a_map_that_reads_or_runs_something_is_refused(svg):
    region = document()["region"] | {"map": {"svg": svg, "alt": "Map"}}
    with pytest.raises(NotSet, match="plain shapes"):
        product.write(document(region=region), {"socket": crop()})


def test_where_and_by_which_device_a_crop_was_taken_does_not_leave():
    exif = Image.Exif()
    exif[0x010F] = "SecretCameraMaker"
    jpeg = crop("JPEG", exif=exif, comment=b"secret comment")
    assert b"SecretCameraMaker" in jpeg
    clean = without_metadata("socket", jpeg)
    assert b"Secret" not in clean
    assert b"secret" not in clean
    assert Image.open(io.BytesIO(clean)).tobytes() == Image.open(io.BytesIO(jpeg)).tobytes()
    assert b"SecretCameraMaker" not in product.write(document(), {"socket": jpeg})


def test_an_unknown_language_or_a_moment_without_zone_is_refused():
    with pytest.raises(NotSet, match="en, fr, it"):
        product.write(document(), {"socket": crop()}, language="tlh")
    with pytest.raises(NotSet, match="time zone"):
        product.write(document(issued_at="2026-03-04T12:00:00"), {"socket": crop()})
    with pytest.raises(NotSet, match="compose it first"):
        product.write({"format": "other"}, {})


def test_a_product_without_region_pictures_or_requests_is_still_one():
    bare = document(region=None, pictures=[], requests=[], left_out=[], sources=[], clues=[])
    assert product.write(bare, {}).startswith(b"%PDF")
