"""Pages of the search day, of exhibits and who held them, and of what goes to a court."""

from __future__ import annotations

from django.urls import path

from entente.casework.seize.views import court, custody, search, sentences, sheets
from entente.records.sentences import hold

hold(*sentences.FORMS)

urlpatterns = [
    path("court/", court.court, name="court"),
    path("court/<uuid:export_id>/confirm/", court.court_confirm, name="court-confirm"),
    path("court/<uuid:export_id>/write/", court.court_write, name="court-write"),
    path("", search.page, name="page"),
    path("from-clues/", search.from_clues, name="from-clues"),
    path("checklist/<str:paper>/", search.checklist, name="checklist"),
    path("sheets/", sheets.page, name="sheets"),
    path("sheets/make/", sheets.make, name="sheet"),
    path("sheets/<uuid:sheet_id>/withdraw/", sheets.withdraw, name="sheet-withdraw"),
    path("ticks/", sheets.take, name="ticks"),
    path("ticks/<uuid:tick_id>/back/", sheets.take_back, name="tick-back"),
    path("receive/", search.receive, name="receive"),
    path("compare/", search.compare, name="compare"),
    path("matches/<uuid:match_id>/", search.decide_pair, name="decide"),
    path("belongs/", search.belongs, name="belongs"),
    path("exhibits/", search.exhibit, name="exhibit"),
    path("exhibits/<uuid:exhibit_id>/", custody.custody, name="custody"),
    path("exhibits/<uuid:exhibit_id>/hand-over/", custody.hand_over, name="hand-over"),
    path("exhibits/<uuid:exhibit_id>/correct/", custody.correct, name="correct"),
    path("exhibits/<uuid:exhibit_id>/items/", custody.put_in, name="put-in"),
    path("transfers/<uuid:transfer_id>/", custody.sign, name="sign"),
]
