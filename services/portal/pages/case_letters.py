"""The letter that an act in a case would send, shown before the act."""

from __future__ import annotations

from typing import Any

from plumbing.client import ask
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from services.portal.visit import Visit


async def letter_of(
    visit: Visit, case: pb.Case, *, act: str, reasons: str, **decided: Any
) -> desk.PreviewLetterResponse:
    """Returns the letter of an act: decide, decline or supplement; nothing is done.

    `decided` has the outcome and the corrections of a decision. Raises Refusal for what would
    refuse the act.
    """
    request = desk.PreviewLetterRequest(case_id=case.case_id, act=act, reasons=reasons, **decided)
    return await ask(visit.services.desk.PreviewLetter(request))
