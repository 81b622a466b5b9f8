"""Every log line is JSON with the service and the ids, also the lines of libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from plumbing.telemetry import ids_in, ids_of
from plumbing.tracing import kind_of
from protos.registry.v1 import registry_pb2 as pb

# In a process of its own: the set-up of logs is for good.
PROGRAM = """
import logging
import structlog
from plumbing.telemetry import start_logging
from plumbing.tracing import Cause, span

start_logging("test", "INFO")
traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
with span("work", cause=Cause(traceparent, "req-1")):
    structlog.get_logger().info("ours", case_id="c")
    logging.getLogger("library").warning("theirs: %s", 1)
structlog.get_logger().info("outside")
details = {"workflow_id": "objection/c", "workflow_type": "ObjectionCase", "run_id": "r"}
logging.getLogger("temporalio.workflow").info("waits", extra={"temporal_workflow": details})
logging.getLogger("temporalio.worker").warning("chatter")
structlog.get_logger().debug("too fine")
"""


def test_ours_and_the_libraries_lines_are_alike() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["ours", "theirs: 1", "outside", "waits"]
    assert {line["service"] for line in lines} == {"test"}
    assert all(line["level"] and line["timestamp"] for line in lines)
    inside, outside = lines[:2], lines[2:]
    assert {line["trace_id"] for line in inside} == {"0af7651916cd43dd8448eb211c80319c"}
    assert {line["request_id"] for line in inside} == {"req-1"}
    assert not [line for line in outside if "trace_id" in line or "request_id" in line]
    waits = lines[-1]
    assert (waits["workflow"], waits["case_id"]) == ("ObjectionCase", "c")
    assert waits["workflow_id"] == "objection/c"


# Many threads at once write ours and others' lines.
CROWD = """
import logging, sys, threading
import structlog
from plumbing.telemetry import start_logging

start_logging("test", "INFO")
sys.setswitchinterval(1e-6)

def write():
    for number in range(300):
        structlog.get_logger().info("ours", number=number)
        logging.getLogger("library").warning("theirs")

threads = [threading.Thread(target=write) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_lines_of_many_threads_stay_whole() -> None:
    done = subprocess.run([sys.executable, "-c", CROWD], capture_output=True, text=True, check=True)
    lines = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    assert (lines.count("ours"), lines.count("theirs")) == (2400, 2400)


FULL = """
import structlog
from plumbing.telemetry import end_logging, start_logging

start_logging("test", "INFO")
for _ in range(1000):
    structlog.get_logger().info("no room for this line", text="x" * 1000)
end_logging()
import os
os.write(2, b"went on")
os._exit(0)
"""


def test_lines_that_find_no_room_end_no_work() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", FULL], stdout=full, stderr=subprocess.PIPE, check=True
        )
    assert done.stderr == b"went on"


def test_ids_are_known_by_the_kind_of_thing() -> None:
    assert ids_of("case/1") == ids_of("objection/1") == {"case_id": "1"}
    assert ids_of("watch/330106") == {"bureau": "330106"}
    assert ids_of("clock") == ids_of("regrade/daily") == {}


def test_what_people_may_write_is_no_id() -> None:
    assert ids_in(pb.GetSubjectRequest(subject_id="s-1")) == {"subject_id": "s-1"}
    assert ids_in(pb.GetSubjectRequest(subject_id="张三 身份证")) == {}
    assert ids_in(pb.PutBureauRequest(bureau=pb.Bureau(name="测试局"))) == {}
    assert ids_in(None) == {}


def test_a_kind_of_error_is_a_stable_word_and_never_its_message() -> None:
    class Told(Exception):
        reason = "NOT_YET"

    class Chatty(Exception):
        reason = "the number of Zhang San"

    assert kind_of(Told("x")) == "NOT_YET"
    assert kind_of(Chatty("x")) == "Chatty"
