"""Pages of asking and answering: in the case for those who ask, outside any case for those who are asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from entente.casework.cooperate import service
from entente.casework.cooperate.clue_value import STATED, parse, said
from entente.casework.locate.world import world
from entente.records import clock, release, vocabularies
from entente.records.act import acting
from entente.records.door import DeskRequest, case_page, consult, desk_page
from entente.records.models import Agency, Answer, Appeal, Case, Dispatch, Media, Release, Request
from entente.safeguards.access import Act
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import HandlingCode, InformationGrade, Purpose, SourceGrade

POLICE = (str(AgencyKind.NATIONAL_UNIT), str(AgencyKind.THIRD_COUNTRY))
USUAL = timedelta(days=3)  # in which an answer is due, where nobody says otherwise
UNUSUAL = {AgencyKind.THIRD_COUNTRY, AgencyKind.HOTLINE, AgencyKind.PRIVATE_PARTY}
KIND_NAMES = {
    ClueKind.REGION: _("region (IT, Tuscany)"),
    ClueKind.COUNTRY: _("country (IT)"),
    ClueKind.TOPONYM: _("place name"),
    ClueKind.TEXT: _("written text"),
    ClueKind.LANGUAGE: _("written language (it)"),
    ClueKind.SPEECH: _("spoken language (it)"),
    ClueKind.SOCKET: _("socket type (L)"),
    ClueKind.DRIVING_SIDE: _("driving side (left or right)"),
    ClueKind.CURRENCY: _("currency (EUR)"),
    ClueKind.PHONE_NUMBER: _("phone number"),
    ClueKind.BARCODE: _("barcode"),
    ClueKind.PLATE: _("number plate"),
    ClueKind.GPS: _("position (43.77, 11.25, 500)"),
    ClueKind.RELIEF: _("relief (flat, hilly or mountain)"),
    ClueKind.HOLIDAY: _("holiday (its day, 2025-06-24 or 06-24)"),
    ClueKind.OBJECT: _("object"),
    ClueKind.DEVICE: _("device (make, model, serial)"),
}
ANSWER_NAMES = {
    "answer": _("Answer"),
    "partial": _("Part of an answer; more will follow"),
    "ours": _("Yes, this is ours"),
    "not ours": _("Not ours: this place is not in our country"),
    "cannot say": _("We cannot say"),
    "seen it": _("We have seen this; the item stays with us"),
}
OPEN_ANSWERS = {k: n for k, n in ANSWER_NAMES.items() if k not in {"ours", "cannot say"}}
URGENCY_NAMES = {"normal": _("Normal"), "urgent": _("Urgent"), "child at risk": _("Child at risk")}
SOURCE_NAMES = {
    SourceGrade.X: _("X: cannot be assessed"),
    SourceGrade.A: _("A: no doubt, or always reliable"),
    SourceGrade.B: _("B: mostly reliable"),
    SourceGrade.C: _("C: mostly unreliable"),
}
INFORMATION_NAMES = {
    InformationGrade.UNCORROBORATED: _("4: not known personally, not corroborated"),
    InformationGrade.CORROBORATED: _("3: not known personally, corroborated"),
    InformationGrade.PERSONAL: _("2: known personally to the source"),
    InformationGrade.SURE: _("1: not in doubt"),
}
CODE_NAMES = {
    HandlingCode.H0: _("H0: only to prevent and combat crime"),
    HandlingCode.H1: _("H1: not in judicial proceedings without our permission"),
    HandlingCode.H2: _("H2: not passed on without our permission"),
    HandlingCode.H3: _("H3: other restrictions, in words"),
}


def _choices(names: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [(str(value), name) for value, name in names.items()]


class Handled(forms.Form):
    """Handling codes are part of every form that makes something: there is no moment of exposure."""

    codes = forms.MultipleChoiceField(
        label=_("Handling codes"),
        choices=_choices(CODE_NAMES),
        initial=["H0"],
        widget=forms.CheckboxSelectMultiple,
    )
    handling_text = forms.CharField(label=_("Restriction in words (for H3)"), required=False)

    def clean(self) -> dict[str, Any]:
        """H3 says nothing without its text."""
        data = super().clean() or {}
        if "H3" in data.get("codes", []) and not data.get("handling_text", "").strip():
            self.add_error("handling_text", _("H3 needs its restriction in words."))
        return data


class AskForm(Handled):
    """A question to named agencies."""

    question = forms.CharField(
        label=_("Question"),
        help_text=_("One precise question. Partners see it, and nothing else of the case."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agencies = forms.ModelMultipleChoiceField(
        Agency.objects.none(),
        label=_("To"),
        help_text=_("Each gets a request of its own and does not learn who else was asked."),
        widget=forms.CheckboxSelectMultiple,
    )
    asks = forms.ChoiceField(
        label=_("Clue that would answer it"),
        required=False,
        choices=[("", _("open question")), *_choices(KIND_NAMES)],
    )
    about = forms.ChoiceField(
        label=_("Yes or no: is this yours?"),
        required=False,
        help_text=_(
            "Its agencies answer with yes, not ours, or cannot say; the answer is a clue of this country."
        ),
    )
    crop = forms.ModelChoiceField(
        Media.objects.none(), label=_("Crop to show"), required=False, empty_label=_("none")
    )
    due = forms.DateTimeField(
        label=_("Answer due (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    urgency = forms.ChoiceField(label=_("Urgency"), choices=_choices(URGENCY_NAMES))
    sure = forms.BooleanField(
        label=_("I have checked that we may write to the agencies outside the usual circle"), required=False
    )
    field_order = (
        *("question", "agencies", "asks", "about", "crop", "due", "urgency"),
        *("codes", "handling_text", "sure"),
    )

    def __init__(self, *args: Any, officer: Officer, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.officer = officer
        self.fields["agencies"].queryset = Agency.objects.exclude(pk=officer.agency)  # type: ignore[attr-defined]
        self.fields["agencies"].label_from_instance = lambda a: a.name  # type: ignore[attr-defined]
        self.fields["about"].choices = [("", _("no, an open question")), *countries(officer)]  # type: ignore[attr-defined]
        crops = Media.objects.filter(case=case, origin="crop")
        self.fields["crop"].queryset = crops  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Warn before the first request to an agency outside the usual circle."""
        data = super().clean()
        asked_before = set(service.outbox(self.officer).values_list("addressed_id", flat=True))
        unusual = [a for a in data.get("agencies") or () if a.kind in UNUSUAL and a.pk not in asked_before]
        if unusual and not data.get("sure"):
            names = ", ".join(a.name for a in unusual)
            text = gettext(
                "This would be our first request to %(names)s. Check the legal basis and tick this box."
            )
            self.add_error("sure", text % {"names": names})
        return data


class AnswerForm(Handled):
    """What a partner knows, with its own grade."""

    kind = forms.ChoiceField(label=_("Answer"), choices=_choices(OPEN_ANSWERS), widget=forms.RadioSelect)
    text = forms.CharField(label=_("In words"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    clue_kind = forms.ChoiceField(
        label=_("Clue that you state"),
        required=False,
        choices=[("", _("none")), *((str(k), KIND_NAMES[k]) for k in STATED)],
    )
    clue_value = forms.CharField(
        label=_("Its value"),
        required=False,
        help_text=_("As in the brackets beside the kind."),
        widget=forms.TextInput(attrs={"list": "words"}),
    )
    source = forms.ChoiceField(label=_("Source"), choices=_choices(SOURCE_NAMES), initial="X")
    information = forms.ChoiceField(label=_("Information"), choices=_choices(INFORMATION_NAMES), initial="4")
    field_order = [
        "kind",
        "text",
        "clue_kind",
        "clue_value",
        "source",
        "information",
        "codes",
        "handling_text",
    ]

    def clean(self) -> dict[str, Any]:
        """Read the value by its kind."""
        data = super().clean()
        data["value"] = None
        if data.get("kind") == "seen it" and not data.get("clue_value"):
            data["clue_kind"] = ""  # the kind that was asked for stands there by itself
        if data.get("clue_kind") and data.get("kind") != "not ours":
            try:
                data["value"] = parse(ClueKind(data["clue_kind"]), data.get("clue_value", ""))
            except ValueError as refused:
                self.add_error("clue_value", str(refused))
        return data


class YesNoForm(Handled):
    """The answer to "is this yours?", with its grade; the region only where somebody recognises it."""

    kind = forms.ChoiceField(label=_("Is this yours?"), widget=forms.RadioSelect)
    admin1 = forms.ChoiceField(
        label=_("Region, if recognised"),
        required=False,
        help_text=_("Only with yes. Leave it empty if unsure."),
    )
    text = forms.CharField(label=_("In words"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    source = forms.ChoiceField(label=_("Source"), choices=_choices(SOURCE_NAMES), initial="X")
    information = forms.ChoiceField(label=_("Information"), choices=_choices(INFORMATION_NAMES), initial="4")
    field_order = ("kind", "admin1", "text", "source", "information", "codes", "handling_text")

    def __init__(self, *args: Any, about: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about
        self.fields["kind"].choices = [(k, ANSWER_NAMES[k]) for k in service.YES_OR_NO]  # type: ignore[attr-defined]
        inside = sorted((name, code) for country, code, name in world().districts if country == about)
        self.fields["admin1"].choices = [("", "–"), *((code, name) for name, code in inside)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A region goes with yes alone."""
        data = super().clean()
        data["clue_kind"], data["value"] = "", None
        if data.get("admin1"):
            data["clue_kind"] = str(ClueKind.REGION)
            data["value"] = {"country": self.about, "admin1": data["admin1"]}
            if data.get("kind") != "ours":
                self.add_error("admin1", _("A region goes with yes alone."))
        return data


class ReleaseForm(forms.Form):
    """The originator's own permission for one agency."""

    to = forms.ModelChoiceField(Agency.objects.all(), label=_("Agency"))
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"))


# --- in the case: those who ask ---------------------------------------------------------------------------


@require_safe
@case_page("cooperate")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what was asked, of whom, and what came back; and the form, filled in where Locate led here."""
    form = AskForm(officer=request.officer, case=case, initial=_led_here(request))
    return _case_page(request, case, form)


def _led_here(request: DeskRequest) -> dict[str, Any]:
    """Return what a question of Locate fills in: kind, country, whom it goes to. Nothing is sent."""
    kind, country = request.GET.get("kind", ""), request.GET.get("country", "")
    if kind not in set(ClueKind):
        return {}
    found: dict[str, Any] = {"asks": kind, "due": clock.now() + USUAL}
    if country not in world().at_country:
        return found
    name = world().name(country, (request.LANGUAGE_CODE or "en")[:2])
    ours = Agency.objects.filter(country=country, kind__in=POLICE).exclude(pk=request.officer.agency)
    found["agencies"] = [a.pk for a in ours]
    if kind == ClueKind.COUNTRY:
        found["about"] = country
        found["question"] = gettext("Is this place in %(country)s: do you recognise it as yours?")
    else:
        found["question"] = gettext("Do you recognise the region of %(country)s in which this place lies?")
    found["question"] %= {"country": name}
    return found


def countries(officer: Officer) -> list[tuple[str, str]]:
    """Return the countries that have an agency in the circle which can be asked, by name."""
    held = Agency.objects.filter(kind__in=POLICE).exclude(pk=officer.agency)
    language = (get_language() or "en")[:2]
    known = {c for c in held.values_list("country", flat=True) if c in world().at_country}
    return sorted(((c, world().name(c, language)) for c in known), key=lambda pair: pair[1])


def _case_page(request: DeskRequest, case: Case, form: AskForm) -> HttpResponse:
    own = Request.objects.filter(case=case).select_related("crop", "owner")
    sent = list(service.outbox(request.officer).filter(case=case))
    ids = [d.pk for d in sent]
    given: dict[UUID, list[Answer]] = {}
    for row in Answer.objects.filter(dispatch_id__in=ids).select_related("addressed", "taken_as"):
        given.setdefault(row.dispatch_id, []).append(row)
    rows = [
        {
            "request": asked,
            "dispatches": [
                {
                    "dispatch": d,
                    "late": d.state == "sent" and d.due < clock.now(),
                    "answers": given.get(d.pk, []),
                }
                for d in sent
                if d.request_id == asked.pk
            ],
        }
        for asked in own
    ]
    context = {
        "form": form,
        "rows": rows,
        "agency_id": request.officer.agency,
        "appeals": Appeal.objects.filter(case=case).count(),
    }
    return render(request, "cooperate/page.html", context, status=400 if form.errors else 200)


@require_POST
@case_page("cooperate")
def send(request: DeskRequest, case: Case) -> HttpResponse:
    """Ask."""
    form = AskForm(request.POST, officer=request.officer, case=case)
    if form.is_valid():
        data = {k: v for k, v in form.cleaned_data.items() if k != "sure"}
        try:
            service.ask(request.officer, request.purpose, case, **data)
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The request was sent to each agency by itself."))
            return redirect("cooperate:page", case_id=case.pk)
    return _case_page(request, case, form)


@require_POST
@case_page("cooperate")
def withdraw(request: DeskRequest, case: Case, request_id: UUID) -> HttpResponse:
    """Take a request back."""
    asked = get_object_or_404(Request, pk=request_id, case=case)
    try:
        service.withdraw(request.officer, request.purpose, asked)
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The request was withdrawn. It is gone from the desks it was sent to."))
    return redirect("cooperate:page", case_id=case.pk)


@case_page("cooperate")
def answer(request: DeskRequest, case: Case, answer_id: UUID) -> HttpResponse:
    """Show one answer; where it is H3, its restriction first, at each opening."""
    row = get_object_or_404(Answer.objects.select_related("addressed", "taken_as"), pk=answer_id, case=case)
    sent = get_object_or_404(Dispatch, pk=row.dispatch_id, owner=request.officer.agency)
    if "H3" in row.codes and "read" not in request.POST:
        return render(request, "cooperate/restriction.html", {"thing": row, "sender": row.addressed})
    with acting(
        request.officer, Act.READ, row.as_thing(), request.purpose, step="cooperate", reason="open an answer"
    ):
        value = said(row.clue_value)
    names = {"kind": ANSWER_NAMES[row.kind], "clue": _kind_name(row.clue_kind), "value": value}
    return render(request, "cooperate/answer.html", {"answer": row, "dispatch": sent, **names})


@require_POST
@case_page("cooperate")
def take(request: DeskRequest, case: Case, answer_id: UUID) -> HttpResponse:
    """Take an answer as a clue."""
    row = get_object_or_404(Answer, pk=answer_id, case=case)
    try:
        service.take(request.officer, request.purpose, row)
    except ValueError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The answer is a clue of the case now, with its provider's grade."))
    return redirect("cooperate:page", case_id=case.pk)


def _kind_name(kind: str) -> str:
    """Return the kind's name without its brackets: the example there would lead whoever is asked."""
    return str(KIND_NAMES.get(ClueKind(kind), kind)).partition(" (")[0] if kind else ""


# --- outside any case: those who are asked ----------------------------------------------------------------


@require_safe
@desk_page
def requests(request: DeskRequest) -> HttpResponse:
    """List what is asked of the officer's agency, and what it asked: neutral lines, no question."""
    consult(request, service.STEP)
    now = clock.now()
    rows = [
        {"dispatch": d, "asks": _kind_name(d.asks), "late": d.state == "sent" and d.due < now}
        for d in service.inbox(request.officer)
    ]
    sent = [
        {"dispatch": d, "asks": _kind_name(d.asks), "late": d.state == "sent" and d.due < now}
        for d in service.outbox(request.officer)
    ]
    return render(request, "cooperate/requests.html", {"rows": rows, "sent": sent, "nav": "requests"})


def _mine(request: DeskRequest, dispatch_id: UUID) -> Dispatch:
    """Return the dispatch, if it is addressed to the officer's agency; withdrawn and absent are one 404."""
    return get_object_or_404(service.inbox(request.officer), pk=dispatch_id)


@desk_page
def dispatch(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Open a request as its recipient; where it is H3, its restriction first, at each opening."""
    held = _mine(request, dispatch_id)
    if "H3" in held.codes and "read" not in request.POST:
        context = {"thing": held, "sender": held.owner, "nav": "requests"}
        return render(request, "cooperate/restriction.html", context)
    held = service.read_dispatch(request.officer, request.purpose, held)
    form = _answer_form(held)
    if held.field:
        form.fields["clue_value"].widget.attrs["autofocus"] = True
    return _dispatch_page(request, held, form)


def _answer_form(held: Dispatch, given: Any = None) -> forms.Form:
    """Return the form that fits the question: yes or no, or an open answer."""
    if held.about:
        return YesNoForm(given, about=held.about)
    return AnswerForm(given, initial={"clue_kind": held.asks, "kind": "answer" if held.field else None})


def _dispatch_page(request: DeskRequest, held: Dispatch, form: forms.Form) -> HttpResponse:
    given = Answer.objects.filter(dispatch_id=held.pk, addressed=request.officer.agency)
    answers = [
        {
            "answer": row,
            "kind": ANSWER_NAMES[row.kind],
            "clue": _kind_name(row.clue_kind),
            "value": said(row.clue_value),
            "releases": Release.objects.filter(
                thing=row.pk, by=request.officer.agency, withdrawn=None, expires__gt=clock.now()
            ).select_related("to"),
        }
        for row in given
    ]
    context = {
        "dispatch": held,
        "answers": answers,
        "form": form,
        "asks": _kind_name(held.asks),
        "field": service.field_name(request.officer, held.field, request.LANGUAGE_CODE),
        "words": [
            label
            for name in ("objects", "sockets")
            for _code, label in vocabularies.choices(request.officer.agency, name, request.LANGUAGE_CODE)
        ],
        "action": reverse("dispatch-answer", args=[held.pk]),
        "item": _crop_item(held),
        "release_form": ReleaseForm(auto_id="release_%s"),
        "nav": "requests",
    }
    return render(request, "cooperate/dispatch.html", context, status=400 if form.errors else 200)


def _crop_item(held: Dispatch) -> dict[str, str] | None:
    """Return what ``parts/veil.html`` and ``parts/look.html`` read; nothing is shown unasked."""
    if not held.crop_key:
        return None
    return {
        "id": str(held.pk),
        "label": gettext("Crop sent with the request"),
        "grey_url": reverse("dispatch-crop", args=[held.pk]),
        "reveal_url": reverse("dispatch-reveal", args=[held.pk]),
        "hide_url": reverse("dispatch-hide", args=[held.pk]),
    }


@require_POST
@desk_page
def give_answer(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Answer."""
    held = _mine(request, dispatch_id)
    form = _answer_form(held, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            service.answer(
                request.officer,
                request.purpose,
                held,
                kind=data["kind"],
                text=data["text"],
                clue_kind=data["clue_kind"],
                clue_value=data["value"],
                evaluation=data["source"] + data["information"],
                codes=data["codes"],
                handling_text=data["handling_text"],
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The answer was sent to the agency that asked, and to nobody else."))
            return _after(request, held)
    return _dispatch_page(request, held, form)


def _after(request: DeskRequest, held: Dispatch) -> HttpResponse:
    """Go on to the next open question of the shelf, so that answering needs no way back and forth."""
    if not held.field:
        return redirect("requests")
    coming = service.open_questions(request.officer).exclude(pk=held.pk).first()
    return redirect("dispatch", dispatch_id=coming.pk) if coming else redirect("shelf")


@require_POST
@desk_page
def change_release(request: DeskRequest, dispatch_id: UUID, answer_id: UUID) -> HttpResponse:
    """Release an answer of ours to a further agency, or end a release."""
    held = _mine(request, dispatch_id)
    row = get_object_or_404(Answer, pk=answer_id, dispatch_id=held.pk, addressed=request.officer.agency)
    try:
        if "withdraw" in request.POST:
            to = get_object_or_404(Agency, pk=request.POST["withdraw"])
            release.withdraw(request.officer, request.purpose, row, to)
            messages.success(request, _("The release has ended, here and on what was made from the answer."))
        else:
            _release(request, row)
    except ValueError as refused:
        messages.error(request, str(refused))
    return redirect("dispatch", dispatch_id=held.pk)


def _release(request: DeskRequest, row: Answer) -> None:
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        raise release.NotReleased(gettext("A release needs an agency, a day and a reason."))
    until = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    day = form.cleaned_data["until"]
    until = until.replace(year=day.year, month=day.month, day=day.day)
    to, reason = form.cleaned_data["to"], form.cleaned_data["reason"]
    release.release(request.officer, request.purpose, row, to, until, reason)
    messages.success(request, _("The release is recorded."))


@require_POST
@desk_page
def dispatch_crop(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Serve the crop small and grey, when it was asked for."""
    return _picture(request, _mine(request, dispatch_id), request.purpose, "grey")


@require_POST
@desk_page
def dispatch_reveal(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Serve the crop in clear for as long as it is held; the log knows first."""
    held = _mine(request, dispatch_id)
    try:
        purpose = Purpose(request.POST.get("purpose", ""))
    except ValueError:
        return HttpResponse(
            gettext("Say for which purpose."), status=400, content_type="text/plain; charset=utf-8"
        )
    return _picture(request, held, purpose, "clear")


@require_POST
@desk_page
def dispatch_hide(request: DeskRequest, dispatch_id: UUID) -> HttpResponse:
    """Note how long a look at the crop lasted."""
    held = _mine(request, dispatch_id)
    try:
        look, lasted = UUID(request.POST.get("reveal", "")), int(request.POST.get("milliseconds", "0"))
        service.crop_hidden(request.officer, request.purpose, held, look, lasted)
    except ValueError as refused:
        return HttpResponse(str(refused), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


def _picture(request: DeskRequest, held: Dispatch, purpose: Purpose, view: str) -> HttpResponse:
    try:
        looked, data = service.crop_copy(request.officer, purpose, held, view)
    except service.NotAnswered as refused:
        raise Http404(str(refused)) from None
    return HttpResponse(data, content_type="image/jpeg", headers={"X-Reveal": str(looked.pk)})
