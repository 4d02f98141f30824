"""The door of every page: who is asking, for which case, and one consultation in the log.

``case_page`` finds the case through the guard (hidden and absent are one 404). The page of a GET is made,
then logged as a reading, then sent: while it is made nobody is kept from writing. A POST reaches the view
with the case; its service asks the law for its own act, and a page that it answers with (a form with its
errors) is a reading too. Other methods are served nowhere: a page got by OPTIONS would be a page that no
log knows.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404

from entente.records import log
from entente.records.act import acting
from entente.records.models.case import Case
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


class DeskRequest(HttpRequest):
    """A request after the desk's middleware: the law's view of who asks, and why."""

    officer: Officer
    purpose: Purpose
    case: Case | None
    step: str


View = Callable[..., HttpResponse]
READING, SERVED = ("GET", "HEAD"), ("GET", "HEAD", "POST")


def case_page(step: str, *, consults: bool = True) -> Callable[[View], View]:
    """Make a view of ``step`` that gets ``case`` in place of ``case_id``.

    ``consults=False`` is for fragments that show no content of the case, such as the progress of a job.
    """

    def make(view: View) -> View:
        @login_required
        @wraps(view)
        def opened(request: DeskRequest, case_id: UUID, **kwargs: Any) -> HttpResponse:
            if request.method not in SERVED:
                return HttpResponseNotAllowed(SERVED)
            case = get_object_or_404(Case, pk=case_id)
            request.case, request.step = case, step
            if not consults:
                return view(request, case, **kwargs)
            answer = view(request, case, **kwargs)
            if request.method in READING or _is_page(answer):
                with _consulting(request, case, step):
                    pass  # a page is in the log before it leaves; made before, it keeps nobody from writing
            return answer

        return opened

    return make


def _is_page(answer: HttpResponse) -> bool:
    return bool(
        answer.status_code < 500 and answer["Content-Type"].startswith("text/html") and answer.content
    )


def _consulting(request: DeskRequest, case: Case, step: str) -> AbstractContextManager[Any]:
    where = request.resolver_match.view_name if request.resolver_match else step
    return acting(request.officer, Act.READ, case.as_thing(), request.purpose, step=step, reason=where)


def consult(request: DeskRequest, step: str) -> None:
    """Seal that a list outside any case was read; its rows are the ones that the guard let through."""
    with transaction.atomic():
        where = request.resolver_match.view_name if request.resolver_match else step
        thing = Thing(Shape.AGENCY, owner=request.officer.agency)
        log.append(request.officer, Act.READ, thing, request.purpose, step=step, reason=where)


def desk_page(view: View) -> View:
    """Make a view outside any case, for officers who are logged in."""

    @login_required
    @wraps(view)
    def opened(request: DeskRequest, **kwargs: Any) -> HttpResponse:
        if request.method not in SERVED:
            return HttpResponseNotAllowed(SERVED)
        request.case, request.step = None, ""
        return view(request, **kwargs)

    return opened
