"""Proofs as files, which anybody verifies with a checkpoint and the public key, without a platform.

A proof of an entry holds the entry itself: its text leads to its digest, that to its link, and the
link to the root of the checkpoint.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from plumbing.checkpoints.links import leaf_of, link_of
from plumbing.checkpoints.merkle import ProofInvalid, check_consistency, check_inclusion, leaf_hash
from plumbing.checkpoints.signed_note import Checkpoint, open_checkpoint
from protos.operations.v1 import operations_pb2 as pb

ENTRY, GROWTH = "entry", "growth"


def entry_proof(sequence: int, answer: pb.ProveEntryResponse) -> str:
    """Returns the file that proves that an audit entry is in the chain of a checkpoint."""
    return _json(
        proof=ENTRY,
        sequence=sequence,
        content=answer.content,
        digest=answer.digest,
        previous=answer.previous,
        size=answer.size,
        hashes=_texts(answer.inclusion),
    )


def growth_proof(former: str, answer: pb.GetCheckpointResponse) -> str:
    """Returns the file that proves that a later checkpoint continues the one in `former`."""
    return _json(
        proof=GROWTH, former=former, checkpoint=answer.note, hashes=_texts(answer.consistency)
    )


def check_proof(file: str, checkpoint: Checkpoint, public_key: str) -> dict[str, Any]:
    """Verifies a proof against a checkpoint that was opened with the public key.

    Returns what the file holds. Raises ProofInvalid or NoteInvalid if it proves nothing.
    """
    try:
        proof = json.loads(file)
        hashes = [base64.b64decode(one, validate=True) for one in proof["hashes"]]
        if proof["proof"] == ENTRY:
            _check_entry(proof, hashes, checkpoint)
        else:
            _check_growth(proof, hashes, checkpoint, public_key)
    except (KeyError, TypeError) as error:
        raise ProofInvalid("The file is not a proof of an audit chain") from error
    return dict(proof)


def _check_entry(proof: dict[str, Any], hashes: Sequence[bytes], checkpoint: Checkpoint) -> None:
    if proof["size"] != checkpoint.size:
        raise ProofInvalid(f"The proof is for a checkpoint of {proof['size']} entries")
    if proof["content"] and sha256(proof["content"].encode()).hexdigest() != proof["digest"]:
        raise ProofInvalid("The text of the entry does not lead to its digest")
    link = link_of(proof["previous"], proof["sequence"], proof["digest"])
    leaf, index = leaf_hash(leaf_of(link)), proof["sequence"] - 1
    check_inclusion(index, checkpoint.size, leaf, hashes, checkpoint.root)


def _check_growth(
    proof: dict[str, Any], hashes: Sequence[bytes], checkpoint: Checkpoint, public_key: str
) -> None:
    later = open_checkpoint(proof["checkpoint"], public_key)
    check_consistency(checkpoint.size, later.size, hashes, checkpoint.root, later.root)


def _texts(hashes: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


def _json(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
