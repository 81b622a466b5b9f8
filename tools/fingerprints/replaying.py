"""Recorded histories replayed by today's workflows, without a server."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tools.fingerprints.reading import Fingerprint

HISTORIES = Path(__file__).resolve().parents[2] / "tests/workflows/histories"


def events(history: Path) -> list[dict[str, Any]]:
    """The events of a recorded history."""
    found: list[dict[str, Any]] = json.loads(history.read_text(encoding="utf-8"))["events"]
    return found


def type_of(history: Path) -> str:
    """The workflow type whose history it is."""
    started = events(history)[0]["workflowExecutionStartedEventAttributes"]
    return str(started["workflowType"]["name"])


def workflow_class(fingerprint: Fingerprint) -> type:
    """The class of a workflow."""
    module, _, name = fingerprint.where.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found


async def replay(
    workflows: Mapping[str, Fingerprint], histories: Iterable[Path]
) -> dict[str, Exception]:
    """Replays histories; returns those that today's code does not follow, each with the reason."""
    classes = [workflow_class(one) for one in workflows.values()]
    replayer = Replayer(workflows=classes, data_converter=pydantic_data_converter)
    failed: dict[str, Exception] = {}
    for path in histories:
        history = WorkflowHistory.from_json(f"replayed/{path.stem}", path.read_text("utf-8"))
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure:
            failed[path.name] = result.replay_failure
    return failed
