"""The Merkle arithmetic against RFC 6962's published vector, its own definition, and tampering."""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.safeguards import tree

# The eight entries and the roots of every prefix, as certificate transparency's test vectors give them.
ENTRIES = [
    bytes.fromhex(h)
    for h in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves_of(count):
    return [tree.leaf_hash(f"entry {i}".encode()) for i in range(count)]


def root_by_definition(leaves):
    """MTH of RFC 9162 section 2.1.1, written as the text has it."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return tree.node_hash(root_by_definition(leaves[:k]), root_by_definition(leaves[k:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_every_prefix_of_the_published_vector_has_its_published_root(size):
    assert tree.root([tree.leaf_hash(e) for e in ENTRIES[:size]]).hex() == ROOTS[size - 1]


def test_an_empty_log_has_the_hash_of_nothing():
    assert tree.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.integers(1, 300))
def test_the_growing_edge_gives_the_root_of_the_definition(size):
    leaves = leaves_of(size)
    assert tree.root(leaves) == root_by_definition(leaves)


def test_an_edge_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="an edge of 3 entries has 2 hashes"):
        tree.append([b"x" * 32], 3, b"y" * 32)


@settings(deadline=None)
@given(st.data())
def test_every_entry_proves_its_place_and_no_other(data):
    size = data.draw(st.integers(1, 120))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    proof, root = tree.inclusion_proof(leaves, index), tree.root(leaves)
    assert tree.verify_inclusion(leaves[index], index, size, proof, root)
    other = data.draw(st.integers(0, size + 1))
    if other != index:
        assert not tree.verify_inclusion(leaves[index], other, size, proof, root)


@settings(deadline=None)
@given(st.data())
def test_a_changed_bit_of_an_inclusion_proof_is_refused(data):
    size = data.draw(st.integers(2, 120))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    proof, root = tree.inclusion_proof(leaves, index), tree.root(leaves)
    which, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed = bytearray(proof[which])
    changed[bit // 8] ^= 1 << bit % 8
    assert not tree.verify_inclusion(
        leaves[index], index, size, [*proof[:which], bytes(changed), *proof[which + 1 :]], root
    )
    assert not tree.verify_inclusion(leaves[index], index, size, proof[:-1], root)
    assert not tree.verify_inclusion(leaves[index], index, size, [*proof, proof[0]], root)


def test_every_older_head_up_to_size_40_is_proved_consistent():
    leaves = leaves_of(40)
    for size in range(41):
        for old in range(size + 1):
            proof = tree.consistency_proof(leaves[:size], old)
            assert tree.verify_consistency(
                old, size, proof, tree.root(leaves[:old]), tree.root(leaves[:size])
            ), (old, size)


@settings(deadline=None)
@given(st.data())
def test_a_rewritten_past_is_never_consistent(data):
    size = data.draw(st.integers(2, 80))
    old = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old - 1))
    leaves = leaves_of(size)
    old_root = tree.root(leaves[:old])
    leaves[changed] = tree.leaf_hash(b"rewritten")
    proof = tree.consistency_proof(leaves, old)
    assert not tree.verify_consistency(old, size, proof, old_root, tree.root(leaves))


def test_a_size_the_log_never_had_is_refused():
    leaves = leaves_of(3)
    with pytest.raises(ValueError, match="cannot be consistent with 4"):
        tree.consistency_proof(leaves, 4)
    with pytest.raises(IndexError, match="there is no entry 3"):
        tree.inclusion_proof(leaves, 3)
    assert not tree.verify_consistency(4, 3, [], tree.root(leaves), tree.root(leaves))
    assert not tree.verify_consistency(2, 3, [], tree.root(leaves[:2]), tree.root(leaves))


# --- stored nodes, and proofs that were tampered with -----------------------------------------------------

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MUTATED = 400_000 if LONG else 44_000


def stored(leaves):
    """Return every complete subtree by its place, as the log stores them while it grows."""
    frontier, held = [], {}
    for size, leaf in enumerate(leaves):
        held[tree.place(0, size)] = leaf
        held |= dict(tree.completed(frontier, size, leaf))
        frontier = tree.append(frontier, size, leaf)
    return held


def from_nodes(held, spans):
    parts = [[held[tree.place(*each)] for each in tree.subtrees(*span)] for span in spans]
    return [tree.root_of(part) for part in parts]


def test_stored_nodes_give_every_proof_of_every_log_up_to_size_70():
    leaves = leaves_of(70)
    held = stored(leaves)
    for size in range(1, 71):
        whole = tree.root(leaves[:size])
        assert from_nodes(held, [(0, size)]) == [whole]
        for index in range(size):
            proof = from_nodes(held, tree.inclusion_spans(index, size))
            assert tree.verify_inclusion(leaves[index], index, size, proof, whole)
            old = from_nodes(held, tree.consistency_spans(index + 1, size))
            assert tree.verify_consistency(index + 1, size, old, tree.root(leaves[: index + 1]), whole)


def test_each_complete_subtree_has_a_place_of_its_own():
    count = 1 << 10
    places = [tree.place(level, index) for level in range(11) for index in range(count >> level)]
    assert sorted(places) == list(range(2 * count - 1))


def test_a_million_entries_take_about_twenty_look_ups():
    size = 1_000_000
    for index in range(0, size, 99_991):
        spans = tree.inclusion_spans(index, size)
        assert len(spans) <= 20
        assert sum(len(tree.subtrees(*span)) for span in spans) <= 40


def test_no_proof_that_was_tampered_with_holds(capsys):
    chance, leaves = Random(9162), leaves_of(300)
    held, verified, refused = stored(leaves), 0, 0
    roots = [tree.root(leaves[:n]) for n in range(301)]
    while refused < MUTATED:
        size = chance.randrange(2, 301)
        index, old = chance.randrange(size), chance.randrange(1, size)
        inclusion = from_nodes(held, tree.inclusion_spans(index, size))
        consistency = from_nodes(held, tree.consistency_spans(old, size))
        assert tree.verify_inclusion(leaves[index], index, size, inclusion, roots[size])
        assert tree.verify_consistency(old, size, consistency, roots[old], roots[size])
        verified += 2
        for proof in tampered(chance, inclusion):
            assert not tree.verify_inclusion(leaves[index], index, size, proof, roots[size])
            refused += 1
        for proof in tampered(chance, consistency):
            assert not tree.verify_consistency(old, size, proof, roots[old], roots[size])
            refused += 1
    with capsys.disabled():
        print(f"\nlog: {verified:,} proofs verified, {refused:,} mutated proofs refused")
    assert verified >= 4_000


def tampered(chance, proof):
    """Yield five proofs that differ from a true one: a bit, one less, one more, one twice, two exchanged."""
    which = chance.randrange(len(proof))
    changed = bytearray(proof[which])
    changed[chance.randrange(32)] ^= 1 << chance.randrange(8)
    yield [*proof[:which], bytes(changed), *proof[which + 1 :]]
    yield [*proof[:which], *proof[which + 1 :]]
    yield [*proof[:which], chance.randbytes(32), *proof[which:]]
    yield [*proof[: which + 1], *proof[which:]]
    if len(proof) > 1:
        other = (which + 1) % len(proof)
        swapped = list(proof)
        swapped[which], swapped[other] = swapped[other], swapped[which]
        yield swapped
