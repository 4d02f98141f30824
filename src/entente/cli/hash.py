"""`entente hash PATH…`: digests and perceptual hashes of files and folders; no desk needed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from tqdm import tqdm

from entente.cli.journal import Journal, JournalRefused, seen
from entente.evidence.open import Opened, read, walk
from entente.evidence.sandbox import SandboxFailed
from entente.vocabulary.media import Sampling
from entente.workers.local import LocalEngine

AT_ONCE = 2
Result = TypeVar("Result")


def run(arguments: list[str]) -> int:
    """Hash what is named; return 0 when all was opened, 1 with refusals, 2 for wrong use."""
    parser = argparse.ArgumentParser("entente hash", description=__doc__)
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder of any depth"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--first-pass",
        action="store_true",
        help="quicker, to sort a large seizure: key frames of videos, large JPEGs decoded smaller",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="write the JSON lines to FILE, as they come, and go on from what it holds",
    )
    parser.add_argument("--workers", type=int, default=0, help="files at once (default: one for each core)")
    try:
        wanted = parser.parse_args(arguments)
    except SystemExit as error:
        return int(error.code or 0)
    if wanted.resume:
        return _resumed(wanted)
    refused, line = 0, as_json if wanted.json else as_text
    sampling = Sampling.KEYS if wanted.first_pass else Sampling.SPARSE
    bar = _bar(wanted.paths, 0)
    try:
        for path, opened in in_order(partial(read, sampling=sampling), walk(wanted.paths)):
            refused += opened.refusal is not None
            with bar.external_write_mode(file=sys.stdout):
                sys.stdout.write(line(path, opened) + "\n")
            bar.update()
    except SandboxFailed as error:
        sys.stderr.write(f"entente hash: {error}\n")
        return 2
    except BrokenPipeError:  # the reader of our output has gone; that is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        bar.close()
    return 1 if refused else 0


def hashed(path: Path, sampling: Sampling) -> dict[str, Any]:
    """Return one file's line, with what the file looked like before it was read."""
    before = seen(path)
    return entry_of(path, read(path, sampling=sampling)) | {"seen": before}


def _resumed(wanted: argparse.Namespace) -> int:
    """Hash what the journal does not hold yet, side by side, in whatever order it comes."""
    sampling = Sampling.KEYS if wanted.first_pass else Sampling.SPARSE
    try:
        journal = Journal(wanted.resume)
    except (JournalRefused, OSError) as error:
        sys.stderr.write(f"entente hash: {error}\n")
        return 2
    bar = _bar(wanted.paths, journal.before)
    engine = LocalEngine(wanted.workers or None, threads=True)  # what decodes are processes of their own
    done = 0
    try:
        left = journal.left(walk(wanted.paths))
        for outcome in engine.map_batches(partial(hashed, sampling=sampling), left, size=4):
            if outcome.value is None:
                sys.stderr.write(f"entente hash: {outcome.error}; {wanted.resume} holds what was done\n")
                return 2
            journal.add(outcome.value)
            done += 1
            bar.update()
    finally:
        bar.close()
        engine.close()
        journal.close()
    told = {"hashed": done, "before": journal.before, "refused": journal.refused}
    if wanted.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write(f"{done} hashed, {journal.before} before, {journal.refused} refused in all\n")
    return 1 if journal.refused else 0


def _bar(paths: list[Path], before: int) -> tqdm[Any]:
    """Return a progress bar; on a terminal a second look counts the files, so that the rest can be told."""
    bar = tqdm(disable=not sys.stderr.isatty(), unit=" files", file=sys.stderr, initial=before)

    def count() -> None:
        bar.total = sum(1 for _ in walk(paths))

    if not bar.disable:
        Thread(target=count, daemon=True).start()
    return bar


def in_order(act: Callable[[Path], Result], paths: Iterable[Path]) -> Iterator[tuple[Path, Result]]:
    """Iterate over (path, what it is) in the order of ``paths``, ``AT_ONCE`` of them being read at a time."""
    waiting: deque[tuple[Path, Future[Result]]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for path in paths:
            waiting.append((path, pool.submit(act, path)))
            if len(waiting) >= 8 * AT_ONCE:  # so that a folder of millions is not listed ahead
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()


def as_json(path: Path, opened: Opened) -> str:
    """Return one line of JSON, in ASCII: bytes of a name that are no UTF-8 appear as lone surrogates."""
    return json.dumps(entry_of(path, opened))


def entry_of(path: Path, opened: Opened) -> dict[str, Any]:
    """Return what the command line's contract says of one file."""
    digests = {"bytes": opened.bytes, "md5": opened.md5, "sha1": opened.sha1, "sha256": opened.sha256}
    entry: dict[str, Any] = {"path": str(path)}
    if opened.refusal:
        refused = {"code": opened.refusal.code, "reason": opened.refusal.reason}
        return entry | {"refused": refused} | {k: v for k, v in digests.items() if v is not None}
    entry |= {"kind": opened.kind} | digests
    entry |= {
        "pdq": opened.pdq,
        "pdq_quality": opened.pdq_quality,
        "width": opened.width,
        "height": opened.height,
    }
    entry["frames"] = [{"t": f.t, "pdq": f.pdq, "quality": f.quality} for f in opened.frames]
    return entry | _besides(opened)


def _besides(opened: Opened) -> dict[str, Any]:
    """Return what is told only where there is something to tell."""
    others = {str(profile): turns[0] for profile, turns in opened.pdq_turns.items() if turns[0] != opened.pdq}
    told = {
        "pdq_profiles": others,
        "pdq_raw": opened.pdq_raw,
        "rough": opened.pdq_rough,
        "partial": opened.partial,
    }
    return {name: value for name, value in told.items() if value}


def as_text(path: Path, opened: Opened) -> str:
    """Return a line for people; control characters of a name are shown, never sent to the terminal."""
    name = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in str(path)
    )
    if opened.refusal:
        return f"{name}\n    refused ({opened.refusal.code}): {opened.refusal.reason}"
    size = f"{opened.width} x {opened.height}" + (", partial" if opened.partial else "")
    lines = [f"{name}", f"    {opened.kind}, {size}, {opened.bytes} bytes", f"    sha256 {opened.sha256}"]
    if opened.pdq:
        rough = ", rough: of a smaller copy" if opened.pdq_rough else ""
        lines.append(f"    pdq {opened.pdq} quality {opened.pdq_quality}{rough}")
    if opened.frames:
        lines.append(f"    {len(opened.frames)} frames hashed, 0 to {opened.frames[-1].t:.1f} s")
    return "\n".join(lines)
