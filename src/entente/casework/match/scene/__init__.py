"""Is a part of it known? Local features and where they lie: what a whole-picture hash loses by cropping.

A picture is some hundreds of corners, each with 256 bits on how its surroundings look (``corners``). Held
pictures are found by words that corners share (``index``), and are believed only when many corners of both
lie in the same arrangement all over the part that both show (``arrangement``). Arithmetic only; it proposes,
a person confirms.
"""

from entente.casework.match.scene.corners import (
    LEAST_FEATURES,
    TOO_FEW,
    Asked,
    Features,
    FeaturesDamaged,
    asked,
    features,
)
from entente.casework.match.scene.index import METHOD, VERSION, SceneIndex, SceneMatch

__all__ = [
    "LEAST_FEATURES",
    "METHOD",
    "TOO_FEW",
    "VERSION",
    "Asked",
    "Features",
    "FeaturesDamaged",
    "SceneIndex",
    "SceneMatch",
    "asked",
    "features",
]
