"""The Django application that remembers."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """All tables of the desk live here."""

    name = "entente.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
