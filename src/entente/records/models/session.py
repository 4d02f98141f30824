"""Log-ins under way, kept on this side only: whose, since when; and what was spent of each named limit."""

from __future__ import annotations

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """One log-in. ``account`` lets one's own be listed, and an administrator end them."""

    account = models.UUIDField(null=True, db_index=True)
    began = models.DateTimeField(null=True)
    seen = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-seen"]

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return the engine that keeps these; imported here because the engine imports this table."""
        from entente.records.sessions import SessionStore

        return SessionStore


class Spent(models.Model):
    """One use of something that has a limit. ``who`` is an account, an address or a keyed hash of one."""

    limit = models.CharField(max_length=40)
    who = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["limit", "who", "at"], name="spent_limit_who_at")]
