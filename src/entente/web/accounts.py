"""Accounts: one's own log-ins; and, for an administrator, the accounts of the own agency."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from entente.records import sessions


@require_safe
@login_required
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Show where one is logged in."""
    held = sessions.of_account(request.user.pk)
    return render(request, "account/sessions.html", {"sessions": held, "here": request.session.session_key})


@require_POST
@login_required
def end_own_sessions(request: HttpRequest) -> HttpResponse:
    """End all of one's log-ins but this one, at once."""
    ended = sessions.end(request.user.pk, but=request.session.session_key)
    said = ngettext("%(n)d other log-in was ended.", "%(n)d other log-ins were ended.", ended)
    messages.success(request, said % {"n": ended})
    return redirect("own-sessions")
