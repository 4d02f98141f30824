"""Why do two items belong together? And a person's own word on two items."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.link import service
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Media
from entente.records.sentences import said

MOST_ITEMS = 9_999_999_999  # no item has a higher number


def two_items(case: Case, asked: Any) -> tuple[Media, Media] | None:
    """Return the two items that were asked about by number, where the officer sees both."""
    found = []
    for name in ("a", "b"):
        text = str(asked.get(name, "")).strip().removeprefix("#")
        if not (text.isascii() and text.isdigit() and int(text) <= MOST_ITEMS):
            return None
        found.append(Media.objects.filter(case=case, number=int(text)).first())
    one, other = found
    return (one, other) if one is not None and other is not None and one.pk != other.pk else None


def told(case: Case, pair: tuple[Media, Media] | None) -> dict[str, Any]:
    """Return what the panel of reasons shows of two items."""
    if pair is None:
        return {}
    return {"why": service.explained(case, *pair), "why_a": pair[0], "why_b": pair[1]}


@require_safe
@case_page("link")
def why(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the strongest path between any two items, what breaks without its weakest link, who said so."""
    pair = two_items(case, request.GET)
    context = {**told(case, pair), "asked": bool(request.GET.get("a") or request.GET.get("b"))}
    return render(request, "link/why.html", context)


@require_POST
@case_page("link")
def say(request: DeskRequest, case: Case) -> HttpResponse:
    """Record a person's word on two items: together or apart, with the reason."""
    pair = two_items(case, request.POST)
    decision, because = request.POST.get("decision", ""), request.POST.get("because", "")
    acts = {"together": service.tie, "apart": service.keep_apart}
    if decision not in acts:
        return HttpResponseBadRequest(gettext("Choose whether the two belong together."))
    if pair is None:
        messages.error(request, gettext("Choose two different items of this case, by their numbers."))
        answer = redirect("link:why", case.pk)
    else:
        try:
            acts[decision](request.officer, request.purpose, case, *pair, because)
            messages.success(
                request, gettext("Your word stands; no machine overrides it. Undo takes it back.")
            )
        except ValueError as refused:
            messages.error(request, said(refused))
        asked = urlencode({"a": pair[0].number, "b": pair[1].number})
        answer = redirect(f"{reverse('link:why', args=[case.pk])}?{asked}")
    answer.status_code = 303
    return answer
