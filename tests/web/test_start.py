"""What a serving process takes into memory before anybody has asked for anything."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numba", "llvmlite", "scipy.optimize", "rapidocr_onnxruntime", "tesserocr", "lingua")


def test_a_desk_at_rest_has_loaded_no_compiled_loops_and_no_readers() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'entente.web.settings'; "
        "import django; django.setup(); import entente.web.urls, entente.casework.flow; "
        f"print([m for m in {HEAVY!r} if m in sys.modules], 'cv2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True", "the last word shows that the steps' pages were loaded"
