"""The pages of examine: the grid of neutral lines, one item, and the looks."""

from django.urls import path

from entente.casework.examine.views import grid, item, look

urlpatterns = [
    path("", grid.page, name="page"),
    path("suggest/", grid.suggest, name="suggest"),
    path("items/<int:number>/", item.item, name="item"),
    path("items/<int:number>/grey/", look.grey, name="grey"),
    path("items/<int:number>/reveal/", look.reveal, name="reveal"),
    path("items/<int:number>/hide/", look.hide, name="hide"),
    path("items/<int:number>/note/", item.note, name="note"),
    path("items/<int:number>/crop/", item.crop, name="crop"),
    path("items/<int:number>/clues/<uuid:clue_id>/", item.decide, name="decide"),
]
