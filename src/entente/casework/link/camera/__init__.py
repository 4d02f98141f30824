"""Same camera: what a sensor leaves in its pictures, compared, and what that is worth."""

from entente.casework.link.camera.calibrate import Calibration, auc, cllr, held_out, learned
from entente.casework.link.camera.compare import LEAST_OVERLAP, Fit, Likeness, compared, fit
from entente.casework.link.camera.fingerprint import FEWEST, SIDE, fingerprint, middle
from entente.casework.link.camera.fitness import (
    CALIBRATED,
    Described,
    Fitness,
    Told,
    Worth,
    evaluated,
    told,
    worth,
)
from entente.casework.link.camera.residual import TooSmall, residual
from entente.casework.link.camera.signs import packed, search, turned

METHOD, VERSION = "link.camera", "1"

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
    "TooSmall",
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
    "packed",
    "residual",
    "search",
    "told",
    "turned",
    "worth",
]
