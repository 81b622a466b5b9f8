"""Puts the institution of the sample register on file, authorised for all types of the sample."""

from __future__ import annotations

from plumbing.client import new_request_id
from protos.registry.v1 import institutions_pb2 as pb
from services.cli.client import Client
from services.cli.sample.instruments import INSTITUTION, TYPES

DOCUMENT = "（样例）法计字第001号"
FROM, UNTIL = "2020-01-01", "2039-12-31"  # the sandbox's clock may move by years


async def authorise(head: Client, bureau: str) -> None:
    """Registers the institution and its authorisations as a unit head."""
    institution = pb.Institution(name=INSTITUTION, bureau=bureau)
    request = pb.PutInstitutionRequest(request_id=new_request_id(), institution=institution)
    filed = (await head.institutions.PutInstitution(request)).institution
    for type_code in sorted({code for codes in TYPES.values() for code in codes}):
        authorisation = pb.Authorisation(
            institution_id=filed.institution_id,
            type_code=type_code,
            valid_from=FROM,
            valid_until=UNTIL,
            document_no=DOCUMENT,
        )
        await head.institutions.PutAuthorisation(
            pb.PutAuthorisationRequest(request_id=new_request_id(), authorisation=authorisation)
        )
