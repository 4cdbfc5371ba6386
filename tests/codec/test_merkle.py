"""Trees, paths, and what a path does not prove."""

import pickle

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc
from walrus_core.codec.merkle import EMPTY, path_length
from walrus_core.kernel import reference

ROOTS = {
    b"a": "7234082e1dd0b5ec0acd71875d61c9f374af30c100bc4de7aa4eb3f15bbed686",
    b"ab": "ee616625a590167bc4b3dc703ab4f3f2ddecbee6b9d05fee9281f02046e6082e",
    b"abc": "a3dd32d607debce875c8dcfb1417d07c9bc4c5cccd0bacefd0a4a9473d958e37",
}


@pytest.mark.parametrize("leaves", ROOTS)
def test_known_roots(leaves: bytes, engine: str) -> None:
    assert wc.MerkleTree.over(leaves, 1).root.hex() == ROOTS[leaves], engine


@pytest.mark.parametrize(
    ("n_leaves", "length"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (9, 4), (1000, 10)]
)
def test_path_lengths(n_leaves: int, length: int) -> None:
    assert path_length(n_leaves) == length


@pytest.mark.usefixtures("engine")
@given(st.integers(1, 70), st.sampled_from([1, 2, 26, 64, 127, 128, 129]), st.data())
def test_every_leaf_has_the_reference_path(n_leaves: int, size: int, data: st.DataObject) -> None:
    content = data.draw(st.binary(min_size=n_leaves * size, max_size=n_leaves * size))
    leaves = [content[i * size : (i + 1) * size] for i in range(n_leaves)]
    tree = wc.MerkleTree.over(content, size)
    assert tree.root == reference.merkle_root(leaves)
    for index, leaf in enumerate(leaves):
        proof = tree.proof(index)
        assert list(proof) == reference.merkle_path(leaves, index)
        assert proof.root(leaf, index) == tree.root
        proof.verify(tree.root, leaf, index, n_leaves)


def test_what_a_path_does_not_prove() -> None:
    tree = wc.MerkleTree.over(b"abcde", 1)
    proof = tree.proof(2)
    proof.verify(tree.root, b"c", 2)
    for leaf, index in ((b"x", 2), (b"c", 3), (b"c", 0), (b"cc", 2), (b"", 2)):
        with pytest.raises(wc.VerificationError, match="does not lead"):
            proof.verify(tree.root, leaf, index, 5)
    with pytest.raises(wc.VerificationError, match="leaf index 8"):
        proof.verify(tree.root, b"c", 8)
    with pytest.raises(wc.VerificationError, match="leaf index 5 >= 5"):
        proof.verify(tree.root, b"c", 5, 5)
    with pytest.raises(wc.VerificationError, match="3 nodes, not the 4"):
        proof.verify(tree.root, b"c", 2, 9)
    with pytest.raises(wc.VerificationError, match="does not lead"):
        wc.MerkleProof(proof.path[:64]).verify(tree.root, b"c", 2)
    with pytest.raises(wc.InvalidArgumentError, match="leaf index"):
        proof.verify(tree.root, b"c", -1)


def test_a_single_leaf_has_an_empty_path() -> None:
    proof = wc.MerkleTree.over(b"leaf", 4).proof(0)
    assert len(proof) == 0
    assert proof  # and is a proof all the same
    proof.verify(reference.leaf_hash(b"leaf"), b"leaf", 0, 1)


def test_bcs_spells_the_empty_node_its_own_way() -> None:
    proof = wc.MerkleTree.over(b"abcde", 1).proof(4)
    assert list(proof)[:2] == [EMPTY, EMPTY]
    data = proof.to_bcs()
    assert data == b"\x03\x00\x00\x01" + list(proof)[2]
    assert wc.MerkleProof.from_bcs(data) == proof


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "truncated"),
        (b"\x02\x00", "announces 2 items"),
        (b"\x01\x01" + bytes(range(31)), "truncated"),
        (b"\x01\x00\x00", "over-long"),
        (b"\x01\x02", "variant 2"),
        (b"\x01\x80\x00", "superfluous"),
        (b"\x01\x01" + bytes(32), "Empty node"),
        (b"\x11" + bytes(17), "17 > 16"),
        (b"\xff\xff\xff\xff\x0f" + bytes(20), "announces"),
    ],
)
def test_bad_bcs(data: bytes, reason: str) -> None:
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        wc.MerkleProof.from_bcs(data)


@pytest.mark.parametrize("path", [bytes(31), bytes(17 * 32), "text"])
def test_bad_paths(path: object) -> None:
    with pytest.raises(wc.InvalidArgumentError):
        wc.MerkleProof(path)


@pytest.mark.parametrize(("leaves", "size"), [(b"", 1), (b"abc", 2), (b"abc", 0), (b"abc", 4)])
def test_bad_leaves(leaves: bytes, size: int) -> None:
    with pytest.raises(wc.InvalidArgumentError):
        wc.MerkleTree.over(leaves, size)


def test_trees_and_proofs_are_values() -> None:
    tree = wc.MerkleTree.over(b"abcde", 1)
    assert pickle.loads(pickle.dumps(tree)) == tree == wc.MerkleTree.over(bytearray(b"abcde"), 1)
    assert pickle.loads(pickle.dumps(tree.proof(1))) == tree.proof(1) != tree.proof(2)
    assert (repr(tree), repr(tree.proof(0))) == ("MerkleTree(5 leaves)", "MerkleProof(3 nodes)")
    with pytest.raises(wc.InvalidArgumentError, match="leaf index"):
        tree.proof(5)
