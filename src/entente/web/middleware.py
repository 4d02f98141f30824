"""What every request passes: hard headers, then how sure we are who asks, and the law's scope inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from entente.evidence.keys import KeyRefused
from entente.evidence.store import StoreFailed
from entente.records import errand, guard, limits, log, sessions
from entente.safeguards.access import UNSURE, Act, Shape, Thing
from entente.vocabulary.handling import Purpose
from entente.web import strength
from entente.web.login import confirm_url

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
NOT_OURS = (
    "accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope hid "
    "idle-detection local-fonts magnetometer microphone midi payment picture-in-picture screen-wake-lock "
    "serial storage-access usb xr-spatial-tracking"
)
PERMISSIONS = ", ".join(
    [*(f"{name}=()" for name in NOT_OURS.split())]
    + [f"publickey-credentials-{name}=(self)" for name in ("create", "get")]
)
# What a browser fetched ahead of being asked is thrown away with each answer: a preview is no consultation.
AHEAD = '"prefetchCache", "prerenderCache"'
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",  # static files say otherwise for a minute; they are the same for everybody
    "Clear-Site-Data": AHEAD,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}

# What a log-in that proved too little may reach: the account's own pages, the language, and the way out.
ENROLMENT = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "set_language",
    "enter",
    "confirm",
    "oidc",
    "oidc-back",
    "own-sessions",
    "own-sessions-end",
}
# What changes with what one logs in.
ENROLS = {
    "account_set_password",
    "mfa_add_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
}
# What a page asks by itself keeps no log-in alive: how far a job is, what changed, that it is open.
NO_ACT = {"job", "examine:live", "examine:live-part", "examine:live-beat"}


def harden(answer: Answer) -> Answer:
    """Let no page leave this machine's eyes: nothing kept, nothing fetched from elsewhere."""

    def hardened(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if getattr(request, "logged_out", False):
            response.headers["Clear-Site-Data"] = '"*"'
        return response

    return hardened


class AskTheLaw:
    """Open the officer's reading scope for the whole request; without a log-in there is none, so no rows."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request as its officer, under a random name for this log-in and one for the request."""
        with errand.within(session_name(request)):
            return self._served(request)

    def _served(self, request: HttpRequest) -> HttpResponse:
        """Serve the request as sure as this log-in makes us."""
        if not request.user.is_authenticated:
            return self._watched(request)
        if sessions.over(request.session):
            logout(request)
            return self._watched(request)
        sure = strength.strength_of(request)
        if sure not in strength.WORKS:
            return self._watched(request)
        request.officer = request.user.as_officer(sure)  # type: ignore[attr-defined]
        request.purpose = chosen_purpose(request)  # type: ignore[attr-defined]
        with guard.scope(request.officer, request.purpose):  # type: ignore[attr-defined]
            return self._watched(request)

    def _watched(self, request: HttpRequest) -> HttpResponse:
        """Answer; note the act for the session's clock, and a log-out for the outermost headers."""
        known = request.user.is_authenticated
        response = self.answer(request)
        if known and not request.user.is_authenticated:
            request.logged_out = True  # type: ignore[attr-defined]
        elif known and request.resolver_match and request.resolver_match.view_name in NO_ACT:
            sessions.leave(request.session)
        elif known:
            sessions.seen(request.session)
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Turn away what comes too often, what is not proved enough, and who may not enrol."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        try:
            spend(request, name, kwargs)
        except limits.LimitReached as reached:
            return too_many(request, reached)
        if not request.user.is_authenticated:
            return None
        if not hasattr(request, "officer") and name not in ENROLMENT and not name.startswith("mfa_"):
            return redirect("mfa_index")
        if name in ENROLS and not strength.may_enrol(request):
            if strength.has_passkey(request.user):
                return redirect(confirm_url(request.get_full_path()))
            reason = _("Keys are enrolled through a one-time link. Ask your agency's administrator for one.")
            return render(request, "confirm.html", {"reason": reason}, status=403)
        return None

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Say why a visible thing was refused; a hidden one never comes so far."""
        if isinstance(fault, limits.LimitReached):
            return too_many(request, fault)
        if isinstance(fault, guard.Denied) and str(fault) == UNSURE:
            return step_up(request)
        if isinstance(fault, guard.Denied):
            return render(request, "denied.html", {"reason": str(fault)}, status=403)
        if isinstance(fault, KeyRefused | StoreFailed):
            return render(request, "stopped.html", {"reason": str(fault)}, status=503)
        return None


def session_name(request: HttpRequest) -> str:
    """Return the name under which the log knows this log-in: never the key that opens the session."""
    if not request.user.is_authenticated:
        return errand.name()
    name: str = request.session.setdefault("errand", errand.name())
    return name


def step_up(request: HttpRequest) -> HttpResponse:
    """Lead to the passkey and back to what one was doing.

    A page goes there at once. A script (press and hold) gets a 403 with the sentence and, in ``X-Confirm``,
    the address: the officer decides when to leave the page.
    """
    back = request.get_full_path()
    if request.method not in {"GET", "HEAD"}:
        back = request.META.get("HTTP_REFERER", "")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
            back = "/"
        back = "/" + back.partition("://")[2].partition("/")[2]
    there = confirm_url(back)
    if request.headers.get("Sec-Fetch-Dest", "document") != "document" or "HX-Request" in request.headers:
        said = _("Confirm with your passkey first: it was longer than five minutes ago.")
        return HttpResponse(
            said, status=403, content_type="text/plain; charset=utf-8", headers={"X-Confirm": there}
        )
    return redirect(there, preserve_request=False)


def too_many(request: HttpRequest, reached: limits.LimitReached) -> HttpResponse:
    """Say which limit it was and when it goes again."""
    response = render(request, "too_many.html", {"reason": str(reached)}, status=429)
    response.headers["Retry-After"] = str(reached.wait_seconds)
    return response


def spend(request: HttpRequest, name: str, kwargs: dict[str, Any]) -> None:
    """Count a request against the limit of its address, if it has one; a refusal is in the log."""
    address = request.META.get("REMOTE_ADDR", "")
    for limit, who in _spent_by(request, name):
        try:
            limits.spend(limit, who or address)
        except limits.LimitReached:
            if hasattr(request, "officer"):
                thing = Thing(Shape.AGENCY, owner=request.officer.agency)
                with transaction.atomic():
                    log.append(
                        request.officer,
                        Act.READ,
                        thing,
                        request.purpose,  # type: ignore[attr-defined]
                        verb="denied",
                        step=name[:20],
                        reason=f"the limit: {limit}",
                        result="denied",
                    )
            raise


def _spent_by(request: HttpRequest, name: str) -> list[tuple[str, str]]:
    """Return what a request spends: pairs of a limit and who counts (empty: the network address)."""
    if name in {"inform:pdf", "seize:checklist", "seize:sheet"}:
        return [("documents made", str(request.user.pk or ""))]
    if name in {"oidc", "oidc-back"}:
        return [("answers of a provider", "")]
    if request.method != "POST":
        return []
    if name == "account_login":
        tried = request.POST.get("login", "")
        return [("log-in pages", ""), ("log-in tries", f"account {tried.strip().lower()}")]
    if name in {"mfa_authenticate", "mfa_reauthenticate", "account_reauthenticate"}:
        return [("second-factor tries", f"account {_account_tried(request)}")]
    if name in {"mfa_login_webauthn", "mfa_reauthenticate_webauthn"}:
        return [("log-in pages", "")]
    if name == "witness":
        return [("heads asked for by a witness", "")]
    if name == "enter":
        return [("one-time links", "")]
    if name == "match:page":
        return [("checks of items against lists", str(request.user.pk or ""))]
    return []


def _account_tried(request: HttpRequest) -> str:
    """Return whose second factor is tried: of who is logged in, or of who gave the password before."""
    if request.user.is_authenticated:
        return request.user.pk.hex
    waiting = request.session.get("account_login", {})
    return str(waiting.get("user_pk", "")) or str(request.META.get("REMOTE_ADDR", ""))


def chosen_purpose(request: HttpRequest) -> Purpose:
    """Return the purpose chosen for this session, or the account's first."""
    allowed = [Purpose(p) for p in request.user.purposes]  # type: ignore[union-attr]
    chosen = request.session.get("purpose", "")
    if chosen in {str(p) for p in allowed}:
        return Purpose(chosen)
    return allowed[0] if allowed else Purpose.DATA_PROTECTION_AUDIT
