"""The letter that an act in a case would send, shown before the act."""

from __future__ import annotations

from typing import Any

import grpc

from plumbing.client import Refusal, ask
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from services.portal.visit import Visit

# While the service is older than this page, or away for a moment.
_AWAY = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE)


async def letter_of(
    visit: Visit, case: pb.Case, *, act: str, reasons: str, **decided: Any
) -> desk.PreviewLetterResponse:
    """Returns the letter of an act: decide, decline or supplement; nothing is done.

    `decided` has the outcome and the corrections of a decision. It has no title if the preview is
    not to be had at the moment, which hinders nobody. Raises Refusal for what would refuse the act.
    """
    request = desk.PreviewLetterRequest(case_id=case.case_id, act=act, reasons=reasons, **decided)
    try:
        return await ask(visit.services.desk.PreviewLetter(request))
    except Refusal as refusal:
        if refusal.code in _AWAY:
            return desk.PreviewLetterResponse()
        raise
