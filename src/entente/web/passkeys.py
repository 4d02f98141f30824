"""Passkeys and authenticator apps as this desk has them; the protocol itself is fido2's and allauth's."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class KeyAdapter(DefaultMFAAdapter):
    """The secrets of authenticator apps and the recovery codes' seed are not kept in clear."""

    def encrypt(self, text: str) -> str:
        """Seal a secret under the desk's own, so that a copy of the tables alone makes no codes."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what ``encrypt`` sealed."""
        return _seal().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to this host alone."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Entente"}


class EnrolForm(AddWebAuthnForm):
    """Every key is a passkey: it knows its officer (PIN or finger) and logs in by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]
        self.fields["name"].label = _("What you call this key")

    def clean(self) -> dict[str, Any]:
        """Refuse a key that did not ask who holds it."""
        self.cleaned_data["passwordless"] = True
        return super().clean()


def _seal() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"entente: secrets of second factors")
    return Fernet(base64.urlsafe_b64encode(key.derive(settings.SECRET_KEY.encode())))
