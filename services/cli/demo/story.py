"""The story of the demo: calls all its acts in order."""

from __future__ import annotations

from pathlib import Path

from services.cli.commands.platform import show_agreement
from services.cli.demo import escalation, hearing, lateness, loading, repair, supervision
from services.cli.demo.loading import Records
from services.cli.demo.scene import Scene, opened
from services.cli.demo.stage import Stage
from services.cli.health import agreement


async def tell(stage: Stage, data: Path, records: Records | None) -> None:
    """Starts a sandbox and runs all acts of the demo; raises Broken if a fact is not true."""
    stage.say("从零启动：NATS、Temporal、登记、评价、异议、预警…  starting from nothing")
    async with opened(stage, data) as scene:
        await loading.load(scene, records)
        await supervision.colours(scene)
        await supervision.penalty(scene)
        await hearing.object_and_extend(scene)
        await crash(scene)
        await hearing.decide(scene)
        await escalation.escalate(scene)
        await repair.repair(scene)
        await lateness.be_late(scene)
        await prove(scene)


async def crash(scene: Scene) -> None:
    """Act 5: kills every process, waits until all are ready again, and checks the open case."""
    stage = scene.stage
    stage.act("全部进程 kill -9 后重启", "D-04；S4 三(一)")
    before = await hearing.case_of(scene)
    pids = {name: part.pid for name, part in scene.platform.processes.items()}
    await scene.platform.kill_everything()
    await scene.platform.wait_ready()
    fresh = [n for n, part in scene.platform.processes.items() if part.pid != pids[n]]
    stage.holds(
        len(fresh) == len(pids),
        f"{len(pids)} 个进程（含 NATS、Temporal）被杀死并重新就绪",
        f"{len(pids)} processes, NATS and Temporal too, were killed and are back",
    )
    after = await hearing.case_of(scene)
    stage.holds(
        (after.state, after.term) == (before.state, before.term),
        f"案件仍在办理，期限不变：至 {after.term.target_on}",
        "the case is still open and its term unchanged",
    )


async def prove(scene: Scene) -> None:
    """Last act: proves that the data of all services agree and that the audit chain is intact."""
    stage = scene.stage
    stage.act("核对：登记、等级、案件、计时、发件箱、审计", "D-04；D-10；S1 20")
    found = await agreement.check(scene.administrator)
    show_agreement(found)
    stage.holds(found.holds, "各服务所存一致，审计链完整", "all services agree, the chain holds")
