"""Where the suite keeps its desk: a throw-away folder, chosen before Django reads its settings."""

import os
import tempfile

from hypothesis import settings

os.environ.setdefault("ENTENTE_DESK", tempfile.mkdtemp(prefix="entente-tests-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")

# `make test-long` draws many more examples; a test that sets its own number keeps it
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
