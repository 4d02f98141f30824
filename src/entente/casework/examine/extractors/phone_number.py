"""Phone numbers in what was written, in international form or after a word that announces one.

Checked with ``phonenumbers`` (Google's libphonenumber, Apache-2.0): a run of digits that is valid nowhere is
left out. A number in national form is valid in many countries at once; which one is not said here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property

from entente.casework.examine.extractors import ExtractorExample, Material, Written
from entente.casework.examine.extractors.reading import MISSING
from entente.plugins import installed
from entente.vocabulary.clue import Clue, ClueKind, group_of

ABROAD = re.compile(r"(?<![\d+])(?:\+|00)\s?[1-9](?:[\s()./-]{0,2}\d){6,14}(?!\d)")
# The word before a national number; without it a date, a price or opening hours would pass for one.
ANNOUNCED = re.compile(
    r"(?:t[eé]l[eé]?f?o?n?o?s?|phone|fax|call|cell|mob(?:ile)?|gsm|ruf|info|τηλ|тел|телефон|☎|📞)"
    r"[\s.:°n]*(\(?\d(?:[\s()./-]{0,2}\d){4,13})(?!\d)",
    re.IGNORECASE,
)


@cache
def _regions() -> tuple[str, ...]:
    """Return the regions that the table knows, with their metadata in memory."""
    import phonenumbers

    phonenumbers.PhoneMetadata.load_all()
    return tuple(sorted(phonenumbers.SUPPORTED_REGIONS))


def countries_of(number: str) -> int:
    """Return in how many regions ``number`` is valid as it is written."""
    import phonenumbers

    count = 0
    abroad = number.startswith(("+", "00"))
    for region in _regions():
        try:
            parsed = phonenumbers.parse(re.sub(r"^00", "+", number) if abroad else number, region)
        except phonenumbers.NumberParseException:
            continue
        if abroad:
            return int(phonenumbers.is_valid_number(parsed))
        count += phonenumbers.is_valid_number_for_region(parsed, region)
    return count


def numbers_in(text: str) -> list[str]:
    """Return the runs of digits in ``text`` that are written as phone numbers, spaces made one."""
    found = [m[0] for m in ABROAD.finditer(text)]
    rest = ABROAD.sub(" ", text)
    found += [m[1] for m in ANNOUNCED.finditer(rest)]
    return [re.sub(r"\s+", " ", number).strip() for number in found]


class PhoneNumberExtractor:
    """Finds numbers in lines of writing; abstains where nothing announces one."""

    name = "phone_number"
    needs = frozenset({"text"})

    @cached_property
    def missing(self) -> str:
        """What is not installed, or nothing."""
        return "" if installed("phonenumbers") else MISSING

    @property
    def version(self) -> str:
        """The version; another where nothing can be checked."""
        return "1-absent" if self.missing else "1"

    def ready(self) -> None:
        """Load the tables."""
        _regions()

    def find(self, material: Material) -> list[Clue]:
        """Return one clue a number, from the line where it was first read."""
        found: dict[str, tuple[Written, int]] = {}
        for line in () if self.missing else material.texts:
            for number in numbers_in(line.string):
                if number not in found and (count := countries_of(number)):
                    found[number] = line, count
        return [self._clue(material.medium, number, line, count) for number, (line, count) in found.items()]

    def _clue(self, medium: str, number: str, line: Written, count: int) -> Clue:
        where = (
            "with its international code" if number.startswith(("+", "00")) else f"valid in {count} countries"
        )
        return Clue(
            id="",
            kind=ClueKind.PHONE_NUMBER,
            value=number,
            group=group_of(ClueKind.PHONE_NUMBER),
            source="",
            medium=medium,
            because=f"{line.string!r} holds a phone number, {where}",
            method=self.name,
            version=self.version,
            region=line.region,
            start=line.start,
            end=line.start,
        )

    def examples(self) -> Sequence[ExtractorExample]:
        """Return opening hours, which are none, and where it can be checked an announced number."""
        hours = ExtractorExample(Material("hours", texts=(Written("08.00-12.30 15.00-19.30", "Latn"),)), ())
        if self.missing:
            return (hours,)
        tel = Material("sign", texts=(Written("Farmacia Tel.0171692345", "Latn"),))
        abroad = Material("abroad", texts=(Written("+30 2310 227 777", "Latn"),))
        return (
            hours,
            ExtractorExample(tel, ((ClueKind.PHONE_NUMBER, "0171692345"),)),
            ExtractorExample(abroad, ((ClueKind.PHONE_NUMBER, "+30 2310 227 777"),)),
        )
