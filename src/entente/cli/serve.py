"""``entente serve``: the desk on a loopback address, with a worker beside it."""

from __future__ import annotations

import subprocess
import sys

from entente.cli import words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Serve until stopped."""
    made = words.on_desk(words.parser("serve", "open the desk on a loopback address"))
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--host", default="127.0.0.1", help="behind a TLS proxy only; see SECURITY.md")
    made.add_argument("--no-worker", action="store_true", help="heavy work is done elsewhere")
    told = made.parse_args(arguments)
    try:
        folder = start.folder_of(told.desk)
        start.open_desk(folder)
    except start.NoDesk as fault:
        return words.refuse("serve", fault)
    return serve(told.host, told.port, worker=not told.no_worker, desk=str(folder))


def serve(host: str, port: int, *, worker: bool, desk: str) -> int:
    """Run uvicorn in this process and a worker in another; end both together."""
    import uvicorn

    start.stay_small()
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
        )
    finally:
        if beside:
            beside.terminate()
            beside.wait(timeout=20)
    return 0
