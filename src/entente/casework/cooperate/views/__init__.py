"""Pages of asking and answering, of the reference shelf, and of appeals to the public."""

from __future__ import annotations

from django.urls import path

from entente.casework.cooperate.views import (
    answering,
    appeals,
    asking,
    coordination,
    crops,
    packages,
    shelf,
    suspects,
    task_forces,
)

urlpatterns = [
    path("", asking.page, name="page"),
    path("ask/", asking.send, name="ask"),
    path("<uuid:request_id>/withdraw/", asking.withdraw, name="withdraw"),
    path("answers/<uuid:answer_id>/", asking.answer, name="answer"),
    path("answers/<uuid:answer_id>/take/", asking.take, name="take"),
    path("packages/", packages.case_packages, name="packages"),
    path("suspects/", suspects.page, name="suspects"),
    path("suspects/<uuid:suspect_id>/", suspects.suspect, name="suspect"),
    path("shelf/", shelf.ask, name="shelf-ask"),
    path("sent/<uuid:sent_id>/remind/", shelf.remind, name="remind"),
    path("appeals/", appeals.appeals, name="appeals"),
    path("appeals/<uuid:appeal_id>/", appeals.appeal, name="appeal"),
    path("appeals/<uuid:appeal_id>/grey/", appeals.grey, name="appeal-grey"),
    path("appeals/<uuid:appeal_id>/reveal/", appeals.reveal, name="appeal-reveal"),
    path("appeals/<uuid:appeal_id>/export/", appeals.export, name="appeal-export"),
]

# included at /requests/, outside any case
inbox_urlpatterns = [
    path("", answering.requests, name="requests"),
    path("shelf/", shelf.shelf, name="shelf"),
    path("<uuid:dispatch_id>/", answering.dispatch, name="dispatch"),
    path("<uuid:dispatch_id>/answer/", answering.give_answer, name="dispatch-answer"),
    path("<uuid:dispatch_id>/crop/", crops.dispatch_crop, name="dispatch-crop"),
    path("<uuid:dispatch_id>/reveal/", crops.dispatch_reveal, name="dispatch-reveal"),
    path("<uuid:dispatch_id>/hide/", crops.dispatch_hide, name="dispatch-hide"),
    path(
        "<uuid:dispatch_id>/answers/<uuid:answer_id>/release/",
        answering.change_release,
        name="dispatch-release",
    ),
]

# included at /packages/, outside any case
package_urlpatterns = [
    path("", packages.packages, name="packages"),
    path("<uuid:package_id>/receipt/", packages.receipt, name="package-receipt"),
]

# included at /coordination/, outside any case
coordination_urlpatterns = [
    path("", coordination.coordination, name="coordination"),
    path("asked/<uuid:investigation_id>/", coordination.answer, name="investigation-answer"),
    path("pauses/<uuid:pause_id>/", coordination.decide_pause, name="pause-decide"),
    path("task-forces/", task_forces.page, name="task-forces"),
    path("task-forces/<uuid:force_id>/", task_forces.force, name="task-force"),
    path("task-forces/seats/<uuid:seat_id>/", task_forces.seat, name="seat"),
]
