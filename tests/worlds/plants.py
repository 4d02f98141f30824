"""Leaks planted on purpose, each as a test double: the five of the reference, a header, and a job's note.

Each stands where a tired programmer would put it, and reads what it tells outside the scope of who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import md5
from typing import Any
from unittest import mock

from django.shortcuts import get_object_or_404 as found_or_404

from entente.casework.examine.views import filters as examine_filters
from entente.casework.examine.views import item as examine_item
from entente.casework.intake import views as intake_pages
from entente.casework.intake.service import items
from entente.records import guard, jobs
from entente.records.models import Media, Series
from entente.web.middleware import AskTheLaw

UNSEEN = "a leak planted in a test"


@dataclass(frozen=True)
class Planted:
    """One leak: what it is, how it gets there, and the strata next to it."""

    name: str
    plant: Callable[[], AbstractContextManager[Any]]
    near: tuple[str, ...]


@contextmanager
def _count() -> Iterator[None]:
    """Intake counts what the case holds, not what the officer sees of it."""
    render = intake_pages.render

    def counting(request: Any, template: str, context: dict[str, Any], **more: Any) -> Any:
        with guard.system(UNSEEN):
            context["counts"]["items"] = Media.objects.filter(case=request.case).count()
        return render(request, template, context, **more)

    with mock.patch.object(intake_pages, "render", counting):
        yield


@contextmanager
def _forbidden() -> Iterator[None]:
    """An item that is there but withheld is "denied", one that is not there is "not found"."""

    def telling(klass: Any, *given: Any, **named: Any) -> Any:
        with guard.system(UNSEEN):
            there = klass.objects.filter(**named).exists() if isinstance(klass, type) else False
        if there and not klass.objects.filter(**named).exists():
            raise guard.Denied("not for your agency")
        return found_or_404(klass, *given, **named)

    with mock.patch.object(examine_item, "get_object_or_404", telling):
        yield


@contextmanager
def _suggestion() -> Iterator[None]:
    """The list of series to choose from has everybody's."""

    options = examine_filters.options

    def everybodys(name: str, counts: Any) -> Any:
        if name == "series":
            with guard.system(UNSEEN):
                every = list(Series.objects.order_by("made_at").values_list("name", flat=True))
            counts = {**dict.fromkeys(every, 0), **counts}
        return options(name, counts)

    with mock.patch.object(examine_filters, "options", everybodys):
        yield


@contextmanager
def _upload_answer() -> Iterator[None]:
    """The answer to an upload says whether anybody has these bytes already."""
    laid_down = intake_pages.laid_down

    def saying(files: Any) -> str:
        with guard.system(UNSEEN):
            for each in files or ():
                each.seek(0)
                known = Media.objects.filter(md5=md5(each.read()).hexdigest()).exists()
                each.seek(0)
                if known:
                    told.append("already here")
        return str(laid_down(files))

    told: list[str] = []
    success = intake_pages.messages.success

    def said(request: Any, text: Any) -> None:
        success(request, f"{text} {' '.join(told)}")
        told.clear()

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(intake_pages, "laid_down", saying))
        stack.enter_context(mock.patch.object(intake_pages, "messages", mock.Mock(success=said)))
        yield


@contextmanager
def _serial_number() -> Iterator[None]:
    """The next item's number counts the ones before it, withheld or not."""

    def next_number(case: Any, _agency: Any, _handling: Any) -> int:
        with guard.system(UNSEEN):
            return 1001 + Media.objects.filter(case=case).count()

    with mock.patch.object(items, "next_number", next_number):
        yield


@contextmanager
def _header() -> Iterator[None]:
    """A header, meant for caches, counts the rows behind the page."""
    watched = AskTheLaw._watched

    def headed(self: AskTheLaw, request: Any) -> Any:
        answer = watched(self, request)
        with guard.system(UNSEEN):
            answer["ETag"] = f'"{Media.objects.count()}"'
        return answer

    with mock.patch.object(AskTheLaw, "_watched", headed):
        yield


@contextmanager
def _job_note() -> Iterator[None]:
    """A job says of how many items it looked at so many."""
    compare = jobs.TASKS["match.check"]

    def noting(progress: jobs.Progress, **payload: Any) -> dict[str, Any]:
        done: dict[str, Any] = compare(progress, **payload)
        with guard.system(UNSEEN):
            count = Media.objects.filter(case=progress.job.case).count()
        progress.tell(1, 1, f"compared; the case has {count} items")
        return done

    with mock.patch.dict(jobs.TASKS, {"match.check": noting}):
        yield


PLANTED = [
    Planted("a count", _count, ("route intake:page",)),
    Planted("403 versus 404", _forbidden, ("route examine:item",)),
    Planted("a suggestion", _suggestion, ("route examine:page",)),
    Planted("the answer to an upload", _upload_answer, ("route intake:page",)),
    Planted("a serial number", _serial_number, ("task intake.receive",)),
    Planted("a header", _header, ("route board", "route case")),
    Planted("a job's note", _job_note, ("task match.check",)),
]
