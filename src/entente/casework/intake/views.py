"""The page of intake: what was received, what was refused and why, and a form to receive more."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from entente.casework.intake.service import Intake, as_received, receive
from entente.records import clock
from entente.records.door import DeskRequest, case_page
from entente.records.h3 import Handled
from entente.records.jobs import asked_by
from entente.records.models import Case, Media
from entente.safeguards.access import Act, Deny, decide


class ManyFiles(forms.FileField):
    """Several files in one field."""

    class Widget(forms.ClearableFileInput):
        """Let the browser offer several."""

        allow_multiple_selected = True

    widget = Widget

    def clean(self, data: object, initial: object = None) -> list[UploadedFile]:
        """Check each file like a single one."""
        given = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFiles, self).clean(each, initial) for each in given]


class ReceiveForm(Handled):
    """Media by upload, or a folder below one that this site set apart for intake.

    Without such a folder (``ENTENTE_INTAKE_ROOTS``) there is no field for it: who only has a browser must not
    read what else lies on the server, such as keys or another agency's uploads.
    """

    source = forms.CharField(label=_("Source"), max_length=200, help_text=_("Where or from whom it came."))
    # an empty file is refused by name like any damaged one; here it would take the others with it
    found = ManyFiles(label=_("Files"), required=False, allow_empty_file=True)
    folder = forms.CharField(
        label=_("Or a folder on this machine"),
        required=False,
        help_text=_("Everything below it is taken in; links are not followed."),
    )
    roots: tuple[Path, ...] = ()
    field_order = ("source", "found", "folder", "codes", "handling_text")

    def __init__(self, *args: Any, agency: str = "", **kwargs: Any) -> None:
        """Offer folders where the site set some apart; ``agency`` is the short name of the officer's."""
        super().__init__(*args, **kwargs)
        self.roots = intake_roots(agency)
        if not self.roots:
            del self.fields["folder"]

    def clean_folder(self) -> str:
        """Return the folder's real path; one that lies elsewhere is as one that is not there."""
        if not (named := self.cleaned_data["folder"].strip()):
            return ""
        desk, folder = settings.DESK.resolve(), Path(named).resolve()
        if not folder.is_dir() or not any(folder.is_relative_to(root) for root in self.roots):
            raise forms.ValidationError(_("There is no such folder for intake on this machine."))
        if folder.is_relative_to(desk) or desk.is_relative_to(folder):
            raise forms.ValidationError(_("This is the desk's own folder; name the one with the material."))
        return str(folder)

    def clean(self) -> dict[str, object]:
        """Files or a folder, beside H3 with its words."""
        data = super().clean() or {}
        if not data.get("found") and not data.get("folder") and "folder" not in self.errors:
            self.add_error("found", _("Choose files, or name a folder."))
        return data


def intake_roots(agency: str) -> tuple[Path, ...]:
    """Return the folders set apart for intake; ``{agency}`` in one stands for the agency's short name."""
    named = (root.replace("{agency}", agency.lower()) for root in settings.INTAKE_ROOTS)
    return tuple(Path(root).resolve() for root in named if root.strip())


@case_page("intake")
def page(request: DeskRequest, case: Case) -> HttpResponse:
    """Show what was received; take in more."""
    agency = request.user.agency.short  # type: ignore[union-attr]
    form = ReceiveForm(request.POST or None, request.FILES or None, agency=agency)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        intake = Intake(data["source"], "found", tuple(data["codes"]), data["handling_text"])
        # the law is asked before a byte is laid down; receive() asks again and records a refusal
        thing = as_received(request.officer, case, intake)
        verdict = decide(request.officer, thing, Act.RECEIVE, request.purpose, clock.now())
        uploads = "" if isinstance(verdict, Deny) else laid_down(data["found"])
        paths = [Path(p) for p in (uploads, data.get("folder")) if p]
        receive(request.officer, request.purpose, case, paths, intake, laid_down=uploads)
        messages.success(request, _("The files are being received."))
        return redirect("intake:page", case_id=case.pk)
    items = Media.objects.filter(case=case)
    refused = items.exclude(refusal__in=("", "archive"))  # of an archive its files are items
    context = {
        "form": form,
        "jobs": asked_by(request.officer.agency, case.pk, "intake.receive")[:5],
        "refused": Paginator(refused, 50).get_page(request.GET.get("page")),
        "counts": {
            "items": items.count(),
            "pictures": items.filter(kind="picture", refusal="").count(),
            "videos": items.filter(kind="video", refusal="").count(),
            "archives": items.filter(refusal="archive").count(),
            "refused": refused.count(),
        },
        "sources": items.values("source", "origin", "owner__short")
        .annotate(n=Count("id"))
        .order_by("source"),
    }
    return render(request, "intake/page.html", context, status=400 if form.errors else 200)


def laid_down(files: list[UploadedFile]) -> str:
    """Write uploads inside the desk, where the worker reads them; nothing where there are none."""
    given = [f for f in files if f]
    if not given:
        return ""
    uploads = settings.DESK / "uploads"
    uploads.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=uploads))
    for number, each in enumerate(given):
        kept = folder / str(number) / Path(each.name or "file").name
        kept.parent.mkdir()
        with kept.open("wb") as out:
            for chunk in each.chunks():
                out.write(chunk)
    return str(folder)


urlpatterns = [path("", page, name="page")]
