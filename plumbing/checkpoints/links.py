"""The links of an audit chain, and the leaves that stand for them in its Merkle tree."""

from __future__ import annotations

from hashlib import sha256


def link_of(previous: str, sequence: int, digest: str) -> str:
    """Returns the hexadecimal SHA-256 of a previous link, a sequence number and an entry digest."""
    return sha256(f"{previous}:{sequence}:{digest}".encode()).hexdigest()


def leaf_of(link: str) -> bytes:
    """Returns the content of the leaf that stands for a link, given in hexadecimal."""
    try:
        return bytes.fromhex(link)
    except ValueError:  # somebody has overwritten the link
        return link.encode()
