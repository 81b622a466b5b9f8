"""Notes of the people of a bureau on a case, and colleagues named in them.

No subject reads a note: no call of an operator returns one, and letters, receipts and the file of a
case have none. The audit entry of a note has its id and not its text.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from law.errors import Fault, InvalidInput
from law.objection import OBJECTION_CITE
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.view import View
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import desk_pb2 as pb
from protos.objection.v1 import events_pb2 as events
from services.objection.clients import Clients
from services.objection.queries import find_case
from services.objection.steps import aggregate_of, locked_case, required_text
from services.objection.tables import UNSEEN, Case, CaseMention, CaseNote
from services.objection.wire import case_message, stamp

_DIGITS = 6  # of a bureau's code; a unit of a bureau has letters behind them
Colleagues = Mapping[str, identity_pb2.UnitPerson]


async def colleagues(view: View, case_id: str, clients: Clients) -> Colleagues:
    """Returns the people whom a note on a case may name: of its bureau and the caller's.

    Raises NotFound if there is no such case, and NotPermitted outside the caller's scope.
    """
    case = await find_case(view.session, case_id)
    view.caller.require_bureau(case.bureau)
    codes = dict.fromkeys(
        code[:length] for code in (case.bureau, view.caller.bureau) for length in (None, _DIGITS)
    )
    behalf = view.caller.account_id
    return {
        person.account_id: person
        for code in codes
        if view.caller.covers(code)
        for person in await clients.people(code, behalf)
    }


async def write_note(
    change: Change, request: pb.AddCaseNoteRequest, *, people: Colleagues
) -> pb.AddCaseNoteResponse:
    """Adds a note to a case; the named colleagues are told of it.

    Raises NotFound if there is no such case, NotPermitted outside the caller's scope, and
    InvalidInput for a blank text or a person who is not among `people`.
    """
    case = await locked_case(change, request.case_id)
    change.caller.require_bureau(case.bureau)
    if set(request.mentions) - set(people):
        zh, en = "只能提醒本单位的人员", "must be people of the bureau"
        raise InvalidInput(faults=[Fault("mentions", zh, en)])
    note = await add_note(change, case, request.note, request.mentions)
    if request.mentions:
        await _tell(change, case, note, people, request.mentions)
    return pb.AddCaseNoteResponse(note=_message(note, case.number, request.mentions))


async def add_note(change: Change, case: Case, text: str, mentions: Iterable[str]) -> CaseNote:
    """Stores a note on a case, with the accounts that it names. Raises InvalidInput if blank."""
    note = CaseNote(
        note_id=str(uuid.uuid4()),
        case_id=case.case_id,
        author=change.on_behalf_of,
        text=required_text("note", text, OBJECTION_CITE),
        at=change.at,
    )
    change.session.add(note)
    change.session.add_all(
        CaseMention(account_id=one, note_id=note.note_id, case_id=case.case_id, at=change.at)
        for one in mentions
    )
    change.audit(f"{case.kind}.note", aggregate_of(case), after={"note": note.note_id})
    return note


async def _tell(
    change: Change, case: Case, note: CaseNote, people: Colleagues, mentions: Collection[str]
) -> None:
    author = people.get(note.author)
    event = events.ColleaguesNamed(
        case=case_message(case, change.today),
        note_id=note.note_id,
        author_name=author.display_name if author else "",
        names=[people[one].display_name for one in mentions],
    )
    await change.announce(event, aggregate=aggregate_of(case), bureau=case.bureau)


async def list_notes(view: View, request: pb.ListCaseNotesRequest) -> pb.ListCaseNotesResponse:
    """Returns a page of the notes on a case, the newest first.

    Raises NotFound if there is no such case, and NotPermitted outside the caller's scope.
    """
    case = await find_case(view.session, request.case_id)
    view.caller.require_bureau(case.bureau)
    rows = select(CaseNote).where(col(CaseNote.case_id) == case.case_id)
    order = (CaseNote.at, CaseNote.note_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    notes = await _messages(view.session, page)
    return pb.ListCaseNotesResponse(notes=notes, next_page_token=token, **count)


async def list_mentions(view: View, request: pb.ListMentionsRequest) -> pb.ListMentionsResponse:
    """Returns a page of the notes that name the caller and are not confirmed, the oldest first.

    Notes on cases outside the caller's scope are left out: its account may have moved since, or the
    case was handed over.
    """
    rows = (
        _unseen(view.caller)
        .join(Case, col(Case.case_id) == col(CaseMention.case_id))
        .where(row_scope.covered(view.caller, Case.bureau))
    )
    order = (CaseMention.at, CaseMention.note_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    ids = [mention.note_id for mention in page]
    found = select(CaseNote).where(col(CaseNote.note_id).in_(ids))
    in_order = found.order_by(col(CaseNote.at), col(CaseNote.note_id))
    notes = await _messages(view.session, (await view.session.exec(in_order)).all())
    return pb.ListMentionsResponse(notes=notes, next_page_token=token, **count)


async def see_mentions(change: Change, request: pb.SeeMentionsRequest) -> pb.SeeMentionsResponse:
    """Confirms that the caller has read the notes on a case that name them.

    Raises NotFound if there is no such case, and NotPermitted outside the caller's scope.
    """
    case = await find_case(change.session, request.case_id)
    change.caller.require_bureau(case.bureau)
    rows = _unseen(change.caller).where(col(CaseMention.case_id) == case.case_id)
    mentions = (await change.session.exec(rows.with_for_update())).all()
    for mention in mentions:
        mention.seen_at = change.at
        change.session.add(mention)
    if mentions:
        seen = {"notes": sorted(mention.note_id for mention in mentions)}
        change.audit(f"{case.kind}.see_mentions", aggregate_of(case), after=seen)
    return pb.SeeMentionsResponse(confirmed=len(mentions))


def _unseen(caller: Caller) -> SelectOfScalar[CaseMention]:
    return select(CaseMention).where(
        sa.text(UNSEEN), col(CaseMention.account_id) == caller.account_id
    )


async def _messages(session: AsyncSession, notes: Sequence[CaseNote]) -> list[pb.CaseNote]:
    named: dict[str, list[str]] = {note.note_id: [] for note in notes}
    mentions = select(CaseMention).where(col(CaseMention.note_id).in_(list(named)))
    for mention in await session.exec(mentions.order_by(col(CaseMention.account_id))):
        named[mention.note_id].append(mention.account_id)
    ids = {note.case_id for note in notes}
    numbers = select(Case.case_id, Case.number).where(col(Case.case_id).in_(ids))
    of_case = dict((await session.exec(numbers)).all())
    return [_message(note, of_case[note.case_id], named[note.note_id]) for note in notes]


def _message(note: CaseNote, number: str, mentions: Iterable[str]) -> pb.CaseNote:
    return pb.CaseNote(
        note_id=note.note_id,
        case_id=note.case_id,
        case_number=number,
        author=note.author,
        text=note.text,
        at=stamp(note.at),
        mentions=mentions,
    )
