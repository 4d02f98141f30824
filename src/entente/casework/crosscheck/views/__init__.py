"""The pages of the cross-check: hit or no hit, among ourselves and privately, open sources, and accounts."""

from django.urls import path

from entente.casework.crosscheck.views import brought, checks, online, sources

urlpatterns = [
    path("", checks.page, name="page"),
    path("ask/", checks.ask, name="ask"),
    path("ask/series/<uuid:series_id>/", checks.ask_series, name="ask-series"),
    path("private/", checks.ask_privately, name="private"),
    path("sources/", sources.sources, name="sources"),
    path("sources/fetch/", sources.fetch, name="source-fetch"),
    path("sources/<uuid:capture_id>/", sources.decide, name="source"),
    path("sources/<uuid:capture_id>/open/", sources.give_out, name="source-open"),
    path("documents/", brought.documents, name="documents"),
    path("documents/<uuid:brought_id>/", brought.document, name="document"),
    path("documents/<uuid:brought_id>/decide/", brought.decide, name="document-decide"),
    path("accounts/", online.accounts, name="accounts"),
    path("accounts/<uuid:online_id>/", online.account, name="account"),
    path("accounts/<uuid:online_id>/times/", online.times, name="account-times"),
    path("accounts/<uuid:online_id>/texts/", online.texts, name="account-texts"),
    path("accounts/<uuid:online_id>/line/", online.line, name="account-line"),
    path("accounts/<uuid:online_id>/decide/", online.decide, name="account-decide"),
]

# included at /private/, outside any case
private_urlpatterns = [
    path("", checks.private_checks, name="private-checks"),
    path("<uuid:check_id>/", checks.private_check, name="private-check"),
]
