"""Merkle proofs and signed notes agree with vectors of others, and with the definition itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from plumbing.checkpoints import merkle
from plumbing.checkpoints.merkle import ProofInvalid, check_consistency, check_inclusion
from plumbing.checkpoints.signed_note import (
    Checkpoint,
    NoteInvalid,
    Signer,
    open_checkpoint,
    open_note,
    read_checkpoint,
)

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "interfaces" / "tlog"
# C2SP, signed-note.md at commit 5ba5ee83.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
SEED = bytes(range(32))


def vectors(name: str) -> Any:
    file = VECTORS / name
    if not file.exists():
        pytest.skip(f"{file} is missing: the vectors of others are not compared")
    return json.loads(file.read_text())


def decoded(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def fails(check: Callable[..., None], *values: Any) -> bool:
    try:
        check(*values)
    except ProofInvalid:
        return True
    return False


def test_proofs_of_inclusion_agree_with_the_vectors_of_transparency_dev() -> None:
    for one in vectors("rfc6962_proof_vectors.json")["inclusion"]:
        [leaf, root] = decoded([one["leafHash"], one["root"]])
        values = one["leafIdx"], one["treeSize"], leaf, decoded(one["proof"]), root
        assert fails(check_inclusion, *values) == one["wantErr"], one["desc"]


def test_proofs_of_consistency_agree_with_the_vectors_of_transparency_dev() -> None:
    for one in vectors("rfc6962_proof_vectors.json")["consistency"]:
        [former, root] = decoded([one["root1"], one["root2"]])
        values = one["size1"], one["size2"], decoded(one["proof"]), former, root
        assert fails(check_consistency, *values) == one["wantErr"], one["desc"]


def test_signed_notes_agree_with_the_vectors_of_c2sp_and_go() -> None:
    for one in vectors("signed_note_vectors.json")["vectors"]:
        text = open_note(one["note"], one["vkey"])
        assert one["note"].startswith(text)
        if secret := one.get("skey"):
            _, _, name, _, key = secret.split("+", 4)
            signer = Signer(name, base64.b64decode(key)[1:])
            assert (signer.public_key, signer.sign(text)) == (one["vkey"], one["note"])


def test_the_example_of_the_specification_is_read() -> None:
    assert open_note(EXAMPLE, EXAMPLE_KEY) == "This is an example message.\n"


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = root_by_definition(leaves[:middle]), root_by_definition(leaves[middle:])
    return sha256(b"\x01" + left + right).digest()


def test_a_root_is_that_of_the_definition() -> None:
    leaves = [str(number).encode() for number in range(70)]
    for size in range(71):
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves[:size]]
        assert merkle.root_of(hashes) == root_by_definition(leaves[:size])


@pytest.mark.parametrize(
    "changed",
    [
        EXAMPLE.replace("example message", "other message"),
        EXAMPLE.replace("example.com/foo Uw", "example.com/bar Uw"),
        EXAMPLE.replace("\n\n", "\n"),
        EXAMPLE.replace("— ", "- "),
        EXAMPLE.removesuffix("\n"),
        EXAMPLE.replace("Uw2Q", "Uw!!"),
    ],
)
def test_a_changed_note_is_refused(changed: str) -> None:
    with pytest.raises(NoteInvalid):
        open_note(changed, EXAMPLE_KEY)


def test_a_checkpoint_is_three_lines_under_the_name_of_its_key() -> None:
    signer, root = Signer("quanheng/registry", SEED), sha256(b"root").digest()
    checkpoint = Checkpoint("quanheng/registry", 256, root)
    note = signer.sign(checkpoint.text())
    first = f"quanheng/registry\n256\n{base64.b64encode(root).decode()}\n\n— quanheng/registry "
    assert note.startswith(first)
    assert open_checkpoint(note, f"{signer.public_key}\n") == checkpoint
    foreign = signer.sign(Checkpoint("quanheng/alerts", 256, root).text())
    with pytest.raises(NoteInvalid):
        open_checkpoint(foreign, signer.public_key)


@pytest.mark.parametrize("size", ["", "-1", "01", "1.0", "²", "one"])
def test_a_size_is_a_decimal_number(size: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    with pytest.raises(NoteInvalid):
        read_checkpoint(f"quanheng/registry\n{size}\n{root}\n")


@pytest.mark.parametrize(
    "key",
    ["", "quanheng/registry", EXAMPLE_KEY.replace("530d", "530e"), EXAMPLE_KEY.replace("foo", "f")],
)
def test_what_is_no_key_opens_nothing(key: str) -> None:
    with pytest.raises(NoteInvalid):
        open_note(EXAMPLE, key)
