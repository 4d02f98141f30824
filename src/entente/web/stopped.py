"""What is said when a page could not be made: a full disk by its name, anything else in one line."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from entente.records.durable import disk_fault


def error(request: HttpRequest) -> HttpResponse:
    """Answer 503 with the mend where the database's disk is at fault, else 500; the page asks no database."""
    fault = sys.exc_info()[1]
    reason = disk_fault(fault) if fault else ""
    return HttpResponse(render_to_string("fault.html", {"reason": reason}), status=503 if reason else 500)
