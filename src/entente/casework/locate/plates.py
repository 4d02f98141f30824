"""Formats of number plates by country: what is certain, nothing more; a country that is not here is unknown.

A format is written sign by sign: ``A`` a letter, ``9`` a digit, ``[…]`` one of these, ``(…|…)`` one of the
words, ``{m,n}`` the item before it so many times. Blanks, strokes and accents are left out. Those of one age
stand together with a blank between them; of several ages the current one is first.

References
----------
The regulation or series of each country, named in its row so that it can be looked up; not every one was read
in its own wording. Formats are facts and under no licence; no list in circulation was copied. Two such lists
were set against the rows (``SEEN``): the patterns of openalpr 2.3 and the plates that Faker 40.63 makes up.
"""

from __future__ import annotations

from dataclasses import dataclass


def _no(letters: str) -> str:
    """Return the letters of the alphabet without some."""
    return f"[{''.join(c for c in 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' if c not in letters)}]"


# Letters that are the same in Latin and Cyrillic, as the Vienna Convention on Road Traffic (1968) wants them.
_CYRILLIC = "[ABCEHIKMOPTX]"
_RUSSIAN = "[ABCEHKMOPTXY]"
_GREEK = "[ABEHIKMNOPTXYZ]"
_IT, _FR, _GB, _ES, _AT = _no("IOQU"), _no("IOU"), _no("IQ"), _no("AEIOUQ"), _no("Q")
_PL, _SE = _no("BDIOQZ"), _no("IOQV")[:-1] + "0123456789]"
_ANY = "[ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789]"

_ROWS: dict[str, tuple[tuple[str, ...], str]] = {
    "IT": ((f"{_IT}{{2}}9{{3}}{_IT}{{2}}",), "D.P.R. 495/1992 as amended 1994; D.M. 1994"),
    "FR": ((f"{_FR}{{2}}9{{3}}{_FR}{{2}}", "9{1,4}A{2,3}9{2}"), "arrêté du 9 février 2009 (SIV); FNI before"),
    "AL": (("A{2}9{3}A{2}",), "road code, series of 16 February 2011"),
    "GE": (("A{2}9{3}A{2}", "A{3}9{3}"), "series of 2014; AAA 999 before"),
    "SK": (("A{2}9{3}A{2}",), "law 8/2009; without district since 2023"),
    "AR": (("A{2}9{3}A{2}", "A{3}9{3}"), "Mercosur resolution GMC 33/14, in use since 2016; 1995 before"),
    "BR": (("A{3}9A9{2}", "A{3}9{4}"), "CONTRAN 780/2019 (Mercosur); 1990 before"),
    "UY": (("A{3}9{4}",), "Mercosur resolution GMC 33/14, in use since 2015"),
    "PY": (("A{4}9{3}", "A{3}9{3}"), "Mercosur resolution GMC 33/14, in use since 2019"),
    "GB": (
        (f"{_GB}{{2}}9{{2}}{_GB}{{3}}", "A9{1,3}A{3}", "A{3}9{1,3}A"),
        "Road Vehicles (Display of Registration Marks) Regulations 2001; prefix 1983, suffix 1963",
    ),
    "IE": (
        (
            "9{2,3}(C|CE|CN|CW|D|DL|G|KE|KK|KY|L|LD|LH|LK|LM|LS|MH|MN|MO|OY|RN|SO|T|TN|TS|W|WD|"
            "WH|WW|WX)9{1,6}",
        ),
        "S.I. 318/1992 and 452/2013",
    ),
    "DE": (("A{1,3}A{1,2}9{1,4}", "A{1,3}A{1,2}9{1,4}[EH]"), "FZV (2023) § 9 and annex 1"),
    "AT": (
        (f"A{{1,2}}9{{1,5}}{_AT} A{{1,2}}9{{3}}{_AT}{{2}}", "A{3,7}9{1,4}"),
        "KDV 1967 § 26; KFG 1967 § 48",
    ),
    "CH": (
        ("(AG|AI|AR|BE|BL|BS|FR|GE|GL|GR|JU|LU|NE|NW|OW|SG|SH|SO|SZ|TG|TI|UR|VD|VS|ZG|ZH)9{1,6}",),
        "VZV (SR 741.51) art. 84",
    ),
    "LI": (("(FL)9{1,5}",), "VZV of Liechtenstein (LGBl. 741.41)"),
    "LU": (("A{2}9{4}", "9{4,5}"), "règlement grand-ducal du 23 janvier 2003 and 2016"),
    "BE": (
        ("[123456789]A{3}9{3}", "A{3}9{3}", "9{3}A{3}"),
        "arrêté royal du 20 juillet 2001, series of 2010",
    ),
    "NL": (
        (
            "A{2}9{3}A A9{3}A{2} A{3}9{2}A A9{2}A{3} 9A{3}9{2} 9{2}A{3}9 9{2}A{4} A{4}9{2} 9A{2}9{3} "
            "9{3}A{2}9",
            "A{2}9{2}A{2} A{2}9{4} 9{4}A{2} 9{2}A{2}9{2}",
        ),
        "Regeling kentekens en kentekenplaten, 14 series",
    ),
    "ES": (
        (f"9{{4}}{_ES}{{3}}", "A{1,2}9{4}A{1,2}"),
        "Real Decreto 2822/1998, annex XVIII; provinces before 2000",
    ),
    "PT": (("A{2}9{2}A{2}", "9{2}A{2}9{2}", "9{4}A{2}", "A{2}9{4}"), "Decreto-Lei 54/2005 and 2/2020"),
    "SE": ((f"A{{3}}9{{2}}{_SE}",), "TSFS, series of 1973 and 2019"),
    "NO": (("A{2}9{5}",), "kjøretøyforskriften 1994, series of 1971"),
    "DK": (("A{2}9{5}",), "registreringsbekendtgørelsen, series of 1976"),
    "FI": (("A{2,3}9{1,3}",), "valtioneuvoston asetus 893/2007, series of 1971"),
    "EE": (("9{3}A{3}",), "series of 1991 and 2004"),
    "LV": (("A{2}9{1,4}",), "series of 1992"),
    "LT": (("A{3}9{3}",), "series of 1991 and 2004"),
    "PL": (
        (
            f"A{{2}}9{{5}} A{{2}}9{{4}}{_PL} A{{2}}9{{3}}{_PL}{{2}} A{{2}}9{_PL}9{{3}} "
            f"A{{2}}9{_PL}{{2}}9{{2}} A{{3}}{_PL}9{{3}} A{{3}}9{{2}}{_PL}{{2}} A{{3}}9{_PL}9{{2}} "
            f"A{{3}}9{{2}}{_PL}9 A{{3}}9{_PL}{{2}}9 A{{3}}{_PL}{{2}}9{{2}} "
            f"A{{3}}9{{5}} A{{3}}9{{4}}{_PL} A{{3}}9{{3}}{_PL}{{2}}",
        ),
        "Dz.U. 2000 nr 59 poz. 704 and 2022; fourteen series",
    ),
    "CZ": ((f"9A{_ANY}9{{4}}",), "law 361/2001 and decree 343/2014"),
    "HU": (("A{4}9{3}", "A{3}9{3}"), "326/2011. (XII. 28.) Korm. rendelet, series of 2022; 1990 before"),
    "RO": (
        (
            "(B)9{2,3}A{3} (AB|AG|AR|BC|BH|BN|BR|BT|BV|BZ|CJ|CL|CS|CT|CV|DB|DJ|GJ|GL|GR|HD|HR|IF|IL|IS|MH|"
            "MM|MS|NT|OT|PH|SB|SJ|SM|SV|TL|TM|TR|VL|VN|VS)9{2}A{3}",
        ),
        "OMAI 1501/2006, series of 1992",
    ),
    "MD": (("A{3}9{3}", "A{4}9{3}"), "HG 1233/2016, series of 2015; districts before"),
    "BG": ((f"{_RUSSIAN}{{1,2}}9{{4}}{_RUSSIAN}{{2}}",), "Наредба I-45/2000"),
    "GR": ((f"{_GREEK}{{3}}9{{4}}",), "series of 1983 and 2004"),
    "CY": (("A{3}9{3}",), "series of 1990"),
    "MT": (("A{3}9{3}",), "S.L. 65.33, series of 1995"),
    "HR": (
        (
            "(BJ|BM|CK|DA|DE|DJ|DU|GS|IM|KA|KC|KR|KT|KZ|MA|NA|NG|OG|OS|PU|PZ|RI|SB|SI|SK|SL|ST|VK|VT|"
            "VU|VZ|ZD|ZG|ZU)"
            "9{3,4}A{1,2}",
        ),
        "Pravilnik o registraciji vozila",
    ),
    "RS": (("A{2}9{3,4}A{2}",), "Pravilnik o registraciji, series of 2011"),
    "MK": (("A{2}9{4}A{2}", "A{2}9{3}A{2}"), "series of 2012; three digits before"),
    "ME": (("A{4}9{3}",), "series of 2008"),
    "BA": (("[AEJKMOT]9{2}[AEJKMOT]9{3}",), "series of 2009"),
    "XK": (("0[1234567]9{3}A{2}",), "series of 2010"),
    "UA": ((f"{_CYRILLIC}{{2}}9{{4}}{_CYRILLIC}{{2}}",), "ДСТУ 4278, series of 2004"),
    "RU": ((f"{_RUSSIAN}9{{3}}{_RUSSIAN}{{2}}9{{2,3}}",), "ГОСТ Р 50577"),
    "BY": ((f"9{{4}}{_CYRILLIC}{{2}}[12345678]",), "СТБ 914, series of 2004"),
    "KZ": (("9{3}A{3}9{2}",), "СТ РК 986, series of 2012"),
    "TR": (("(0[123456789]|[1234567]9|8[01])A{1,3}9{2,5}",), "Karayolları Trafik Yönetmeliği, 81 provinces"),
    "IL": (("9{7,8}",), "series of seven and, since 2017, eight digits"),
    "IN": (
        (
            "(AN|AP|AR|AS|BR|CG|CH|DD|DL|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK|TN|"
            "TR|TS|"
            "TG|UK|UP|WB)9{1,2}A{0,3}9{4}",
        ),
        "Central Motor Vehicles Rules 1989, rule 50",
    ),
    "CL": ((f"{_no('AEIOUMNQ')}{{4}}9{{2}}", "A{2}9{4}"), "Decreto 53/1984, series of 2007"),
    "CO": (("A{3}9{3}",), "Ministerio de Transporte, series of 1990"),
    "PE": ((f"A{_ANY}{{2}}9{{3}}",), "D.S. 017-2008-MTC, series of 2010"),
    "EC": (("A{3}9{3,4}",), "Agencia Nacional de Tránsito, series of 2012"),
    "NZ": (
        ("A{3}9{3}", "A{2}9{4}"),
        "Land Transport (Motor Vehicle Registration and Licensing) Regulations 2011",
    ),
}

# Of a country's plates, how many are of its first, second, … format (judged), and of none that is listed:
# older ones, army, diplomats, trade, personal (judged).
SHARES = (0.80, 0.12, 0.06, 0.02)
UNLISTED = 0.06

# The current form of a row was found in these lists too. Where it was in none, the row rests on its source
# alone: Hungary’s and Kazakhstan’s form is younger than the lists, the others are in neither.
SEEN = {
    "openalpr, Faker": "AL AT BE CH DK EE ES FI FR GB GR IT LT MK NL NO PL PT RO RU SE SK TR UA",
    "openalpr": "BA BG BY CY CZ GE HR IE LI LU LV MD ME MT RS",
    "Faker": "AR BR CL CO DE IL NZ",
    "": "EC HU IN KZ PE PY UY XK",
}


@dataclass(frozen=True, slots=True)
class Plates:
    """What a country writes: its formats, the current one first; the source; the lists that agree with it."""

    formats: tuple[str, ...]
    source: str
    seen: str


PLATES = {
    country: Plates(*_ROWS[country], seen)
    for seen, countries in SEEN.items()
    for country in countries.split()
}
