"""`quanheng status` and the metrics of real processes, with and without trouble."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest

from plumbing.client import ask, new_request_id
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.signing import SIGNATURE_HEADER, EventSigner
from plumbing.settings import SERVICES
from plumbing.state.figures import Scrape
from plumbing.state.waiting import WAITING
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objection
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.imports import ColumnMapping, header_of, upload
from services.cli.commands.platform import advance_clock
from services.cli.demo import mail
from services.cli.health.metrics import scrape_all
from services.cli.health.status import Status, look
from tests.commands import quanheng
from tests.e2e import requests
from tests.e2e.running_platform import RunningPlatform, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
OPERATOR = "operator@platform.example"


@pytest.fixture(scope="module", autouse=True)
def _operator() -> Iterator[None]:
    """Sets the mail address of the platform's operator before the platform starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANHENG_OPERATOR_MAIL", OPERATOR)
        patch.setenv("QUANHENG_IMPORT_BURST_LEAST", "1")  # one alarm too many holds a batch
        yield


async def command(platform: RunningPlatform) -> tuple[int, dict[str, Any]]:
    """Runs the command and returns its exit status and its answer."""
    settings = platform.machine.settings
    words = ("status", "--json", "--data", str(settings.data_dir))
    status, out, _ = await quanheng(settings, settings.data_dir, *words)
    return status, json.loads(out)


async def scraped(platform: RunningPlatform) -> dict[str, Scrape]:
    return {scrape.service: scrape for scrape in await scrape_all(platform.machine.settings)}


async def figure(
    platform: RunningPlatform, service: str, holds: Callable[[Scrape], bool]
) -> Scrape:
    """The metrics of a service once a condition holds for them."""

    async def seen() -> Scrape | None:
        scrape = (await scraped(platform))[service]
        return scrape if holds(scrape) else None

    return await until(seen)


async def minds(platform: RunningPlatform, rule: str) -> Status:
    """The status once a rule is among the findings."""

    async def seen() -> Status | None:
        status = await look(platform.machine.settings)
        return status if rule in {finding.rule for finding in status.findings} else None

    return await until(seen)


async def settled(platform: RunningPlatform) -> Status:
    """The status once there is no finding."""
    minded: list[str] = []

    async def rests() -> Status | None:
        status = await look(platform.machine.settings)
        minded[:] = [f"{finding.service}: {finding.en}" for finding in status.findings]
        return status if status.well else None

    try:
        return await until(rests)
    except AssertionError as error:
        raise AssertionError(minded) from error


@contextmanager
def frozen(platform: RunningPlatform, name: str) -> Iterator[None]:
    """Freezes a process, so that it neither answers nor ends."""
    pid = platform.machine.processes[name].pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def bus(platform: RunningPlatform) -> AsyncIterator[Any]:
    settings = platform.machine.settings
    known = Credentials.of(settings.keys_dir, "registry")
    client = await connect(settings.nats_url, known, tls_of(settings))
    yield client.jetstream()
    await client.close()


async def put_bureau(platform: RunningPlatform) -> None:
    bureau = registry.Bureau(code="330108", name="测试另一市场监督管理局")
    request = registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
    await ask(platform.administrator.registry.PutBureau(request))


async def test_a_platform_at_work_needs_nobody_and_says_who_runs(platform: RunningPlatform) -> None:
    await settled(platform)
    code, status = await command(platform)
    assert (code, status["well"]) == (0, True)
    assert {process["service"]: process["pid"] for process in status["processes"]} == {
        service: platform.machine.processes[service].pid for service in SERVICES
    }
    assert all(
        process["up"] and process["ready"] and process["version"] for process in status["processes"]
    )
    assert status["engines"] == {"nats": True, "temporal": True}


async def test_figures_follow_what_happens(platform: RunningPlatform) -> None:
    record = await platform.enter_penalty()
    await platform.grade_after(record)
    case = await platform.accepted_case(record)
    of_kind = {"kind": "objection"}
    objection = await figure(
        platform,
        "objection",
        lambda scrape: scrape.sum("quanheng_cases_open", state="accepted") == 1,
    )
    assert objection.sum("quanheng_terms_due", window="overdue", **of_kind) == 0
    assert objection.sum("quanheng_terms_due", window="within_5", **of_kind) == 1
    accepted = "/quanheng.objection.v1.ObjectionService/AcceptObjection"
    assert objection.sum("quanheng_rpc_seconds_count", method=accepted, code="OK") == 1
    await platform.grant(case)
    await platform.closed(case.case_id)
    registry_now = (await scraped(platform))["registry"]
    assert registry_now.sum("quanheng_transaction_seconds_count", kind="change") > 0
    if "grading-2" in platform.machine.processes:
        return  # what is counted where it is done may have been done by the other replica
    grading = (await scraped(platform))["grading"]
    assert grading.sum("quanheng_grades_computed_total") >= 1
    handled = {"consumer": "grading-registry", "event": "RecordsChanged", "outcome": "done"}
    assert grading.sum("quanheng_event_seconds_count", **handled) >= 1
    await figure(
        platform, "alerts", lambda scrape: scrape.sum("quanheng_activity_seconds_count") >= 1
    )


async def test_what_a_process_serves_is_as_prometheus_wants_it(platform: RunningPlatform) -> None:
    if (promtool := shutil.which("promtool")) is None:
        pytest.skip("no promtool here: Debian's package prometheus has it")
    for service in SERVICES:
        address = platform.machine.settings.metrics_address(service)
        with urlopen(f"http://{address}/metrics") as answer:  # noqa: ASYNC210
            text = answer.read()
        checked = subprocess.run(  # noqa: ASYNC221
            [promtool, "check", "metrics"], input=text, capture_output=True, check=False
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, b""), service


async def test_while_nats_stands_still_the_outbox_fills_and_status_says_so(
    platform: RunningPlatform,
) -> None:
    await settled(platform)
    with frozen(platform, "nats"):
        await put_bureau(platform)
        await figure(platform, "registry", lambda scrape: scrape.sum("quanheng_outbox_pending") > 0)
        status = await minds(platform, "QuanhengNatsAway")
        assert all(scrape.up for scrape in status.scrapes)  # a scrape waits for nobody
    await figure(platform, "registry", lambda scrape: scrape.sum("quanheng_outbox_pending") == 0)
    await settled(platform)


async def test_which_process_does_not_answer_is_said_and_the_others_are_shown(
    platform: RunningPlatform,
) -> None:
    with frozen(platform, "grading"):
        code, status = await command(platform)
    assert code == 1
    down = [
        entry["service"] for entry in status["needs_attention"] if entry["rule"] == "QuanhengDown"
    ]
    assert down == ["grading"]
    assert [entry["service"] for entry in status["processes"] if entry["up"]] == [
        service for service in SERVICES if service != "grading"
    ]
    assert status["figures"]["registry"]
    await settled(platform)


async def test_an_event_given_up_shows_needs_a_person_and_is_mailed_to_the_operator(
    platform: RunningPlatform,
) -> None:
    noise, no_event = "registry.v1.noise.330106", {"ce-type": "quanheng.registry.v1.Noise"}
    signer = EventSigner.of(platform.machine.settings.keys_dir, "registry")
    signed = {**no_event, SIGNATURE_HEADER: signer.sign(noise, no_event, b"no event at all")}
    async with bus(platform) as js:
        await js.publish(noise, b"no event at all", headers=signed)
        status = await minds(platform, "QuanhengDeadLetters")
        assert not status.well
        assert status.findings[0].runbook == "docs/operations.md#quanhengdeadletters"
        await of_grading(platform, "quanheng_dead_letters", 1)
        await until(lambda: _mailed(platform))
        for service in SERVICES:
            for letter in await letters_of(platform, service):
                await js.delete_msg("DEAD_LETTERS", letter.sequence)
    await of_grading(platform, "quanheng_dead_letters", 0)
    await settled(platform)


async def test_an_unsigned_message_shows_until_the_administrator_has_removed_it(
    platform: RunningPlatform,
) -> None:
    async with bus(platform) as js:
        await js.publish("registry.v1.bureaus_changed.330106", b"forged")
    status = await minds(platform, "QuanhengUnsignedEvents")
    assert status.findings[0].runbook == "docs/operations.md#quanhengunsignedevents"
    await of_grading(platform, "quanheng_unsigned_events", 1)
    for service in SERVICES:
        numbers = [letter.sequence for letter in await letters_of(platform, service)]
        if numbers:
            request = operations.DiscardDeadLettersRequest(
                request_id=new_request_id(), sequences=numbers, ground="试验"
            )
            answer = await ask(
                platform.administrator.operations[service].DiscardDeadLetters(request)
            )
            assert answer.discarded == len(numbers)
    await settled(platform)


async def letters_of(platform: RunningPlatform, service: str) -> list[operations.DeadLetter]:
    stub = platform.administrator.operations[service]
    return [*(await ask(stub.ListDeadLetters(operations.ListDeadLettersRequest()))).letters]


async def of_grading(platform: RunningPlatform, metric: str, count: int) -> None:
    """Waits until grading's consumer of the registry has so many."""
    label = {"consumer": "grading-registry"}
    await figure(platform, "grading", lambda scrape: scrape.sum(metric, **label) == count)


async def _mailed(platform: RunningPlatform) -> bool | None:
    mails = mail.mails(platform.machine.settings.mailbox_dir)
    return (
        any((message.to, "无法处理" in message.title) == (OPERATOR, True) for message in mails)
        or None
    )


async def waits(platform: RunningPlatform, what: str) -> None:
    """Waits until the status counts one matter of this kind, and needs a person for it."""

    async def seen() -> Status | None:
        status = await look(platform.machine.settings)
        count = sum(s.sum("quanheng_awaiting_person", what=what) for s in status.scrapes)
        return status if count == 1 else None

    status = await until(seen)
    assert not status.well
    [kind] = [kind for kind in WAITING if kind.what == what]
    assert kind.zh.format(n=1) in {finding.zh for finding in status.findings}


async def test_everything_that_waits_for_a_person_counts(platform: RunningPlatform) -> None:
    await settled(platform)
    await applied_for_an_account(platform)
    await waits(platform, "registration_waiting")
    record = await platform.enter_penalty()
    await waits(platform, "record_unreviewed")
    case = (await platform.lodged_case(record, grounds="送检，[/red]")).case_id
    await waits(platform, "case_lodged")
    assert (await command(platform))[0] == 1
    await accepted(platform, case)
    await waits(platform, "case_accepted")
    await extension_asked(platform, case)
    await waits(platform, "extension_requested")
    await index_drafted(platform)
    await waits(platform, "index_draft")
    instruments = [await instrument_in_use(platform, number) for number in range(3)]
    await verified(platform, instruments[0], "reject", (await platform.today()).isoformat())
    await escalated(platform)  # the case opens on the day of the rejection, before the clock moves
    await advance_clock(platform.administrator, timedelta(days=4))
    await waits(platform, "step_proposed")
    before = await rows_taken_in(platform)
    with frozen(platform, "mailbox"):
        held = await import_rejections(platform, instruments[1:])
        assert held.state == "awaiting_approval"
        await waits(platform, "batch_held")
        await minds_mail(platform)
    assert await rows_taken_in(platform) == before


async def applied_for_an_account(platform: RunningPlatform) -> None:
    request = identity.RegisterOperatorRequest(
        request_id=new_request_id(),
        credit_code="91330106MA2TAMP10B",
        firm_name="样例加油站",
        bureau="330106",
        person_name="样例申请人",
        email="applicant@firm.example",
        reason="样例",
    )
    await ask(platform.clients["caseworker"].identity.RegisterOperator(request))


async def escalated(platform: RunningPlatform) -> None:
    """Waits until an escalation case is open for the red alert; that of the grade may be first."""
    request = escalations.ListEscalationsRequest()

    async def opened() -> bool | None:
        answer = await ask(platform.clients["caseworker"].escalations.ListEscalations(request))
        return "red_alert" in {one.course for one in answer.escalations} or None

    await until(opened)


async def accepted(platform: RunningPlatform, case_id: str) -> None:
    request = objection.AcceptObjectionRequest(request_id=new_request_id(), case_id=case_id)
    await ask(platform.clients["caseworker"].objection.AcceptObjection(request))


async def extension_asked(platform: RunningPlatform, case_id: str) -> None:
    request = objection.RequestExtensionRequest(
        request_id=new_request_id(), case_id=case_id, days=5, ground="情况复杂"
    )
    await ask(platform.clients["caseworker"].objection.RequestExtension(request))


async def index_drafted(platform: RunningPlatform) -> None:
    place = requests.Place(platform.subject.bureau, platform.subject)
    request = requests.assess_index(place)
    await ask(platform.clients["caseworker"].assessments.AssessIndex(request))


async def instrument_in_use(platform: RunningPlatform, number: int) -> registry.Instrument:
    """Files an instrument that passed its verification and is used."""
    register = platform.clients["caseworker"].registry
    instrument = registry.Instrument(
        subject_id=platform.subject.subject_id, type_code="FUEL", serial_no=f"待办{number}"
    )
    put = registry.PutInstrumentRequest(request_id=new_request_id(), instrument=instrument)
    filed = (await ask(register.PutInstrument(put))).instrument
    await verified(platform, filed, "pass", "2026-09-01")
    use = registry.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=filed.instrument_id, state="in_use"
    )
    return (await ask(register.SetInstrumentState(use))).instrument


async def verified(
    platform: RunningPlatform, instrument: registry.Instrument, result: str, on: str
) -> None:
    verification = registry.Verification(
        instrument_id=instrument.instrument_id,
        result=result,
        verified_on=on,
        valid_until="2027-02-28" if result == "pass" else "",
        institution="测试计量检定院",
        certificate_no=f"{instrument.serial_no}-{result}",
    )
    request = registry.RecordVerificationRequest(
        request_id=new_request_id(), verification=verification
    )
    await ask(platform.clients["caseworker"].registry.RecordVerification(request))


async def import_rejections(
    platform: RunningPlatform, instruments: list[registry.Instrument]
) -> registry.Batch:
    """Imports a rejection of each instrument, all in use: more alarms than a batch may raise."""
    today = (await platform.today()).isoformat()
    rows = [
        f"{instrument.serial_no},FUEL,不合格,{today},测试计量检定院,待办-{number}"
        for number, instrument in enumerate(instruments, 1)
    ]
    heads = "出厂编号,器具类型,检定结果,检定日期,检定机构,证书编号"
    content = "\n".join([heads, *rows]).encode()
    header = header_of("verifications", "待批.csv", ColumnMapping(), bureau=platform.subject.bureau)
    return await upload(platform.clients["caseworker"], header, content)


async def minds_mail(platform: RunningPlatform) -> None:
    """Waits until the status tells that mail does not get out."""

    async def seen() -> Scrape | None:
        scrape = (await scraped(platform))["alerts"]
        return scrape if scrape.sum("quanheng_awaiting_person", what="delivery_refused") else None

    await until(seen)
    status = await look(platform.machine.settings)
    assert any("发信服务器" in finding.zh for finding in status.findings)


async def rows_taken_in(platform: RunningPlatform) -> float:
    return (await scraped(platform))["registry"].sum("quanheng_import_rows", family="verifications")
