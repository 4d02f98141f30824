"""Same camera: what a sensor leaves in its pictures, compared, and what that is worth.

The compiled loops stand in ``residual`` and ``signs``, which a server that only shows cameras never loads.
"""

from entente.casework.link.camera.calibrate import Calibration, auc, cllr, held_out, learned
from entente.casework.link.camera.compare import LEAST_OVERLAP, Fit, Likeness, compared, fit
from entente.casework.link.camera.fingerprint import FEWEST, fingerprint
from entente.casework.link.camera.fitness import (
    CALIBRATED,
    Described,
    Fitness,
    Told,
    Worth,
    evaluated,
    told,
    unfit,
    worth,
)
from entente.casework.link.camera.plane import SIDE, middle

# A new version wherever a fingerprint, a class or a ratio may come out otherwise: what was kept of the one
# before is worked out again.
METHOD, VERSION = "link.camera", "2"

__all__ = [
    "CALIBRATED",
    "FEWEST",
    "LEAST_OVERLAP",
    "METHOD",
    "SIDE",
    "VERSION",
    "Calibration",
    "Described",
    "Fit",
    "Fitness",
    "Likeness",
    "Told",
    "Worth",
    "auc",
    "cllr",
    "compared",
    "evaluated",
    "fingerprint",
    "fit",
    "held_out",
    "learned",
    "middle",
    "told",
    "unfit",
    "worth",
]
