"""Where the suite keeps its desk: a throw-away folder, chosen before Django reads its settings."""

import os
import tempfile

os.environ.setdefault("ENTENTE_DESK", tempfile.mkdtemp(prefix="entente-tests-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")
