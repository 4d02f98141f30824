"""The Django application of the front door: it loads the flow, so that every act is followed by the next."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Addresses, layout and log-in."""

    name = "entente.web"
    label = "web"

    def ready(self) -> None:
        """Open the flow once all tables are known."""
        from entente.casework import flow  # noqa: F401 - registers its listeners
        from entente.web import doorbook  # noqa: F401 - as above: what is written of log-ins and keys
