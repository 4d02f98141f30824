"""H3 says nothing without its restriction in words: the check of every form with handling codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class H3InWords(forms.Form):
    """A form with ``codes`` and ``handling_text``."""

    def clean(self) -> dict[str, Any]:
        """H3 needs its words."""
        data = super().clean() or {}
        if "H3" in data.get("codes", []) and not data.get("handling_text", "").strip():
            self.add_error("handling_text", _("H3 needs its restriction in words."))
        return data
