"""The Merkle tree of RFC 6962: hashes, roots, and the verification of proofs. Pure functions.

Hashes are 32 bytes of SHA-256. The algorithms of verification are those of RFC 9162, 2.1.3.2 and
2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


class ProofInvalid(ValueError):
    """Raised where a proof does not prove what it is said to prove."""


def leaf_hash(data: bytes) -> bytes:
    """Returns the hash of a leaf with this content."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns the hash of an inner node over the hashes of its two halves."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Returns the root over the hashes of leaves, or of complete subtrees of the same size.

    The last subtree may be smaller than the others.
    """
    frontier = Frontier()
    for one in hashes:
        frontier.add(one)
    return frontier.root()


class Frontier:
    """A tree that only grows: the roots of its complete subtrees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Adds the hash of the next leaf."""
        ends = self.size
        while ends & 1:
            leaf = node_hash(self._roots.pop(), leaf)
            ends >>= 1
        self._roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Returns the root over all leaves that were added."""
        if not self._roots:
            return EMPTY_ROOT
        *larger, root = self._roots
        for one in reversed(larger):
            root = node_hash(one, root)
        return root


def split(size: int) -> int:
    """Returns the largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def check_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Checks that a leaf is in the tree with a size and root; `index` counts from 0.

    Raises ProofInvalid if the proof does not prove it.
    """
    _require_hashes([leaf, root, *proof])
    if not 0 <= index < size:
        raise ProofInvalid("The index is not below the size of the tree")
    first, last, found = index, size - 1, leaf
    for one in proof:
        if last == 0:
            raise ProofInvalid("The proof is too long")
        if first & 1 or first == last:
            found = node_hash(one, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, one)
        first, last = first >> 1, last >> 1
    if last or found != root:
        raise ProofInvalid("The proof does not lead to the root")


def check_consistency(
    former_size: int, size: int, proof: Sequence[bytes], former_root: bytes, root: bytes
) -> None:
    """Checks that the tree with `former_size` leaves is the beginning of the tree with `size`.

    Raises ProofInvalid if the proof does not prove it. `former_size` is at least 1.
    """
    _require_hashes(proof)
    if not 1 <= former_size <= size:
        raise ProofInvalid("The former tree is empty, or larger than the later one")
    if former_size == size:
        if proof or former_root != root:
            raise ProofInvalid("Two trees of one size have different roots")
        return
    _check_growth(former_size, size, proof, former_root, root)


def _check_growth(
    former_size: int, size: int, proof: Sequence[bytes], former_root: bytes, root: bytes
) -> None:
    path = [former_root, *proof] if former_size & (former_size - 1) == 0 else [*proof]
    if not path:
        raise ProofInvalid("The proof is empty")
    first, last = former_size - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    found = former = path[0]
    for one in path[1:]:
        if last == 0:
            raise ProofInvalid("The proof is too long")
        if first & 1 or first == last:
            former, found = node_hash(one, former), node_hash(one, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, one)
        first, last = first >> 1, last >> 1
    if last or former != former_root or found != root:
        raise ProofInvalid("The proof does not lead to both roots")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != len(EMPTY_ROOT) for one in hashes):
        raise ProofInvalid("A hash has the wrong length")
