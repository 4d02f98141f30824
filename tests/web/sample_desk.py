"""A desk that is only its surface: every part of the look on one page, no table behind it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.urls import include, path
from PIL import Image, ImageDraw

from entente.casework import STEPS


def nothing(request: HttpRequest, **_: Any) -> HttpResponse:
    """Answer anything; only the names of the addresses matter here."""
    return HttpResponse("")


urlpatterns = [
    path("", nothing, name="board"),
    path("purpose/", nothing, name="purpose"),
    path("requests/", nothing, name="requests"),
    path("lists/", nothing, name="lists"),
    path("log/", nothing, name="log"),
    path("cases/<str:case_id>/", nothing, name="case"),
    path("jobs/<str:job_id>/", nothing, name="job"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("account/logout/", nothing, name="account_logout"),
    path("account/login/", nothing, name="account_login"),
]

STAGES = [
    ("Discovered", 0.0),
    ("Region", 0.4),
    ("Prioritised", 0.6),
    ("Contributions", 3.1),
    ("Home", None),
    ("Search", None),
    ("Safe", None),
]
PURPOSES = [("victim-identification", "Victim identification"), ("safeguarding", "Safeguarding")]


class Sample(forms.Form):
    """A form with every kind of field."""

    number = forms.CharField(label="Case number", help_text="As your agency writes it.")
    codes = forms.MultipleChoiceField(
        label="Handling codes",
        choices=[(c, c) for c in ("H0", "H1", "H2", "H3")],
        widget=forms.CheckboxSelectMultiple,
    )
    audience = forms.ChoiceField(label="Audience", choices=[("TLP:AMBER", "TLP:AMBER")])
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)


def item(n: int) -> dict[str, Any]:
    """One neutral item of the grid."""
    rooms = (
        "kitchen with a window",
        "hallway, tiled floor",
        "table with printed matter",
        "street from a window",
    )
    return {
        "id": f"i{n}",
        "label": f"Video {n}: {rooms[n % 4]}",
        "url": f"#i{n}",
        "grey_url": f"/grey/{n}.png",
        "reveal_url": f"/reveal/{n}/",
        "hide_url": f"/hide/{n}/",
        "verdict": ("new", "near", "exact", "scene", "refused")[n % 5],
        "codes": ("H0", "H0 H1", "H2", "H3")[n % 4],
        "evaluation": ("X4", "B2", "A1")[n % 3],
        "states": ["series S-3"] if n % 3 == 0 else [],
        "stack": 4 if n % 7 == 2 else 0,
    }


def context(items: int) -> dict[str, Any]:
    """What a page of the case would hand to the template."""
    steps = [
        {
            "slug": s,
            "name": s.capitalize(),
            "url": f"#{s}",
            "state": "done" if i < 4 else "here" if i == 4 else "waiting",
        }
        for i, s in enumerate(STEPS)
    ]
    stages = [
        {
            "name": n,
            "days": d,
            "reached": d is not None,
            "waiting": n == "Home",
            "slowest": n == "Contributions",
        }
        for n, d in STAGES
    ]
    clock = {"stages": stages, "elapsed_days": 4.2, "waiting": "Home", "slowest": "Contributions"}
    return {
        "officer": {"roles": {"data protection officer"}},
        "account": {"service_number": "PP-4417", "agency": "Polizia Postale"},
        "purpose": "victim-identification",
        "purposes": PURPOSES,
        "nav": "board",
        "waiting": {"incoming": 3, "outgoing": 1},
        "case": {
            "pk": "c1",
            "number": "2026/0417",
            "title": "Operation Harbour Light",
            "victim_number": "V-0031",
            "codes": "H0 H1 H3",
            "handling_text": "Only for the unit that asked; ask BKA before any contact with the provider.",
            "audience": "TLP:AMBER+STRICT",
            "child_at_risk": True,
        },
        "steps": steps,
        "step": "locate",
        "clock": clock,
        "items": [item(n) for n in range(items)],
        "decisions": [
            {"value": "series", "label": "To the series", "key": "s", "main": True},
            {"value": "apart", "label": "Not this series", "key": "n"},
            {"value": "unsure", "label": "Unsure", "key": "u"},
        ],
        "look": {**item(900), "id": "look"},
        "marks": [
            {"id": "c7", "x": 0.12, "y": 0.2, "w": 0.2, "h": 0.3, "label": "Socket, type L"},
            {"id": "c8", "x": 0.6, "y": 0.55, "w": 0.25, "h": 0.2, "label": "Poster in Italian"},
        ],
        "frames": [
            {
                "t": t / 2,
                "grey_url": f"/grey/{t}.png",
                "reveal_url": f"/reveal/{t}/",
                "hide_url": f"/hide/{t}/",
                "label": f"Frame at {t / 2} s",
            }
            for t in range(40)
        ],
        "running": {"id": "j1", "task": "Hash 1,240 files", "status": "running", "done": 812, "total": 1240},
        "ended": {"id": "j2", "task": "Read the hash list", "status": "done", "done": 5, "total": 5},
        "failed": {"id": "j3", "task": "Examine item 12", "status": "failed", "note": "The decoder stopped."},
        "form": Sample({"number": ""}),
        "undo": {"text": "Item 12 was put into series S-3.", "url": "/undo/", "fields": {"act": "a1"}},
        "confirm": {
            "id": "x",
            "act": "Erase the case",
            "text": "The keys are destroyed; nobody can open the originals again.",
            "url": "/erase/",
            "ask_reason": True,
        },
        "page": Paginator(range(100), 10).page(3),
        "query": "",
    }


PAGES = Path(__file__).parent / "pages"


def render(name: str = "parts", items: int = 12, **more: Any) -> str:
    """Render a page of the sample desk."""
    filled = context(items) | {
        "verdicts": ["exact", "near", "scene", "new", "refused"],
        "audiences": ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"],
        "messages": [],
    }
    request = RequestFactory().get("/")
    for cookie, value in more.pop("cookies", {}).items():
        request.COOKIES[cookie] = value
    return engines["django"].from_string((PAGES / f"{name}.html").read_text()).render(filled | more, request)


def picture(n: int, grey: bool) -> bytes:
    """Draw a benign room: a wall, a window, a table."""
    drawn = Image.new("RGB", (320, 240), (214 - n % 40, 205, 188))
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((30, 40, 130, 130), fill=(140, 190, 230), outline=(90, 70, 50), width=6)
    pen.rectangle((170, 150, 300, 165), fill=(120, 80, 50))
    pen.rectangle((190, 165, 200, 225), fill=(120, 80, 50))
    pen.rectangle((275, 165, 285, 225), fill=(120, 80, 50))
    out = io.BytesIO()
    (drawn.convert("L").resize((160, 120)) if grey else drawn).save(out, "PNG")
    return out.getvalue()
