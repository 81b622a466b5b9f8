"""Commands about the register: bureaus, subjects, instruments, verifications, credit records."""

from __future__ import annotations

from typing import Annotated

import typer

from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit, SubjectId

bureau_app = typer.Typer(no_args_is_help=True, help="机关 | bureaus")
subject_app = typer.Typer(no_args_is_help=True, help="信用主体 | subjects")
instrument_app = typer.Typer(no_args_is_help=True, help="计量器具 | instruments")
record_app = typer.Typer(no_args_is_help=True, help="信用信息 | credit records")

InstrumentId = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="器具 id")]
RecordId = Annotated[str, typer.Argument(metavar="RECORD", help="信用信息 id")]
Ground = Annotated[str, typer.Option("--ground", help="依据和理由 | ground")]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(bureau_app, name="bureau")
    app.add_typer(subject_app, name="subject")
    app.add_typer(instrument_app, name="instrument")
    app.add_typer(record_app, name="record")


@bureau_app.command("list")
def bureau_list(export: Export = None, data: Data = None, as_json: AsJson = False) -> None:
    """列出机关及其受理异议的联系方式。 Lists bureaus and where they take objections."""
    wanted = pb.ListBureausRequest(page_size=1000)
    answer = listed(lambda client: client.registry.ListBureaus, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (b.code, b.name, b.division_code, b.department, b.phone, b.email) for b in answer.bureaus
    ]
    show.table("机关", ("代码", "名称", "行政区划", "受理部门", "电话", "邮箱"), rows)


@subject_app.command("list")
def subject_list(
    bureau: Bureau = "",
    name: Annotated[str, typer.Option("--name", help="名称包含 | name contains")] = "",
    in_review: Annotated[bool, typer.Option("--in-review", help="只看待核实 | in review")] = False,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出主体。 Lists subjects."""
    wanted = pb.ListSubjectsRequest(
        bureau=bureau, name_contains=name, in_review=in_review, page_size=limit
    )
    answer = listed(lambda client: client.registry.ListSubjects, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [(s.subject_id, s.name, s.credit_code, s.bureau, s.sector) for s in answer.subjects]
    show.table("主体", ("id", "名称", "统一社会信用代码", "机关", "行业"), rows)


@subject_app.command("show")
def subject_show(subject: SubjectId, data: Data = None, as_json: AsJson = False) -> None:
    """显示主体。 Shows a subject."""
    wanted = pb.GetSubjectRequest(subject_id=subject)
    answer = with_client(data, lambda client: client.registry.GetSubject(wanted))
    if as_json:
        show.json_out(answer.subject)
    else:
        show.card("主体", show.plain(answer.subject))


@instrument_app.command("list")
def instrument_list(
    subject: Annotated[str, typer.Option("--subject", help="主体 id")] = "",
    bureau: Bureau = "",
    repeated: Annotated[bool, typer.Option("--repeated", help="同型号同编号 | repeated")] = False,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出器具。 Lists instruments."""
    wanted = pb.ListInstrumentsRequest(
        subject_id=subject, bureau=bureau, repeated_serial=repeated, page_size=limit
    )
    answer = listed(lambda client: client.registry.ListInstruments, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (i.instrument_id, i.type_code, i.serial_no, i.model, i.state) for i in answer.instruments
    ]
    show.table("器具", ("id", "类型", "出厂编号", "型号", "状态"), rows)


@instrument_app.command("show")
def instrument_show(instrument: InstrumentId, data: Data = None, as_json: AsJson = False) -> None:
    """显示器具及其检定记录。 Shows an instrument with its verifications."""
    wanted = pb.GetInstrumentRequest(instrument_id=instrument)
    answer = with_client(data, lambda client: client.registry.GetInstrument(wanted))
    if as_json:
        show.json_out(answer)
        return
    show.card("器具", show.plain(answer.instrument))
    rows = [
        (v.verified_on, v.result, v.valid_until, v.institution, v.certificate_no)
        for v in answer.verifications
    ]
    show.table("检定", ("检定日期", "结果", "有效期至", "检定机构", "证书编号"), rows)


@instrument_app.command("state")
def instrument_state(
    instrument: InstrumentId,
    state: Annotated[str, typer.Argument(help="状态：in_use | spare | stopped | scrapped")],
    data: Data = None,
) -> None:
    """变更器具状态（在用、备用、停用、报废）。 Changes the state of an instrument."""
    request = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=instrument, state=state
    )
    answer = with_client(data, lambda client: client.registry.SetInstrumentState(request))
    show.console.print(f"{answer.instrument.serial_no}：{answer.instrument.state}")


@instrument_app.command("verify")
def instrument_verify(
    instrument: InstrumentId,
    result: Annotated[
        str, typer.Option("--result", help="结果：pass | reject | repaired | pending")
    ],
    on: Annotated[str, typer.Option("--on", help="检定日期 | day of verification")],
    institution: Annotated[str, typer.Option("--institution", help="检定机构 | institution")],
    valid_until: Annotated[
        str, typer.Option("--valid-until", help="有效期至 | last valid day")
    ] = "",
    certificate: Annotated[str, typer.Option("--certificate", help="证书编号 | certificate")] = "",
    method: Annotated[str, typer.Option("--method", help="检定规程 | regulation")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """登记一次检定及证书。 Records a verification and its certificate."""
    verification = pb.Verification(
        instrument_id=instrument,
        result=result,
        verified_on=on,
        valid_until=valid_until,
        institution=institution,
        certificate_no=certificate,
        method=method,
    )
    request = pb.RecordVerificationRequest(request_id=new_request_id(), verification=verification)
    answer = with_client(data, lambda client: client.registry.RecordVerification(request))
    if as_json:
        show.json_out(answer)
    else:
        show.card("检定", show.plain(answer.verification))


@record_app.command("enter")
def record_enter(
    subject: SubjectId,
    kind: Annotated[str, typer.Option("--kind", help="信息类别，如 penalty | kind")],
    determined_on: Annotated[str, typer.Option("--determined-on", help="认定日期 | determined")],
    source: Annotated[str, typer.Option("--source", help="文书编号 | source document")],
    occurred_on: Annotated[str, typer.Option("--occurred-on", help="发生日期 | occurred")] = "",
    severity: Annotated[
        str, typer.Option("--severity", help="严重程度：minor | general | serious")
    ] = "",
    points: Annotated[int | None, typer.Option("--points", min=0, help="分值 | points")] = None,
    final: Annotated[bool, typer.Option("--final", help="已生效 | final")] = False,
    verified: Annotated[bool, typer.Option("--verified/--unverified", help="经核实")] = True,
    summary: Annotated[str, typer.Option("--summary", help="事实 | what happened")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """录入一条信用信息。 Enters a credit record."""
    record = pb.Record(
        subject_id=subject,
        kind=kind,
        severity=severity,
        occurred_on=occurred_on or determined_on,
        determined_on=determined_on,
        points=points,
        final=final,
        verified=verified,
        source_ref=source,
        summary=summary,
    )
    request = pb.EnterRecordRequest(request_id=new_request_id(), record=record)
    answer = with_client(data, lambda client: client.registry.EnterRecord(request))
    _show_record(answer.record, as_json=as_json)


@record_app.command("list")
def record_list(
    subject: SubjectId,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出主体的信用信息。 Lists a subject's credit records."""
    wanted = pb.ListRecordsRequest(subject_id=subject, page_size=limit)
    answer = listed(lambda client: client.registry.ListRecords, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (
            r.record_id,
            r.kind,
            r.determined_on,
            r.status,
            _marks(r),
            r.source_ref,
        )
        for r in answer.records
    ]
    show.table("信用信息", ("id", "类别", "认定日期", "状态", "标记", "文书"), rows)


def _marks(record: pb.Record) -> str:
    marks = {"异议中": record.contested, "终止披露": record.disclosure_stopped}
    return "、".join(mark for mark, stands in marks.items() if stands)


@record_app.command("show")
def record_show(record: RecordId, data: Data = None, as_json: AsJson = False) -> None:
    """显示一条信用信息及其历次内容。 Shows a record and what it said before."""
    wanted = pb.GetRecordRequest(record_id=record)
    answer = with_client(data, lambda client: client.registry.GetRecord(wanted))
    if as_json:
        show.json_out(answer)
        return
    show.card("信用信息", show.plain(answer.record))
    show.card("保存与披露", show.plain(answer.retention))
    rows = [(r.version, r.kind, r.points, r.status, r.summary) for r in answer.earlier]
    show.table("此前", ("版本", "类别", "分值", "状态", "摘要"), rows)


@record_app.command("withdraw")
def record_withdraw(record: RecordId, ground: Ground, data: Data = None) -> None:
    """撤销一条信用信息；自当日起不再计入。 Withdraws a record from today on."""
    request = pb.WithdrawRecordRequest(request_id=new_request_id(), record_id=record, ground=ground)
    answer = with_client(data, lambda client: client.registry.WithdrawRecord(request))
    show.console.print(f"{answer.record.record_id}：{answer.record.status}")


@record_app.command("correct")
def record_correct(
    record: RecordId,
    ground: Ground,
    kind: Annotated[str, typer.Option("--kind", help="新的类别 | new kind")] = "",
    points: Annotated[int | None, typer.Option("--points", min=0, help="新的分值")] = None,
    summary: Annotated[str, typer.Option("--summary", help="新的摘要 | new summary")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """更正一条信用信息；原内容留存。 Corrects a record; what it said before stays known."""

    async def correct(client: Client) -> pb.Record:
        present = (await client.registry.GetRecord(pb.GetRecordRequest(record_id=record))).record
        changes = pb.Record(kind=kind, points=points, summary=summary)
        present.MergeFrom(changes)
        request = pb.CorrectRecordRequest(
            request_id=new_request_id(), record=present, ground=ground
        )
        return (await client.registry.CorrectRecord(request)).record

    _show_record(with_client(data, correct), as_json=as_json)


def _show_record(record: pb.Record, *, as_json: bool) -> None:
    if as_json:
        show.json_out(record)
    else:
        show.card("信用信息", show.plain(record))
