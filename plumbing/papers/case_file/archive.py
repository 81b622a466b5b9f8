"""The archive of a case as a ZIP: dossier, letters, receipts, evidence, audit, and their digests.

It is packed while it is sent; files of evidence are read piece by piece.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from google.protobuf.json_format import MessageToJson

from plumbing.archives import Names, Packed, packed
from plumbing.checkpoints.proofs import entry_proof
from plumbing.client import ask
from plumbing.papers.case_file.dossier import dossier
from plumbing.papers.case_file.instructions import instructions
from plumbing.papers.case_file.reading import CaseFile, Stubs
from plumbing.papers.letter_pdf import letter_of_case, letter_pdf
from protos.objection.v1 import evidence_pb2
from protos.operations.v1.operations_pb2 import ProveEntryResponse

SUMS = "SHA256SUMS"
OF_SUBJECT, OF_BUREAU = "申请人所持的一份（不含办理机关的内部材料）", "办理机关所持的一份"


@dataclass(frozen=True)
class Printing:
    """What letters are printed with: the portal's address, and a directory of fonts or nothing."""

    portal_url: str
    font_dir: str


@dataclass
class Contents:
    """The parts of an archive that are made before it is sent, and where everything lies."""

    fixed: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # by id
    proofs: list[tuple[int, str]] = field(default_factory=list)
    _names: dict[str, Names] = field(default_factory=dict)

    def place(self, folder: str, wanted: str, extension: str, id_: str) -> str:
        """Finds a name in a folder for the part with an id."""
        name = self._names.setdefault(folder, Names()).name(wanted, extension)
        self.places[id_] = f"{folder}/{name}"
        return self.places[id_]


def prepare(file: CaseFile, printing: Printing) -> Contents:
    """Makes the parts of an archive but for the files of evidence; this takes about a second.

    Raises CannotTypeset where letters cannot be printed.
    """
    contents = Contents()
    for letter in file.answer.letters:
        place = contents.place("letters", letter.number or letter.title, "pdf", letter.letter_id)
        pdf = letter_pdf(letter_of_case(letter), printing.portal_url, printing.font_dir)
        contents.fixed[place] = pdf
    for receipt_id, receipt in file.receipts.items():
        place = contents.place("receipts", receipt_id, "json", receipt_id)
        contents.fixed[place] = receipt.receipt_json.encode()
    for one in _kept(file):
        stem, _, extension = one.file_name.rpartition(".")
        contents.place("evidence", stem, extension, one.evidence_id)
    _add_audit(contents, file)
    contents.fixed["case.json"] = _as_json(file)
    edition = OF_SUBJECT if file.by_subject else OF_BUREAU
    contents.fixed["案卷.html"] = dossier(
        file, edition=edition, places=contents.places, proofs=contents.proofs
    )
    contents.fixed["核验说明.txt"] = instructions(file, printing.portal_url)
    return contents


def _as_json(file: CaseFile) -> bytes:
    text = MessageToJson(file.answer, preserving_proto_field_name=True, ensure_ascii=False)
    return f"{text}\n".encode()


def _add_audit(contents: Contents, file: CaseFile) -> None:
    for one in file.proof.entries:
        answer = ProveEntryResponse(
            content=one.content,
            digest=one.digest,
            previous=one.previous,
            inclusion=one.inclusion,
            size=file.proof.size,
        )
        place = f"audit/{one.sequence:08d}.json"
        contents.fixed[place] = entry_proof(one.sequence, answer).encode()
        contents.proofs.append((one.sequence, place))
    if file.proof.note:
        contents.fixed["audit/checkpoint.txt"] = file.proof.note.encode()
        contents.fixed["audit/key.pub"] = f"{file.proof.key}\n".encode()


def case_archive(stubs: Stubs, file: CaseFile, contents: Contents) -> AsyncIterator[bytes]:
    """Yields the archive in pieces; raises Refusal where a file of evidence cannot be read."""
    return packed(_parts(stubs, file, contents))


async def _parts(stubs: Stubs, file: CaseFile, contents: Contents) -> AsyncIterator[Packed]:
    at = file.read_at
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.fixed.items()}
    for name, content in contents.fixed.items():
        yield Packed(name, at, _once(content))
    for one in _kept(file):
        place = contents.places[one.evidence_id]
        sums[place] = one.sha256
        yield Packed(place, at, _pieces(stubs, one))
    yield Packed(SUMS, at, _once("".join(_lines(sums)).encode()))


def _lines(sums: Mapping[str, str]) -> Iterator[str]:
    return (f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def _kept(file: CaseFile) -> Iterable[evidence_pb2.Evidence]:
    return (one for one in file.files if not one.HasField("erased_at"))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _pieces(stubs: Stubs, file: evidence_pb2.Evidence) -> AsyncIterator[bytes]:
    offset = 0
    while offset < file.size:
        request = evidence_pb2.ReadEvidenceRequest(evidence_id=file.evidence_id, offset=offset)
        piece = (await ask(stubs.evidence.ReadEvidence(request))).content
        if not piece:
            return
        offset += len(piece)
        yield piece
