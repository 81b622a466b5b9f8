"""The command line as each role uses it, against real processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from plumbing.client import ask, new_request_id
from protos.grading.v1 import grading_pb2 as grading
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.accounts import role_value
from tests.commands import quanheng
from tests.e2e.requests import (
    INSTITUTION,
    Place,
    assess_index,
    authorise,
    put_instrument,
    verify,
)
from tests.e2e.running_platform import RunningPlatform, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIRST, PASSWORD = "a first test password", "a long test password"
Run = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def homes(
    platform: RunningPlatform, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A home directory for each role, logged in by the command itself."""
    city = f"{platform.subject.bureau[:4]}00"
    bureau = registry.Bureau(code=city, name="测试市级市场监督管理局")
    put = registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
    await ask(platform.administrator.registry.PutBureau(put))
    people = {
        "operator": ("operator", {"subject_id": platform.subject.subject_id}),
        "caseworker": ("caseworker", {"bureau": platform.subject.bureau}),
        "unit_head": ("unit_head", {"bureau": platform.subject.bureau}),
        "inspector": ("inspector", {"bureau": platform.subject.bureau}),
        "city_reviewer": ("municipal_reviewer", {"bureau": city}),
        "city_head": ("unit_head", {"bureau": city}),
        "institution": (
            "verification_institution",
            {"bureau": platform.subject.bureau, "institution": INSTITUTION},
        ),
    }
    await authorised(platform)
    homes = {"administrator": tmp_path_factory.mktemp("administrator")}
    for person, (role, scope) in people.items():
        request = identity.CreateAccountRequest(
            request_id=new_request_id(),
            name=f"cli.{person.replace('_', '.')}",
            display_name=f"测试{person}",
            password=FIRST,
            roles=[role_value(role)],
            **scope,
        )
        await ask(platform.administrator.identity.CreateAccount(request))
        homes[person] = tmp_path_factory.mktemp(person)
    logins = (
        command(
            platform,
            homes[person_name],
            "login",
            f"cli.{person_name.replace('_', '.')}",
            "--password",
            FIRST,
            "--new-password",
            PASSWORD,
        )
        for person_name in people
    )
    assert {status for status, _, _ in await asyncio.gather(*logins)} == {0}
    return homes


async def authorised(platform: RunningPlatform) -> None:
    """Puts the institution on file and authorises it, as the unit head of its bureau."""
    desk = platform.clients["unit_head"].institutions
    institution = institutions.Institution(name=INSTITUTION, bureau=platform.subject.bureau)
    put = institutions.PutInstitutionRequest(request_id=new_request_id(), institution=institution)
    filed = (await ask(desk.PutInstitution(put))).institution
    await ask(desk.PutAuthorisation(authorise(filed.institution_id)))


async def command(platform: RunningPlatform, home: Path, *words: str) -> tuple[int, str, str]:
    """Runs the command with a home; returns its exit status, output and error output."""
    settings = platform.machine.settings
    return await quanheng(settings, home, *words, "--data", str(settings.data_dir))


@pytest.fixture
def run(platform: RunningPlatform, homes: dict[str, Path]) -> Run:
    """Runs a command with --json as a role and returns its answer."""

    async def answer(role: str, *words: str) -> Any:
        status, out, err = await command(platform, homes[role], *words, "--json")
        assert status == 0, (words, out, err)
        return json.loads(out)

    return answer


async def test_an_objection_is_heard_from_the_command_line(
    platform: RunningPlatform, run: Run
) -> None:
    subject, today = platform.subject.subject_id, (await platform.today()).isoformat()
    words = ("--kind", "penalty", "--determined-on", today, "--source", "命令行罚字1号")
    record = await run("inspector", "record", "enter", subject, *words, "--points", "20")
    await platform.grade_after(await platform.record(record["record_id"]))
    grade = await run("operator", "grade", "show", subject)
    assert (grade["grade"], grade["score"]) == ("E", 70)
    receipt = await run("operator", "grade", "receipt", grade["receipt_id"][:8])
    assert {line["record"] for line in receipt["records"]} == {record["record_id"]}

    grounds = ("--subject", subject, "--record", record["record_id"], "--grounds", "记录有误")
    case = await run("operator", "objection", "lodge", *grounds)
    case_id = case["case_id"]
    accepted = await run("caseworker", "objection", "accept", case_id)
    assert (accepted["term"]["budget_days"], accepted["term"]["cap_days"]) == (5, 20)
    ground = ("--days", "15", "--ground", "情况复杂")
    await run("caseworker", "objection", "extend", case_id[:8], *ground)
    extended = await run("unit_head", "objection", "approve-extension", case_id)
    assert extended["term"]["target_on"] == extended["term"]["latest_on"]
    reasons = ("--outcome", "delete", "--reasons", "经核实有误")
    await run("caseworker", "objection", "decide", case_id, *reasons)
    await platform.closed(case_id)
    shown = await run("operator", "objection", "show", case_id)
    assert [step["step"] for step in shown["steps"]][:4] == [
        "lodge",
        "accept",
        "request_extension",
        "approve_extension",
    ]
    assert shown["letters"][0]["title"]


async def test_a_repair_is_heard_from_the_command_line(
    platform: RunningPlatform, run: Run, tmp_path: Path
) -> None:
    subject, today = platform.subject.subject_id, (await platform.today()).isoformat()
    # Minor, so that it need not be public for any time before (C-37).
    words = ("--kind", "complaint_upheld", "--determined-on", today, "--source", "命令行诉字1号")
    minor = ("--severity", "minor", "--points", "5")
    entered = await run("inspector", "record", "enter", subject, *words, *minor)
    record_id = entered["record_id"]
    await platform.grade_after(await platform.record(record_id))
    about = ("--subject", subject, "--record", record_id)
    before = await run("operator", "repair", "check", *about)
    assert before["may_lodge"] is True
    facts = [entry["id"] for entry in before["repair"]["conditions"] if entry["to_confirm"]]
    assert facts == ["corrected", "impact_removed", "duties_performed"]
    case = await run("operator", "repair", "lodge", *about, "--grounds", "已改正")
    case_id = case["case_id"]
    assert (case["term"]["budget_days"], case["term"]["started_on"]) == (15, today)
    await run("caseworker", "repair", "accept", case_id)
    for fact in facts:
        ground = ("--condition", fact, "--ground", "实地核对")
        await run("caseworker", "repair", "confirm", case_id, *ground)
    for paper in ("promise", "proof"):
        file = tmp_path / f"{paper}.pdf"
        file.write_bytes(b"%PDF-1.7 " + paper.encode())
        sent = ("evidence", "upload", str(file), "--case-id", case_id, "--purpose", paper)
        assert (await run("operator", *sent))["purpose"] == paper
    await run("caseworker", "repair", "decide", case_id, "--reasons", "条件均已满足")
    await platform.closed(case_id)
    listed = await run("unit_head", "repair", "list", "--closed")
    assert [entry["case_id"] for entry in listed["cases"]] == [case_id]
    shown = await run("operator", "record", "show", record_id)
    assert shown["record"]["status"] == "repaired"
    assert shown["retention"]["ruleset_id"] == "hangzhou-2021-120"


async def test_a_text_comes_into_force_from_the_command_line(
    platform: RunningPlatform, run: Run
) -> None:
    subject, today = platform.subject, (await platform.today()).isoformat()
    before = await run("operator", "grade", "show", subject.subject_id)
    about = ("--bureau", f"{subject.bureau[:4]}00", "--as-of", today)
    impact = await run("city_reviewer", "ruleset", "impact", "hangzhou-trial", *about)
    acknowledged = await run("city_reviewer", "ruleset", "acknowledge", impact["impact_id"])
    assert acknowledged["seen_by"] == impact["run_by"]
    shown = await run("city_head", "ruleset", "show", impact["impact_id"][:8])
    assert len(shown["moves"]) == int(impact["moved"])
    words = ("--from", today, "--ground", "局务会决定", "--adopt-draft")
    await run("city_head", "ruleset", "activate", impact["impact_id"], *words)
    listed = await run("unit_head", "ruleset", "list")
    assert [entry["ruleset_id"] for entry in listed["activations"]] == ["hangzhou-trial"]
    assert {"issued", "draft"} == {entry["status"] for entry in listed["rulesets"]}
    assert before["ruleset_id"] != "hangzhou-trial"

    async def regraded() -> bool | None:
        request = grading.GetGradeRequest(subject_id=subject.subject_id)
        answer = await ask(platform.administrator.grading.GetGrade(request))
        return answer.grade.ruleset_id == "hangzhou-trial" or None

    await until(regraded)


async def test_what_would_be_and_what_is_to_come_from_the_command_line(
    platform: RunningPlatform, run: Run
) -> None:
    subject = platform.subject.subject_id
    ahead, what_if, compared, year_ends = await asyncio.gather(
        run("operator", "grade", "outlook", subject),
        run("operator", "grade", "what-if", subject, "--add", "award"),
        run("caseworker", "grade", "compare", subject),
        run("unit_head", "grade", "year-ends"),
    )
    assert ahead["now"]["grade"] == what_if["before"]["grade"]
    assert what_if["after"]["score"] > what_if["before"]["score"]
    assert len(compared["outcomes"]) == len(json.loads(compared["compare_json"])["receipts"]) > 1
    assert year_ends["year_ends"] == []


async def test_an_index_is_assessed_and_published_from_the_command_line(
    platform: RunningPlatform, run: Run, tmp_path: Path
) -> None:
    findings = tmp_path / "findings.json"
    request = assess_index(Place(platform.subject.bureau, platform.subject))
    findings.write_text(request.findings_json)
    about = ("--name", "测试景区", "--kind", request.area_kind, "--bureau", request.bureau)
    draft = await run("inspector", "index", "assess", str(findings), *about)
    index_id = draft["index_id"]
    assert (await run("operator", "index", "list"))["indexes"] == []
    published = await run("unit_head", "index", "publish", index_id)
    assert (published["state"], published["total"]) == ("published", draft["total"])
    [listed] = (await run("operator", "index", "list"))["indexes"]
    assert listed["index_id"] == index_id
    await run("unit_head", "index", "withdraw", index_id, "--ground", "数据有误")
    shown = await run("caseworker", "index", "show", index_id[:8])
    assert (shown["state"], shown["withdrawal_ground"]) == ("withdrawn", "数据有误")


async def test_who_runs_the_platform_sees_that_it_agrees(
    platform: RunningPlatform, run: Run
) -> None:
    checked, audit, dead, reconciled = await asyncio.gather(
        run("administrator", "check"),
        run("administrator", "audit", "verify"),
        run("administrator", "events", "dead", "list"),
        run("administrator", "reconcile"),
    )
    assert checked["holds"], checked["problems"]
    assert all(not chain["problems"] for chain in audit.values())
    assert dead == []
    assert not any(answer["started"] for answer in reconciled.values())


async def test_a_list_is_written_to_a_file(
    platform: RunningPlatform, homes: dict[str, Path], tmp_path: Path
) -> None:
    to = tmp_path / "主体.csv"
    words = ("subject", "list", "--export", str(to))
    status, out, err = await command(platform, homes["caseworker"], *words)
    assert status == 0, (out, err)
    assert platform.subject.name in to.read_text(encoding="utf-8-sig")


async def test_a_refusal_is_a_sentence_in_both_languages(
    platform: RunningPlatform, homes: dict[str, Path]
) -> None:
    words = ("record", "enter", platform.subject.subject_id, "--kind", "penalty")
    dates = ("--determined-on", "2026-02-30", "--source", "x")
    (forbidden, _, why), (invalid, _, faults) = await asyncio.gather(
        command(
            platform, homes["operator"], *words, "--determined-on", "2026-09-14", "--source", "x"
        ),
        command(platform, homes["inspector"], *words, *dates),
    )
    assert forbidden == invalid == 1
    assert "您的角色无权办理此事项" in why
    assert "Your role may not do this" in why
    assert "determined_on" in faults
    assert "Traceback" not in why + faults


async def test_without_a_login_the_way_in_is_told(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    elsewhere = (await command(platform, tmp_path, "whoami"))[1]
    assert "administrator" in elsewhere  # whoever may read the machine's keys is its administrator
    missing = ("grade", "show", "x")
    settings = platform.machine.settings
    status, _, err = await quanheng(settings, tmp_path, *missing, "--data", str(tmp_path))
    assert status == 1
    assert "没有正在运行的平台" in err


async def test_a_refused_objection_is_reconsidered_from_the_command_line(
    platform: RunningPlatform, run: Run
) -> None:
    subject, today = platform.subject.subject_id, (await platform.today()).isoformat()
    words = ("--kind", "complaint_upheld", "--determined-on", today, "--source", "命令行诉字2号")
    record = await run("inspector", "record", "enter", subject, *words, "--points", "5")
    await platform.grade_after(await platform.record(record["record_id"]))
    about = ("--subject", subject, "--record", record["record_id"], "--grounds", "记录有误")
    case_id = (await run("operator", "objection", "lodge", *about))["case_id"]
    await run("caseworker", "objection", "accept", case_id)
    reasons = ("--outcome", "uphold", "--reasons", "经核实无误")
    await run("caseworker", "objection", "decide", case_id, *reasons)
    await platform.closed(case_id)
    review = await run("operator", "objection", "reconsider", case_id, "--grounds", "未采信证书")
    assert (review["follows"], review["kind"]) == (case_id, "reconsideration")
    listed = await run("operator", "objection", "reconsiderations")
    assert [entry["case_id"] for entry in listed["cases"]] == [review["case_id"]]
    await run("operator", "objection", "withdraw", review["case_id"])
    shown = await run("operator", "objection", "show", case_id)
    assert [entry["number"] for entry in shown["related"]] == [review["number"]]


async def test_several_certificates_are_sent_by_one_command(
    platform: RunningPlatform, homes: dict[str, Path], run: Run, tmp_path: Path
) -> None:
    place = Place(platform.subject.bureau, platform.subject)
    desk = platform.clients["caseworker"].registry
    place.instrument_id = (
        await ask(desk.PutInstrument(put_instrument(place)))
    ).instrument.instrument_id
    number = (await ask(desk.RecordVerification(verify(place)))).verification.certificate_no
    right, wrong = tmp_path / f"测试加油站_{number}.pdf", tmp_path / "测试无此编号9999.pdf"
    for file in (right, wrong):
        file.write_bytes(b"%PDF-1.7 a certificate")
    words = ("certificate", "upload-several", str(wrong), str(right))
    status, out, err = await command(platform, homes["institution"], *words)
    assert status == 1
    assert f"{wrong.name}：文件名中没有本机构已登记结果的证书编号" in err
    assert f"✓ {right.name}：证书 {number}" in out
    assert "已保存 1 份，1 份没有保存" in out

    [again] = await run("institution", "certificate", "upload-several", str(right))
    shown = await run("institution", "certificate", "show", again["verification_id"])
    [kept] = shown["certificates"]
    assert (kept["certificate_id"], kept["file_name"]) == (again["certificate_id"], right.name)
    refused, _, why = await command(platform, homes["caseworker"], *words)
    assert refused == 1
    assert "由检定机构的人员办理" in why
