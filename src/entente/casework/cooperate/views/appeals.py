"""Appeals to the public: proposed, looked at and signed by a second person, ended; tips brought back."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.casework.cooperate import public_page, service
from entente.formats.tips import LARGEST
from entente.records import clock, release
from entente.records.door import DeskRequest, case_page
from entente.records.leaf import leaf_of
from entente.records.models import Agency, Appeal, Case, Media, Originator, Release, TipFile
from entente.vocabulary.handling import Purpose

LANGUAGE_NAMES = {"en": _("English"), "fr": _("French"), "it": _("Italian")}
STATES = {
    "proposed": _("waits for a second person"),
    "approved": _("signed by two people"),
    "refused": _("refused"),
    "exported": _("public"),
    "withdrawn": _("ended"),
}


class ProposeForm(forms.Form):
    """A crop of an object, and every word that everybody will read."""

    crop = forms.ModelChoiceField(
        Media.objects.none(),
        label=_("Crop of the object"),
        help_text=_("Of the object alone, never of a person."),
    )
    place = forms.CharField(label=_("Where it may be from"), max_length=200, required=False)
    contact = forms.CharField(
        label=_("Where tips go"),
        max_length=300,
        help_text=_("Your agency’s own page, post or telephone. Everybody reads it."),
    )
    statement = forms.CharField(
        label=_("Why this may be public"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where the object stood, how the crop was handled, who agrees. It is not public."),
    )
    no_person = forms.BooleanField(label=_("No person, no name and no mark of a person is on it"))

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["crop"].queryset = Media.objects.filter(case=case, origin="crop")  # type: ignore[attr-defined]
        for language, name in LANGUAGE_NAMES.items():
            self.fields[f"title_{language}"] = forms.CharField(
                label=_("Title in %(language)s") % {"language": name}, max_length=120
            )
            self.fields[f"text_{language}"] = forms.CharField(
                label=_("Question in %(language)s") % {"language": name},
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
        words = [f"{what}_{x}" for x in LANGUAGE_NAMES for what in ("title", "text")]
        self.order_fields(["crop", *words, "place", "contact", "statement", "no_person"])

    def words(self) -> dict[str, dict[str, str]]:
        """Return the words by language."""
        return {x: {n: self.cleaned_data[f"{n}_{x}"] for n in ("title", "text")} for x in LANGUAGE_NAMES}


class SignForm(forms.Form):
    """The signature of the second person."""

    until = forms.DateField(label=_("Public until"), widget=forms.DateInput(attrs={"type": "date"}))
    no_person = forms.BooleanField(
        label=_("I have looked at the picture: no person, no name and no mark of a person is on it")
    )


class LetGoForm(forms.Form):
    """The signature of another originator."""

    until = forms.DateField(label=_("Public until"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"), max_length=300)


@case_page("cooperate")
def appeals(request: DeskRequest, case: Case) -> HttpResponse:
    """List the appeals of the case; propose one."""
    form = ProposeForm(request.POST if request.method == "POST" else None, case=case)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = service.propose(
                request.officer,
                request.purpose,
                data["crop"],
                words=form.words(),
                contact=data["contact"],
                statement=data["statement"],
                place=data["place"],
                no_person=data["no_person"],
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Proposed. A second person of your agency looks at it and signs."))
            return redirect("cooperate:appeal", case_id=case.pk, appeal_id=row.pk)
    held = Appeal.objects.filter(case=case).select_related("crop", "made_by", "owner")
    leaf = leaf_of(request, held)
    rows = [{"appeal": a, "state": STATES[a.state], "down": service.must_come_down(a)} for a in leaf]
    context = {"form": form, "rows": rows, "leaf": leaf}
    return render(request, "cooperate/appeals.html", context, status=400 if form.errors else 200)


@case_page("cooperate")
def appeal(request: DeskRequest, case: Case, appeal_id: UUID) -> HttpResponse:
    """Show one appeal as everybody would read it; sign, refuse, end it, bring tips back."""
    row = _found(case, appeal_id)
    if request.method == "POST":
        try:
            messages.success(request, _done(request, row))
        except ValueError as refused:
            messages.error(request, str(refused))
        return redirect("cooperate:appeal", case_id=case.pk, appeal_id=row.pk)
    return render(request, "cooperate/appeal.html", _context(request, case, row))


def _done(request: DeskRequest, row: Appeal) -> str:
    """Do what was asked and say so; raise ``ValueError`` with the mend."""
    who, why, do = request.officer, request.purpose, request.POST.get("do", "")
    because = request.POST.get("because", "")
    if do == "sign":
        form = _valid(SignForm(request.POST))
        until = _end_of(form.cleaned_data["until"])
        service.approve(who, why, row, until=until, no_person=form.cleaned_data["no_person"])
        return gettext("Signed. The page can be exported now.")
    if do == "refuse":
        service.refuse(who, why, row, because=because)
        return gettext("Refused; it stays on record.")
    if do == "let-go":
        form = _valid(LetGoForm(request.POST))
        until = _end_of(form.cleaned_data["until"])
        service.let_go(who, why, row, until=until, reason=form.cleaned_data["reason"])
        return gettext("Your agency’s release to the public is signed.")
    if do == "take-back":
        release.withdraw(who, why, row, None)
        return gettext("The release has ended. Whoever shows it was told that it must come down.")
    if do == "end":
        service.take_down(who, why, row, because=because)
        return gettext("The appeal has ended. Put the closed page in its place now.")
    file = request.FILES.get("file")
    if do != "tips" or file is None:
        raise service.NotPublic(gettext("Choose a file of tips."))
    if (file.size or 0) > LARGEST:
        raise service.NotPublic(gettext("This file is too large; cut it into several."))
    taken = service.take_tips(who, why, row, file.read())
    said = gettext("%(taken)s of %(read)s tips were taken as proposed clues, X4.")
    return said % {"taken": taken.taken, "read": taken.read}


def _valid(form: forms.Form) -> forms.Form:
    if not form.is_valid():
        raise service.NotPublic("; ".join(f"{form.fields[n].label}: {e[0]}" for n, e in form.errors.items()))
    return form


def _end_of(day: Any) -> datetime:
    return datetime.combine(day, time(23, 59), UTC)


def _context(request: DeskRequest, case: Case, row: Appeal) -> dict[str, Any]:
    ours = row.owner_id == request.officer.agency
    others = Originator.objects.filter(thing=row.pk).select_related("agency")
    now = clock.now()
    live = Release.objects.filter(thing=row.pk, to=None, withdrawn=None, expires__gt=now).select_related("by")
    signed = {r.by_id: r for r in live}
    at = {"case_id": case.pk, "appeal_id": row.pk}
    mine = request.officer.agency in {o.agency_id for o in others}
    words = [
        {"language": LANGUAGE_NAMES[x], "code": x, **row.words.get(x, {})} for x in public_page.LANGUAGES
    ]
    return {
        "appeal": row,
        "state": STATES[row.state],
        "words": words,
        "ours": ours,
        "second": ours and row.state == "proposed" and row.made_by_id != request.officer.id,
        "sign_form": SignForm(auto_id="sign_%s"),
        "let_go_form": LetGoForm(auto_id="let_%s"),
        "originators": [
            {"agency": a, "signed": signed.get(a.pk)}
            for a in [row.owner, *(o.agency for o in others if o.agency_id != row.owner_id)]
        ],
        "mine": mine and not ours,
        "signed_by_us": request.officer.agency in signed,
        "down": service.must_come_down(row),
        "tips": TipFile.objects.filter(appeal=row),
        "agency": Agency.objects.get(pk=row.owner_id),
        "item": {
            "id": str(row.pk),
            "label": gettext("What would be public, byte for byte"),
            "grey_url": reverse("cooperate:appeal-grey", kwargs=at),
            "reveal_url": reverse("cooperate:appeal-reveal", kwargs=at),
        },
    }


@require_POST
@case_page("cooperate")
def grey(request: DeskRequest, case: Case, appeal_id: UUID) -> HttpResponse:
    """Serve the picture small and grey, when it was asked for."""
    return _picture(request, _found(case, appeal_id), request.purpose, "grey")


@require_POST
@case_page("cooperate")
def reveal(request: DeskRequest, case: Case, appeal_id: UUID) -> HttpResponse:
    """Serve exactly what would be public, for as long as it is held; the log knows first."""
    row = _found(case, appeal_id)
    try:
        purpose = Purpose(request.POST.get("purpose", ""))
    except ValueError:
        return HttpResponse(
            gettext("Say for which purpose."), status=400, content_type="text/plain; charset=utf-8"
        )
    answer = _picture(request, row, purpose, "clear")
    if answer.status_code == 200:
        answer["X-Reveal"] = str(row.pk)
    return answer


def _picture(request: DeskRequest, row: Appeal, purpose: Purpose, view: str) -> HttpResponse:
    try:
        data = service.show_picture(request.officer, purpose, row, view)
    except service.NotPublic as refused:
        # no page of the case: nothing was shown, and nothing of the case is said
        return HttpResponse(str(refused), status=404, content_type="text/plain; charset=utf-8")
    return HttpResponse(data, content_type="image/jpeg")


@require_POST
@case_page("cooperate")
def export(request: DeskRequest, case: Case, appeal_id: UUID) -> HttpResponse:
    """Give the page for the agency's own site; once the appeal has ended, the page that takes its place."""
    row = _found(case, appeal_id)
    make = service.close_page if row.state == "withdrawn" else service.export_page
    try:
        data = make(request.officer, request.purpose, row)
    except service.NotPublic as refused:
        messages.error(request, str(refused))
        return redirect("cooperate:appeal", case_id=case.pk, appeal_id=row.pk)
    answer = HttpResponse(data, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{row.number}.zip"'
    return answer


def _found(case: Case, appeal_id: UUID) -> Appeal:
    return get_object_or_404(
        Appeal.objects.select_related("owner", "made_by", "crop"), pk=appeal_id, case=case
    )
