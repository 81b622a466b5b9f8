"""A little of a bureau's life in a sandbox, so that there is something of everything to copy."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from plumbing.client import ask, new_request_id
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.settings import Settings
from plumbing.tokens import Signer, make_keys
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, fixed_token
from services.cli.machine.platform import Platform
from services.cli.sample import cast, loading
from services.cli.sessions import ADMINISTRATOR, administrator_password

READY_SECONDS = 600.0
LOOKS, LOOK_EVERY_SECONDS = 200, 0.5
REJECTED = 6  # instruments of the caseworker's bureau, each of another subject
_IDS = "benchmark-ids.json"


@dataclass(frozen=True)
class Ids:
    """Whose pages are opened: a subject with a case of the caseworker, and the operator's own."""

    subject_id: str
    case_id: str
    own_id: str


async def live(folder: Path) -> None:
    """Loads the sample, objects to records, accepts objections, and lets alerts escalate."""
    async with AsyncExitStack() as exits:
        platform = Platform(folder, sandbox=True, usual_ports=False)
        await exits.enter_async_context(platform)
        await platform.wait_ready(READY_SECONDS)
        settings = platform.settings
        administrator = await client_of(
            settings, ADMINISTRATOR, administrator_password(settings.keys_dir)
        )
        exits.push_async_callback(administrator.close)
        async for _batch in loading.load(administrator):
            pass
        await cast.engage(administrator, settings)
        members = {member["name"]: member for member in json.loads(settings.cast_file.read_text())}
        one = members["demo.caseworker"]
        caseworker = await client_of(settings, one["name"], one["password"])
        exits.push_async_callback(caseworker.close)
        case = await _object(settings, administrator, caseworker)
        await _reject(caseworker)
        await _wait_for_steps(administrator, caseworker)
        own = await _own_subject(settings, members["demo.operator"])
        ids = Ids(case.subject_id, case.case_id, own)
        (folder / _IDS).write_text(json.dumps(asdict(ids)))


def known(folder: Path) -> Ids:
    """The ids that `live` noted."""
    return Ids(**json.loads((folder / _IDS).read_text()))


async def client_of(settings: Settings, name: str, password: str) -> Client:
    """A client of somebody who has just logged in."""
    return Client(settings, fixed_token(await token_of(settings, name, password)))


async def token_of(settings: Settings, name: str, password: str) -> str:
    """The token of somebody who has just logged in."""
    client = Client(settings, None)
    answer = await ask(client.identity.Login(identity.LoginRequest(name=name, password=password)))
    await client.close()
    return answer.token


async def _own_subject(settings: Settings, member: dict[str, str]) -> str:
    client = await client_of(settings, member["name"], member["password"])
    answer = await ask(client.identity.GetCaller(identity.GetCallerRequest()))
    await client.close()
    return str(answer.account.subject_id)


async def _object(settings: Settings, administrator: Client, caseworker: Client) -> objection.Case:
    """Objects to a record of every subject that has one; returns an accepted case."""
    accepted = objection.Case()
    subjects = await ask(caseworker.registry.ListSubjects(registry.ListSubjectsRequest()))
    for subject in subjects.subjects:
        request = registry.ListRecordsRequest(subject_id=subject.subject_id)
        records = (await ask(caseworker.registry.ListRecords(request))).records
        if not records:
            continue
        operator = await _operator(settings, administrator, subject.subject_id)
        lodged = await ask(operator.objection.LodgeObjection(_objection(records[0])))
        await operator.close()
        accept = objection.AcceptObjectionRequest(
            request_id=new_request_id(), case_id=lodged.case.case_id
        )
        accepted = (await ask(caseworker.objection.AcceptObjection(accept))).case
    return accepted


def _objection(record: registry.Record) -> objection.LodgeObjectionRequest:
    return objection.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=record.subject_id,
        record_ids=[record.record_id],
        grounds="该记录所依据的检定结果已经更正",
    )


async def _operator(settings: Settings, administrator: Client, subject_id: str) -> Client:
    """A client of an account that is made for the subject."""
    number = new_request_id()
    request = identity.CreateAccountRequest(
        request_id=number,
        name=f"objector.{number}",
        display_name="样例经营者",
        password=secrets.token_urlsafe(12),
        roles=[identity.ROLE_OPERATOR],
        subject_id=subject_id,
    )
    account = (await ask(administrator.identity.CreateAccount(request))).account
    signer = Signer(make_keys(settings.keys_dir, ()), SystemClock(), settings.token_life)
    roles = frozenset({Role.OPERATOR})
    caller = Caller(account.account_id, account.name, roles, subject_id=subject_id)
    return Client(settings, fixed_token(signer.issue(caller)[0]))


async def _reject(caseworker: Client) -> None:
    """Records rejected verifications, so that red alerts open escalation cases."""
    found = await ask(
        caseworker.registry.ListInstruments(registry.ListInstrumentsRequest(page_size=1000))
    )
    today = (await ask(caseworker.clock.GetClock(registry.GetClockRequest()))).today
    firsts = {one.subject_id: one for one in found.instruments if one.state == "in_use"}
    for number, instrument in enumerate(list(firsts.values())[:REJECTED]):
        verification = registry.Verification(
            instrument_id=instrument.instrument_id,
            result="reject",
            verified_on=today,
            institution="样例·计量检定院",
            certificate_no=f"样例不合格通知{number:03}",
        )
        request = registry.RecordVerificationRequest(
            request_id=new_request_id(), verification=verification
        )
        await ask(caseworker.registry.RecordVerification(request))


async def _wait_for_steps(administrator: Client, caseworker: Client) -> None:
    """Moves the clock until red alerts have opened cases, and on until steps are proposed."""
    for days, state in ((30, ""), (2, "proposed")):
        now = (await ask(administrator.clock.GetClock(registry.GetClockRequest()))).now
        request = registry.AdvanceClockRequest(request_id=new_request_id())
        request.to.FromDatetime(now.ToDatetime() + timedelta(days=days))
        await ask(administrator.clock.AdvanceClock(request))
        for _ in range(LOOKS):
            if await _escalations(caseworker, state) >= REJECTED:
                break
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        else:
            raise AssertionError(f"Too few escalation cases: {state}")


async def _escalations(caseworker: Client, state: str) -> int:
    request = escalations.ListEscalationsRequest(state=state)
    return len((await ask(caseworker.escalations.ListEscalations(request))).escalations)
