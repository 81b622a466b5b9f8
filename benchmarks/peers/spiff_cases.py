"""A case with SpiffWorkflow, whose state is kept as JSON in a SQLite file, without any network.

    var/peers/bin/python -m benchmarks.peers.spiff_cases FOLDER CASES CALLERS

One process, whatever the callers, takes every step after the other, each in a transaction that is
synced. No timer runs: the term is only in the process, and somebody would have to look at it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.task import TaskState

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    id="cases" targetNamespace="urn:benchmark">
  <process id="case" isExecutable="true">
    <startEvent id="lodged"/>
    <sequenceFlow id="a" sourceRef="lodged" targetRef="accept"/>
    <userTask id="accept"/>
    <sequenceFlow id="b" sourceRef="accept" targetRef="decide"/>
    <userTask id="decide"/>
    <boundaryEvent id="term" attachedToRef="decide" cancelActivity="true">
      <timerEventDefinition id="days">
        <timeDuration xsi:type="tFormalExpression">"P28D"</timeDuration>
      </timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="c" sourceRef="term" targetRef="lapsed"/>
    <endEvent id="lapsed"/>
    <sequenceFlow id="d" sourceRef="decide" targetRef="consequence"/>
    <scriptTask id="consequence"><script>closed = outcome == 'uphold'</script></scriptTask>
    <sequenceFlow id="e" sourceRef="consequence" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""


class Store:
    """The cases in a file, each as the JSON of its workflow."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE cases (number INTEGER PRIMARY KEY, state TEXT, content TEXT)",
        ):
            self._database.execute(statement)
        self._json = BpmnWorkflowSerializer()

    def put(self, number: int, state: str, workflow: Any) -> None:
        """Keeps a case; the file is synced."""
        row = (number, state, self._json.serialize_json(workflow))
        self._database.execute("INSERT OR REPLACE INTO cases VALUES (?, ?, ?)", row)

    def get(self, number: int) -> Any:
        """Reads a case."""
        query = "SELECT content FROM cases WHERE number = ?"
        return self._json.deserialize_json(self._database.execute(query, (number,)).fetchone()[0])

    def closed(self) -> int:
        """How many cases are closed."""
        query = "SELECT count(*) FROM cases WHERE state = 'closed'"
        return int(self._database.execute(query).fetchone()[0])


def lodge(store: Store, number: int, specification: Any) -> None:
    """Begins a case and keeps it."""
    workflow = BpmnWorkflow(specification)
    workflow.do_engine_steps()
    store.put(number, "lodged", workflow)


def take(store: Store, number: int, state: str, **data: str) -> None:
    """Completes the task that waits for a person, and keeps what came of it."""
    workflow = store.get(number)
    (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
    task.data.update(data)
    task.run()
    workflow.do_engine_steps()
    store.put(number, "closed" if workflow.completed else state, workflow)


def run(store: Store, numbers: Sequence[int], specification: Any) -> float:
    """Carries cases out, one after the other; returns the seconds."""
    before, began = store.closed(), time.perf_counter()
    for one in numbers:
        lodge(store, one, specification)
    for one in numbers:
        take(store, one, "accepted", by="caseworker")
    for one in numbers:
        take(store, one, "decided", outcome="uphold")
    taken = time.perf_counter() - began
    if store.closed() - before != len(numbers):
        raise RuntimeError(f"Not closed: {len(numbers) + before - store.closed()}")
    return taken


def main(folder: str, cases: str, callers: str) -> None:
    """Measures the cases; as many before them as there are callers elsewhere warm up."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(MODEL.encode()))
    specification, warm_up = parser.get_spec("case"), int(callers)
    store = Store(Path(folder) / "spiff.db")
    run(store, range(warm_up), specification)
    taken = run(store, range(warm_up, warm_up + int(cases)), specification)
    sys.stdout.write(json.dumps({"steps": taken, "closed": taken}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
