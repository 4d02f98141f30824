"""The house speaks of people with care, and holds no path of a machine and no address to fetch from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.house import PACKAGE, ROOT, documents, files, short

# Terms that guidelines on child protection advise against, each cut in two so that it stands nowhere whole.
# Source: Terminology Guidelines for the Protection of Children from Sexual Exploitation and Sexual Abuse.
EVERYWHERE = {
    r"child(?:ren)?(?:'s|’s)?\s+po" r"rn": "child sexual abuse material (CSAM)",
    r"kid" r"d(?:ie|y)[\s-]?po" r"rn": "child sexual abuse material (CSAM)",
    r"ki" r"ddie": "child",
    r"child\s+pro" r"stitut": "exploitation of children in prostitution",
    r"child\s+sex\s+tou" r"ris": "sexual exploitation of children in travel and tourism",
    r"p(?:a?e|æ|é)do(?:ph|f)" r"il": "suspect, offender, person who committed …",
    r"\bpe" r"do\b": "suspect, offender",
    r"p[ée]do\s?-?po" r"rn": "contenus d'abus sexuels d'enfants, abuso su minori (CSAM)",
    r"po" r"rnogra\w+\s+(?:enfant|infant|minori|juv)": "contenus d'abus sexuels d'enfants (CSAM)",
    r"sex" r"tor(?:tion|sion)": "sexual extortion of children",
    r"self-gener" r"ated(?!\s+sexual\s+content)": "self-generated sexual content (may be coerced)",
    r"consen" r"sual": "a neutral fact",
    r"\bfailed\s+to\s+(?:resist|report|escape)": "a neutral fact",
}  # fmt: skip
# What an officer reads: here a few more words mean somebody else.
IN_THE_DESK = EVERYWHERE | {
    r"\bcustom" r"ers?\b": "offender",
    r"\bcli" r"ents?\b": "offender",
    r"\bC" r"P\b": "child sexual abuse material (CSAM)",
    r"\bfinger" r"prints?\b": "hash: to police the other word is a finger",
}  # fmt: skip
# Words that other people's files carry and that must be written as they are: (file, text).
WIRE = {
    ("src/entente/formats/cybertip.py", "child po" "rn"),
}  # fmt: skip

PLACES = [
    *files(PACKAGE, ".py", ".html", ".js", ".typ", ".po", ".json", ".svg", ".css", ".txt", ".toml"),
    *files(ROOT / "demo", ".py"),
    *files(ROOT / "benchmarks", ".py"),
    *files(ROOT / "tools", ".py"),
    *documents(),
]
SEEN = [
    *files(PACKAGE, ".html", ".typ", ".po", ".toml"),
    *(p for p in documents() if p.parent.name in {"walk", "decisions"} or p.name == "README.md"),
]


def spoken(paths: list[Path], terms: dict[str, str]) -> list[str]:
    """Return each place where a term stands, with what to write there."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for term, better in terms.items():
                met = re.search(term, line, re.IGNORECASE)
                if met and not any(short(path) == place and text in line.lower() for place, text in WIRE):
                    found.append(f"{short(path)}:{number} “{met.group()}”: write {better}")
    return found


def test_no_term_that_hurts_stands_anywhere() -> None:
    assert spoken(PLACES, EVERYWHERE) == []


def test_the_desk_calls_nobody_by_a_word_that_means_somebody_else() -> None:
    assert spoken(SEEN, IN_THE_DESK) == []


@pytest.mark.parametrize(
    "line",
    [
        "a child po" + "rn list",
        "un contenu pédo" + "pornographique",
        "self-gener" + "ated images",
        "a ki" + "ddie site",
    ],
)
def test_the_lint_hears_what_it_must(tmp_path: Path, line: str) -> None:
    assert any(re.search(term, line, re.IGNORECASE) for term in EVERYWHERE)


# A path of one person's machine; an address that the program would fetch.
_MACHINE = re.compile(
    r"(?<![\w.])/(?:wo" r"rk|tm" r"p|ho" r"me|ro" r"ot|Us" r"ers)/\w|[A-Z]:\\\\?Us" r"ers\\"
)
_ADDRESS = re.compile(r"https?://[^\s\"'<>)`\]]*")
# Names of things that look like addresses and are never opened, and the machine's own loopback.
_NAMES_ONLY = re.compile(
    r"https?://(?:www\.w3\.org/|127\.0\.0\.1|localhost|\[::1\]|github\.com/(?:VICSDATAMODEL|ICMEC|\{)|"
    r"\{|schemas?\.|ontology\.|(?:www\.)?unifiedcyberontology\.org/|caseontology\.org/|docs\.oasis-open\.org/|hashsharing\.ncmec\.org/|"
    r"[\w.-]*example(?:\.(?:org|com|net|test))?(?:/|$))"
)


def test_no_path_of_anybodys_machine_is_in_the_house() -> None:
    everything = [
        *PLACES,
        *files(ROOT / "tests", ".py"),
        ROOT / "Makefile",
        ROOT / "pyproject.toml",
        ROOT / ".ci" / "run",
    ]
    found = [
        f"{short(path)}:{number} {line.strip()[:80]}"
        for path in everything
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _MACHINE.search(line)
    ]
    assert found == []


def test_nothing_is_fetched_from_anywhere_at_run_time() -> None:
    shipped = files(PACKAGE, ".py", ".html", ".js", ".css", ".svg", ".typ", ".json")
    found = [
        f"{short(path)}: {address}"
        for path in shipped
        for address in _ADDRESS.findall(path.read_text(encoding="utf-8"))
        if address not in {"http://", "https://"} and not _NAMES_ONLY.match(address)
    ]
    assert found == []


def test_no_page_names_a_script_style_or_picture_elsewhere() -> None:
    outside = re.compile(r"(?:src|href|action|srcset|poster)\s*=\s*[\"']\s*(?:https?:)?//", re.IGNORECASE)
    found = [
        short(p) for p in files(PACKAGE, ".html", ".svg") if outside.search(p.read_text(encoding="utf-8"))
    ]
    found += [
        short(p)
        for p in files(PACKAGE, ".css")
        if re.search(r"(?:@import|url\()\s*[\"']?\s*(?:https?:)?//", p.read_text(encoding="utf-8"))
    ]
    assert found == []
