"""Somebody reaches Temporal's port and knows the ids of the workflows; nothing else.

Temporal's development server asks nobody for a name. The attacker signals, starts, terminates and
reads whatever they like. The platform takes nothing of theirs, its content is not readable in the
store, and what they ended is back within moments.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.operations.v1 import operations_pb2 as operations
from services.cli.commands.platform import advance_clock
from services.cli.health import agreement
from tests.e2e.conftest import platform, with_portal  # noqa: F401 - fixtures
from tests.e2e.running_platform import RunningPlatform, until
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEN_YEARS = 315_360_000
RETENTION, REGRADE, WATCH = "retention/daily", "regrade/daily", "watch/330106"
REFUSED = "quanheng_workflow_inputs_refused_total"
AGAIN = "quanheng_workflows_started_again_total"


@pytest.fixture(scope="module", autouse=True)
def _looking_often() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANHENG_WORKFLOW_LOOK_SECONDS", "1")
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(platform: RunningPlatform) -> AsyncIterator[Client]:  # noqa: F811
    settings = platform.machine.settings
    yield await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
    )


async def counted(platform: RunningPlatform, service: str, metric: str, **labels: str) -> float:  # noqa: F811
    """The sum of a counter of one service."""
    figures = platform.administrator.operations[service].GetFigures(operations.GetFiguresRequest())
    wanted = set(labels.items())
    return sum(
        sample.value
        for sample in (await ask(figures)).samples
        if sample.name == metric and wanted <= {(one.name, one.value) for one in sample.labels}
    )


async def watched_through(platform: RunningPlatform) -> str:  # noqa: F811
    answer = await ask(platform.administrator.alerts.GetWatch(alerts.GetWatchRequest()))
    watches = {watch.bureau: watch.watched_through for watch in answer.watches}
    return watches.get("330106", "")


async def test_signals_of_a_stranger_change_nothing_and_are_counted(
    platform: RunningPlatform,  # noqa: F811
    stranger: Client,
) -> None:
    record = await platform.enter_penalty()
    future = {"offset_seconds": TEN_YEARS}
    for name in (RETENTION, REGRADE, WATCH):
        handle = stranger.get_workflow_handle(name)
        for signal in ("look", "clock_moved"):
            await handle.signal(signal, future)
            await handle.signal(signal)  # nothing that a codec could refuse
            await handle.signal(signal, args=[future, future])
        await handle.signal("clock_moved", float(TEN_YEARS))

    async def all_counted() -> bool | None:
        kinds = [
            await counted(platform, service, REFUSED, what=what)
            for service in ("registry", "grading", "alerts")
            for what in ("payload", "signal")
        ]
        return True if all(kinds) else None

    await until(all_counted)
    # The workflows still hear the platform itself.
    today = await platform.today()
    await advance_clock(platform.administrator, timedelta(days=1))
    tomorrow = today + timedelta(days=1)

    async def watched() -> bool | None:
        return True if await watched_through(platform) == tomorrow.isoformat() else None

    await until(watched)
    assert (await platform.record(record.record_id)).status == "active"
    for service in ("registry", "grading", "alerts"):
        assert await counted(platform, service, AGAIN) == 0, service


async def test_the_content_of_a_case_is_not_readable_in_the_store(
    platform: RunningPlatform,  # noqa: F811
    stranger: Client,
) -> None:
    case = await platform.accepted_case(await platform.enter_penalty())
    handle = stranger.get_workflow_handle(f"objection/{case.case_id}")
    history = (await until(lambda: _history(handle))).to_json()
    store = b"".join(
        file.read_bytes() for file in (platform.machine.data_dir / "temporal").iterdir()
    )
    assert case.case_id.encode() in store  # the id of the workflow, by which people find it
    for known in ("events_per_run", "rungs", "minutes_after_midnight", "wakes_after", case.number):
        assert known.encode() not in store, known
        assert known not in history, known


async def _history(handle: WorkflowHandle[Any, Any]) -> Any:
    try:
        history = await handle.fetch_history()
    except Exception:  # not started yet
        return None
    return history if len(history.events) > 4 else None


async def ran_anew(stranger: Client, name: str, run_id: str) -> bool | None:
    """True once another run than this one runs, with a mark that no stranger can make."""
    described = await stranger.get_workflow_handle(name).describe()
    runs = described.status is WorkflowExecutionStatus.RUNNING
    marked = "quanheng" in described.raw_info.memo.fields
    return True if runs and marked and described.run_id != run_id else None


async def run_of(stranger: Client, name: str) -> str:
    return (await stranger.get_workflow_handle(name).describe()).run_id


async def comes_back(
    platform: RunningPlatform,  # noqa: F811
    stranger: Client,
    name: str,
    attack: Callable[[], Awaitable[object]],
) -> None:
    """Attacks a workflow and waits until the platform's own runs again."""
    before = await run_of(stranger, name)
    await attack()
    attacked = await run_of(stranger, name)
    await until(lambda: ran_anew(stranger, name, attacked))
    assert await run_of(stranger, name) != before


async def test_what_a_stranger_terminated_runs_again(
    platform: RunningPlatform,  # noqa: F811
    stranger: Client,
) -> None:
    case = await platform.accepted_case(await platform.enter_penalty())
    for name in (RETENTION, REGRADE, WATCH, f"objection/{case.case_id}"):
        handle = stranger.get_workflow_handle(name)
        await until(lambda handle=handle: _history(handle))  # type: ignore[misc]
        await comes_back(platform, stranger, name, handle.terminate)
    for service in ("registry", "grading", "alerts", "objection"):
        assert await counted(platform, service, AGAIN) == 1, service
    await platform.grant(case)
    assert (await platform.closed(case.case_id)).case.outcome == "delete"


async def test_what_a_stranger_started_under_our_id_is_replaced(
    platform: RunningPlatform,  # noqa: F811
    stranger: Client,
) -> None:
    for name, kind, queue, start in (
        (RETENTION, "retention-daily", "quanheng-registry", {"offset_seconds": TEN_YEARS}),
        (WATCH, "Watch", "quanheng-alerts", {"bureau": "330106", "wakes_after": 1}),
        (REGRADE, "nothing", "nobody-polls-this", {}),
    ):

        async def attack(
            name: str = name, kind: str = kind, queue: str = queue, start: Any = start
        ) -> None:
            await stranger.get_workflow_handle(name).terminate()
            await stranger.start_workflow(kind, start, id=name, task_queue=queue)

        await comes_back(platform, stranger, name, attack)
    odd = await stranger.start_workflow(
        "Delivery", {"notice_id": "n"}, id="delivery/n", task_queue="quanheng-alerts"
    )

    async def ended() -> bool | None:
        return (
            True if (await odd.describe()).status is not WorkflowExecutionStatus.RUNNING else None
        )

    await until(ended)
    assert await counted(platform, "alerts", REFUSED, what="run") > 0


async def test_afterwards_everything_agrees(platform: RunningPlatform) -> None:  # noqa: F811
    agreed = await agreement.check(platform.administrator, PATIENCE_SECONDS)
    assert not agreed.problems
