"""Merkle arithmetic of the log: roots, the growing edge, and proofs of inclusion and consistency.

Source: RFC 9162 section 2.1 (certificate transparency 2.0). All hashes are 32 raw bytes of SHA-256. Leaves
are prefixed with 0x00 and nodes with 0x01, so that a node can never be passed off as an entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry's bytes (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbouring subtrees (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; an empty log has the hash of nothing."""
    frontier: list[bytes] = []
    for size, leaf in enumerate(leaves):
        frontier = append(frontier, size, leaf)
    return root_of(frontier)


def append(frontier: Sequence[bytes], size: int, leaf: bytes) -> list[bytes]:
    """Return the growing edge after ``leaf`` (a leaf hash) joins a log of ``size`` entries.

    The edge holds one root for each one in the binary writing of ``size``, the largest subtree first: about
    log2(size) hashes are all that a log must remember to go on.
    """
    if len(frontier) != size.bit_count():
        raise ValueError(f"an edge of {size} entries has {size.bit_count()} hashes, not {len(frontier)}")
    edge, node = list(frontier), leaf
    while size & 1:
        node = node_hash(edge.pop(), node)
        size >>= 1
    return [*edge, node]


def root_of(frontier: Sequence[bytes]) -> bytes:
    """Return the root that a growing edge stands for."""
    if not frontier:
        return sha256(b"").digest()
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


def place(level: int, index: int) -> int:
    """Return the one number of a complete subtree: ``index`` counts the subtrees of 2**level leaves.

    Nodes are numbered from left to right through the tree, leaf 0, its parent, leaf 1, …: what is written
    together as the log grows has numbers that are close together.
    """
    return (2 * index + 1 << level) - 1


def completed(frontier: Sequence[bytes], size: int, leaf: bytes) -> list[tuple[int, bytes]]:
    """Return place and hash of each node above the leaves that ``leaf`` completes as entry ``size``."""
    edge, node, level, made = list(frontier), leaf, 0, []
    while size >> level & 1:
        node, level = node_hash(edge.pop(), node), level + 1
        made.append((place(level, size >> level), node))
    return made


def subtrees(low: int, high: int) -> list[tuple[int, int]]:
    """Return level and index of the complete subtrees that make up a span, the largest first.

    ``low`` is a multiple of the largest one's size, as it is in every span of a proof.
    """
    made: list[tuple[int, int]] = []
    while low < high:
        level = (high - low).bit_length() - 1
        made.append((level, low >> level))
        low += 1 << level
    return made


def _split(size: int) -> int:
    """Return the largest power of two smaller than ``size``; ``size`` is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_spans(index: int, size: int) -> list[tuple[int, int]]:
    """Return the spans of leaves whose roots lead from leaf ``index`` to the root, lowest first (2.1.3.1).

    Raises
    ------
    IndexError
        There is no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"the log has {size} entries; there is no entry {index}")
    spans: list[tuple[int, int]] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    return spans[::-1]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from leaf ``index`` to the root, lowest first (section 2.1.3.1)."""
    return [root(leaves[low:high]) for low, high in inclusion_spans(index, len(leaves))]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether ``proof`` leads from ``leaf`` at ``index`` to the root (section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == expected


def consistency_spans(old_size: int, size: int) -> list[tuple[int, int]]:
    """Return the spans whose roots show that the first ``old_size`` leaves still stand (2.1.4.1).

    Raises
    ------
    ValueError
        ``old_size`` is not between 0 and the present size.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"the log has {size} entries; it cannot be consistent with {old_size}")
    if old_size in (0, size):
        return []
    spans: list[tuple[int, int]] = []
    low, high, whole = 0, size, True
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low, whole = middle, False
    if not whole:
        spans.append((low, high))
    return spans[::-1]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the hashes that show the first ``old_size`` leaves still stand unchanged (section 2.1.4.1)."""
    return [root(leaves[low:high]) for low, high in consistency_spans(old_size, len(leaves))]


def verify_consistency(
    old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether ``proof`` shows that the log only grew since ``old_size`` (section 2.1.4.2)."""
    if old_size == size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == root([])
    if not 0 < old_size < size or not proof:
        return False
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root
