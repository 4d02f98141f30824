"""Every address of the desk: the front, then the steps of a case in the order of the walk."""

from __future__ import annotations

from importlib import import_module

from django.urls import include, path

from entente.casework import STEPS
from entente.casework.cooperate import views as cooperate
from entente.casework.crosscheck import views as crosscheck
from entente.casework.examine.views.own import own_urlpatterns
from entente.casework.inform import views as inform
from entente.casework.match import views as match
from entente.web import (
    accounts,
    agency_login,
    board,
    emergencies,
    login,
    notices,
    partners,
    protection,
    taxii,
    vocabularies,
    witness,
)

urlpatterns = [
    path("", board.board, name="board"),
    path("enter/<str:secret>/", login.enter, name="enter"),
    path("confirm/", login.confirm, name="confirm"),
    path("account/sessions/", accounts.own_sessions, name="own-sessions"),
    path("account/sessions/end/", accounts.end_own_sessions, name="own-sessions-end"),
    path("account/agency/<str:agency>/", agency_login.there, name="oidc"),
    path("account/agency/<str:agency>/back/", agency_login.back, name="oidc-back"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/votes/", accounts.agency_votes, name="agency-votes"),
    path("accounts/new/", accounts.new_account, name="new-account"),
    path("accounts/<uuid:account_id>/", accounts.account, name="account"),
    path("accounts/<uuid:account_id>/link/", accounts.account_link, name="account-link"),
    path("accounts/<uuid:account_id>/close/", accounts.account_close, name="account-close"),
    path("accounts/<uuid:account_id>/reopen/", accounts.account_reopen, name="account-reopen"),
    path("accounts/<uuid:account_id>/reset/", accounts.account_reset, name="account-reset"),
    path("accounts/<uuid:account_id>/end/", accounts.account_end, name="account-end"),
    path("accounts/changes/<uuid:asked_id>/", accounts.account_change, name="account-change"),
    path("vocabularies/", vocabularies.vocabularies, name="vocabularies"),
    path("vocabularies/<slug:name>/", vocabularies.vocabulary, name="vocabulary"),
    path("vocabularies/<slug:name>/export/", vocabularies.vocabulary_export, name="vocabulary-export"),
    path("partners/", partners.partners, name="partners"),
    path("partners/<uuid:agency_id>/", partners.partner, name="partner"),
    path("partners/cards/<uuid:card_id>/", partners.card_decide, name="partner-card"),
    path("partners/bases/<uuid:basis_id>/", partners.basis_decide, name="partner-basis"),
    path("purpose/", board.choose_purpose, name="purpose"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/", include(login.account_urlpatterns)),
    path("log/", board.log_page, name="log"),
    path("witness/add-checkpoint", witness.add_checkpoint, name="witness"),
    path("taxii2/", include(taxii.urlpatterns)),
    path("cases/new/", board.new_case, name="new-case"),
    path("cases/<uuid:case_id>/", board.case_front, name="case"),
    path("cases/<uuid:case_id>/emergency/", emergencies.emergency_in_case, name="case-emergency"),
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/stub/<uuid:stub_id>/", emergencies.ask_by_stub, name="stub-ask"),
    path("emergencies/request/<uuid:dispatch_id>/", emergencies.ask_by_request, name="dispatch-emergency"),
    path("emergencies/<uuid:emergency_id>/confirm/", emergencies.confirm, name="emergency-confirm"),
    path("emergencies/<uuid:emergency_id>/end/", emergencies.end, name="emergency-end"),
    path("emergencies/<uuid:emergency_id>/review/", emergencies.review, name="emergency-review"),
    path("notices/", notices.notices, name="notices"),
    path("protection/", protection.protection, name="protection"),
    path("protection/clock/<uuid:clock_id>/", protection.change_clock, name="clock"),
    path("protection/export/", protection.export, name="protection-export"),
    path("cases/<uuid:case_id>/protection/", protection.case_protection, name="case-protection"),
    path("notices/<uuid:notice_id>/", notices.follow, name="notice-follow"),
    path("jobs/<uuid:job_id>/", board.job_progress, name="job"),
    path("lists/", include(match.list_urlpatterns)),
    path("exposure/", include(own_urlpatterns)),
    path("requests/", include(cooperate.inbox_urlpatterns)),
    path("products/", include(inform.received_urlpatterns)),
    path("private/", include(crosscheck.private_urlpatterns)),
    path("packages/", include(cooperate.package_urlpatterns)),
    path("coordination/", include(cooperate.coordination_urlpatterns)),
    *(
        path(
            f"cases/<uuid:case_id>/{step}/",
            include((import_module(f"entente.casework.{step}.views").urlpatterns, step)),
        )
        for step in STEPS
    ),
]

handler500 = "entente.web.stopped.error"
