"""Log-in through an agency's own identity provider: a small one on the loopback, honest or not."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.urls import reverse

from entente.records import guard
from entente.records.models import Account, LogEntry
from entente.vocabulary.agency import Strength
from entente.web.middleware import HEADERS

KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


@pytest.fixture
def provider(evidence_desk):
    """An identity provider of Italy; ``claims`` and ``made`` say how it departs from an honest one."""
    held = SimpleNamespace(
        claims={}, key=KEY, head={"kid": "k1"}, family="RS256", nonce="", challenge="", forms=[]
    )
    held.about, held.leads_away = {}, False

    def token() -> str:
        now = int(time.time())
        honest = {
            "iss": held.issuer, "aud": "desk", "sub": "s-1", "iat": now, "exp": now + 60,
            "nonce": held.nonce, "service_number": "IT-1001",
        }  # fmt: skip
        told = {k: v for k, v in {**honest, **held.claims}.items() if v is not None}
        return jwt.encode(told, held.key, held.family, headers=held.head)

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if held.leads_away:
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:9/")
                self.end_headers()
            elif self.path.endswith("/openid-configuration"):
                at = {
                    n: f"{held.issuer}/{n}" for n in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                }
                self.say({"issuer": held.issuer, **at, **held.about})
            else:
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
                self.say({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]})

        def do_POST(self) -> None:
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            held.forms.append({k: v[0] for k, v in body.items()})
            proof = sha256(held.forms[-1]["code_verifier"].encode()).digest()
            assert urlsafe_b64encode(proof).rstrip(b"=").decode() == held.challenge
            self.say({"access_token": "a", "token_type": "Bearer", "id_token": token()})

        def say(self, told) -> None:
            out = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    held.issuer = f"http://127.0.0.1:{server.server_port}"
    connection = {
        "agency": "IT", "name": "Log in at Italy", "issuer": held.issuer, "client_id": "desk",
        "client_secret": "s:cret", "second_factor": True,
    }  # fmt: skip
    held.file = evidence_desk / "providers.json"
    held.connection = connection
    held.file.write_text(json.dumps([connection]))
    yield held
    server.shutdown()
    server.server_close()


def came(client, provider, **given):
    """Go there and come back, as a browser does."""
    there = client.get(reverse("oidc", args=["IT"]))
    if there.status_code != 302:
        return there
    asked = {k: v[0] for k, v in parse_qs(urlsplit(there.url).query).items()}
    assert asked["redirect_uri"].endswith("/account/agency/IT/back/")
    provider.nonce, provider.challenge = asked["nonce"], asked["code_challenge"]
    return client.get(reverse("oidc-back", args=["IT"]), {"code": "c", "state": asked["state"], **given})


def refused(client, answer) -> str:
    assert answer.status_code == 403
    assert client.get(reverse("board")).status_code == 302
    return answer.content.decode()


def test_an_officer_of_the_agency_comes_in_and_is_as_sure_as_the_agency_answers_for(client, circle, provider):
    answer = came(client, provider)
    assert answer.status_code == 200
    board = client.get(reverse("board"))
    assert board.context["officer"].id == circle.it.pk
    assert board.context["officer"].strength is Strength.SECOND_FACTOR
    with guard.system("test"):
        reasons = [e.told["reason"] for e in LogEntry.objects.filter(step="door")]
    assert reasons == ["logged in through the agency's own provider"]
    assert client.get(reverse("account_login")).status_code == 302


def test_a_provider_that_answers_for_no_second_factor_opens_the_accounts_pages_only(client, circle, provider):
    provider.file.write_text(json.dumps([{**provider.connection, "second_factor": False}]))
    came(client, provider)
    assert client.get(reverse("board")).url == reverse("mfa_index")


def test_the_way_there_is_a_button_of_the_log_in(client, circle, provider):
    assert b"Log in at Italy" in client.get(reverse("account_login")).content


def test_the_agency_is_the_connections_whatever_the_token_says(client, circle, provider):
    provider.claims = {"agency": "FR", "service_number": "IT-1001", "org": str(circle.agencies.fr.pk)}
    came(client, provider)
    assert client.get(reverse("board")).context["officer"].agency == circle.agencies.it.pk


def test_an_officer_of_another_agency_is_not_vouched_for(client, circle, provider):
    provider.claims = {"service_number": "FR-1001", "agency": "FR"}
    says = refused(client, came(client, provider))
    provider.claims = {"service_number": "IT-0000"}
    assert "no open account" in says
    # an officer of another agency answers as nobody does
    bare = [s.split("<main")[1].split("</main")[0] for s in (says, refused(client, came(client, provider)))]
    assert bare[0] == bare[1]


def test_a_closed_account_stays_closed_and_nobody_is_made_one(client, circle, provider):
    Account.objects.filter(pk=circle.it.pk).update(is_active=False)
    before = Account.objects.count()
    refused(client, came(client, provider))
    provider.claims = {"service_number": "IT-7777", "roles": ["examiner"]}
    refused(client, came(client, provider))
    assert Account.objects.count() == before


def test_roles_of_the_token_are_not_read(client, circle, provider):
    provider.claims = {"roles": ["administrator"], "groups": ["administrator"], "purposes": ["training"]}
    came(client, provider)
    assert [str(r) for r in client.get(reverse("board")).context["officer"].roles] == ["examiner"]


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"aud": "another desk"},
        {"aud": ["desk", "another desk"], "azp": "another desk"},
        {"aud": None},
        {"exp": 1_700_000_000, "iat": 1_699_999_000},
        {"exp": None},
        {"iat": 4_000_000_000, "exp": 4_000_000_900},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"service_number": None},
        {"service_number": ["IT-1001"]},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_log_in_is_refused(client, circle, provider, claims):
    provider.claims = claims
    refused(client, came(client, provider))


@pytest.mark.parametrize(
    ("key", "family", "head"),
    [
        (OTHER_KEY, "RS256", {"kid": "k1"}),
        (KEY, "RS256", {"kid": "unknown"}),
        (None, "none", {"kid": "k1"}),
        ("a secret that both sides know, they say", "HS256", {"kid": "k1"}),
    ],
    ids=["another key", "a key that is not there", "no signature", "a shared secret"],
)
def test_a_token_without_the_providers_signature_is_refused(client, circle, provider, key, family, head):
    provider.key, provider.family, provider.head = key, family, head
    assert "not good" in refused(client, came(client, provider))


def test_an_answer_to_another_question_is_refused(client, circle, provider):
    refused(client, came(client, provider, state="another"))
    refused(client, came(client, provider, state=""))
    from django.test import Client

    fresh = Client()  # another browser follows a stolen answer
    answer = fresh.get(reverse("oidc-back", args=["IT"]), {"code": "c", "state": "s"})
    assert "another browser" in refused(fresh, answer)


def test_an_answer_for_one_agency_is_none_for_another(client, circle, provider):
    both = [provider.connection, {**provider.connection, "agency": "FR"}]
    provider.file.write_text(json.dumps(both))
    there = client.get(reverse("oidc", args=["IT"]))
    asked = {k: v[0] for k, v in parse_qs(urlsplit(there.url).query).items()}
    held = client.cookies["asked"].value
    client.cookies["asked"] = held  # a browser that sends it to the other address, too
    answer = client.get(reverse("oidc-back", args=["FR"]), {"code": "c", "state": asked["state"]})
    assert "another question" in refused(client, answer)


def test_a_provider_that_is_not_what_the_connection_says_is_refused(client, circle, provider):
    provider.about = {"issuer": "https://elsewhere.example"}
    assert "otherwise" in refused(client, came(client, provider))
    provider.about = {"token_endpoint": "http://elsewhere.example/token"}
    assert "https only" in refused(client, came(client, provider))
    provider.about, provider.leads_away = {}, True
    refused(client, came(client, provider))


def test_an_agency_without_a_provider_has_no_such_address(client, circle, provider):
    for name in ("oidc", "oidc-back"):
        answer = client.get(reverse(name, args=["FR"]))
        assert answer.status_code == 404
        assert set(HEADERS) <= set(answer.headers)


def test_a_token_is_read_once_and_kept_nowhere(client, circle, provider):
    from entente.records.models import Session

    answer = came(client, provider)
    held = [answer.content.decode(), *(c.value for c in client.cookies.values())]
    held += [str(row.get_decoded()) for row in Session.objects.all()]
    with guard.system("test"):
        held += [f"{e.body}{e.told}" for e in LogEntry.objects.all()]
    assert len(held) > 3 and not any("eyJ" in each for each in held)  # how each token begins
