"""Number plates: known examples, homonyms that share, unread signs, look-alike letters, negation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.casework.locate.clues import clue

from entente.casework.locate.engine import locate
from entente.casework.locate.likelihood import likelihood
from entente.casework.locate.likelihood.plate import fits, forms, of_form, plain, shares
from entente.casework.locate.plates import PLATES, UNLISTED
from entente.casework.locate.tables import FROM_ELSEWHERE
from entente.casework.locate.world import world


def countries(read: str) -> set[str]:
    return {c for c, share in of_form(plain(read)).items() if share > 0.3}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("AB 123 CD", {"IT", "FR", "AL", "GE", "SK", "AR", "AT", "RS"}),  # one form of eight countries
        ("AU-123-QR", {"AL", "GE", "SK", "AR", "RS"}),  # no U in Italy and France, no Q in Austria
        ("LB12 CDE", {"GB"}),
        ("CJ 12 ABC", {"GB", "RO"}),  # a county of Romania
        ("1234 BCD", {"ES"}),
        ("1234 BCE", set()),  # Spain writes no vowels
        ("1-ABC-234", {"BE"}),
        ("ZH 123456", {"CH"}),
        ("AA 1234 BB", {"RS", "MK", "UA", "BG"}),
        ("А123ВС 77", {"RU"}),  # Cyrillic letters
        ("1234 AB-7", {"BY"}),
        ("34 ABC 123", {"TR"}),
        ("131-D-12345", {"IE"}),
        ("ABC1D23", {"BR"}),
        ("ΙΚΑ-1234", {"GR", "UY", "EC", "DE"}),  # Greek letters that look Latin; Ilm-Kreis
        ("A12-K-345", {"BA"}),
        ("TÖL-BA 218", {"DE"}),
        ("ŠI-123-AB", {"HR", "AL", "GE", "SK", "AR", "AT", "RS"}),  # no I in Italy and France
        ("01-234-AB", {"XK"}),
    ],
)
def test_a_known_example_is_of_the_countries_that_have_its_form(read, expected):
    assert countries(read) == expected


def test_every_country_of_the_table_names_its_source_and_is_of_the_world():
    for code, row in PLATES.items():
        assert code in world().at_country and len(row.source) > 10
        for written in row.formats:
            assert forms(written) and all(2 < len(signs) <= 11 for signs in forms(written)), (code, written)
        assert of_form(_example(row.formats[0]))[code] > 0.3 * (1 - UNLISTED)
    assert sum(not row.seen for row in PLATES.values()) == 8  # found in no other list: named in the methods


def _example(written: str) -> str:
    return "".join(min(signs) for signs in forms(written)[0])


def test_the_plates_of_a_country_sum_to_one():
    """Over all that Liechtenstein writes of one to three digits, of one to five."""
    found = sum(shares(f"FL{n:0{k}}")["LI"] for k in range(1, 4) for n in range(10**k))
    listed = (1 - UNLISTED) * 3 / 5
    others = UNLISTED * 3 / 5 / len(PLATES)  # of no form of its own are what all countries write together
    assert found == pytest.approx(listed + others, rel=1e-4)


def test_an_unread_sign_is_any_of_those_that_it_can_be():
    """P(LB12C**) is the sum over both signs, in every country: as only a probability does."""
    part = shares("LB12C**")
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    whole = dict.fromkeys(part, 0.0)
    for each in (shares(f"LB12C{a}{b}") for a in signs for b in signs):
        whole = {code: whole[code] + share for code, share in each.items()}
    assert all(part[code] == pytest.approx(whole[code], rel=1e-9) for code in part)
    assert shares("**12CDE")["RO"] > 100 * shares("LB12CDE")["RO"]
    assert fits(forms("A9")[0], "*1") and not fits(forms("A9")[0], "1*")


def test_countries_that_share_a_form_are_told_apart_by_how_many_plates_it_makes_there():
    here = world()
    values = likelihood(clue("p", "plate", "AB123CD"), here).values
    italy, slovakia, georgia = (values[here.at_country[c]] for c in ("IT", "SK", "GE"))
    # 22 letters for each of four signs against 26; what comes from elsewhere is the same of both
    away = FROM_ELSEWHERE["plate"] * float(here.prior @ values[here.country])
    assert (italy - away) / (slovakia - away) == pytest.approx((26 / 22) ** 4, rel=0.05)
    assert georgia < slovakia  # it has an older form as well


def test_a_country_that_is_not_in_the_table_is_neither_helped_nor_hurt():
    here = world()
    said = likelihood(clue("p", "plate", "1234 BCD"), here)
    known = here.prior @ said.over_cells()
    assert said.values[here.at_country["KE"]] == pytest.approx(known, rel=1e-6)
    spain, germany = (said.values[here.at_country[c]] for c in ("ES", "DE"))
    assert FROM_ELSEWHERE["plate"] * known < germany < 0.01 * spain  # a visitor’s, or of no listed form


def test_negated_it_speaks_against_its_countries():
    here = world()
    no = likelihood(clue("p", "plate", "LB12CDE", negated=True), here).values
    assert no[here.at_country["GB"]] < 0.5 < no[here.at_country["IT"]]
    found = locate([clue("p", "plate", "LB12CDE", 0.95)])
    assert found.countries[0].code == "GB" and np.isfinite(found.clues[0].log10_bf)
