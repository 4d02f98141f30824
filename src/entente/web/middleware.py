"""What every request passes: hard headers outside, the law's scope inside."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from entente.evidence.keys import KeyRefused
from entente.evidence.store import StoreFailed
from entente.records import guard
from entente.vocabulary.handling import Purpose

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def harden(answer: Answer) -> Answer:
    """Let no page leave this machine's eyes: nothing cached, nothing fetched from elsewhere."""

    def hardened(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response

    return hardened


class AskTheLaw:
    """Open the officer's reading scope for the whole request; without a log-in there is none, so no rows."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request as its officer."""
        if not request.user.is_authenticated:
            return self.answer(request)
        request.officer = request.user.as_officer()  # type: ignore[attr-defined]
        request.purpose = chosen_purpose(request)  # type: ignore[attr-defined]
        with guard.scope(request.officer, request.purpose):  # type: ignore[attr-defined]
            return self.answer(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Say why a visible thing was refused; a hidden one never comes so far."""
        if isinstance(fault, guard.Denied):
            return render(request, "denied.html", {"reason": str(fault)}, status=403)
        if isinstance(fault, KeyRefused | StoreFailed):
            return render(request, "stopped.html", {"reason": str(fault)}, status=503)
        return None


def chosen_purpose(request: HttpRequest) -> Purpose:
    """Return the purpose chosen for this session, or the account's first."""
    allowed = [Purpose(p) for p in request.user.purposes]  # type: ignore[union-attr]
    chosen = request.session.get("purpose", "")
    if chosen in {str(p) for p in allowed}:
        return Purpose(chosen)
    return allowed[0] if allowed else Purpose.DATA_PROTECTION_AUDIT
