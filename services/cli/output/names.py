"""The names for ids in a response: of subjects, bureaus, accounts and instruments.

A response contains only ids. Before it is shown, their names are read from the registry. If the
caller may not see a name, the id itself is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from plumbing.chunks import chunks
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as pb

SINGLY = 200  # instruments that are looked up one by one; for more the whole list is read
FEW = 20  # subjects that are looked up one by one; more are asked for together
PAGE = 1000
# The caller may not see the name, there is none, or the platform is older than this program.
UNKNOWABLE = frozenset(
    {
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
ACCOUNT_FIELDS = frozenset(
    {
        *("caseworker", "lodged_by", "decided_by", "actor", "on_behalf_of", "assessed_by"),
        *("published_by", "imported_by", "entered_by", "confirmed_by", "run_by", "seen_by"),
        *("activated_by", "recorded_by", "altered_by", "set_by", "proposed_by", "reviewed_by"),
    }
)
# The kind of thing that each field identifies.
KINDS = {
    "subject_id": "subject",
    "bureau": "bureau",
    "instrument_id": "instrument",
    **dict.fromkeys(ACCOUNT_FIELDS, "account"),
}
# Messages that are shown with the days left, for which the platform is asked what day it is.
DATED = frozenset({"InstrumentColour"})
# Messages that are shown with the place of their instrument.
PLACED = frozenset({"InstrumentColour", "Alert"})


@dataclass
class Names:
    """The names that were read so far, by id."""

    subjects: dict[str, pb.Subject] = field(default_factory=dict)
    records: dict[str, pb.Record] = field(default_factory=dict)
    subject: dict[str, str] = field(default_factory=dict)
    bureau: dict[str, str] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    instrument: dict[str, pb.Instrument] = field(default_factory=dict)
    today: date | None = None
    asked: dict[str, set[str]] = field(default_factory=dict)

    def name(self, field_name: str, value: str) -> str:
        """Returns the name for an id in the given field; empty if it is unknown."""
        match KINDS.get(field_name):
            case "subject":
                return self.subject.get(value, "")
            case "bureau":
                return self.bureau.get(value, "")
            case "account":
                return self.account.get(value, "")
        return ""

    def place(self, instrument_id: str) -> str:
        """Returns the place where an instrument is used; empty if it is unknown."""
        instrument = self.instrument.get(instrument_id)
        return instrument.location if instrument else ""

    async def learn(self, client: Any, messages: Iterable[Message]) -> None:
        """Reads the names for all ids in the messages and stores them; looks up each id once."""
        ids: dict[str, set[str]] = {}
        for message in messages:
            if self.today is None and _is_dated(message.DESCRIPTOR):
                await self._learn_today(client)
            self._note_own(message)
            if message.DESCRIPTOR.name == "GetCaseResponse":
                await self._learn_records(client, message.case.record_ids)  # type: ignore[attr-defined]
            for kind, value in ids_in(message):
                ids.setdefault(kind, set()).add(value)
        for kind, values in ids.items():
            fresh = values - self.asked.setdefault(kind, set()) - set(getattr(self, kind))
            if fresh:
                self.asked[kind] |= fresh
                await _LEARN[kind](self, client, sorted(fresh))

    def _note_own(self, message: Any) -> None:
        match message.DESCRIPTOR.name:
            case "Subject":
                self.subject[message.subject_id] = message.name
            case "Bureau":
                self.bureau[message.code] = message.name
            case "Account":
                self.account[message.account_id] = message.display_name or message.name

    async def _learn_today(self, client: Any) -> None:
        answer = await _permitted(client.clock.GetClock(pb.GetClockRequest()))
        if answer is not None:
            self.today = date.fromisoformat(answer.today)

    async def _learn_subjects(self, client: Any, ids: Sequence[str]) -> None:
        def note(subject: pb.Subject) -> None:
            self.subject[subject.subject_id] = subject.name
            if len(ids) <= SINGLY:
                self.subjects[subject.subject_id] = subject

        if len(ids) > FEW:
            for some in chunks(ids, PAGE):
                await _all(client.registry.ListSubjects, _subjects_of(some), "subjects", note)
            return
        requests = (pb.GetSubjectRequest(subject_id=one) for one in ids)
        await _each(client.registry.GetSubject, requests, lambda answer: note(answer.subject))

    async def _learn_instruments(self, client: Any, ids: Sequence[str]) -> None:
        def note(instrument: pb.Instrument) -> None:
            self.instrument[instrument.instrument_id] = instrument

        if len(ids) > SINGLY:
            wanted = pb.ListInstrumentsRequest(page_size=PAGE)
            await _all(client.registry.ListInstruments, wanted, "instruments", note)
            return
        requests = (pb.GetInstrumentRequest(instrument_id=one) for one in ids)
        got = client.registry.GetInstrument
        await _each(got, requests, lambda answer: note(answer.instrument))

    async def _learn_records(self, client: Any, ids: Sequence[str]) -> None:
        """The records that a case is about, as they stand now."""

        def note(answer: pb.GetRecordResponse) -> None:
            self.records[answer.record.record_id] = answer.record

        requests = (pb.GetRecordRequest(record_id=one) for one in ids)
        await _each(client.registry.GetRecord, requests, note)

    async def _learn_bureaus(self, client: Any, _ids: Sequence[str]) -> None:
        wanted = pb.ListBureausRequest(page_size=PAGE)
        await _all(client.registry.ListBureaus, wanted, "bureaus", self._note_own)

    async def _learn_accounts(self, client: Any, ids: Sequence[str]) -> None:
        request = identity.NameAccountsRequest(account_ids=ids[:PAGE])
        response = await _permitted(client.identity.NameAccounts(request))
        for name in response.names if response else ():
            self.account[name.account_id] = name.display_name


_LEARN: dict[str, Callable[[Names, Any, Sequence[str]], Awaitable[None]]] = {
    "subject": Names._learn_subjects,  # noqa: SLF001 - of this module
    "instrument": Names._learn_instruments,  # noqa: SLF001
    "bureau": Names._learn_bureaus,  # noqa: SLF001
    "account": Names._learn_accounts,  # noqa: SLF001
}


def ids_in(message: Message) -> Iterator[tuple[str, str]]:
    """Yields each id in a message and its nested messages, as kind and value.

    The id of an instrument is included only if the place of the instrument is shown.
    """
    places = _places_of(message.DESCRIPTOR)
    for name, kind in places.ids:
        if value := getattr(message, name):
            yield kind, value
    for name in places.nested:
        if message.HasField(name):
            yield from ids_in(getattr(message, name))
    for name in places.lists:
        for one in getattr(message, name):
            yield from ids_in(one)


class _Places(NamedTuple):
    """The fields of a message in which ids are looked for; those that are ids with their kind."""

    ids: Sequence[tuple[str, str]]
    nested: Sequence[str]
    lists: Sequence[str]


@cache
def _places_of(message: Descriptor) -> _Places:
    ids = [
        (field_.name, kind)
        for field_ in message.fields
        if field_.type == FieldDescriptor.TYPE_STRING and not field_.is_repeated
        if (kind := _kind(message.name, field_.name))
    ]
    messages = [field_ for field_ in message.fields if _may_hold_ids(field_)]
    return _Places(
        ids,
        [field_.name for field_ in messages if not field_.is_repeated],
        [field_.name for field_ in messages if field_.is_repeated],
    )


def _may_hold_ids(field_: FieldDescriptor) -> bool:
    held = field_.message_type
    if held is None or held.full_name.startswith("google."):
        return False
    return not held.GetOptions().map_entry


@cache
def _is_dated(message: Descriptor) -> bool:
    """Whether a message or the items of its list are shown with the days left."""
    held = {field_.message_type.name for field_ in message.fields if field_.message_type}
    return not DATED.isdisjoint(held | {message.name})


def _kind(message: str, field_name: str) -> str:
    """The kind of thing that a field identifies; empty where no name is shown for it."""
    kind = KINDS.get(field_name, "")
    is_shown = kind != "instrument" or message in PLACED
    return kind if is_shown else ""


async def _permitted(call: Awaitable[Any]) -> Any:
    """The response of a call; None where the caller may not see it or it does not exist."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        if error.code() in UNKNOWABLE:
            return None
        raise


async def _each(method: Any, requests: Iterable[Message], note: Callable[[Any], None]) -> None:
    answers = await asyncio.gather(*(_permitted(method(request)) for request in requests))
    for answer in filter(None, answers):
        note(answer)


def _subjects_of(ids: Sequence[str]) -> pb.ListSubjectsRequest:
    return pb.ListSubjectsRequest(subject_ids=ids, page_size=PAGE)


async def _all(method: Any, wanted: Any, items: str, note: Callable[[Any], None]) -> None:
    """Notes every item of a list, page by page."""
    while (answer := await _permitted(method(wanted))) is not None:
        for item in getattr(answer, items):
            note(item)
        if not answer.next_page_token:
            return
        wanted.page_token = answer.next_page_token
