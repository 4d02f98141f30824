"""Log-in: nobody signs up by themselves; a demonstration's one-time link works once."""

from __future__ import annotations

from typing import Any

from allauth.account import urls as account
from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern
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


def closed(request: HttpRequest, **_: Any) -> HttpResponse:
    """Answer as if there were no such address: nobody signs up here, and the desk sends no mail."""
    raise Http404


# What a desk needs of allauth; its other addresses keep their names, which allauth asks for, and are closed.
OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
}
account_urlpatterns = [
    each if each.name in OPEN else URLPattern(each.pattern, closed, name=each.name)
    for each in account.urlpatterns
]
