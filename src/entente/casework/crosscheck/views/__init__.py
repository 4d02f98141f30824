"""The pages of the cross-check: hit or no hit, among ourselves and privately, and open sources."""

from django.urls import path

from entente.casework.crosscheck.views import checks, sources

urlpatterns = [
    path("", checks.page, name="page"),
    path("ask/", checks.ask, name="ask"),
    path("private/", checks.ask_privately, name="private"),
    path("sources/", sources.sources, name="sources"),
    path("sources/fetch/", sources.fetch, name="source-fetch"),
    path("sources/<uuid:capture_id>/", sources.decide, name="source"),
    path("sources/<uuid:capture_id>/open/", sources.give_out, name="source-open"),
]

# included at /private/, outside any case
private_urlpatterns = [
    path("", checks.private_checks, name="private-checks"),
    path("<uuid:check_id>/", checks.private_check, name="private-check"),
]
