"""The pages of locate: where the clues point, and the home that two people stand for."""

from django.urls import path

from entente.casework.locate.views import history, home, page

urlpatterns = [
    path("", page.page, name="page"),
    path("history/", history.history, name="history"),
    path("keep/", page.keep, name="keep"),
    path("home/", home.home, name="home"),
    path("home/<uuid:proposal_id>/confirm/", home.home_confirm, name="home-confirm"),
]
