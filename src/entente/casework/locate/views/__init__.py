"""The pages of locate: where the clues point, what to ask next, and the places that people put forward."""

from django.urls import path

from entente.casework.locate.views import history, home, page

urlpatterns = [
    path("", page.page, name="page"),
    path("history/", history.history, name="history"),
    path("keep/", page.keep, name="keep"),
    path("places/", home.candidates, name="candidates"),
    path("places/<uuid:candidate_id>/", home.candidate, name="candidate"),
    path("places/<uuid:candidate_id>/clues/", home.judge, name="candidate-clues"),
    path("places/<uuid:candidate_id>/decide/", home.decide, name="candidate-decide"),
    path("places/<uuid:candidate_id>/capture/", home.bring, name="candidate-capture"),
    path("captures/<uuid:capture_id>/", home.capture, name="capture"),
    path("captures/<uuid:capture_id>/open/", home.capture_open, name="capture-open"),
    path("home/<uuid:proposal_id>/confirm/", home.home_confirm, name="home-confirm"),
]
