"""What the compiled loops are made of: two instructions of the processor, and parts of a hash."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

_array_of: Any = arrayobj.make_array
_declared: Any = cgutils.get_or_insert_function


def _counted(context: Any, word: Any) -> Any:
    """Count the bits of a 64-bit word: the processor's own instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


def _fetched(context: Any, array: Any, place: Any) -> Any:
    """Ask for the cache line at ``array[place]`` of a flat array without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = _array_of(signature.args[0])(context, builder, arguments[0]).data
        at = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        shape = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        hint = _declared(builder.module, shape, "llvm.prefetch.p0")
        builder.call(hint, [at, number(0), number(3), number(1)])  # to read, keep near, data
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


bits: Any = intrinsic(_counted)
fetch: Any = intrinsic(_fetched)


@njit(cache=True, nogil=True, inline="always")
def chunk_of(hashes: Any, i: Any, start: Any, width: Any) -> Any:
    """Return bits ``start`` to ``start + width`` of a hash, ``width`` up to 32."""
    word, shift = start >> 6, start & 63
    value = hashes[i, word] >> np.uint64(shift)
    if shift + width > 64:
        value |= hashes[i, word + 1] << np.uint64(64 - shift)
    return np.int64(value & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)))


@njit(cache=True, nogil=True, inline="always")
def sketch_of(hashes: Any, i: Any, start: Any) -> Any:
    """Return the 64 bits of a hash from ``start`` on, round its end."""
    word, shift = (start >> 6) & 3, start & 63
    value = hashes[i, word] >> np.uint64(shift)
    if shift:
        value |= hashes[i, (word + 1) & 3] << np.uint64(64 - shift)
    return value
