"""Notes on an item, in its case or in one of one's own; each officer changes what he wrote."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from entente.casework.examine import service
from entente.casework.examine.views.forms import NoteForm
from entente.casework.examine.views.item import back_to, item_page, kept, note_cases, reads_only
from entente.casework.examine.views.said import past, versions
from entente.records.door import DeskRequest, case_page
from entente.records.models import Case, Media, Note


@require_POST
@case_page("examine")
def note(request: DeskRequest, case: Case, number: int) -> HttpResponse:
    """Add a note to an item; whoever only reads its case keeps it in a case of one's own."""
    media = get_object_or_404(Media, case=case, number=number)
    form = NoteForm(request.POST, cases=note_cases(request, case, reads_only(request, case)))
    if form.is_valid():
        data = form.cleaned_data
        within = get_object_or_404(Case, pk=data["within"]) if data["within"] else None
        try:
            service.note(
                request.officer,
                request.purpose,
                media,
                data["text"],
                data["t"],
                within=within,
                **form.handling(),
            )
        except ValueError as refused:
            form.add_error(None, str(refused))
        else:
            if within is not None:
                said = gettext("The note is kept in %(case)s; nothing was written in this case.")
                messages.success(request, said % {"case": within})
                return back_to(case, media, data["t"])
            return kept(request, case, media, gettext("The note is kept."), data["t"])
    return item_page(request, case, media, note_form=form)


@require_safe
@case_page("examine")
def all_notes(request: DeskRequest, case: Case) -> HttpResponse:
    """Show the notes of the case: those on its items, and those on items of other cases, by their number."""
    rows = Note.objects.filter(case=case).select_related("made_by", "owner", "media", "case")
    notes = [{"note": n, "own": n.made_by_id == request.officer.id} for n in rows]
    return render(request, "examine/all_notes.html", {"notes": notes, "listed": True})


@case_page("examine")
def change_note(request: DeskRequest, case: Case, note_id: UUID) -> HttpResponse:
    """Show a note with its history; on POST change one's own, or take its last change back."""
    held = get_object_or_404(Note.objects.select_related("media", "made_by"), pk=note_id, case=case)
    begun = {"text": held.text, "t": held.t, "edition": service.edition_of(held)}
    sent = request.POST if request.method == "POST" else None
    form = NoteForm(sent, initial=begun).leave_out("within", "codes", "handling_text")
    more: dict[str, Any] = {}
    if sent is not None and (sent.get("decision") == "undo" or form.is_valid()):
        try:
            return _changed(request, case, held, form)
        except service.Stale as stale:
            again = sent.copy()
            again["edition"] = service.edition_of(stale.row)
            form.data = again
            more = _beside(form, stale.row)
        except ValueError as refused:
            if sent.get("decision") == "undo":
                messages.error(request, str(refused))
                form = NoteForm(initial=begun).leave_out("within", "codes", "handling_text")
            else:
                form.add_error(None, str(refused))
    context = {
        "note": held,
        "form": form,
        "own": held.made_by_id == request.officer.id,
        "past": past(held),
        "edition": service.edition_of(held),
        **more,
    }
    status = 409 if more else 400 if form.errors else 200
    return render(request, "examine/note.html", context, status=status)


def _beside(form: NoteForm, now: Any) -> dict[str, Any]:
    typed = {"text": form.data.get("text", ""), "t": form.data.get("t") or None}
    return {"conflict": versions({"text": now.text, "t": now.t}, typed)}


def _changed(request: DeskRequest, case: Case, held: Note, form: NoteForm) -> HttpResponse:
    who, edition = (request.officer, request.purpose), request.POST.get("edition", "")
    if request.POST.get("decision") == "undo":
        left = service.undo_note(*who, held, edition=edition)
        said = gettext("The note is as it was before.") if left else gettext("The note is taken away.")
    else:
        data = form.cleaned_data
        left = service.edit_note(*who, held, data["text"], data["t"], edition=edition)
        said = gettext("The note is changed; what it said stays in its history.")
    messages.success(request, said)
    if held.media is not None:
        return back_to(case, held.media, left.t if left else None)
    answer = redirect(reverse("examine:all-notes", args=[case.pk]))
    answer.status_code = 303
    return answer
