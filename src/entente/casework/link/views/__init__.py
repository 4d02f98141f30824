"""Pages of what belongs together: proposals, series, why, cameras, a thing looked for in other items."""

from __future__ import annotations

from django.urls import path

from entente.casework.link.views import cameras, reasons, scenes, sentences, series
from entente.records.sentences import hold

hold(*sentences.FORMS, words=sentences.of_scale)

urlpatterns = [
    path("", series.page, name="page"),
    path("propose/", series.propose, name="propose"),
    path("decide/", series.decide, name="decide"),
    path("gather/", series.gather, name="gather"),
    path("why/", reasons.why, name="why"),
    path("say/", reasons.say, name="say"),
    path("series/<uuid:series_id>/", series.series, name="series"),
    path("series/<uuid:series_id>/change/", series.change_series, name="change-series"),
    path("changes/<uuid:change_id>/undo/", series.undo, name="undo"),
    path("compare/", scenes.compare, name="compare"),
    path("items/<int:number>/find/", scenes.find, name="find"),
    path("found/", scenes.found, name="found"),
    path("cameras/", cameras.page, name="cameras"),
    path("cameras/know/", cameras.know, name="camera-know"),
    path("cameras/compare/", cameras.compare, name="camera-compare"),
    path("cameras/<uuid:camera_id>/away/", cameras.away, name="camera-away"),
]
