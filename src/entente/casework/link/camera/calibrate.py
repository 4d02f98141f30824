"""What z is worth: a likelihood ratio, learned on pairs of which it is known whether one camera took both.

Logistic regression with Platt's targets (1999), so that pairs that are told apart without a fault give no
infinite slope; the ratio is never larger than the number of pairs it was learned on can bear. Cllr (Brümmer
and du Preez 2006) says how good it is: 0 is perfect, 1 is no better than saying nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LN10 = float(np.log(10))


@dataclass(frozen=True, slots=True)
class Calibration:
    """``log10 LR = offset + slope * z``, within what was learned; ``same`` and ``other`` count its pairs."""

    offset: float
    slope: float
    same: int
    other: int
    cllr: float  # on pairs that it was not learned on

    def log10_lr(self, z: float) -> float:
        """Return the ratio's logarithm, held within one over the number of pairs on the other side."""
        most, least = np.log10(self.other + 1), -np.log10(self.same + 1)
        return float(np.clip(self.offset + self.slope * z, least, most))


def learned(same: Sequence[float], other: Sequence[float], cllr: float = float("nan")) -> Calibration:
    """Return the calibration that these z of pairs of one camera and of two teach."""
    if not same or not other:
        raise ValueError("pairs of one camera and pairs of two are needed")
    z = np.array([*same, *other], float)
    target = np.array(
        [(len(same) + 1) / (len(same) + 2)] * len(same) + [1 / (len(other) + 2)] * len(other), float
    )
    spread = float(z.std()) or 1.0

    def cost(told: Floats) -> float:
        logit = told[0] + told[1] * z / spread
        return float(np.sum(np.logaddexp(0, logit) - target * logit))

    from scipy.optimize import minimize  # 40 MB, and only who learns a curve needs it

    found = minimize(cost, np.array([0.0, 1.0]), method="BFGS").x
    prior = float(np.log(len(same) / len(other)))
    return Calibration(
        (float(found[0]) - prior) / LN10, float(found[1]) / spread / LN10, len(same), len(other), cllr
    )


def cllr(same: Sequence[float], other: Sequence[float]) -> float:
    """Return the cost of log10 likelihood ratios of pairs of one camera and of two."""
    one, two = np.array(same, float) * LN10, np.array(other, float) * LN10
    return float((np.logaddexp(0, -one).mean() + np.logaddexp(0, two).mean()) / 2 / np.log(2))


def held_out(groups: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Calibration:
    """Return the calibration of all groups, one a camera: z of its own pictures, z of others'.

    Its Cllr is held out: each group's ratios come from a calibration that never saw a pair of that camera.
    """
    same: list[float] = []
    other: list[float] = []
    for n, (own, strange) in enumerate(groups):
        rest = [g for m, g in enumerate(groups) if m != n]
        taught = learned([z for g in rest for z in g[0]], [z for g in rest for z in g[1]])
        same += [taught.log10_lr(z) for z in own]
        other += [taught.log10_lr(z) for z in strange]
    every = [z for g in groups for z in g[0]], [z for g in groups for z in g[1]]
    return learned(*every, cllr=cllr(same, other))


def auc(same: Sequence[float], other: Sequence[float]) -> float:
    """Return how often a pair of one camera scores above a pair of two; a tie counts half."""
    low = np.sort(np.array(other, float))
    one = np.array(same, float)
    below, up_to = np.searchsorted(low, one, "left"), np.searchsorted(low, one, "right")
    return float((below + up_to).mean() / 2 / len(low))
