"""Replays every recorded history with today's workflows and notes which branches they execute.

`python -m tests.evolution.replay FILE` writes a `Replay` as JSON. It runs in a process of its own,
because coverage has to be watching before the workflows are imported, and outside Temporal's
sandbox, which imports them again for each run.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import coverage

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = ROOT / "tests/workflows/histories"
DEFINITION = "__temporal_workflow_definition"
# What workflows have in common; `plumbing` also names `workflow` where none runs.
SHARED = ("plumbing/daily.py", "plumbing/workflow_time.py")


@dataclass(frozen=True)
class Replay:
    """The result of replaying all histories."""

    types: list[str]  # every workflow type of the code
    failures: dict[str, str]  # history → why today's code does not follow it
    unexecuted: list[str]  # `file:line` of statements, `file:line→line` of branches
    markers: dict[str, list[bool]]  # patch marker → the answers that replays were given


def events(history: Path) -> list[dict[str, Any]]:
    """The events of a recorded history."""
    recorded: list[dict[str, Any]] = json.loads(history.read_text(encoding="utf-8"))["events"]
    return recorded


def type_of(history: Path) -> str:
    """The workflow type whose history it is."""
    started = events(history)[0]["workflowExecutionStartedEventAttributes"]
    return str(started["workflowType"]["name"])


def modules() -> list[Path]:
    """Every module whose code runs inside a workflow."""
    services = sorted((ROOT / "services").rglob("*.py"))
    inside = [path for path in services if "from temporalio import workflow\n" in path.read_text()]
    return [*inside, *(ROOT / shared for shared in SHARED)]


def workflows() -> dict[str, type]:
    """The class of every workflow type."""
    imported = [
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for path in modules()
    ]
    classes = {
        value
        for module in imported
        for value in vars(module).values()
        if isinstance(value, type) and DEFINITION in vars(value)
    }
    return {str(getattr(class_, DEFINITION).name): class_ for class_ in classes}


def replay_all() -> Replay:
    """Replays every history; call it once in a process that has not imported a workflow."""
    watch = coverage.Coverage(
        branch=True, data_file=None, include=[str(path) for path in modules()], config_file=False
    )
    watch.exclude(r"@workflow\.query")  # a query gives no commands and stands in no history
    watch.start()
    classes = workflows()
    markers = _watch_markers()
    failures = asyncio.run(_failures(classes))
    watch.stop()
    return Replay(
        sorted(classes), failures, [*_unexecuted(watch)], {k: sorted(v) for k, v in markers.items()}
    )


def _watch_markers() -> dict[str, set[bool]]:
    """Notes every answer of `workflow.patched` from now on."""
    from temporalio import workflow

    answers: dict[str, set[bool]] = defaultdict(set)
    asked = workflow.patched

    def patched(marker: str, **options: Any) -> bool:
        answers[marker].add(answer := asked(marker, **options))
        return answer

    workflow.patched = patched  # type: ignore[assignment]
    return answers


async def _failures(classes: dict[str, type]) -> dict[str, str]:
    from temporalio.client import WorkflowHistory
    from temporalio.contrib.pydantic import pydantic_data_converter
    from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

    replayer = Replayer(
        workflows=[*classes.values()],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    failures: dict[str, str] = {}
    for path in sorted(HISTORIES.glob("*.json")):
        history = WorkflowHistory.from_json(f"replayed/{path.stem}", path.read_text("utf-8"))
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure:
            failures[path.name] = str(result.replay_failure)
    return failures


def _unexecuted(watch: coverage.Coverage) -> Iterator[str]:
    for path in modules():
        name = path.relative_to(ROOT)
        yield from (f"{name}:{line}" for line in watch.analysis2(str(path))[3])
        for line, (total, taken) in watch.branch_stats(str(path)).items():
            if taken < total:
                yield f"{name}:{line}: {taken} of {total} branches"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(asdict(replay_all())), encoding="utf-8")
    os._exit(0)  # the Temporal SDK can abort an interpreter that exits in the ordinary way
