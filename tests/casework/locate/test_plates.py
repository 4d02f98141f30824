"""Number plates: known examples, homonyms that share, unread signs, look-alike letters, negation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.casework.locate.clues import clue

from entente.casework.locate.engine import locate
from entente.casework.locate.likelihood import likelihood
from entente.casework.locate.likelihood.plate import fits, forms, plain, shares
from entente.casework.locate.plates import PLATES, UNLISTED
from entente.casework.locate.tables import FROM_ELSEWHERE
from entente.casework.locate.world import world


def countries(read: str) -> set[str]:
    return {c for c, share in shares(plain(read)).items() if share > 0.3}


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
    for code, (formats, source) in PLATES.items():
        assert code in world().at_country and len(source) > 10
        for written in formats:
            assert forms(written) and all(2 < len(signs) <= 11 for signs in forms(written)), (code, written)
        total = sum(shares(_example(written))[code] for written in formats[:1])
        assert total > 0.3 * (1 - UNLISTED)


def _example(written: str) -> str:
    return "".join(min(signs) for signs in forms(written)[0])


def test_an_unread_sign_can_be_any_and_fewer_read_ones_say_less():
    whole, part = shares("LB12CDE"), shares("LB12C**")
    assert part["GB"] == whole["GB"]
    assert (
        shares("**12CDE")["RO"] > 0 == whole["RO"]
        and fits(forms("A9")[0], "*1")
        and not fits(forms("A9")[0], "1*")
    )


def test_countries_that_share_a_form_are_told_apart_only_by_how_many_of_theirs_have_it():
    here = world()
    values = likelihood(clue("p", "plate", "AB123CD"), here).values
    one, other = values[here.at_country["IT"]], values[here.at_country["SK"]]
    assert one == pytest.approx(other)
    assert values[here.at_country["GE"]] < one  # it has an older form as well


def test_a_country_that_is_not_in_the_table_is_neither_helped_nor_hurt():
    here = world()
    said = likelihood(clue("p", "plate", "1234 BCD"), here)
    known = here.prior @ said.over_cells()
    assert said.values[here.at_country["KE"]] == pytest.approx(known, rel=1e-6)
    assert said.values[here.at_country["DE"]] == pytest.approx(FROM_ELSEWHERE["plate"] * known, rel=1e-6)


def test_negated_it_speaks_against_its_countries():
    here = world()
    no = likelihood(clue("p", "plate", "LB12CDE", negated=True), here).values
    assert no[here.at_country["GB"]] < 0.5 < no[here.at_country["IT"]]
    found = locate([clue("p", "plate", "LB12CDE", 0.95)])
    assert found.countries[0].code == "GB" and np.isfinite(found.clues[0].log10_bf)
