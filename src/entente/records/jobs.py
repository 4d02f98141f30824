"""The queue: a table taken by lease, so that a killed worker loses nothing and does nothing twice.

A task is a function ``(job: Progress, **payload) -> dict`` under a name. The worker runs it in the scope of
the account that asked, as its memberships stand *then*; each report carries the fencing token, so a worker
that lost its lease can write nothing more.
"""

from __future__ import annotations

import logging
import os
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

from django.db import Error, close_old_connections, connection, transaction
from django.db.models import F, Q, QuerySet

from entente.records import clock, errand, limits
from entente.records.models.agency import Account
from entente.records.models.job import Job
from entente.vocabulary.agency import Officer, Strength
from entente.vocabulary.handling import Purpose

LEASE = timedelta(seconds=30)
ATTEMPTS = 3

Task = Callable[..., dict[str, Any]]
TASKS: dict[str, Task] = {}


class LeaseLost(RuntimeError):
    """Another worker has this job now; stop and report nothing."""


class Stopped(RuntimeError):
    """The worker was asked to stop, or the job makes way; it goes back to the queue."""


def task(name: str) -> Callable[[Task], Task]:
    """Register a function as the task ``name``."""

    def register(function: Task) -> Task:
        if TASKS.setdefault(name, function) is not function:
            raise ValueError(f"two tasks are called {name}")
        return function

    return register


@dataclass
class Progress:
    """What a running task sees of its job: for whom, for what, and how to say how far it is."""

    job: Job
    officer: Officer
    purpose: Purpose
    stop: Event = field(default_factory=Event)
    watch: Callable[[int, int], object] | None = None  # a progress bar, where one is looking

    def tell(self, done: int, total: int, note: str = "") -> None:
        """Report progress and renew the lease; raise ``LeaseLost`` or ``Stopped`` when the job must end."""
        if self.stop.is_set():
            raise Stopped
        mine = Job.objects.filter(pk=self.job.pk, token=self.job.token, status="running")
        if not mine.update(done=done, total=total, note=note[:200], lease_until=clock.now() + LEASE):
            raise LeaseLost
        if self.watch:
            self.watch(done, total)

    def keep(self, so_far: dict[str, Any]) -> None:
        """Keep what the job goes on from if it is stopped after this; its result takes the place of it."""
        Job.objects.filter(pk=self.job.pk, token=self.job.token, status="running").update(result=so_far)

    def make_way(self) -> None:
        """End here, to go on later, where something more urgent waits; called between two parts of work."""
        if Job.objects.filter(status="ready", priority__gt=self.job.priority).exists():
            raise Stopped


def enqueue(
    name: str,
    officer: Officer,
    purpose: Purpose,
    *,
    case: UUID | None = None,
    priority: int = 0,
    **payload: Any,
) -> Job:
    """Put a job in the queue, inside the act that asks for it; a person's page may ask for so many."""
    if officer.strength is not Strength.HOST:  # the worker's own follow-ups are bounded by what began them
        limits.spend("jobs asked for", officer.id)
    return Job.objects.create(
        task=name, payload=payload, case=case, account_id=officer.id, purpose=str(purpose), priority=priority
    )


def enqueue_once(name: str, officer: Officer, purpose: Purpose, *, case: UUID, priority: int = 0) -> Job:
    """Put a job in the queue unless the same one is already waiting there; it becomes as urgent as asked.

    One for another purpose is another: the law is asked of the purpose as well.
    """
    same = Job.objects.filter(task=name, case=case, account_id=officer.id, purpose=str(purpose))
    waiting = same.filter(status="ready").first()
    if waiting is None:
        return enqueue(name, officer, purpose, case=case, priority=priority)
    if waiting.priority < priority:
        Job.objects.filter(pk=waiting.pk, status="ready").update(priority=priority)
        waiting.priority = priority
    return waiting


def asked_by(agency: UUID, case: UUID, name: str) -> QuerySet[Job]:
    """Return the jobs ``name`` that officers of ``agency`` asked for in ``case``, the latest first.

    A job's note, counts and faults tell what its asker may see: not for the other agencies of the case.
    """
    return Job.objects.filter(case=case, task=name, account__agency=agency)


def this_worker() -> str:
    """Return the name under which this process takes jobs."""
    return f"{socket.gethostname()}:{os.getpid()}"


def take(worker: str, only: Job | None = None, *, least: int | None = None) -> Job | None:
    """Take the next ready job, or one whose worker stopped renewing its lease; or just ``only``.

    With ``least``, what is less urgent than that priority is left.
    """
    now = clock.now()
    lapsed = Q(status="running", lease_until__lt=now)
    with transaction.atomic():
        Job.objects.filter(lapsed, attempts__gte=ATTEMPTS).update(
            status="failed", ended_at=now, error=f"gave up: {ATTEMPTS} workers died on it"
        )
        rows = Job.objects.filter(Q(status="ready") | lapsed).order_by("-priority", "asked_at")
        if only is not None:
            rows = rows.filter(pk=only.pk)
        if least is not None:
            rows = rows.filter(priority__gte=least)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        job = rows.first()
        if job is None:
            return None
        Job.objects.filter(pk=job.pk).update(
            status="running",
            worker=worker,
            lease_until=now + LEASE,
            token=F("token") + 1,
            attempts=F("attempts") + 1,
        )
        job.refresh_from_db()
    return job


def run(job: Job, stop: Event | None = None, watch: Callable[[int, int], object] | None = None) -> bool:
    """Run a taken job to its end; return whether it was done."""
    account = Account.objects.get(pk=job.account_id)
    progress = Progress(job, account.as_officer(), Purpose(job.purpose), stop or Event(), watch)
    mine = Job.objects.filter(pk=job.pk, token=job.token, status="running")
    beat = _keep_alive(job, ended_event := Event())
    try:
        if not account.is_active:
            raise PermissionError("the account that asked was closed; another officer may ask again")
        with errand.within():
            result = TASKS[job.task](progress, **job.payload)
    except LeaseLost:
        return False
    except Stopped:
        mine.update(status="ready", lease_until=None, attempts=F("attempts") - 1)
        return False
    except Exception as fault:  # a job's fault is a result, not the worker's end
        detail = traceback.format_exc(limit=8) if not str(fault) else str(fault)
        error = f"{type(fault).__name__}: {detail}"[:4000]
        mine.update(status="failed", error=error, ended_at=clock.now(), lease_until=None)
        return False
    finally:
        ended_event.set()
        beat.join()
    return bool(mine.update(status="done", result=result, ended_at=clock.now(), lease_until=None))


def _keep_alive(job: Job, ended: Event) -> Thread:
    """Renew the lease while a long step says nothing; where the database is busy, try again in a while."""

    def renew() -> None:
        while not ended.wait(LEASE.total_seconds() / 3):
            mine = Job.objects.filter(pk=job.pk, token=job.token, status="running")
            try:
                mine.update(lease_until=clock.now() + LEASE)
            except Error:
                logging.getLogger(__name__).exception("a lease could not be renewed")
            close_old_connections()
        connection.close()

    thread = Thread(target=renew, daemon=True)
    thread.start()
    return thread


def work(
    stop: Event, *, idle_seconds: float = 0.5, until_empty: bool = False, least: int | None = None
) -> int:
    """Take and run jobs until ``stop`` is set (or the queue is empty); return how many were done.

    With ``least``, what is less urgent than that priority is left to another worker.
    """
    done = 0
    while not stop.is_set():
        close_old_connections()
        job = take(this_worker(), least=least)
        if job is None:
            if until_empty:
                return done
            time.sleep(idle_seconds)
            continue
        done += run(job, stop)
    return done
