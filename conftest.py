"""Where the suite keeps its desk: a throw-away folder, chosen before Django reads its settings."""

import os
import tempfile

from hypothesis import HealthCheck, settings

os.environ.setdefault("ENTENTE_DESK", tempfile.mkdtemp(prefix="entente-tests-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")

# the first text that a new clone draws builds a table of Unicode; that is slow, and says nothing of ours
settings.register_profile("default", suppress_health_check=[HealthCheck.too_slow])
# `make test-long` draws many more examples; a test that sets its own number keeps it
settings.register_profile("long", settings.get_profile("default"), max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
