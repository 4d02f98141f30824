"""Second opinions: what waits for one's vote, one question with what one may see of it, and its decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from entente.casework.examine import service, values
from entente.casework.examine.service import opinions
from entente.casework.examine.views.tiles import label_of
from entente.records import clock, vocabularies
from entente.records.door import DeskRequest, case_page
from entente.records.models import Account, Case, Clue, Media, Opinion, Vote
from entente.records.names import named
from entente.safeguards.access import leads
from entente.safeguards.opinion import LEAST, MOST, Answer
from entente.vocabulary.clue import ClueKind

STATES = {
    "open": gettext_lazy("being voted on"),
    "divided": gettext_lazy("divided: a named person decides"),
    "stands": gettext_lazy("stands"),
    "fails": gettext_lazy("does not stand"),
}
ANSWERS = {
    Answer.YES: (gettext_lazy("Yes, it stands"), "y"),
    Answer.NO: (gettext_lazy("No"), "n"),
    Answer.UNSURE: (gettext_lazy("Unsure"), "u"),
}


def asked_of(opinion: Opinion, language: str = "en") -> dict[str, Any]:
    """Return what a page says of a question: what is asked of which item, and how it stands; no vote."""
    what = opinion.what
    if held := vocabularies.of_scheme(opinion.owner_id, opinion.profile, opinion.model_version):
        meant = held.label(opinion.code, language)
        what += f" · {meant}" if meant != opinion.code else ""
    if opinion.clue is not None:
        text = values.as_text(ClueKind(opinion.clue.kind), opinion.clue.value)
        what = f"{named(opinion.clue.kind)}: {text}"
    return {
        "opinion": opinion,
        "label": label_of(opinion.media, language),
        "number": opinion.media.number,
        "what": what,
        "about": gettext("Category") if opinion.clue is None else gettext("Decisive clue"),
        "state": STATES[opinion.state],
    }


def of_item(media: Media, language: str = "en") -> list[dict[str, Any]]:
    """Return the questions about an item and its clues, for the item's page."""
    rows = Opinion.objects.filter(media=media).select_related("media", "clue", "decider")
    return [asked_of(r, language) for r in rows]


def offered(request: DeskRequest) -> list[dict[str, Any]]:
    """Return the categories that may be put to others, by scheme; typed where its table is not public."""
    return [
        {
            "scheme": held.scheme,
            "typed": not held.known,
            "terms": [
                {"code": t.code, "label": t.label(request.LANGUAGE_CODE or "en")} for t in held.offered()
            ],
        }
        for held in vocabularies.schemes(request.officer.agency)
    ]


def _leads(request: DeskRequest, case: Case) -> bool:
    return leads(request.officer, case.pk, clock.now())


def _answers() -> list[dict[str, Any]]:
    return [{"value": a.value, "label": label, "key": key} for a, (label, key) in ANSWERS.items()]


@case_page("examine")
def queue(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what waits for this officer's vote or decision; on POST set how many votes the case needs."""
    if request.method == "POST":
        return _done(request, lambda: _set_needed(request, case), redirect("examine:opinions", case.pk))
    language = request.LANGUAGE_CODE
    divided = Opinion.objects.filter(case=case, state="divided").select_related("media", "clue", "decider")
    waiting = opinions.waiting_for(request.officer, case)
    context = {
        "waiting": [asked_of(o, language) for o in waiting],
        "mine": [asked_of(o, language) for o in divided.filter(decider=request.officer.id)],
        "unnamed": [asked_of(o, language) for o in divided.filter(decider=None)],
        "ended": [
            asked_of(o, language)
            for o in Opinion.objects.filter(case=case, state__in=["stands", "fails"])
            .select_related("media", "clue")
            .order_by("-ended_at")[:50]
        ],
        "answers": _answers(),
        "leads": _leads(request, case),
        "needed": opinions.needed_in(case),
        "least": LEAST,
        "most": MOST,
    }
    return render(request, "examine/opinions.html", context)


def _set_needed(request: DeskRequest, case: Case) -> str:
    opinions.set_needed(request.officer, request.purpose, case, _number(request.POST.get("needed", "")))
    return gettext("New questions of this case need that many votes.")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


@require_POST
@case_page("examine")
def ask(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Put a category of an item, or one of its clues, to the votes of others."""
    media = get_object_or_404(Media, case=case, number=number)
    clue = None
    if wanted := request.POST.get("clue"):
        clue = get_object_or_404(Clue, pk=_uuid(wanted), media=media)
    profile, version, code = _category(request.POST.get("category", ""), request.POST.get("code", ""))

    def act() -> str:
        opinions.ask_opinion(
            request.officer,
            request.purpose,
            media,
            clue=clue,
            profile=profile,
            model_version=version,
            code=code,
        )
        return gettext("It is put to the votes of others; you cast none on it yourself.")

    return _done(request, act, redirect("examine:item", case.pk, number))


def _category(chosen: str, typed: str) -> tuple[str, str, str]:
    """Return profile, model version and code of a choice; the code is typed where no table is public."""
    profile, _, rest = chosen.partition("|")
    version, _, code = rest.partition("|")
    return profile, version, code or typed.strip()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # the id of nothing


@case_page("examine")
def opinion(request: DeskRequest, case: Case, opinion_id: UUID) -> HttpResponse:
    """Show one question, with what this officer may see of its votes; on POST do one act on it."""
    rows = Opinion.objects.select_related("media", "clue", "decider__agency", "owner")
    row = get_object_or_404(rows, pk=opinion_id, case=case)
    if request.method == "POST":
        back = redirect("examine:opinion", case.pk, row.pk)
        if request.POST.get("back") == "queue":
            back = redirect("examine:opinions", case.pk)
        return _done(request, lambda: _act(request, row), back)
    votes = list(Vote.objects.filter(opinion=row).select_related("account", "owner"))
    own = next((v for v in votes if v.account_id == request.officer.id and not v.withdrawn_at), None)
    leads = _leads(request, case)
    context = {
        "asked": asked_of(row, request.LANGUAGE_CODE),
        "opinion": row,
        "own": own,
        "votes": [(v, ANSWERS[Answer(v.answer)][0]) for v in votes],
        "may_vote": row in opinions.waiting_for(request.officer, case),
        "candidates": opinions.candidates(request.officer, request.purpose, row)
        if leads and row.state == "divided"
        else [],
        "leads": leads,
        "decides": row.state == "divided" and row.decider_id == request.officer.id,
        "answers": _answers(),
    }
    return render(request, "examine/opinion.html", context)


def _act(request: DeskRequest, row: Opinion) -> str:
    """Do what the form says, and return what is told."""
    who, why, said = request.officer, request.purpose, request.POST
    act = said.get("act", "")
    if act == "vote":
        opinions.cast(who, why, row, said.get("answer", ""), said.get("reason", ""))
        return gettext("Your vote is cast. Nobody sees it before the question has ended.")
    if act == "withdraw":
        opinions.withdraw_vote(who, why, row)
        return gettext("Your vote is withdrawn; it stays on record as withdrawn.")
    if act == "name":
        account = Account.objects.filter(pk=_uuid(said.get("account", ""))).first()
        opinions.name_decider(who, why, row, account.pk if account else UUID(int=0))
        return gettext("The named person sees every vote and decides.")
    if act == "decide":
        stands = said.get("stands")
        if stands not in {"yes", "no"}:
            raise service.ExamineRefused(gettext("Say whether it stands or not."))
        opinions.settle(who, why, row, stands=stands == "yes", because=said.get("because", ""))
        return gettext("Your decision is recorded with its reason.")
    raise service.ExamineRefused(gettext("Choose what to do: vote, withdraw, name or decide."))


def _done(request: DeskRequest, act: Callable[[], str], back: HttpResponse) -> HttpResponse:
    try:
        messages.success(request, act())
    except ValueError as refused:
        messages.error(request, str(refused))
    back.status_code = 303
    return back
