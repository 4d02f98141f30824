"""Networks without training, written as ONNX bytes by hand: fixed corners, and the patch around each.

They have the shape that OpenCV's classes expect and stand for a site's own file. The fields' numbers are
those of onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7
SIDE, COUNT = 256, 256  # of the picture that the network looks at; points that it gives
_TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.int64): INT64}


def _whole(number: int) -> bytes:
    number, out = number & (1 << 64) - 1, bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, value: int | str | bytes | float) -> bytes:
    if isinstance(value, float):
        return _whole(number << 3 | 5) + np.float32(value).tobytes()
    if isinstance(value, int):
        return _whole(number << 3) + _whole(value)
    data = value.encode() if isinstance(value, str) else value
    return _whole(number << 3 | 2) + _whole(len(data)) + data


def _tensor(name: str, held: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    dims = b"".join(_field(1, int(n)) for n in held.shape)
    return dims + _field(2, _TYPES[held.dtype]) + _field(8, name) + _field(9, held.tobytes())


def _value(name: str, kind: int, shape: Iterable[int]) -> bytes:
    dims = b"".join(_field(1, _field(1, n)) for n in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, dims)))


def _attribute(name: str, value: int | float | list[int]) -> bytes:
    if isinstance(value, list):
        return _field(1, name) + b"".join(_field(8, n) for n in value) + _field(20, 7)
    if isinstance(value, float):
        return _field(1, name) + _field(2, value) + _field(20, 1)
    return _field(1, name) + _field(3, value) + _field(20, 2)


class Network:
    """Nodes and constants, in the order of their adding."""

    def __init__(self) -> None:
        self._nodes, self._constants = b"", b""
        self._next = 0

    def constant(self, held: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Return the name of a constant."""
        self._next += 1
        self._constants += _field(5, _tensor(f"c{self._next}", np.ascontiguousarray(held)))
        return f"c{self._next}"

    def node(
        self, op: str, *inputs: str, out: str = "", more: int = 0, **attributes: int | float | list[int]
    ) -> str:
        """Return the name of a node's (first) output."""
        self._next += 1
        name = out or f"v{self._next}"
        outputs = [name, *(f"{name}_{n}" for n in range(1, more + 1))]
        told = b"".join(_field(1, i) for i in inputs) + b"".join(_field(2, o) for o in outputs)
        told += _field(3, f"n{self._next}") + _field(4, op)
        told += b"".join(_field(5, _attribute(k, v)) for k, v in attributes.items())
        self._nodes += _field(1, told)
        return name

    def whole(
        self, takes: dict[str, tuple[int, list[int]]], gives: dict[str, tuple[int, list[int]]]
    ) -> bytes:
        """Return the file."""
        graph = self._nodes + _field(2, "drawn") + self._constants
        graph += b"".join(_field(11, _value(n, *t)) for n, t in takes.items())
        graph += b"".join(_field(12, _value(n, *t)) for n, t in gives.items())
        return _field(1, 8) + _field(2, "entente tests") + _field(7, graph) + _field(8, _field(2, 17))


def _steps(side: int, count: int = 128, reach: int = 11) -> NDArray[np.int64]:
    """Return ``count`` steps from a point to others near it, in places of a flattened picture."""
    down, right = np.random.default_rng(7).integers(-reach, reach + 1, (2, 2 * count))
    return (down * side + right).astype(np.int64)


def network(kind: str = "DISK", fault: str = "", side: int = SIDE, count: int = COUNT) -> bytes:
    """Return a network as ``cv2.DISK`` or ``cv2.ALIKED`` expects it: Harris corners, and differences around.

    ``fault``: ``nan``, ``outside``, ``short`` (descriptions), ``nothing`` (they are zero), ``uneven`` or
    ``mute`` (an output is missing).
    """
    net = Network()

    def whole(*numbers: int) -> str:
        return net.constant(np.array(numbers, np.int64))

    def real(*numbers: float, shape: tuple[int, ...] = (1,)) -> str:
        return net.constant(np.array(numbers, np.float32).reshape(shape))

    def soft(plane: str) -> str:
        return net.node("AveragePool", plane, kernel_shape=[5, 5], pads=[2] * 4, strides=[1, 1])

    grey = net.node("Conv", "image", real(*[1 / 3] * 3, shape=(1, 3, 1, 1)), kernel_shape=[1, 1])
    edge = [-1, 0, 1, -2, 0, 2, -1, 0, 1]
    across = net.node("Conv", grey, real(*edge, shape=(1, 1, 3, 3)), kernel_shape=[3, 3], pads=[1] * 4)
    edge = [-1, -2, -1, 0, 0, 0, 1, 2, 1]
    down = net.node("Conv", grey, real(*edge, shape=(1, 1, 3, 3)), kernel_shape=[3, 3], pads=[1] * 4)
    xx, yy, xy = (soft(net.node("Mul", a, b)) for a, b in ((across, across), (down, down), (across, down)))
    trace = net.node("Add", xx, yy)
    corner = net.node("Sub", net.node("Mul", xx, yy), net.node("Mul", xy, xy))
    score = net.node("Sub", corner, net.node("Mul", net.node("Mul", trace, trace), real(0.05)))
    inner = np.zeros((1, 1, side, side), np.float32)
    inner[..., 14:-14, 14:-14] = 1
    score = net.node("Mul", net.node("Relu", score), net.constant(inner))
    lower = net.node(
        "Sub", net.node("MaxPool", score, kernel_shape=[7, 7], pads=[3] * 4, strides=[1, 1]), score
    )
    peaks = net.node("Relu", net.node("Sub", score, net.node("Mul", lower, real(1e6))))
    flat = net.node("Reshape", peaks, whole(1, side * side))
    scores = net.node("TopK", flat, whole(count), more=1, axis=1)
    place = net.node("Reshape", f"{scores}_1", whole(1, count, 1))
    row = net.node("Div", place, whole(side))
    column = net.node("Sub", place, net.node("Mul", row, whole(side)))
    if fault == "outside":
        column = net.node("Add", column, whole(4 * side))
    places = net.node("Concat", column, row, axis=2)
    if kind == "ALIKED":
        share = net.node("Mul", net.node("Cast", places, to=FLOAT), real(2 / side))
        places = net.node("Reshape", net.node("Sub", share, real(1)), whole(count, 2))

    wide = 64 if fault == "short" else 128
    middle = net.node("Reshape", f"{scores}_1", whole(count, 1))
    near = net.node("Reshape", soft(grey), whole(side * side))
    near_one, near_other = (
        net.node("Gather", near, net.node("Add", middle, net.constant(steps[None])), axis=0)
        for steps in np.split(_steps(side, wide), 2)
    )
    looks = net.node("Sub", near_one, near_other)
    length = net.node("Sqrt", net.node("ReduceSum", net.node("Mul", looks, looks), whole(1), keepdims=1))
    looks = net.node("Div", looks, net.node("Add", length, real(1e-6)))
    if fault in {"nan", "nothing"}:
        looks = net.node("Mul", looks, real(np.nan if fault == "nan" else 0))
    one = () if kind == "ALIKED" else (1,)  # a batch of one, which ALIKED's class does not take
    half = (*one, *((count // 2, 2 * wide) if fault == "uneven" else (count, wide)))
    net.node("Identity", places, out="keypoints")
    net.node("Identity", scores, out="scores")
    last = "looks" if fault == "mute" else "descriptors"
    net.node("Reshape", looks, whole(*half), out=last)
    return net.whole(
        {"image": (FLOAT, [1, 3, side, side])},
        {
            "keypoints": (FLOAT if kind == "ALIKED" else INT64, [*one, count, 2]),
            "scores": (FLOAT, [1, count]),
            last: (FLOAT, [*half]),
        },
    )


def pairing(fault: str = "") -> bytes:
    """Return a network as ``cv2.LightGlueMatcher`` expects it, without training: mutual nearest looks.

    Points of which the other's nearest is another get a score below 0. ``fault``: ``nan``, ``outside``,
    ``twice``, ``real`` (pairs are no whole numbers), ``short`` (fewer scores), ``blind`` (it pairs nothing),
    ``empty`` (it answers no row) or ``mute`` (an output is missing).
    """
    net = Network()

    def whole(*numbers: int) -> str:
        return net.constant(np.array(numbers, np.int64))

    zero, one = (net.constant(np.array(n, np.int64)) for n in (0, 1))
    alike = net.node("MatMul", "desc0", net.node("Transpose", "desc1", perm=[0, 2, 1]))
    alike = net.node("Reshape", alike, net.node("Slice", net.node("Shape", alike), whole(1), whole(3)))
    count = net.node("Slice", net.node("Shape", "desc0"), whole(1), whole(2))
    steps = net.node("Range", zero, net.node("Squeeze", count, whole(0)), one)
    best = net.node("ArgMax", alike, axis=1, keepdims=0)
    back = net.node("Gather", net.node("ArgMax", alike, axis=0, keepdims=0), best, axis=0)
    mutual = net.node("Cast", net.node("Equal", back, steps), to=FLOAT)
    worth = net.node("Add", net.node("ReduceMax", alike, axes=[1], keepdims=0), net.constant(np.float32([1])))
    scores = net.node("Sub", net.node("Mul", worth, mutual), net.constant(np.float32([1])))
    if fault in {"blind", "nan"}:
        less = np.float32([np.nan if fault == "nan" else -9])
        scores = net.node("Add", scores, net.constant(less))
    if fault == "outside":
        best = net.node("Add", best, whole(5000))
    if fault == "twice":
        best = net.node("Mul", best, whole(0))
        scores = net.node("Abs", scores)
    pairs = net.node(
        "Concat", net.node("Unsqueeze", steps, whole(1)), net.node("Unsqueeze", best, whole(1)), axis=1
    )
    if fault == "real":
        pairs = net.node("Cast", pairs, to=FLOAT)
    if fault in {"short", "empty"}:
        scores = net.node("Slice", scores, whole(0), whole(0 if fault == "empty" else 3))
    if fault == "empty":
        pairs = net.node("Slice", pairs, whole(0), whole(0))
    net.node("Identity", scores, out="mscores0")
    last = "pairs" if fault == "mute" else "matches0"
    net.node("Identity", pairs, out=last)
    takes = {
        f"{name}{n}": (FLOAT, [1, -1, wide]) for n in (0, 1) for name, wide in (("kpts", 2), ("desc", 128))
    }
    return net.whole(takes, {last: (FLOAT if fault == "real" else INT64, [-1, 2]), "mscores0": (FLOAT, [-1])})
