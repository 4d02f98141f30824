"""The reader of XML on hostile input: its steps grow with the text and no faster, and it gives up in time."""

from __future__ import annotations

import io
from typing import Any

import pytest

from entente.formats import ListRefused, elements
from entente.vocabulary.media_hash import RecordRefusal

NAMES = frozenset({"image"})
BROKEN, GOOD = b"<image><id>x</image>\n", b"<image><id>y</id></image>\n"


def read(data: bytes) -> list[Any]:
    return list(elements.records(io.BytesIO(data), NAMES, "ncmec"))


class Counted(bytes):
    """A text that counts how many of its bytes are looked at."""

    steps = 0

    def count(self, *of: Any) -> int:
        """Count, and be counted."""
        type(self).steps += of[2] - of[1]
        return super().count(*of)

    def __getitem__(self, part: Any) -> Any:
        found = super().__getitem__(part)
        type(self).steps += len(found)
        return found


def steps(data: bytes, monkeypatch) -> tuple[int, list[Any]]:
    monkeypatch.setattr(elements, "_bytes", lambda stream, of: Counted(stream.read()))
    Counted.steps = 0
    return Counted.steps, read(data)


@pytest.mark.parametrize("gap", [b"", GOOD * 20, b"\n" * 300])
def test_twice_as_many_faults_take_twice_the_steps_and_every_line_is_right(monkeypatch, gap):
    taken = []
    for count in (500, 2000):
        _, told = steps(b"<images>\n" + (BROKEN + gap) * count + b"</images>", monkeypatch)
        taken.append(Counted.steps)
        lines = [r.line for r in told if isinstance(r, RecordRefusal)]
        assert lines == [2 + n * (1 + gap.count(b"\n")) for n in range(count)]
    assert taken[1] < 6 * taken[0]  # sixteen where each fault counted the lines from the first


def test_a_list_that_breaks_everywhere_is_refused():
    with pytest.raises(ListRefused, match="more than 10000 places"):
        read(b"<images>" + BROKEN * 10_001 + b"</images>")


def test_what_never_ends_is_not_read_to_the_end_again_and_again(monkeypatch):
    with pytest.raises(ListRefused, match="inside each other"):
        steps(b"<images>" + b"<image><?x " * 30_000, monkeypatch)
    assert Counted.steps < 10 * 11 * 30_000
    with pytest.raises(ListRefused, match="longer than 1 MiB"):
        read(b"<images><!-- " + b"x" * (3 << 20))
    # a file cut off in a comment keeps what came before
    kept, cut = read(b"<images>" + GOOD + b"<image><!-- x")
    assert (kept.said("id"), cut.code) == ("y", "broken")


def test_a_text_is_put_together_once_and_has_an_end(monkeypatch):
    (made,) = read(b"<images><image>a<b>c</b>&lt;" + b"d\n" * 50_000 + b"</image></images>")
    assert made.text == "a<" + "d\n" * 50_000 and made.said("b") == "c"
    monkeypatch.setattr(elements, "MOST_TEXT", 1000)
    assert len(read(b"<images>" + b"<image>" + b"x" * 999 + b"</image></images>")) == 1
    with pytest.raises(ListRefused, match="characters of text"):
        read(b"<images>" + b"<image><a>" + b"x" * 999 + b"</a>xx</image></images>")
