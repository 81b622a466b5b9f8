"""JSON over HTTP on real processes: what gRPC answers, to whom it answers, and bad input."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import pytest_asyncio
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from plumbing import operations
from plumbing.client import MAX_MESSAGE_BYTES, ask, new_request_id
from plumbing.identity import Role
from plumbing.rpc import Rule
from plumbing.settings import child_environment
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from protos.registry.v1 import registry_pb2 as registry
from services.portal.api.app import PREFIX
from services.portal.api.offered import Method, methods
from services.portal.pages.integrators import CLIENTS
from tests.e2e import open_files, page_examples, requests, staffed_platform
from tests.e2e.fuzzer import GUESSING
from tests.e2e.http_attack import Attack
from tests.e2e.rpcs import all_rpcs
from tests.e2e.running_platform import RunningPlatform
from tests.e2e.staffed_platform import Person, StaffedPlatform
from tests.e2e.valid_requests import request_for
from tests.patience import PATIENCE_SECONDS
from tests.unit.services.test_public_fields import POLICIES

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTRY = "/quanheng.registry.v1.RegistryService"
IMPORTS = "/quanheng.registry.v1.ImportService"
BULK = "/quanheng.registry.v1.BulkService"
GET_SUBJECT, LIST_SUBJECTS = f"{REGISTRY}/GetSubject", f"{REGISTRY}/ListSubjects"
LOGIN = "/quanheng.identity.v1.IdentityService/Login"
# Who calls a method of several roles: those who reach furthest in first.
CALLERS = (
    "caseworker",
    "operator",
    "unit_head",
    "inspector",
    "administrator",
    "verification_institution",
    "integrator",
    "municipal_reviewer",
    "auditor",
    "public",
)
RELEASING = {"ProposalService.ReleaseProposal", "ProposalService.DeclineProposal"}
OF_THEIR_AUTHOR = {"ProposalService.WithdrawProposal"}


@pytest.fixture(scope="module")
def with_portal() -> bool:
    """The HTTP interface is a part of the portal."""
    return True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(platform: RunningPlatform) -> AsyncIterator[httpx.AsyncClient]:
    """A program that speaks HTTP and knows no gRPC."""
    base = platform.machine.settings.portal_url + PREFIX
    async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_SECONDS) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def rules() -> dict[str, Rule]:
    return {m: rule for part in (*POLICIES, operations.POLICY) for m, rule in part.items()}


def caller_of(staff: StaffedPlatform, method: Method) -> Person:
    """Somebody who may call a method; a text is brought into force by people of the city."""
    if f"{method.service}.{method.descriptor.name}" in RELEASING:
        return staff.people["unit_head"]
    admitted = rules()[method.grpc_path].roles
    role = next(role for role in CALLERS if Role(role) in admitted)
    return staff.people[f"city_{role}" if method.service == "RulesetService" else role]


def as_json(said: Message | list[Any]) -> Any:
    if isinstance(said, list):
        return [json_format.MessageToDict(one) for one in said]
    return json_format.MessageToDict(said)


async def test_every_method_answers_the_json_of_a_valid_request(
    staff: StaffedPlatform, http: httpx.AsyncClient
) -> None:
    rpcs = {(rpc.host, rpc.path): rpc for rpc in all_rpcs()}
    wrong = []
    for method in methods():
        rpc, person = rpcs[method.process, method.grpc_path], caller_of(staff, method)
        said = await request_for(rpc, staff, staff.places["own"], person)
        if method.upload:
            continue  # see the tests of files
        sent = await http.post(method.path, json=as_json(said), headers=bearer(person.token))
        answer = sent.json()
        if sent.status_code == 200:
            json_format.ParseDict(answer, method.response())
        elif rpc.name in GUESSING and answer["code"] == "invalid_argument":
            assert [fault["field"] for fault in answer["faults"]] == ["code"]
        elif rpc.name in OF_THEIR_AUTHOR:
            assert answer["code"] == "permission_denied"
        elif answer["code"] not in ("failed_precondition", "already_exists", "not_found"):
            wrong.append(f"{method.path} as {person.role}: {sent.status_code} {answer}")
    assert not wrong, "\n".join(wrong)


async def test_a_token_of_grpc_and_one_of_http_are_the_same(
    staff: StaffedPlatform, http: httpx.AsyncClient
) -> None:
    person, subject = staff.people["caseworker"], staff.places["own"].subject
    login = await http.post(LOGIN, json={"name": person.name, "password": person.password})
    asked = {"subjectId": subject.subject_id}
    by_http = await http.post(GET_SUBJECT, json=asked, headers=bearer(login.json()["token"]))
    by_grpc = await ask(
        person.client.registry.GetSubject(registry.GetSubjectRequest(subject_id=subject.subject_id))
    )
    assert by_http.json() == json_format.MessageToDict(by_grpc)
    assert by_http.headers["cache-control"] == "no-store"
    assert login.headers["cache-control"] == "no-store"
    own_names = await http.post(
        GET_SUBJECT, json={"subject_id": subject.subject_id}, headers=bearer(person.token)
    )
    assert own_names.json() == by_http.json()


async def test_a_visitor_sees_what_is_public_and_is_asked_for_a_token_elsewhere(
    staff: StaffedPlatform, http: httpx.AsyncClient
) -> None:
    own, person = staff.places["own"], staff.places["person"]
    shown = (await http.post(GET_SUBJECT, json={"subjectId": own.subject_id})).json()["subject"]
    assert "email" not in shown
    assert shown["name"] == own.subject.name
    hidden = await http.post(GET_SUBJECT, json={"subjectId": person.subject_id})
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    closed = await http.post(f"{REGISTRY}/GetRecord", json={"recordId": own.record.record_id})
    assert (closed.status_code, closed.json()["code"]) == (401, "unauthenticated")
    assert closed.headers["www-authenticate"] == "Bearer"


async def test_the_guard_of_the_services_decides(
    staff: StaffedPlatform, http: httpx.AsyncClient
) -> None:
    operator, foreign = staff.people["operator"], staff.places["foreign"]
    asked = {"recordId": foreign.record.record_id}
    refused = await http.post(f"{REGISTRY}/GetRecord", json=asked, headers=bearer(operator.token))
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    for token in ("nonsense", f"{operator.token}x"):
        asked = {"subjectId": foreign.subject_id}
        forged = await http.post(GET_SUBJECT, json=asked, headers=bearer(token))
        assert (forged.status_code, forged.json()["reason"]) == (401, "UNAUTHENTICATED")


async def test_a_cookie_opens_nothing(staff: StaffedPlatform, http: httpx.AsyncClient) -> None:
    person = staff.people["caseworker"]
    portal = staff.platform.machine.settings.portal_url
    async with httpx.AsyncClient(base_url=portal, timeout=PATIENCE_SECONDS) as browser:
        await browser.post("/sign-in", data={"name": person.name, "password": person.password})
        assert "quanheng_session" in browser.cookies
        record = {"recordId": staff.places["own"].record.record_id}
        answer = await browser.post(f"{PREFIX}{REGISTRY}/GetRecord", json=record)
    assert answer.status_code == 401


async def test_every_fault_is_told_with_its_field_in_both_languages(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post(LIST_SUBJECTS, json={"pageSize": -1, "bureau": "x"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["reason"]) == (
        400,
        "invalid_argument",
        "INVALID_INPUT",
    )
    assert {fault["field"] for fault in body["faults"]} == {"pageSize", "bureau"}
    assert all(fault["message"] and fault["messageZh"] for fault in body["faults"])
    details = {one["type"]: base64.b64decode(one["value"] + "==") for one in body["details"]}
    info = error_details_pb2.ErrorInfo.FromString(details["google.rpc.ErrorInfo"])
    assert (info.reason, info.domain) == ("INVALID_INPUT", "quanheng")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"{", ""),
        (b"\xff{}", ""),
        (b'{"nameContains": "\\ud800"}', ""),
        (b"[" * 100_000, ""),
        (b'{"nmae": "x"}', "nmae"),
        (b'{"pageSize": "many"}', "pageSize"),
        (b'{"pageSize": 1, "pageSize": 2}', ""),
        (b'{"bureau": 5}', ""),
        (b'{"nameContains": "a\\u0000"}', "nameContains"),
    ],
)
async def test_a_body_that_is_not_the_json_of_the_message_is_refused(
    http: httpx.AsyncClient, body: bytes, field: str
) -> None:
    answer = await http.post(
        LIST_SUBJECTS, content=body, headers={"content-type": "application/json"}
    )
    told = answer.json()
    assert (answer.status_code, told["code"]) == (400, "invalid_argument")
    assert told["messageZh"]
    assert not field or field in {fault["field"] for fault in told["faults"]}


async def test_what_is_no_call_is_refused_in_json(http: httpx.AsyncClient) -> None:
    too_large = b'{"nameContains": "' + b"a" * MAX_MESSAGE_BYTES + b'"}'
    json_type = {"content-type": "application/json"}
    tried = {
        404: http.post(f"{REGISTRY}/SetContested", json={}),
        405: http.get(GET_SUBJECT),
        413: http.post(LIST_SUBJECTS, content=too_large, headers=json_type),
        415: http.post(LIST_SUBJECTS, content=b"{}", headers={"content-type": "text/plain"}),
    }
    for status, call in tried.items():
        answer = await call
        assert answer.status_code == status
        assert set(answer.json()) == {"code", "reason", "message", "messageZh"}
    for service_only in (
        "/quanheng.identity.v1.IdentityService/LoginService",
        "/quanheng.identity.v1.IdentityService/LoginVisitor",
        "/quanheng.grading.v1.AssessmentService/EstimateDrops",
    ):
        assert (await http.post(service_only, json={})).status_code == 404


async def test_a_call_ends_at_its_time_limit(http: httpx.AsyncClient) -> None:
    at_once = await http.post(LIST_SUBJECTS, json={}, headers={"connect-timeout-ms": "1"})
    assert (at_once.status_code, at_once.json()["code"]) == (504, "deadline_exceeded")
    for written in ("soon", "-1", "99999999999"):
        refused = await http.post(LIST_SUBJECTS, json={}, headers={"connect-timeout-ms": written})
        assert refused.status_code == 400


async def test_a_change_sent_twice_is_made_once(
    staff: StaffedPlatform, http: httpx.AsyncClient
) -> None:
    place, person = staff.places["own"], staff.people["caseworker"]
    request = as_json(requests.put_instrument(place))
    path, token = f"{REGISTRY}/PutInstrument", bearer(person.token)
    first, again = [await http.post(path, json=request, headers=token) for _ in range(2)]
    assert first.status_code == 200
    assert again.json() == first.json()
    request["instrument"]["serialNo"] = secrets.token_hex(4)
    other = await http.post(path, json=request, headers=token)
    assert (other.status_code, other.json()["code"]) == (409, "already_exists")


def header(staff: StaffedPlatform, **more: Any) -> dict[str, Any]:
    header = as_json(requests.upload(staff.places["own"])[0])["header"]
    return {**header, "requestId": new_request_id(), **more}


async def test_a_file_is_uploaded_as_a_form(
    staff: StaffedPlatform, http: httpx.AsyncClient
) -> None:
    token = bearer(staff.people["caseworker"].token)
    content = b"".join(part.content for part in requests.upload(staff.places["own"])[1:])
    form = {"header": json.dumps(header(staff))}
    files = {"content": ("subjects.csv", content)}
    answer = await http.post(f"{IMPORTS}/ImportFile", data=form, files=files, headers=token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["batch"]["rows"] == "1"
    missing = await http.post(f"{IMPORTS}/ImportFile", files=files, headers=token)
    assert {fault["field"] for fault in missing.json()["faults"]} == {"header"}
    wrong = {"header": json.dumps(header(staff, family="ghosts"))}
    refused = await http.post(f"{IMPORTS}/ImportFile", data=wrong, files=files, headers=token)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_argument")
    cut_off = await http.post(
        f"{IMPORTS}/ImportFile",
        content=b"--x\r\n",
        headers={**token, "content-type": "multipart/form-data; boundary=x"},
    )
    assert cut_off.status_code == 400
    as_json_body = await http.post(f"{IMPORTS}/ImportFile", json={}, headers=token)
    assert as_json_body.status_code == 415


async def test_chunks_are_sent_as_an_array(staff: StaffedPlatform, http: httpx.AsyncClient) -> None:
    place, token = staff.places["own"], bearer(staff.people["caseworker"].token)
    batch_id = new_request_id()
    opened = await http.post(
        f"{BULK}/OpenBulkBatch", json=as_json(requests.open_bulk(place, batch_id)), headers=token
    )
    assert opened.status_code == 200, opened.text
    chunk = as_json(requests.bulk_chunk(batch_id))
    sent = await http.post(f"{BULK}/SendBulkChunks", json=[chunk], headers=token)
    assert sent.json()["batch"]["nextSequence"] == "2", sent.text
    wrongs: list[Any] = [{}, [chunk, {"sequenze": 1}], ["x"]]
    for wrong in wrongs:
        refused = await http.post(f"{BULK}/SendBulkChunks", json=wrong, headers=token)
        assert refused.status_code == 400


async def test_the_document_is_kept_by_its_etag(http: httpx.AsyncClient) -> None:
    first = await http.get("/openapi.json")
    again = await http.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert len(first.json()["paths"]) == len(methods())


async def test_made_up_requests_are_answered_as_the_document_says(
    staff: StaffedPlatform, request: pytest.FixtureRequest
) -> None:
    tokens = {m.path: caller_of(staff, m).token for m in methods() if not m.public}
    portal = staff.platform.machine.settings.portal_url
    examples = int(request.config.getoption("--fuzz-messages")) // 12
    # Whatever its method, a call is translated by the same code: among few, one in four will do.
    attack = Attack(portal, tokens, max(examples, 1), every=1 if examples else 4)
    await asyncio.to_thread(attack.send)
    assert not attack.faults, "\n".join(attack.faults)
    answered = Counter(attack.statuses)
    assert answered[200] > len(attack.attacked()) // 8, answered


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def portal(platform: RunningPlatform) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the pages beside the HTTP interface."""
    base = platform.machine.settings.portal_url
    async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.mark.parametrize("client", CLIENTS)
async def test_the_examples_of_the_page_work(
    staff: StaffedPlatform, portal: httpx.AsyncClient, client: str, tmp_path: Path
) -> None:
    if not shutil.which("bash" if client == "python" else client):
        pytest.skip(f"NO {client}: `make {client}` fetches it, or install Debian's package")
    page = page_examples.Examples()
    page.feed((await portal.get("/integrators")).text)
    assert set(page.found) == set(CLIENTS)
    own, settings = staff.places["own"], staff.platform.machine.settings
    system, firm = staff.people["integrator"], staff.people["operator"]
    values = {
        **child_environment(settings),
        "API": f"{settings.portal_url}{PREFIX}",
        "CA": str(settings.tls_dir / "ca.pem"),
        "REGISTRY": settings.registry_address,
        "OBJECTION": settings.objection_address,
        "NAME": system.name,
        "PASSWORD": system.password,
        "FIRM_NAME": firm.name,
        "FIRM_PASSWORD": firm.password,
        "CREDIT_CODE": own.subject.credit_code,
        "SUBJECT_ID": own.subject_id,
        "RECORD_ID": (await staffed_platform.entered(staff.furnisher(own), own)).record_id,
    }
    told = await page_examples.run(client, page.found[client], values, tmp_path)
    expected = {
        "sign_in": system.name,
        "subject": own.subject.name,
        "instruments": own.instrument_id,
        "paging": own.subject.name,
        "upload": "checked",
        "objection": "lodged",
        "errors": "输入不符合要求" if client != "grpcurl" else "InvalidArgument",
    }
    assert set(told) == set(expected)
    missing = {topic: told[topic] for topic, text in expected.items() if text not in told[topic]}
    assert not missing


async def test_the_open_data_is_what_the_public_may_see(
    staff: StaffedPlatform, portal: httpx.AsyncClient
) -> None:
    files = await open_files.resources(portal)
    found = {path: await open_files.rows(portal, path) for path in files}
    for path, one in files.items():
        names = [field["name"] for field in one["schema"]["fields"]]
        assert all(list(row) == names for row in found[path]), path
        if path.endswith(".csv"):
            assert found[path] == found[path.removesuffix("csv") + "json"]
    own = staff.places["own"]
    subjects = {row["subject_id"]: row for row in found["subjects.csv"]}
    assert subjects[own.subject_id]["grade"]
    records = {row["record_id"]: row for row in found["records.csv"]}
    assert own.record.record_id not in records  # nobody has told its subject
    assert records[own.award.record_id]["disclosed_until"]
    for hidden in (staff.places["person"], staff.places["review"]):
        assert hidden.subject_id not in subjects
        assert hidden.subject_id not in {row["subject_id"] for row in records.values()}
        for path in files:
            assert hidden.subject.name not in (await portal.get(f"/data/{path}")).text


async def test_a_file_is_the_same_for_everybody_and_kept_by_its_etag(
    staff: StaffedPlatform, portal: httpx.AsyncClient
) -> None:
    person = staff.people["caseworker"]
    first = await portal.get("/data/subjects.csv")
    async with httpx.AsyncClient(base_url=portal.base_url, timeout=PATIENCE_SECONDS) as browser:
        await browser.post("/sign-in", data={"name": person.name, "password": person.password})
        signed_in = await browser.get("/data/subjects.csv")
    assert signed_in.content == first.content
    etag = {"if-none-match": first.headers["etag"]}
    assert (await portal.get("/data/subjects.csv", headers=etag)).status_code == 304
    for path in ("/data/secrets.csv", "/data/subjects.xlsx", "/data/../settings.json"):
        assert (await portal.get(path)).status_code == 404


async def test_a_published_index_shows_the_rows_that_make_it_up(
    staff: StaffedPlatform, portal: httpx.AsyncClient
) -> None:
    caseworker, head = (
        AssessmentServiceStub(staff.people[role].client.channels["grading"])
        for role in ("caseworker", "unit_head")
    )
    draft = (await ask(caseworker.AssessIndex(requests.assess_index(staff.places["own"])))).index
    page, which = f"/notices/indices/{draft.index_id}", {"index_id": draft.index_id}
    assert (await portal.get(page)).status_code == 404
    publish = assessments.PublishIndexRequest(request_id=new_request_id(), **which)
    index = (await ask(head.PublishIndex(publish))).index
    shown = html.unescape((await portal.get(page)).text)
    assert index.rows
    assert all(row.standard in shown for row in index.rows)
    assert page in (await portal.get("/notices/indices")).text
    withdraw = assessments.WithdrawIndexRequest(request_id=new_request_id(), ground="测试", **which)
    await ask(head.WithdrawIndex(withdraw))
    assert (await portal.get(page)).status_code == 404
