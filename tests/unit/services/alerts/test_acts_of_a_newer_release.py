"""What a newer release proposes is left to the alerts of that release."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from plumbing.newer_tables import has_newer_value
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import proposals_pb2 as pb
from services.alerts.notices.account_mails import account_mail_due
from services.alerts.notices.proposal_notices import proposal_decided

ACT = "of_a_newer_release"


async def test_events_of_an_unknown_act_are_held_back() -> None:
    decided = registry.ProposalDecided(proposal=pb.Proposal(act=ACT, state="waiting"))
    due = registry.AccountMailDue(kind="appointment", act=ACT)
    told: list[tuple[Any, Any]] = [(proposal_decided, decided), (account_mail_due, due)]
    for consume, message in told:
        with pytest.raises(LookupError) as caught:
            await consume(None, SimpleNamespace(message=message))
        assert has_newer_value(caught.value)
