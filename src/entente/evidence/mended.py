"""A Matroska file as its reader gets it: element headers with flipped bits are set right on the way.

FFmpeg's reader loses the rest of a cluster, in silence, where one block's name or length is damaged. Here
the chain of headers is followed as the bytes go by. Where it breaks, the next place is sought from which it
holds again, and the header before is set right if few of its bits differ from the one that fits, or else the
stretch is made a void. The file stays as it is, no frame's own bytes are touched, and each place is counted.
"""

from __future__ import annotations

from bisect import bisect_right

from entente.evidence import ebml
from entente.evidence.ebml import CLUSTER, Header
from entente.evidence.source import Source

MOST, TRIED = 1000, 1 << 14  # places set right, and tried, in one file; after so many it is read as it is
FAR = 1 << 23  # bytes in which the chain is sought again
NEAR, WINDOW = 1 << 12, 1 << 18  # bytes looked at in one go, at first and at most
CHAIN = 3  # headers that must follow
BITS = 2  # of a header that may differ from what fits
_LACED = 0x06


class Mended(Source):
    """A source of a Matroska file whose damaged headers are set right; ``mends`` counts the places."""

    def __init__(self, source: Source) -> None:
        self._of, self._at, self.size = source, 0, source.size
        self._tried = 0
        self._held = (0, b"")  # a place and the bytes from there
        self._places: list[int] = []  # where bytes are replaced, in order
        self._instead: list[bytes] = []
        self._tracks: dict[int, bool] = {}  # by number: whether its blocks may be laced
        self.mends = 0
        first = ebml.header(self._look, 0)
        self._here = first if first and first.name == ebml.EBML and ebml.holds(first, self.size) else None

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer`` from here; 0 at the end."""
        view = memoryview(buffer).cast("B")
        self._of.seek(self._at)
        count = self._of.readinto(view)
        start, end = self._at, self._at + count
        if self._here is not None and start <= self._here.at < end:
            self._held = (start, bytes(view[:count]))
            while self._here is not None and self._here.at < end:
                self._here = self._after(self._here)
        self._replaced(view[:count], start)
        self._at = end
        return count

    def _look(self, at: int, count: int) -> bytes:
        """Return bytes of the file as they are handed on, fewer at its end."""
        start, held = self._held
        if not start <= at <= at + count <= start + len(held):
            self._of.seek(at)
            start, held = self._held = at, bytes(self._of.read(max(count, NEAR)) or b"")
        found = held[at - start : at - start + count]
        if not self._places:
            return found
        view = memoryview(bytearray(found))
        self._replaced(view, at)
        return bytes(view)

    def _replaced(self, view: memoryview, start: int) -> None:
        """Put in what stands in the place of damaged bytes."""
        end = start + len(view)
        for i in range(bisect_right(self._places, start - ebml.LONGEST), len(self._places)):
            at, put = self._places[i], self._instead[i]
            if at >= end:
                return
            low, high = max(at, start), min(at + len(put), end)
            if low < high:
                view[low - start : high - start] = put[low - at : high - at]

    def _put(self, at: int, put: bytes) -> None:
        """Have bytes stand in the place of the file's, unless they are the same, or enough was set right."""
        if self.mends >= MOST or self._look(at, len(put)) == put:
            return
        place = bisect_right(self._places, at)
        self._places.insert(place, at)
        self._instead.insert(place, put)
        self.mends += 1

    def _after(self, here: Header) -> Header | None:
        """Return the element that follows, set right where it must be; ``None``: the walk ends."""
        if here.name == ebml.TRACKS:
            self._tracks = ebml.tracks_of(self._look(here.start, min(here.end - here.start, WINDOW)))
        if here.name == CLUSTER and here.end != -1 and not self._ends(here):
            self._put(here.at, ebml.endless(CLUSTER, here.start - here.at - 4))
        at = here.start if here.name in ebml.ENTERED else here.end
        if at >= self.size:
            return None
        found = ebml.header(self._look, at)
        if ebml.holds(found, self.size):
            if found is not None and found.name == ebml.SIMPLE:
                self._of_a_track(found)
            return found
        if not self._tracks or self.mends >= MOST or self._tried >= TRIED:
            return None
        self._tried += 1
        return self._mended(here, found, at)

    def _ends(self, cluster: Header) -> bool:
        """Return whether a cluster ends where it says: at the file's end, or at an element beside it."""
        if cluster.end >= self.size:
            return True
        then = ebml.header(self._look, cluster.end)
        return then is not None and (then.name in {*ebml.TOP, ebml.VOID} or self._chained(then.end))

    def _of_a_track(self, block: Header) -> None:
        """Set a block's track right where one alone is a bit away, and its lacing in a track without."""
        head = self._look(block.start, 4)
        if len(head) < 4:
            return  # the file became shorter
        number, flags = head[0], head[3]
        if number not in self._tracks:
            near = [known for known in self._tracks if (known ^ number).bit_count() == 1]
            if len(near) != 1:
                return
            number = near[0]
        self._put(
            block.start, bytes([number, *head[1:3], flags if self._tracks[number] else flags & ~_LACED])
        )

    def _mended(self, here: Header, found: Header | None, at: int) -> Header | None:
        """Set right what stands at ``at``, or the header before it; return where the walk goes on."""
        leaf = here.name not in ebml.ENTERED
        least = 3 if here.name in ebml.SMALL else 2 + ebml.LEAST_BLOCK if leaf else 5
        then = self._sought(here.at + least)
        if found is not None and self._chained(found.end) and (then is None or found.end <= then):
            if put := self._fitting(at, found.end):  # else an element of a name that is new, and whole
                self._put(at, put)
            return ebml.header(self._look, found.end)
        if then is None:
            return None
        for place in (at, here.at):
            if place < then and (put := self._fitting(place, then)):
                self._put(place, put)
                return ebml.header(self._look, then)
        self._void(at if at < then else here.at, then)
        return ebml.header(self._look, then)

    def _fitting(self, at: int, end: int) -> bytes | None:
        """Return the header that reaches from a place to an end, where few bits there differ from it."""
        there = self._look(at, ebml.LONGEST)
        width = end - at - 4
        if 1 <= width <= 8 and ebml.apart(there[:4], CLUSTER) <= BITS:
            return ebml.endless(CLUSTER, width)
        for name in (ebml.SIMPLE, ebml.GROUP, ebml.TIME):
            for width in range(1, 9):
                put = ebml.sized(name, end - at - 1 - width, width)
                if put is None or (name == ebml.TIME and end - at > 2 + ebml.SMALL[name]):
                    continue
                if ebml.apart(there[: len(put)], put) <= BITS:
                    return put
        return None

    def _void(self, at: int, end: int) -> None:
        """Make a stretch an element that is passed over."""
        size = end - at
        put = ebml.sized(ebml.VOID, size - 2, 1) or ebml.sized(ebml.VOID, size - 9, 8)
        if put is not None:
            self._put(at, put)

    def _sought(self, start: int) -> int | None:
        """Return the next place from which the chain of headers holds."""
        low, size, last = start, NEAR, min(start + FAR, self.size)
        while low < last:
            self._of.seek(low)
            window = bytes(self._of.read(size + ebml.LONGEST) or b"")
            for match in ebml.BEGINNING.finditer(window):
                if self._tried >= TRIED:
                    return None
                self._tried += 1
                if match.start() < size and self._chained(low + match.start()):
                    return low + match.start()
            low, size = low + size, min(2 * size, WINDOW)
        return None

    def _chained(self, at: int) -> bool:
        """Return whether a place begins so many elements that follow each other."""
        for _ in range(CHAIN + 1):
            if at == self.size:
                return True
            if at < 0:
                return False
            found = ebml.header(self._look, at)
            if found is None or not ebml.holds(found, self.size):
                return False
            if found.name == ebml.SIMPLE and int.from_bytes(self._look(found.start, 1)) not in self._tracks:
                return False
            at = found.start if found.name in ebml.ENTERED else found.end
        return True
