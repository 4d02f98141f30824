"""The two addresses of a log-in through an agency's own identity provider: there, and back."""

from __future__ import annotations

from dataclasses import asdict

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from entente.records.models import Account
from entente.web import doorbook, oidc, strength

SALT, MINUTES = "entente: asked of a provider", 10
COOKIE = "__Secure-asked" if settings.SESSION_COOKIE_SECURE else "asked"  # for two addresses, so not __Host-


@require_safe
def there(request: HttpRequest, agency: str) -> HttpResponse:
    """Send the officer to the provider of ``agency``, from a page of this desk alone.

    Another site's link would log somebody in who pressed nothing here.
    """
    provider = _provider(agency)
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return redirect("account_login")
    try:
        address, asked = oidc.ask(provider, _back(request, agency))
    except oidc.NotVouched as fault:
        return _refused(request, str(fault))
    response = redirect(address)
    # Lax: the provider leads back from its own site. Sealed, short, and for these two addresses only.
    response.set_cookie(
        COOKIE,
        signing.dumps(asdict(asked), salt=SALT),
        max_age=MINUTES * 60,
        path=reverse("oidc", args=[agency]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_safe
def back(request: HttpRequest, agency: str) -> HttpResponse:
    """Take the provider's answer, and log in an officer whom this agency already has here."""
    provider = _provider(agency)
    try:
        told = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MINUTES * 60)
        number = oidc.service_number(provider, oidc.Asked(**told), request.GET.dict(), _back(request, agency))
    except signing.BadSignature:
        return _refused(request, _("It took too long, or began in another browser; begin again."))
    except oidc.NotVouched as fault:
        return _refused(request, str(fault))
    # the agency is the connection's: whatever the token says of agencies is not read
    account = Account.objects.filter(agency__short=provider.agency, username=number).first()
    if account is None or not account.is_active:
        if account is not None:
            doorbook.write(account, "a log-in to a closed account", verb="denied", result="denied")
        return _refused(
            request, _("Your agency has no open account for you on this desk; ask its administrator.")
        )
    login(request, account, backend="allauth.account.auth_backends.AuthenticationBackend")
    record_authentication(
        request, account, method=strength.OIDC, provider=agency, second_factor=provider.second_factor
    )
    doorbook.write(account, "logged in through the agency's own provider")
    # a page of our own between the provider's site and the desk: the strict cookie goes with the next step
    response = render(request, "came_in.html")
    response.delete_cookie(COOKIE, path=reverse("oidc", args=[agency]))
    return response


def _provider(agency: str) -> oidc.Provider:
    found = oidc.providers().get(agency)
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest, agency: str) -> str:
    return request.build_absolute_uri(reverse("oidc-back", args=[agency]))


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "not_vouched.html", {"reason": reason}, status=403)
