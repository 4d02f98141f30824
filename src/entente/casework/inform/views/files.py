"""A product as a file to keep: the PDF for people, the JSON for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse


def as_pdf(pdf: bytes, case: str, number: int, of: str = "product") -> HttpResponse:
    """Return a PDF to keep; its name holds the case number only."""
    return _kept(pdf, "application/pdf", f"{_name(case)}-{of}-{number}.pdf")


def as_json(document: Mapping[str, Any], case: str, number: int, of: str = "product") -> HttpResponse:
    """Return the facts of a product to keep, as they are attached to its PDF."""
    told = json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1).encode()
    return _kept(told, "application/json", f"{_name(case)}-{of}-{number}.json")


def _name(case: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", case).strip("-") or "case"


def _kept(data: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
