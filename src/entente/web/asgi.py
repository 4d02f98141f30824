"""The ASGI application that uvicorn serves."""

import gc
import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")
# our style sheet and modules are small: that they are read at once before they are sent is as it should be
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = get_asgi_application()
# What was loaded until now stays: looking through it again would hold a page up for a tenth of a second
gc.collect()
gc.freeze()
