"""Act 1 of the demo: the sample register is imported."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from plumbing.client import new_request_id
from protos.grading.v1 import grading_pb2 as grading
from protos.registry.v1 import registry_pb2 as registry
from services.cli import sample
from services.cli.client import Client
from services.cli.commands import imports
from services.cli.commands.imports import ColumnMapping
from services.cli.demo import cast
from services.cli.demo.cast import Part
from services.cli.demo.scene import Scene
from services.cli.output import answer
from services.cli.sample import loading as sample_loading

TRIAL_BUREAU = registry.Bureau(code="999900", name="样例·外来数据试验机构")
FAULTS_SHOWN = 12


@dataclass(frozen=True)
class Records:
    """A file of real verifications, and the mapping by which its columns are read."""

    file: Path
    mapping: ColumnMapping


async def load(scene: Scene, records: Records | None) -> None:
    """Imports the sample register without alerts, then the file of `records` unless it is None."""
    stage = scene.stage
    stage.act("导入登记册（首次建档，不触发预警）", "S4 二(一)(二)；S3 5")
    async for batch in sample_loading.load(scene.administrator):
        stage.holds(
            batch.state == "applied" and batch.changed == batch.rows,
            f"{batch.file_name}：{batch.rows} 行全部收下",
            f"{batch.rows} rows taken",
        )
    await _again(scene)
    if records is not None:
        await _real_records(scene, records)
    await _graded(scene)


async def _again(scene: Scene) -> None:
    file = sample.portions(await scene.today())[-1]
    again = Part("sample.again", "样例建档人员", "caseworker", file.bureau)
    batch = await sample_loading.load_file(await _engaged(scene, again), file)
    scene.stage.holds(
        batch.state == "unchanged",
        "同一文件再次导入：什么也没有改变",
        "the same file again changes nothing",
    )


async def _real_records(scene: Scene, records: Records) -> None:
    stage = scene.stage
    stage.say(f"真实检定记录：{records.file.name}（按列映射）")
    request = registry.PutBureauRequest(request_id=new_request_id(), bureau=TRIAL_BUREAU)
    await scene.administrator.registry.PutBureau(request)
    trial = Part("sample.trial", "样例试验人员", "caseworker", TRIAL_BUREAU.code)
    client = await _engaged(scene, trial)
    header = imports.header_of(
        "verifications",
        records.file.name,
        records.mapping,
        bureau=TRIAL_BUREAU.code,
        mode="good_rows",
        baseline=True,
    )
    content = await asyncio.to_thread(records.file.read_bytes)
    batch = await imports.upload(client, header, content)
    imports.show_batch(batch)
    faults = (await imports.faults_of(client, batch.batch_id, 1000)).faults
    wrong = [fault for fault in faults if not fault.warning]
    imports.show_faults(wrong[:FAULTS_SHOWN])
    contradicting = {fault.row for fault in wrong if fault.column == "valid_until"}
    stage.holds(
        bool(contradicting) and len({fault.row for fault in wrong}) == batch.rejected,
        f"{len(contradicting)} 行自相矛盾（合格无有效期，或不合格有有效期），另 "
        f"{batch.rejected - len(contradicting)} 行缺项，逐行退回；"
        f"其余 {batch.rows - batch.rejected} 行收下",
        f"{len(contradicting)} rows contradict themselves and are returned, row by row",
    )
    stage.holds(
        batch.in_review > 0 and batch.repeated_serials > 0,
        f"占位单位 {batch.in_review} 行转待核实，不触发预警；"
        f"{batch.repeated_serials} 件型号与编号重复，已标出",
        "placeholder owners go to review; repeated serial numbers are shown",
    )


async def _engaged(scene: Scene, part: Part) -> Client:
    return await cast.engage(scene.platform.settings, scene.administrator, part, scene.exits)


async def _graded(scene: Scene) -> None:
    async def all_graded() -> grading.SummariseGradesResponse | None:
        wanted = grading.SummariseGradesRequest()
        response = await scene.administrator.grading.SummariseGrades(wanted)
        grades = {count.grade for count in response.counts}
        return response if grades >= EVERY_GRADE else None

    summary = await scene.stage.until(
        "每个规则的每个等级都已出现", "every grade of every text occurs", all_graded
    )
    answer.print_response(summary, as_json=False)


EVERY_GRADE = frozenset("ABCDE") | frozenset("123") | {"trusted", "basically_trusted", "untrusted"}
