"""The pages of examine: the grid of neutral lines, one item, its marks and notes, and the looks."""

from django.urls import path

from entente.casework.examine.views import (
    clues,
    deciding,
    grid,
    item,
    live,
    look,
    notes,
    opinions,
    trails,
)

urlpatterns = [
    path("", grid.page, name="page"),
    path("tiles/", grid.tiles, name="tiles"),
    path("filter/", grid.filter_, name="filter"),
    path("review/", deciding.review, name="review"),
    path("undo/", deciding.undo, name="undo"),
    path("trail/<uuid:step_id>/", trails.trail, name="trail"),
    path("suggest/", grid.suggest, name="suggest"),
    path("opinions/", opinions.queue, name="opinions"),
    path("opinions/<uuid:opinion_id>/", opinions.opinion, name="opinion"),
    path("items/<int:number>/opinion/", opinions.ask, name="ask-opinion"),
    path("items/<int:number>/", item.item, name="item"),
    path("live/", live.live, name="live"),
    path("live/beat/", live.beat, name="live-beat"),
    path("hours/", live.own_hours, name="hours"),
    path("items/<int:number>/live/", live.part, name="live-part"),
    path("items/<int:number>/grey/", look.grey, name="grey"),
    path("items/<int:number>/reveal/", look.reveal, name="reveal"),
    path("items/<int:number>/once/", look.answer_once, name="once"),
    path("items/<int:number>/hide/", look.hide, name="hide"),
    path("items/<int:number>/note/", notes.note, name="note"),
    path("items/<int:number>/notes/", item.notes, name="notes"),
    path("items/<int:number>/crop/", item.crop, name="crop"),
    path("items/<int:number>/observe/", item.observe, name="observe"),
    path("items/<int:number>/observations/<uuid:observation_id>/", clues.observation, name="observation"),
    path("items/<int:number>/clues/", item.clues, name="clues"),
    path("items/<int:number>/clues/<uuid:clue_id>/", clues.decide, name="decide"),
    path("items/<int:number>/clues/<uuid:clue_id>/edit/", clues.edit, name="edit"),
    path("notes/", notes.all_notes, name="all-notes"),
    path("notes/<uuid:note_id>/", notes.change_note, name="change-note"),
]
