"""Log-in: nobody signs up by themselves; a one-time link works once, for the first enrolment."""

from __future__ import annotations

from typing import Any

from allauth.account import urls as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from entente.records.accounts import has_keys
from entente.records.door import desk_page
from entente.records.models.agency import LoginLink
from entente.web import strength


class DeskAdapter(DefaultAccountAdapter):
    """Accounts are made by the agency's administrator, never from outside."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where the request comes from, as the server itself saw it; headers say what they like."""
        return str(request.META.get("REMOTE_ADDR", ""))

    def send_notification_mail(self, *_: Any, **__: Any) -> None:
        """The desk sends no mail; the sealed log tells what was enrolled and removed."""


@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask once, then log in: a link that is only looked at (by a previewer) is not used up."""
    if request.method == "GET":
        return render(request, "enter.html")
    account = LoginLink.redeem(secret)
    if account is None:
        return render(request, "enter.html", {"spent": True}, status=403)
    if has_keys(account) and not settings.DEMONSTRATION:
        return render(request, "enter.html", {"enrolled": True}, status=403)
    login(request, account, backend="allauth.account.auth_backends.AuthenticationBackend")
    record_authentication(request, account, method=strength.LINK, reauthenticated=True)
    return redirect("board" if settings.DEMONSTRATION else "mfa_index")


def closed(request: HttpRequest, **_: Any) -> HttpResponse:
    """Answer as if there were no such address: nobody signs up here, and the desk sends no mail."""
    raise Http404


def confirm_url(back: str) -> str:
    """Return the address that confirms by passkey and leads ``back``."""
    return f"{reverse('confirm')}?{urlencode({'next': back})}"


@require_safe
@desk_page
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask for the passkey again, and lead back to what one was doing."""
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or not back.startswith("/"):
        back = reverse("board")
    if strength.has_passkey(request.user):
        return redirect(f"{reverse('mfa_reauthenticate_webauthn')}?{urlencode({'next': back})}")
    reason = _("This needs a passkey. Ask your agency's administrator for an enrolment link.")
    return render(request, "confirm.html", {"reason": reason, "back": back}, status=403)


# What a desk needs of allauth; its other addresses keep their names, which allauth asks for, and are closed.
OPEN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
}
account_urlpatterns = [
    each if each.name in OPEN else URLPattern(each.pattern, closed, name=each.name)
    for each in account.urlpatterns
]
