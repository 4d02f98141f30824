"""Vocabularies at the desk: everybody reads them; an administrator changes them without a line of code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from entente.records import vocabularies as service
from entente.records import wordfile
from entente.records.door import DeskRequest, consult, desk_page
from entente.vocabulary.agency import Role
from entente.vocabulary.terms import LANGUAGES, LONGEST, Term, TermRefused, Vocabulary

LANGUAGE_NAMES = {"en": _("English"), "fr": _("French"), "it": _("Italian")}
REFUSED = (service.NotTaken, wordfile.WordsRefused, TermRefused)


class Labels(forms.Form):
    """A term's labels and hints in the languages of the desk."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            name = LANGUAGE_NAMES[language]
            self.fields[f"label_{language}"] = forms.CharField(
                label=_("Label in %(language)s") % {"language": name}, max_length=LONGEST
            )
            self.fields[f"hint_{language}"] = forms.CharField(
                label=_("Hint in %(language)s") % {"language": name}, max_length=LONGEST, required=False
            )

    def texts(self, what: str) -> dict[str, str]:
        """Return the labels or hints that were given, by language."""
        given = {language: self.cleaned_data[f"{what}_{language}"].strip() for language in LANGUAGES}
        return {language: text for language, text in given.items() if text}


class NewTerm(Labels):
    """A term to add."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Short and lasting, such as clay_tiles. Never used twice."),
    )
    parent = forms.ChoiceField(label=_("Under"), required=False)

    def __init__(self, held: Vocabulary, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = _terms(held)  # type: ignore[attr-defined]


class OldTerm(forms.Form):
    """A term to offer no more."""

    replaced_by = forms.ChoiceField(label=_("Use instead"), required=False)

    def __init__(self, held: Vocabulary, code: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [c for c in _terms(held) if c[0] != code]
        self.fields["replaced_by"].choices = offered  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """A file that an administrator wants to import."""

    file = forms.FileField(
        label=_("Vocabulary file (TOML)"), help_text=_("You see what it would change before it is taken.")
    )


@desk_page
def vocabularies(request: DeskRequest) -> HttpResponse:
    """List the vocabularies in force; take a newer one, after its changes were shown."""
    sent = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if sent else FileForm()
    if sent and "text" in request.POST:
        return _taken(request)
    if sent and form.is_valid():
        try:
            return _coming(request, form.cleaned_data["file"])
        except REFUSED as fault:
            form.add_error("file", str(fault))
    consult(request, service.STEP)
    agency, came = request.officer.agency, wordfile.shipped()
    rows = [
        {
            "held": held,
            "title": held.title[_language()],
            "offered": len(held.offered()),
            "came": came[name] if name in came and service.newer(came[name], held) else None,
        }
        for name in service.names(agency)
        for held in [service.in_force(agency, name)]
    ]
    shown = {"rows": rows, "form": form, "keeps": _keeps(request), "nav": "vocabularies"}
    return render(request, "vocabularies.html", shown, status=400 if form.errors else 200)


@desk_page
def vocabulary(request: DeskRequest, name: str) -> HttpResponse:
    """Show one vocabulary, in force or as it stood; change it."""
    try:
        held = service.in_force(request.officer.agency, name)
    except service.NotTaken as absent:
        raise Http404(str(absent)) from None
    if request.method == "POST":
        return _change(request, held)
    return _page(request, held)


@require_POST
@desk_page
def vocabulary_export(request: DeskRequest, name: str) -> HttpResponse:
    """Give the file of the version in force."""
    if name not in service.names(request.officer.agency):
        raise Http404(name)
    data = service.export(request.officer, request.purpose, name)
    answer = HttpResponse(data, content_type="application/toml")
    answer["Content-Disposition"] = f'attachment; filename="{name}.toml"'
    return answer


def _page(
    request: DeskRequest, held: Vocabulary, code: str = "", bad: forms.Form | None = None
) -> HttpResponse:
    consult(request, service.STEP)
    asked = request.GET.get("version", held.version)
    shown = service.at(request.officer.agency, held.name, asked)
    if shown is None:
        raise Http404(asked)
    code = code or request.GET.get("term", "")
    term = held.term(code)
    language = _language()
    context = {
        "held": held,
        "shown": shown,
        "title": shown.title[language],
        "rows": [_row(shown, t, language) for t in shown.terms],
        "old": shown.version != held.version,
        "history": service.history(request.officer.agency, held.name),
        "came": wordfile.shipped().get(held.name),
        "keeps": _keeps(request),
        "term": term,
        "new_form": bad if isinstance(bad, NewTerm) else NewTerm(held, auto_id="new_%s"),
        "nav": "vocabularies",
    }
    if term is not None:
        given = {f"label_{x}": term.labels.get(x, "") for x in LANGUAGES}
        given |= {f"hint_{x}": term.hints.get(x, "") for x in LANGUAGES}
        renames = isinstance(bad, Labels) and not isinstance(bad, NewTerm)
        context["rename_form"] = bad if renames else Labels(initial=given, auto_id="rename_%s")
        context["old_form"] = OldTerm(held, term.code, auto_id="old_%s")
    return render(request, "vocabulary.html", context, status=400 if bad else 200)


def _row(held: Vocabulary, term: Term, language: str) -> dict[str, Any]:
    over = held.term(term.parent)
    return {
        "term": term,
        "label": term.label(language),
        "hint": term.hint(language),
        "parent": over.label(language) if over else "",
        "instead": held.label(term.replaced_by, language) if term.replaced_by else "",
    }


def _change(request: DeskRequest, held: Vocabulary) -> HttpResponse:
    """Do one change; what is refused stands in its form again, or as a message where it has none."""
    do, code, seen = (request.POST.get(n, "") for n in ("do", "code", "seen"))
    officer, purpose = request.officer, request.purpose
    form: forms.Form
    act: Callable[[], Vocabulary]
    if do == "add":
        form = new = NewTerm(held, request.POST, auto_id="new_%s")

        def act() -> Vocabulary:
            data = new.cleaned_data
            term = Term(data["code"], new.texts("label"), new.texts("hint"), data["parent"])
            return service.add(officer, purpose, held.name, term, seen=seen)
    elif do == "rename":
        form = other = Labels(request.POST, auto_id="rename_%s")

        def act() -> Vocabulary:
            labels, hints = other.texts("label"), other.texts("hint")
            return service.rename(officer, purpose, held.name, code, labels, hints=hints, seen=seen)
    elif do == "deprecate":
        form = old = OldTerm(held, code, request.POST, auto_id="old_%s")

        def act() -> Vocabulary:
            instead = old.cleaned_data["replaced_by"]
            return service.deprecate(officer, purpose, held.name, code, replaced_by=instead, seen=seen)
    else:
        form = forms.Form(request.POST)

        def act() -> Vocabulary:
            return service.restore(officer, purpose, held.name, request.POST.get("version", ""), seen=seen)

    if form.is_valid():
        try:
            made = act()
        except REFUSED as fault:
            if do not in {"add", "rename"}:
                messages.error(request, str(fault))
                return redirect("vocabulary", name=held.name)
            form.add_error(None, str(fault))
        else:
            said = gettext("Version %(version)s is in force. The one before stays readable.")
            messages.success(request, said % {"version": made.version})
            return redirect("vocabulary", name=held.name)
    return _page(request, held, code, form)


def _coming(request: DeskRequest, file: Any) -> HttpResponse:
    """Show what a file would change; nothing is taken yet."""
    name = str(file.name)[:80]
    if file.size > wordfile.LARGEST:
        raise wordfile.WordsRefused(name, f"it is larger than {wordfile.LARGEST} bytes")
    data = file.read()
    new, agency = wordfile.read(data, name), request.officer.agency
    old = service.in_force(agency, new.name) if new.name in service.names(agency) else None
    coming = service.coming_from(old, new)
    consult(request, service.STEP)
    told, language = service.compare(old, coming), _language()
    groups = (
        (gettext("Added"), told.added, coming),
        (gettext("Other labels or hints"), told.renamed, coming),
        (gettext("Under another term"), told.moved, coming),
        (gettext("Offered no more"), told.deprecated, coming),
        (gettext("Offered again"), told.offered_again, coming),
    )
    rows = [
        {
            "what": what,
            "code": c,
            "was": old.label(c, language) if old else "",
            "label": to.label(c, language),
        }
        for what, codes, to in groups
        for c in codes
    ]
    context = {
        "old": old,
        "new": coming,
        "title": coming.title[language],
        "rows": rows,
        "text": data.decode(),
        "file": name,
        "nav": "vocabularies",
    }
    return render(request, "vocabulary_coming.html", context)


def _taken(request: DeskRequest) -> HttpResponse:
    data, seen = request.POST["text"].replace("\r\n", "\n").encode(), request.POST.get("seen", "")
    file = request.POST.get("file", "")[:80] or "file"
    try:
        made = service.take(request.officer, request.purpose, data, file, seen=seen)
    except REFUSED as fault:
        messages.error(request, str(fault))
        return redirect("vocabularies")
    said = gettext("Version %(version)s is in force. The one before stays readable.")
    messages.success(request, said % {"version": made.version})
    return redirect("vocabulary", name=made.name)


def _terms(held: Vocabulary) -> list[tuple[str, str]]:
    language = _language()
    return [("", "–"), *((t.code, t.label(language)) for t in held.offered())]


def _keeps(request: DeskRequest) -> bool:
    return Role.ADMINISTRATOR in request.officer.roles


def _language() -> str:
    return (get_language() or "en")[:2]
