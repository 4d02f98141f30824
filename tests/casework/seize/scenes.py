"""A thing with much detail on a wall of its own, seen from two sides; drawn from a seed, nothing copied."""

import av
import cv2
import numpy as np


def texture(seed, side=240):
    """Return a square of blots and strokes that looks like nothing but itself."""
    rng = np.random.default_rng(seed)
    sheet = np.full((side, side, 3), rng.integers(90, 200, 3), np.uint8)
    for _ in range(70):
        at = tuple(int(v) for v in rng.integers(0, side, 2))
        tone = tuple(int(v) for v in rng.integers(0, 255, 3))
        if rng.random() < 0.5:
            cv2.circle(sheet, at, int(rng.integers(4, 18)), tone, -1, cv2.LINE_AA)
        else:
            to = tuple(int(v) for v in rng.integers(0, side, 2))
            cv2.line(sheet, at, to, tone, int(rng.integers(1, 5)), cv2.LINE_AA)
    return sheet


def wall(seed, thing=None, at=(200, 120)):
    """Return a room's wall (480 x 640) with its own pattern and, if given, a thing hanging on it."""
    rng = np.random.default_rng(seed)
    room = cv2.resize(rng.integers(120, 200, (12, 16, 3)).astype(np.uint8), (640, 480))
    if thing is not None:
        x, y = at
        room[y : y + thing.shape[0], x : x + thing.shape[1]] = thing
    return room


def aside(picture, turn=0.06):
    """Return the picture as seen from a step to the side, a little darker and noisier."""
    h, w = picture.shape[:2]
    square = np.float32([[0, 0], [w, 0], [w, h], [0, h]])
    moved = np.float32([[w * turn, h * turn], [w, 0], [w, h], [w * turn, h * (1 - turn)]])
    seen = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(square, moved), (w, h))
    noise = np.random.default_rng(5).normal(0, 4, seen.shape)
    return np.clip(seen * 0.9 + noise, 0, 255).astype(np.uint8)


def write(path, picture):
    """Write a JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return path


def film(path, pictures, quality=3):
    """Write a film of ten pictures a second; a higher ``quality`` is a worse one, as the encoder counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"qmin": str(quality), "qmax": str(quality)}
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path
