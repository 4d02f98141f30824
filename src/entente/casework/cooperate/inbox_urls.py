"""Addresses of requests outside any case: what partners ask of us, and what we asked of them."""

from django.urls import path

from entente.casework.cooperate import views

urlpatterns = [
    path("", views.requests, name="requests"),
    path("<uuid:dispatch_id>/", views.dispatch, name="dispatch"),
    path("<uuid:dispatch_id>/answer/", views.give_answer, name="dispatch-answer"),
    path("<uuid:dispatch_id>/crop/", views.dispatch_crop, name="dispatch-crop"),
    path("<uuid:dispatch_id>/reveal/", views.dispatch_reveal, name="dispatch-reveal"),
    path(
        "<uuid:dispatch_id>/answers/<uuid:answer_id>/release/",
        views.change_release,
        name="dispatch-release",
    ),
]
