"""The command that records the verification of an instrument."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from sqlmodel import col

from law.colours.rule import VerificationResult
from law.errors import Fault, WrongState
from law.identity import folded, part_key
from law.instruments import end_of_cycle, exceeds_cycle
from law.reader.strict_reader import Reader
from law.separation import Act
from plumbing.change import Change
from plumbing.clock import local_date
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import save_verifications
from services.registry.calibrations.as_certificate import (
    add_file,
    certificate_of_result,
    certify,
    note_ground,
)
from services.registry.calibrations.tables import Dcc
from services.registry.coming_into_use import come_into_use
from services.registry.commands.corrections import propose_correction
from services.registry.commands.instrument_details import complete, details_of, differing
from services.registry.commands.recorded_before import (
    OF_CERTIFICATE,
    SAID_BESIDES,
    is_news,
    recorded_before,
)
from services.registry.commands.results_of_parts import read_results
from services.registry.commands.targets import find_instrument, refuse_any, require_version
from services.registry.institutions import punctuality, reporting
from services.registry.institutions.reporting import NOT_OWN_EN, NOT_OWN_ZH, Reporter
from services.registry.orders.completing import complete as complete_orders
from services.registry.orders.following_results import follow_results
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.red_alerts import basis_with, facts_of
from services.registry.sameness.finding import likeness_at, look
from services.registry.sameness.joining import severe_stands, stand_anew
from services.registry.sameness.places import of_result
from services.registry.tables import Instrument, Proposal, Verification
from services.registry.validation import VerificationContent, check_dated, check_work


@dataclass(frozen=True)
class _Sent:
    """How results came: on which day, with which DCC, and since when they have a term."""

    on: date
    since: date | None
    certificate: Dcc | None

    def reported(self, content: VerificationContent) -> Mapping[str, date]:
        """The columns by which it is told whether the institution that verified was in time."""
        return punctuality.reported(self.since, content.result, content.verified_on, self.on)


async def record_verification(
    change: Change, request: pb.RecordVerificationRequest
) -> pb.RecordVerificationResponse:
    """Records a verification; a first pass puts a spare instrument into use (C-19).

    Where parts have results of their own, such as nozzles, one verification is recorded for each.
    The result of one that was pending under the same certificate is recorded in its place.
    An institution records its own results only, of types for which it is authorised. If the same
    certificate is recorded already with the same content, returns that verification. One that is
    valid for longer than the cycle of its type is only proposed: a unit head confirms it. What the
    request says of the instrument itself completes it, and never changes what is on file. A DCC
    that it names becomes the file of the certificate.
    Raises InvalidInput for faulty content, NotPermitted outside the caller's scope, AlreadyExists
    if the certificate number is recorded with other content, and the errors of
    `certificate_of_result`.
    """
    faults: list[Fault] = []
    reader, content, results = read_results(request, change.today, faults)
    issuer = await reporting.reporter(change.session, change.caller, [content.certificate_no])
    if issuer:
        _check_own(reader, content, issuer)
    refuse_any(faults)
    instrument = await find_instrument(change, content.instrument_id)
    check_dated(reader, content, instrument.type_code)
    check_work(reader, content)
    if issuer:
        _check_issued(reader, content, issuer, instrument.type_code)
    refuse_any(faults)
    certificate = await certificate_of_result(
        change, request, content, instrument, own=issuer is not None
    )
    sent = _Sent(change.today, await _term_since(change, issuer, content), certificate)
    late = punctuality.late(sent.reported(content))
    results = _to_record(results, instrument, issuer, certificate)
    together = [(await recorded_before(change, one, certificate), one) for one in results]
    news = any(is_news(*one) for one in together)
    if news and exceeds_cycle(instrument.type_code, content.verified_on, content.valid_until):
        named = replace(content, certificate_sha256=results[0].certificate_sha256)
        proposal = await _propose(change, request, named, instrument, certificate)
        return _waiting(request, instrument, proposal, late)
    number = content.certificate_no
    others = await complete(change, instrument, details_of(request), number)
    rows = await _record_new(change, request, together, instrument, sent)
    recorded = [*map(wire.verification, rows)]
    correction = None
    if news:
        correction = await propose_correction(change, instrument, others, number, change.caller)
    return pb.RecordVerificationResponse(
        verification=recorded[0],
        instrument=wire.instrument(instrument),
        verifications=recorded,
        likeness_id=await likeness_at(
            change, of_result(instrument.instrument_id, content.verified_on)
        ),
        differing=others,
        correction=correction,
        late=late if news else None,
    )


async def _record_new(
    change: Change,
    request: pb.RecordVerificationRequest,
    results: Sequence[tuple[Verification | None, VerificationContent]],
    instrument: Instrument,
    sent: _Sent,
) -> list[Verification]:
    """Records the results that are not on file; the DCC certifies those that are as well."""
    if sent.certificate:
        await certify(change, sent.certificate, [row for row, _ in results if row], sent.on)
    rows = [
        await _record(change, row, one, instrument, sent)
        if row is None or is_news(row, one)
        else row
        for row, one in results
    ]
    recorded = [row.verification_id for row in rows]
    await complete_orders(change, col(Verification.verification_id).in_(recorded))
    for row in rows:
        note_ground(change, sent.certificate, request, row)
    return rows


async def release_verification(
    change: Change, request: pb.RecordVerificationRequest, proposal: Proposal
) -> None:
    """Records a verification that a unit head confirms, valid for longer than the cycle.

    What changed of the instrument meanwhile does not matter, apart from its type and from what
    decides its colour. Raises WrongState if these changed, and InvalidInput if another institution
    has used the certificate number since it was proposed or the institution may no longer verify
    the type.
    """
    faults: list[Fault] = []
    reader, content, results = read_results(request, change.today, faults)
    refuse_any(faults)
    numbers = [content.certificate_no]
    issuer = await reporting.proposer(change.session, proposal.proposed_by, numbers)
    instrument = await find_instrument(change, object_id(proposal))
    await _require_as_proposed(change, instrument, proposal)
    if issuer:
        _check_issued(reader, content, issuer, instrument.type_code)
    refuse_any(faults)
    certificate = await certificate_of_result(
        change, request, content, instrument, own=issuer is not None, proposed=True
    )
    others = await complete(change, instrument, details_of(request), content.certificate_no)
    since = await _term_since(change, issuer, content)
    sent = _Sent(local_date(proposal.proposed_at), since, certificate)
    results = _to_record(results, instrument, issuer, certificate)
    together = [(await recorded_before(change, one, certificate), one) for one in results]
    await _record_new(change, request, together, instrument, sent)
    sender = await reporting.sender(change.session, proposal.proposed_by)
    await propose_correction(change, instrument, others, content.certificate_no, sender)
    await look(change, of_result(instrument.instrument_id, content.verified_on))


async def _term_since(
    change: Change, issuer: Reporter | None, content: VerificationContent
) -> date | None:
    """The day since which the institution has a term to report what it verifies; None without."""
    if issuer is not None:
        return date.min  # of what it sends itself the term always runs
    name = content.institution
    return (await punctuality.on_file(change.session, [name])).get(name)


def _to_record(
    results: Sequence[VerificationContent],
    instrument: Instrument,
    issuer: Reporter | None,
    certificate: Dcc | None,
) -> list[VerificationContent]:
    """The results with the id of their instrument, and their issuer's name as it is on file.

    An institution finds again what it reported by its name in exactly this writing.
    """
    key = instrument.instrument_id
    return [
        replace(
            one,
            instrument_id=key,
            institution=issuer.name if issuer else one.institution,
            certificate_sha256=certificate.sha256 if certificate else one.certificate_sha256,
        )
        for one in results
    ]


async def _propose(
    change: Change,
    request: pb.RecordVerificationRequest,
    content: VerificationContent,
    instrument: Instrument,
    certificate: Dcc | None,
) -> proposals.Proposal:
    end = end_of_cycle(instrument.type_code, content.verified_on)
    after = {name: value for name, value in asdict(content).items() if value}
    del after["instrument_id"]
    if request.parts:  # as a whole it counts as a pass if any part passed
        after["result"] = request.verification.result
        for result in VerificationResult:
            parts = [part_key(one.part) for one in request.parts if one.result == result]
            after |= {f"parts_{result}": "、".join(parts)} if parts else {}
    what = Proposed(
        act=Act.EXCEED_CYCLE,
        object=f"instrument/{instrument.instrument_id}",
        version=instrument.version,
        bureau=instrument.bureau,
        ground=f"按检定周期，有效期最迟到 {end}",
        before={"valid_until": end},
        after=after,
        subject_id=instrument.subject_id,
        basis=await _basis(change, instrument),
    )
    asked = pb.RecordVerificationRequest()
    asked.CopyFrom(request)
    asked.dcc_id = certificate.dcc_id if certificate else ""  # in full: others release it
    return await propose(change, asked, what)


def _waiting(
    request: pb.RecordVerificationRequest,
    instrument: Instrument,
    proposal: proposals.Proposal,
    late: pb.LateReport | None,
) -> pb.RecordVerificationResponse:
    return pb.RecordVerificationResponse(
        instrument=wire.instrument(instrument),
        proposal=proposal,
        differing=differing(instrument, details_of(request)),
        late=late,
    )


async def _basis(change: Change, instrument: Instrument) -> str:
    """The digest of what decides about a result: the type, and from what the colour follows."""
    facts = await facts_of(change, instrument.instrument_id)
    found = asdict(basis_with(instrument.model_dump(), facts, change.today))
    content = json.dumps([instrument.type_code, found], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


async def _require_as_proposed(change: Change, instrument: Instrument, proposal: Proposal) -> None:
    if not proposal.basis:  # one of a former release
        require_version(instrument.version, proposal.base_version)
    elif proposal.basis != await _basis(change, instrument):
        zh = "器具的类型、状态或者检定结果此后有了变化；请不批准这项申请，由检定机构重新报送"
        en = "Type, state or results of the instrument changed since; decline it and have it resent"
        raise WrongState(zh, en)


def _check_own(reader: Reader, content: VerificationContent, issuer: Reporter) -> None:
    if folded(content.institution) != folded(issuer.name):
        zh, en = NOT_OWN_ZH.format(name=issuer.name), NOT_OWN_EN.format(name=issuer.name)
        reader.fault("institution", zh, en)


def _check_issued(
    reader: Reader, content: VerificationContent, issuer: Reporter, type_code: str
) -> None:
    found = issuer.faults(
        type_code, content.verified_on, content.certificate_no, content.laboratory
    )
    for _, fault in found:
        reader.fault(fault.field, fault.message_zh, fault.message_en)


async def _record(
    change: Change,
    row: Verification | None,
    content: VerificationContent,
    instrument: Instrument,
    sent: _Sent,
) -> Verification:
    """Records a result, in the row of the pending one if there is one."""
    before = row.model_dump(mode="json") if row else None
    values = {**asdict(content), **sent.reported(content)}
    if row is None:
        row = Verification(verification_id=uuid4().hex, **values)
        row.certificate_on = sent.on if sent.certificate else None
    else:
        kept = (*OF_CERTIFICATE, *(name for name in SAID_BESIDES if not values[name]))
        row.sqlmodel_update({name: value for name, value in values.items() if name not in kept})
    change.session.add(row)
    await change.session.flush()
    aside = await severe_stands(change, instrument.instrument_id, {content.verified_on})
    await _take_effect(change, row, instrument, aside)
    after = row.model_dump(mode="json") | {"instrument_state": instrument.state.value}
    object_ = f"verification/{row.verification_id}"
    change.audit("record_verification", object_, before=before, after=after)
    if sent.certificate and before is None:
        await add_file(change, sent.certificate, row)
    return row


async def _take_effect(
    change: Change, row: Verification, instrument: Instrument, others: Sequence[Verification]
) -> None:
    """Saves a result, with those of its day that it changed, and does what follows from it."""
    await save_verifications(change, [row, *(one for one in others if one is not row)])
    await come_into_use(change, instrument, [row, *others])


async def alter_verification(
    change: Change,
    row: Verification,
    instrument: Instrument,
    values: Mapping[str, Any],
    ground: str,
) -> None:
    """Changes columns of a verification, and what followed from it on its day before and now.

    Which results of these days stand is settled anew: what a person chose was among others.
    """
    before, days = row.model_dump(mode="json"), {row.verified_on}
    was = row.verified_on
    row.sqlmodel_update(dict(values))
    punctuality.count_again(row, was)
    others: list[Verification] = []
    if not {"result", "verified_on"}.isdisjoint(values):
        days.add(row.verified_on)
        await change.session.flush()
        others = await stand_anew(change, row.instrument_id, days)
    await _take_effect(change, row, instrument, others)
    own = col(Verification.verification_id) == row.verification_id
    await follow_results(change, own, f"检定结果已更正：{ground}")
    after = row.model_dump(mode="json") | {
        "also_settled": {one.verification_id: one.set_aside for one in others if one is not row}
    }
    change.audit(
        "correct_verification",
        f"verification/{row.verification_id}",
        before=before,
        after=after,
        ground=ground,
    )
