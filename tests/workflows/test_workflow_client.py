"""Workflows are started, signalled and looked for by their ids; one answer to every refusal."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, cast

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.common import SearchAttributePair
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from plumbing.grpc_errors import Away
from plumbing.temporal import AGGREGATE_ID
from plumbing.workflow_client import WorkflowClient
from tests.integration.events.support import eventually

LATER = [
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.UNKNOWN,
    RPCStatusCode.ABORTED,
    RPCStatusCode.CANCELLED,
]
NEVER = [
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.FAILED_PRECONDITION,
]


@workflow.defn(sandboxed=False)
class Collecting:
    """Collects words until one says that it is the last."""

    def __init__(self) -> None:
        self.words: list[str] = []

    @workflow.run
    async def run(self, first: str) -> list[str]:
        await workflow.wait_condition(lambda: "last" in self.words)
        return [first, *self.words]

    @workflow.signal
    def word(self, word: str) -> None:
        self.words.append(word)


async def test_a_workflow_starts_once_and_every_signal_reaches_it(temporal_client: Client) -> None:
    queue, workflow_id = uuid.uuid4().hex, f"collecting/{uuid.uuid4().hex}"
    started = WorkflowClient(temporal_client, queue)
    async with Worker(temporal_client, task_queue=queue, workflows=[Collecting]):
        assert not await started.runs(workflow_id)
        found_by = [SearchAttributePair(AGGREGATE_ID, "case-1")]
        await started.signal(Collecting.run, "first", workflow_id, "word", "one", found_by=found_by)
        description = await temporal_client.get_workflow_handle(workflow_id).describe()
        assert description.search_attributes[AGGREGATE_ID.name] == ["case-1"]
        assert not await started.start(Collecting.run, "not the first", workflow_id)
        await started.signal(Collecting.run, "not the first", workflow_id)
        assert await started.runs(workflow_id)

        async def is_listed() -> bool:
            return workflow_id in await started.running("Collecting")

        await eventually(is_listed)
        await started.signal(Collecting.run, "not the first", workflow_id, "word", "last")
        words = await temporal_client.get_workflow_handle(workflow_id).result()
    assert words == ["first", "one", "last"]
    assert not await started.runs(workflow_id)
    assert not await is_listed()


@workflow.defn(sandboxed=False)
class Stumbling:
    """Each of its tasks fails, as one does that takes too long on a busy machine."""

    @workflow.run
    async def run(self, first: str) -> None:
        raise RuntimeError(first)

    @workflow.query
    def word(self) -> str:
        return "one"


async def test_a_workflow_that_stands_still_gives_no_answer(temporal_client: Client) -> None:
    queue, workflow_id = uuid.uuid4().hex, f"stumbling/{uuid.uuid4().hex}"
    started = WorkflowClient(temporal_client, queue)
    handle = temporal_client.get_workflow_handle(workflow_id)
    async with Worker(temporal_client, task_queue=queue, workflows=[Stumbling]):
        await started.start(Stumbling.run, "first", workflow_id)

        async def refuses_queries() -> bool:
            try:
                await handle.query(Stumbling.word)
            except RPCError as error:
                return error.status is RPCStatusCode.FAILED_PRECONDITION
            except WorkflowQueryFailedError:
                return False
            return False

        await eventually(refuses_queries)
        assert await started.query(workflow_id, Stumbling.word) is None
        await started.end(workflow_id)


class Refusing:
    """A client whose every call is refused with one status."""

    def __init__(self, status: RPCStatusCode) -> None:
        self._status = status

    async def start_workflow(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise RPCError("refused", self._status, b"")

    describe = __anext__ = start_workflow

    def get_workflow_handle(self, _workflow_id: str) -> "Refusing":
        return self

    def list_workflows(self, _query: str) -> "Refusing":
        return self

    def __aiter__(self) -> "Refusing":
        return self


def calls(status: RPCStatusCode) -> list[Callable[[], Awaitable[object]]]:
    started = WorkflowClient(cast("Client", Refusing(status)), "queue")
    return [
        lambda: started.signal(Collecting.run, "first", "id", "word", "one"),
        lambda: started.start(Collecting.run, "first", "id"),
        lambda: started.runs("id"),
        lambda: started.running("Collecting"),
    ]


@pytest.mark.parametrize("status", LATER, ids=lambda status: status.name)
async def test_what_may_go_otherwise_next_time_is_away(status: RPCStatusCode) -> None:
    for call in calls(status):
        with pytest.raises(Away):
            await call()


@pytest.mark.parametrize("status", NEVER, ids=lambda status: status.name)
async def test_what_is_refused_for_good_is_told_as_it_is(status: RPCStatusCode) -> None:
    for call in calls(status):
        with pytest.raises(RPCError) as refused:
            await call()
        assert refused.value.status is status


async def test_only_a_workflow_can_be_missing() -> None:
    """A missing workflow does not run; a missing namespace is a fault, not an absence."""
    signal, start, runs, running = calls(RPCStatusCode.NOT_FOUND)
    assert await runs() is False
    for call in (signal, start, running):
        with pytest.raises(RPCError):
            await call()
