"""Holiday landscapes: ridges, lakes and skies, no two alike and quick to draw."""

from __future__ import annotations

import cv2
import numpy as np

from demo.brush import mix, rgb
from demo.camera import Picture

SKIES = [
    (rgb(a), rgb(b))
    for a, b in (("6fa8d6", "f3e6cf"), ("4d6d9a", "f2b880"), ("8fb7c9", "eef1ea"), ("5b5f8a", "e9a6a0"))
]
LANDS = [
    (rgb(a), rgb(b))
    for a, b in (("9fb0bf", "36523f"), ("b89a86", "5e4a34"), ("8fa0b8", "24405a"), ("a9b48a", "4c5f2e"))
]


def landscape(seed: int, size: tuple[int, int] = (720, 540)) -> Picture:
    """Draw the landscape of a number, (rows, columns, 3) uint8."""
    rng = np.random.default_rng(seed)
    w, h = size
    top, low = SKIES[int(rng.integers(len(SKIES)))]
    share = np.clip(np.arange(h) / (h * 0.6), 0, 1)[:, None]
    sky = np.array(top) * (1 - share) + np.array(low) * share
    picture = np.repeat(sky.astype(np.uint8)[:, None], w, 1)
    clouds = cv2.resize(rng.standard_normal((9, 14), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    picture = cv2.add(picture, cv2.merge([np.clip(clouds * 22, 0, 60).astype(np.uint8)] * 3))
    sun = int(rng.integers(w)), int(rng.integers(h // 12, h // 3))
    cv2.circle(picture, sun, int(h * 0.04), (255, 244, 214), -1, cv2.LINE_AA)
    far, near = LANDS[int(rng.integers(len(LANDS)))]
    layers = int(rng.integers(3, 7))
    for layer in range(layers):
        steps = int(rng.integers(7, 40))
        walk = np.cumsum(rng.normal(0, 1, steps))
        ridge = np.interp(np.linspace(0, steps - 1, w), np.arange(steps), walk - walk.mean())
        level = h * (0.35 + 0.5 * layer / layers) - ridge * h * float(rng.uniform(0.015, 0.06))
        points = np.column_stack([np.arange(w), level]).astype(np.int32)
        tone = mix(far, near, layer / max(layers - 1, 1))
        cv2.fillPoly(picture, [np.vstack([points, [(w, h), (0, h)]])], tone, cv2.LINE_AA)
    if rng.random() < 0.5:  # a lake that mirrors what is above it
        shore = int(h * rng.uniform(0.66, 0.8))
        mirror = picture[max(0, 2 * shore - h) : shore][::-1]
        ripple = (mirror * 0.72 + np.array((20, 40, 60))).clip(0, 255).astype(np.uint8)
        picture[shore : shore + len(ripple)] = ripple
        for y in range(shore, h, 7):
            x, long = int(rng.integers(w)), int(rng.integers(20, 140))
            cv2.line(picture, (x, y), (x + long, y), (214, 226, 230), 1, cv2.LINE_AA)
    else:
        for _ in range(int(rng.integers(20, 90))):
            x, y, k = int(rng.integers(w)), int(h * rng.uniform(0.75, 1)), float(rng.uniform(0.4, 1.3))
            tree = np.array([(x, y - 60 * k), (x + 17 * k, y), (x - 17 * k, y)], np.int32)
            cv2.fillPoly(picture, [tree], mix(near, (20, 30, 24), float(rng.uniform(0, 0.7))), cv2.LINE_AA)
    noise = rng.integers(-6, 7, (h, w, 1), np.int8)
    return cv2.add(picture, np.repeat(noise, 3, 2), dtype=cv2.CV_8U).astype(np.uint8)
