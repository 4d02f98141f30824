"""The engine of a cluster: Ray's tasks and actors behind the same interface (extra ``scale``).

What a killed worker or a lost machine had is done again elsewhere; an item that kills three workers alone
gets the blame. A shard that was lost is built again from its part, which therefore names a file that all
can reach.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import ray as _ray
from ray import cloudpickle as _pickle
from ray.exceptions import ActorUnavailableError, RayError, RayTaskError

from entente.workers import Item, Outcome, Part, Result
from entente.workers.local import KILLED, Batch

ray: Any = _ray  # Ray's own functions have no types
cloudpickle: Any = _pickle
TRIES = 3  # workers that one item, or deaths that one question, may cost before it has the blame
PATIENCE_S = 90.0  # for a lost part to live elsewhere: a machine's loss alone takes half a minute to notice


def _told(error: BaseException) -> str:
    cause = error.cause if isinstance(error, RayTaskError) else error
    return f"{type(cause).__name__}: {cause}"


def _batch(prepare: Callable[[], None] | None, packed: bytes, batch: Batch) -> list[Outcome[Any]]:
    """Do one batch where Ray put it; what the work raises stays with its item."""
    if prepare:
        prepare()
    fn = cloudpickle.loads(packed)
    outcomes = []
    for index, item in batch:
        try:
            value = fn(item)
            cloudpickle.dumps(value)  # an answer that cannot travel is this item's error, not the batch's
            outcomes.append(Outcome(index, value))
        except Exception as error:
            outcomes.append(Outcome(index, None, f"{type(error).__name__}: {error}"))
    return outcomes


class _Holder:
    """One part of a thing, living in an actor."""

    def __init__(self, prepare: Callable[[], None] | None, packed: bytes) -> None:
        self._held: Any = None
        self._error: Exception | None = None
        try:
            if prepare:
                prepare()
            build, part = cloudpickle.loads(packed)
            self._held = build(part)
        except Exception as error:  # told when it is asked: an actor that dies as it begins loses the reason
            self._error = error

    def ready(self) -> bool:
        """Return when the part is built; raises what building it raised."""
        if self._error:
            raise self._error
        return True

    def ask(self, method: str, arguments: tuple[Any, ...]) -> Any:
        """Call a method of the part."""
        self.ready()
        return getattr(self._held, method)(*arguments)


class RayEngine:
    """Workers of a cluster at ``address``; without one, of a cluster that is started on this machine.

    ``prepare`` is called in each worker before it unpacks any work, ``django.setup`` say; ``variables`` of
    the environment are set there before.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        address: str | None = None,
        prepare: Callable[[], None] | None = None,
        variables: dict[str, str] | None = None,
    ) -> None:
        self._own = not ray.is_initialized()
        if self._own:
            ray.init(
                address=address,
                num_cpus=None if address else workers,
                runtime_env={"env_vars": variables or {}},
                include_dashboard=False,
                configure_logging=False,
                log_to_driver=False,
            )
        self.workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._prepare = prepare

    def map_batches(
        self, fn: Callable[[Item], Result], items: Iterable[Item], size: int = 16
    ) -> Iterator[Outcome[Result]]:
        """See ``Engine.map_batches``. After a worker was killed, its batch's items are done again alone."""
        if size < 1:
            raise ValueError("a batch has at least one item")
        work = cloudpickle.dumps(fn)
        numbered, waiting = enumerate(items), dict[Any, Batch]()
        suspects: Batch = []
        while True:
            while len(waiting) < 2 * self.workers and (batch := list(islice(numbered, size))):
                waiting[self._sent(work, batch)] = batch
            if not waiting:
                break
            done, _ = ray.wait(list(waiting), num_returns=1)
            for reference in done:
                batch = waiting.pop(reference)
                try:
                    yield from ray.get(reference)
                except RayTaskError as error:  # the batch or its answer could not travel
                    yield from (Outcome(i, None, _told(error)) for i, _ in batch)
                except RayError:  # the worker, or its machine, is gone
                    suspects.extend(batch)
        for index, item in suspects:
            yield self._alone(work, index, item)

    def _sent(self, work: bytes, batch: Batch) -> Any:
        # max_retries=0: whether to try again is decided here, item by item
        return ray.remote(_batch).options(num_cpus=1, max_retries=0).remote(self._prepare, work, batch)

    def _alone(self, work: bytes, index: int, item: Any) -> Outcome[Any]:
        """Do a suspect alone; machines are lost for other reasons too, so it may cost some workers."""
        for _ in range(TRIES):
            try:
                outcome: Outcome[Any] = ray.get(self._sent(work, [(index, item)]))[0]
                return outcome
            except RayTaskError as error:
                return Outcome(index, None, _told(error))
            except RayError:
                continue
        return Outcome(index, None, KILLED)

    def shards(self, build: Callable[[Part], Any], parts: Sequence[Part]) -> RayShards:
        """See ``Engine.shards``: each part lives in an actor, on whichever machine has room."""
        held = [RayShard(self._prepare, cloudpickle.dumps((build, part))) for part in parts]
        try:
            ray.get([shard.actor.ready.remote() for shard in held])
        except RayError as error:
            RayShards(held).close()
            cause = error.cause if isinstance(error, RayTaskError) else None
            raise cause if isinstance(cause, Exception) else error from None
        return RayShards(held)

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        if self._own and ray.is_initialized():
            ray.shutdown()


class RayShard:
    """One actor, which Ray starts again elsewhere if its machine is lost."""

    def __init__(self, prepare: Callable[[], None] | None, packed: bytes) -> None:
        # memory, not processors, is what a shard needs: it may sit beside others
        options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": 0}
        self.actor: Any = ray.remote(_Holder).options(**options).remote(prepare, packed)


class RayShards:
    """Parts in actors; all are asked at once."""

    def __init__(self, held: list[RayShard]) -> None:
        self._held = held

    def ask(self, method: str, *arguments: Any) -> list[Outcome[Any]]:
        """See ``Shards.ask``. A part whose machine was lost is waited for until it lives elsewhere."""
        asked = [shard.actor.ask.remote(method, arguments) for shard in self._held]
        return [self._answer(index, first, method, arguments) for index, first in enumerate(asked)]

    def _answer(self, index: int, reference: Any, method: str, arguments: tuple[Any, ...]) -> Outcome[Any]:
        until, deaths = time.monotonic() + PATIENCE_S, 0
        while True:
            try:
                return Outcome(index, ray.get(reference))
            except RayTaskError as error:
                return Outcome(index, None, _told(error))
            except RayError as error:  # the actor, or its machine, is gone; Ray starts it again
                deaths += not isinstance(error, ActorUnavailableError)
                if deaths >= TRIES or time.monotonic() > until:
                    return Outcome(index, None, _told(error))
            time.sleep(0.5)
            reference = self._held[index].actor.ask.remote(method, arguments)

    def close(self) -> None:
        """Let the parts go."""
        for shard in self._held:
            ray.kill(shard.actor)
        self._held = []
