"""Where partners' machines have their log's head co-signed (C2SP tlog-witness, ``add-checkpoint``).

Nobody logs in here: the signature of a pinned log key is the whole proof of who asks. Whoever has none gets
the page of an address that is not there, whatever the reason, so that nothing tells whose logs are known.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from entente.records import checkpoint, log_key, witness

SIZE = "text/x.tlog.size"
PLAIN = "text/plain; charset=utf-8"


@csrf_exempt  # no cookie is looked at: a forged request of a browser has no log's signature
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Co-sign a partner's head: 200 and our line, 409 and the size we hold, or 422 for a proof that fails."""
    try:
        return HttpResponse(witness.cosign(_asked(request)), content_type=PLAIN)
    except witness.Stranger:
        raise Http404 from None
    except witness.Stale as stale:
        return HttpResponse(f"{stale.size}\n", content_type=SIZE, status=409)
    except witness.Refused as fault:
        return HttpResponse(f"{fault}\n", content_type=PLAIN, status=422)
    except (log_key.LogKeyRefused, checkpoint.NotSigned):
        return HttpResponse("the key of this log cannot be used\n", content_type=PLAIN, status=503)


def _asked(request: HttpRequest) -> str:
    """Return the request's text; anything too long or of another kind is a stranger's."""
    if request.method != "POST" or int(request.headers.get("Content-Length") or 0) > witness.LONGEST:
        raise witness.Stranger("not a request to co-sign")
    try:
        return request.read(witness.LONGEST).decode()
    except (UnicodeDecodeError, OSError):
        raise witness.Stranger("not a request to co-sign") from None
