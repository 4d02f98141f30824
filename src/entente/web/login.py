"""Log-in: nobody signs up by themselves; a demonstration's one-time link works once."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from entente.records.models.agency import LoginLink


class DeskAdapter(DefaultAccountAdapter):
    """Accounts are made by the agency's administrator, never from outside."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask once, then log in: a link that is only looked at (by a previewer) is not used up."""
    if request.method == "GET":
        return render(request, "enter.html")
    account = LoginLink.redeem(secret)
    if account is None:
        return render(request, "enter.html", {"spent": True}, status=403)
    login(request, account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect("board")
