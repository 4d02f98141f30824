"""The engine of one machine: processes for arithmetic, threads for work that waits or lets the lock go."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any

from entente.workers import Item, Outcome, Part, Result

KILLED = "the worker was killed while it had this item; if memory ran out, give it fewer workers"

Batch = list[tuple[int, Any]]


def _run(fn: Callable[[Any], Any], batch: Batch) -> list[Outcome[Any]]:
    """Do one batch; what ``fn`` raises stays with its item."""
    outcomes = []
    for index, item in batch:
        try:
            outcomes.append(Outcome(index, fn(item)))
        except Exception as error:
            outcomes.append(Outcome(index, None, f"{type(error).__name__}: {error}"))
    return outcomes


class LocalEngine:
    """Workers on this machine. ``threads`` instead of processes shares memory and starts at once."""

    def __init__(self, workers: int | None = None, *, threads: bool = False) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._threads = threads
        self._pool: Executor | None = None

    def map_batches(
        self, fn: Callable[[Item], Result], items: Iterable[Item], size: int = 16
    ) -> Iterator[Outcome[Result]]:
        """See ``Engine.map_batches``. After a worker was killed, its companions' items are done again alone.

        Only an item that kills a worker which has nothing else to do gets the blame.
        """
        if size < 1:
            raise ValueError("a batch has at least one item")
        numbered = enumerate(items)
        waiting: dict[Future[list[Outcome[Any]]], tuple[Batch, Executor]] = {}
        suspects: Batch = []
        while True:
            while (
                not suspects and len(waiting) < 2 * self.workers and (batch := list(islice(numbered, size)))
            ):
                self._submit(fn, batch, waiting, suspects)
            if waiting:
                yield from self._finished(waiting, suspects)
            elif suspects:
                yield from self._one_by_one(fn, suspects)
                suspects.clear()
            else:
                return

    def shards(self, build: Callable[[Part], Any], parts: Sequence[Part]) -> LocalShards:
        """See ``Engine.shards``: here the parts live in this process, and threads ask them."""
        with ThreadPoolExecutor(self.workers) as pool:
            return LocalShards(list(pool.map(build, parts)), self.workers)

    def close(self) -> None:
        """End the workers; the engine may be used again."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _started(self) -> Executor:
        if self._pool is None:
            # spawn, never fork: the program has threads, and a forked lock may be held for ever
            context = multiprocessing.get_context("spawn")
            self._pool = (
                ThreadPoolExecutor(self.workers)
                if self._threads
                else ProcessPoolExecutor(self.workers, mp_context=context)
            )
        return self._pool

    def _drop(self, pool: Executor) -> None:
        """Forget a pool that lost a worker, once; the next batch gets a fresh one."""
        pool.shutdown(wait=False, cancel_futures=True)
        if self._pool is pool:
            self._pool = None

    def _submit(
        self,
        fn: Callable[[Any], Any],
        batch: Batch,
        waiting: dict[Future[list[Outcome[Any]]], tuple[Batch, Executor]],
        suspects: Batch,
    ) -> None:
        """Send a batch off; if the pool broke in the meantime, its items become suspects like the others."""
        pool = self._started()
        try:
            waiting[pool.submit(_run, fn, batch)] = batch, pool
        except BrokenProcessPool:
            self._drop(pool)
            suspects.extend(batch)

    def _finished(
        self, waiting: dict[Future[list[Outcome[Any]]], tuple[Batch, Executor]], suspects: Batch
    ) -> Iterator[Outcome[Any]]:
        """Wait for some batches and give their outcomes; those of a broken pool become suspects."""
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            batch, pool = waiting.pop(future)
            try:
                yield from future.result()
            except (BrokenProcessPool, CancelledError):
                self._drop(pool)
                suspects.extend(batch)
            except Exception as error:  # the batch or its answer could not travel
                yield from (Outcome(i, None, f"{type(error).__name__}: {error}") for i, _ in batch)

    def _one_by_one(self, fn: Callable[[Any], Any], suspects: Batch) -> Iterator[Outcome[Any]]:
        """Do suspects alone, each with the whole pool idle, so that a death has one cause."""
        for index, item in suspects:
            pool = self._started()
            try:
                yield from pool.submit(_run, fn, [(index, item)]).result()
            except BrokenProcessPool:
                self._drop(pool)
                yield Outcome(index, None, KILLED)
            except Exception as error:  # it cannot travel
                yield Outcome(index, None, f"{type(error).__name__}: {error}")


class LocalShards:
    """Parts in this process, asked by threads: numba and numpy let the lock go while they count."""

    def __init__(self, held: list[Any], workers: int) -> None:
        self._held = held
        self._pool = ThreadPoolExecutor(min(workers, max(1, len(held))))

    def ask(self, method: str, *arguments: Any) -> list[Outcome[Any]]:
        """See ``Shards.ask``."""

        def one(numbered: tuple[int, Any]) -> Outcome[Any]:
            index, part = numbered
            try:
                return Outcome(index, getattr(part, method)(*arguments))
            except Exception as error:
                return Outcome(index, None, f"{type(error).__name__}: {error}")

        return list(self._pool.map(one, enumerate(self._held)))

    def close(self) -> None:
        """Let the parts go."""
        self._pool.shutdown()
        self._held.clear()
