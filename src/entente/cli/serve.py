"""``entente serve``: the desk on a loopback address, with a worker beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

from entente.cli import words
from entente.web import start

SWITCH_S = 0.001  # after which a page that is being made lets another go on: ten small ones come together


def run(arguments: list[str]) -> int:
    """Serve until stopped."""
    made = words.on_desk(words.parser("serve", "open the desk on a loopback address"))
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--host", default="127.0.0.1", help="behind a TLS proxy only; see SECURITY.md")
    made.add_argument("--no-worker", action="store_true", help="heavy work is done elsewhere")
    told = made.parse_args(arguments)
    try:
        folder = start.folder_of(told.desk)
        start.open_for_work(folder, renew=True)
    except start.NoDesk as fault:
        return words.refuse("serve", fault)
    if held := taken(told.host, told.port):
        return words.refuse("serve", held)
    if warning := start.clock_warning():
        sys.stderr.write(f"entente serve: {warning}\n")
    # by name: a passkey belongs to a name, never to a number
    address = f"http://{'localhost' if told.host == '127.0.0.1' else told.host}:{told.port}/"
    if told.json:
        words.say({"address": address}, as_json=True)
    else:
        sys.stdout.write(f"Entente is open at {address} (stop with Ctrl+C)\n")
    sys.stdout.flush()
    return serve(told.host, told.port, worker=not told.no_worker, desk=str(folder))


def taken(host: str, port: int) -> str:
    """Return why nothing can listen there, with the mend, or an empty text; to be asked before long work."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            trial.bind((host, port))
        except (OSError, OverflowError) as why:
            return f"nothing can listen on {host} port {port} ({why}); choose another port"
    return ""


def serve(host: str, port: int, *, worker: bool, desk: str) -> int:
    """Run uvicorn in this process and a worker in another; end both together."""
    import uvicorn

    start.stay_small()
    sys.setswitchinterval(SWITCH_S)
    # uvicorn ends well on SIGTERM, then raises it again: without this the worker would be left alone
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    beside = None
    if worker:
        beside = subprocess.Popen([sys.executable, "-m", "entente.cli", "worker", "--desk", desk])
    try:
        uvicorn.run(
            "entente.web.asgi:application",
            host=host,
            port=port,
            lifespan="off",
            timeout_graceful_shutdown=3,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(os.environ.get("ENTENTE_TLS")),  # else whoever asks says where from
        )
    finally:
        if beside:
            beside.terminate()
            beside.wait(timeout=20)
    return 0
