"""Decides what an import left to decide, with the ground; what follows is done in the same change.

An answer that ends a red alert or withdraws a record is only proposed: it takes effect when a
second person releases it (S1 20), and the question waits until then.
"""

from __future__ import annotations

from typing import Any

from law.colours.rule import InstrumentState
from law.errors import Fault, InvalidInput, WrongState
from law.evidence import RecordKind
from law.separation import Act
from plumbing.change import Change
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import questions_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.registry.commands.instrument_states import set_state
from services.registry.commands.records import become_final, enter_record, withdraw_released
from services.registry.commands.targets import find_instrument, find_record
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.questions import wire
from services.registry.questions.answers import Answer, answers_to
from services.registry.questions.asking import DECIDED, Found, ask
from services.registry.questions.queries import find, waits
from services.registry.questions.tables import Asked, Question
from services.registry.red_alerts import ends_red
from services.registry.tables import Proposal

_OF_THE_DECISION = ("source_ref", "provided_by", "summary", "severity")
_STATES = {
    Answer.IN_USE: InstrumentState.IN_USE,
    Answer.STOPPED: InstrumentState.STOPPED,
    Answer.SCRAPPED: InstrumentState.SCRAPPED,
}


async def answer_question(
    change: Change, request: pb.AnswerQuestionRequest
) -> pb.AnswerQuestionResponse:
    """Decides a question.

    Raises NotFound if there is none, NotPermitted outside the caller's scope, InvalidInput for an
    answer that it does not have, and WrongState if it is decided or has settled itself.
    """
    row, answer = await _to_answer(change, request)
    if act := await _second_person(change, row, answer):
        proposal = await _propose(change, request, row, act)
        message = await wire.question(change.session, row)
        return pb.AnswerQuestionResponse(question=message, proposal=proposal)
    await _decide(change, row, answer, request.ground, change.on_behalf_of)
    return pb.AnswerQuestionResponse(question=await wire.question(change.session, row))


async def release_answer(
    change: Change, request: pb.AnswerQuestionRequest, proposal: Proposal
) -> None:
    """Carries out the answer that a second person releases. Raises as `answer_question`."""
    request.question_id = object_id(proposal)
    row, answer = await _to_answer(change, request)
    await _decide(change, row, answer, request.ground, proposal.proposed_by)


async def _to_answer(change: Change, request: pb.AnswerQuestionRequest) -> tuple[Question, Answer]:
    row = await find(change, request.question_id, lock=True)
    if not await waits(change.session, row):
        zh, en = "此事项已决定，或者已不需要决定", "It is decided, or there is nothing to decide"
        raise WrongState(zh, en, state=row.state)
    answer = Answer(request.answer)
    if answer not in answers_to(row):
        listed = "、".join(answers_to(row))
        zh, en = f"此事项只能选：{listed}", f"may only be answered with: {listed}"
        raise InvalidInput(faults=[Fault("answer", zh, en)])
    return row, answer


async def _second_person(change: Change, row: Question, answer: Answer) -> Act | None:
    """The act for which a second person is needed; None if there is none."""
    if answer is Answer.WITHDRAW:
        return Act.WITHDRAW_RECORD
    if answer is Answer.FINAL:
        return Act.CORRECT_RECORD
    if answer not in _STATES:
        return None
    instrument = await find_instrument(change, row.instrument_id)
    ends = await ends_red(change, instrument, {"state": _STATES[answer]})
    return Act.END_RED_ALERT if ends else None


async def _propose(
    change: Change, request: pb.AnswerQuestionRequest, row: Question, act: Act
) -> proposals.Proposal:
    what = Proposed(
        act=act,
        object=f"question/{row.question_id}",
        version=0,  # the question still has to wait when it is released
        bureau=row.bureau,
        ground=request.ground,
        before={},
        after=_told(row) | {"answer": request.answer},
        subject_id=row.subject_id,
    )
    return await propose(change, request, what)


def _told(row: Question) -> dict[str, Any]:
    """The question in a few words, for the person who releases the answer."""
    about = {"source_ref": row.source_ref, "instrument_id": row.instrument_id}
    return {name: value for name, value in about.items() if value}


async def _decide(
    change: Change, row: Question, answer: Answer, ground: str, decided_by: str
) -> None:
    if answer in _STATES:
        instrument = await find_instrument(change, row.instrument_id)
        await set_state(change, instrument, _STATES[answer], ground)
    elif answer is Answer.WITHDRAW:
        await withdraw_released(change, await find_record(change, row.record_id), ground)
    elif answer is Answer.FINAL:
        record = await find_record(change, row.record_id)
        await become_final(change, record, ground, decided_by, change.on_behalf_of)
    elif answer is Answer.ENTER:
        row.record_id = await _enter(change, row)
    before = {"state": row.state}
    row.state, row.answer, row.ground = DECIDED, answer, ground
    row.decided_by, row.decided_at = decided_by, change.at
    after = {"state": row.state, "kind": row.kind.value, "answer": answer.value}
    object_ = f"question/{row.question_id}"
    change.audit(
        "answer_question", object_, before=before, after=after, ground=ground, bureau=row.bureau
    )


async def _enter(change: Change, row: Question) -> str:
    """Enters the penalty of a question as a record that is not final; returns its id."""
    record = registry.Record(
        subject_id=row.subject_id,
        kind=RecordKind.PENALTY.value,
        occurred_on=row.day.isoformat(),
        determined_on=row.day.isoformat(),
        verified=True,
        **row.model_dump(include={*_OF_THE_DECISION}),
    )
    answer = await enter_record(change, registry.EnterRecordRequest(record=record))
    record_id = str(answer.record.record_id)
    values = row.model_dump(include={"subject_id", "bureau", "day", *_OF_THE_DECISION})
    await ask(change, row.batch_id, [Found(Asked.NOT_FINAL, record_id=record_id, **values)])
    return record_id
