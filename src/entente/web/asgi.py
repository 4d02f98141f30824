"""The ASGI application that uvicorn serves: every page is made by one thread of a few that stay."""

import gc
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase

PAGES = 32  # made at a time; who comes then waits for a thread


class Desk(ASGIHandler):
    """Django's handler, with the whole way of a request in one thread.

    Django goes from thread to thread between middleware and page, and gives each request a thread and a
    connection of its own. Here the threads stay and keep their connections: the statements prepared and the
    second wall's views are there for the next page. Streams wait in the event loop and hold no thread.
    """

    def __init__(self, pages: int = PAGES) -> None:
        """Load the middleware; as many threads as ``pages`` start as they are needed."""
        super().__init__()
        self._threads = ThreadPoolExecutor(pages, thread_name_prefix="page")

    def load_middleware(self, is_async: bool = False) -> None:
        """Load the middleware as plain calls, whatever is asked: a page here is no coroutine."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Have the page made."""
        made = sync_to_async(self._made, thread_sensitive=False, executor=self._threads)
        return await made(request)

    def _made(self, request: HttpRequest) -> HttpResponseBase:
        _mend_lines()
        try:
            return self.get_response(request)
        finally:
            _mend_lines()


def _mend_lines() -> None:
    """Close this thread's connections that a fault spoilt, or that are old: the next page opens others."""
    line: Any
    for line in connections.all(initialized_only=True):
        line.close_if_unusable_or_obsolete()


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")
# our style sheet and modules are small: that they are read at once before they are sent is as it should be
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django.setup(set_prefix=False)
# Django would have this done, at each request, in a thread that has no connection
for signal, done in ((request_started, reset_queries), (request_started, close_old_connections)):
    signal.disconnect(done)
request_finished.disconnect(close_old_connections)
application = Desk()
# What was loaded until now stays: looking through it again would hold a page up for a tenth of a second
gc.collect()
gc.freeze()
