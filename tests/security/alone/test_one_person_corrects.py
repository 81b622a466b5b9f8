"""Attacker: a caseworker, or a unit head, who alone makes an adverse record milder, worse or gone.

They have their own account of the bureau. Nobody helps them.
"""

from __future__ import annotations

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import table, upload
from tests.integration.registry.running_registry import (
    DISTRICT,
    FOREIGN,
    RunningRegistry,
    refused,
)
from tests.security.alone.test_contested_record import correction, read, withdrawal


def release(proposal: proposals.Proposal) -> proposals.ReleaseProposalRequest:
    return proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="同意"
    )


async def test_a_correction_waits_for_another_person(registry: RunningRegistry) -> None:
    record = await registry.record(points=20)
    both = registry.client(Role.CASEWORKER, Role.UNIT_HEAD, name="both")
    answer = await both.registry.CorrectRecord(correction(record))
    assert (answer.record, answer.proposal.state) == (record, "waiting")
    assert [(c.field, c.after) for c in answer.proposal.changes] == [("summary", "改了再说")]
    assert await read(both, record) == record
    with refused("NOT_PERMITTED"):
        await both.proposals.ReleaseProposal(release(answer.proposal))
    colleague = registry.client(Role.CASEWORKER, name="colleague")
    with refused("NOT_PERMITTED"):  # who is not the role that the law's data name
        await colleague.proposals.ReleaseProposal(release(answer.proposal))
    far = registry.client(Role.UNIT_HEAD, bureau=FOREIGN, name="far")
    with refused("NOT_PERMITTED"):
        await far.proposals.ReleaseProposal(release(answer.proposal))
    with refused("WRONG_STATE"):  # one at a time, so that nobody releases what they did not see
        await colleague.registry.WithdrawRecord(withdrawal(record))
    released = await registry.release(answer.proposal)
    assert (released.state, released.decided_by) == ("released", "unit-head")
    now = await read(both, record)
    assert (now.summary, now.version) == ("改了再说", 2)
    assert set(now.authors) == {"someone", "both", "unit-head"}
    actions = [e.action for e in await registry.audited(f"proposal/{released.proposal_id}")]
    assert actions == ["propose_change", "release_change"]
    [first, last] = await registry.events_of(f"proposal/{released.proposal_id}")
    assert (first.proposal.state, last.proposal.state) == ("waiting", "released")


async def test_a_withdrawal_waits_and_may_be_declined_or_taken_back(
    registry: RunningRegistry,
) -> None:
    record, caseworker = await registry.record(), registry.client(Role.CASEWORKER, name="cw")
    head = registry.client(Role.UNIT_HEAD, name="head").proposals
    first = (await caseworker.registry.WithdrawRecord(withdrawal(record))).proposal
    decline = proposals.DeclineProposalRequest(
        request_id=new_request_id(), proposal_id=first.proposal_id, reasons="没有依据"
    )
    assert (await head.DeclineProposal(decline)).proposal.state == "declined"
    with refused("WRONG_STATE"):
        await head.ReleaseProposal(release(first))
    second = (await caseworker.registry.WithdrawRecord(withdrawal(record))).proposal
    back = proposals.WithdrawProposalRequest(
        request_id=new_request_id(), proposal_id=second.proposal_id
    )
    with refused("NOT_PERMITTED"):
        await registry.client(Role.CASEWORKER, name="other").proposals.WithdrawProposal(back)
    assert (await caseworker.proposals.WithdrawProposal(back)).proposal.state == "withdrawn"
    third = (await caseworker.registry.WithdrawRecord(withdrawal(record))).proposal
    await registry.release(third)
    assert (await read(caseworker, record)).status == "withdrawn"
    request = proposals.ListProposalsRequest(page_size=1000)
    states = {one.proposal_id: one.state for one in (await head.ListProposals(request)).proposals}
    assert [states[one.proposal_id] for one in (first, second, third)] == [
        "declined", "withdrawn", "released",
    ]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [("award", "penalty"), ("penalty", "award")])
async def test_good_does_not_become_bad_nor_bad_good_on_one_word(
    registry: RunningRegistry, before: str, after: str
) -> None:
    record = await registry.record(kind=before, severity="")
    request = correction(record)
    request.record.kind = after
    caseworker = registry.client(Role.CASEWORKER)
    assert (await caseworker.registry.CorrectRecord(request)).proposal.state == "waiting"
    assert (await read(caseworker, record)).kind == before


async def test_a_good_record_is_still_corrected_at_once(registry: RunningRegistry) -> None:
    record = await registry.record(kind="award", severity="")
    caseworker = registry.client(Role.CASEWORKER)
    answer = await caseworker.registry.CorrectRecord(correction(record))
    assert (answer.record.summary, answer.proposal.proposal_id) == ("改了再说", "")


async def test_the_importer_and_who_approved_are_authors_too(registry: RunningRegistry) -> None:
    owner, sender = await registry.subject(), registry.client(Role.CASEWORKER, name="sender")
    columns = ("使用单位", "信息类别", "发生日期", "认定日期", "文书编号")
    row = (owner.credit_code, "penalty", "2026-08-01", "2026-08-02", new_request_id())
    await upload(sender, "records", table(columns, row), bureau=DISTRICT)
    request = pb.ListRecordsRequest(subject_id=owner.subject_id)
    [record] = (await sender.registry.ListRecords(request)).records
    assert list(record.authors) == ["sender"]
