"""What a process says of itself at its metrics port, and the command that asks it there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import start_http_server

from plumbing import readiness
from plumbing.metrics import server
from plumbing.metrics.metric import REGISTRY
from plumbing.probe import PORTS
from plumbing.readiness import Readiness
from plumbing.settings import SERVICES, Settings
from tests.ports import free_port

MOST_SECONDS = 0.15  # of processor; loading the platform takes half a second


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Readiness:
    own = Readiness()
    monkeypatch.setattr(server, "READINESS", own)
    return own


@pytest.fixture
def port(state: Readiness) -> Iterator[int]:
    """The port of a process that says how ready it is."""
    port = free_port()
    httpd, _ = start_http_server(port, "127.0.0.1", REGISTRY)
    httpd.set_app(server._beside(httpd.get_app()))
    yield port
    httpd.shutdown()
    httpd.server_close()


def asked(port: int, path: str = "/ready") -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode().strip()
    except HTTPError as error:
        return error.code, error.read().decode().strip()


def probe(port: int, *services: str) -> tuple[int, str]:
    places = {f"QUANHENG_{name.upper()}_METRICS_ADDRESS": f"{name}:{port}" for name in PORTS}
    command = [sys.executable, "-P", "-m", "plumbing.probe", *services]
    done = subprocess.run(command, env=places, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout.strip()


def test_it_follows_what_the_process_says(state: Readiness, port: int) -> None:
    state.waits_for("postgresql")
    assert asked(port) == (503, "waits for postgresql")
    assert probe(port, "grading") == (1, "waits for postgresql")
    assert asked(port, "/live")[0] == 200  # it must not be killed for what is away
    state.waits_for("")
    state.serves()
    assert probe(port) == (0, "ready; away: nothing")
    state.nats_answers = lambda: False
    assert asked(port) == (200, "ready; away: nats")
    state.stops()
    assert asked(port) == (503, "starts or stops")


def test_one_that_does_nothing_any_more_is_not_alive(
    state: Readiness, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.serves()
    monkeypatch.setattr(readiness, "DEAF_SECONDS", 0.0)
    assert [asked(port, path)[0] for path in ("/ready", "/live")] == [503, 503]


def test_metrics_stay_where_they_were(port: int) -> None:
    status, text = asked(port, "/metrics")
    assert (status, "quanheng_ready" in text) == (200, True)


def test_the_command_fails_where_nothing_answers() -> None:
    assert probe(free_port()) == (1, "nothing answers")


def test_the_command_knows_the_ports_of_the_settings() -> None:
    settings = Settings()
    known = {name: int(settings.metrics_address(name).rpartition(":")[2]) for name in SERVICES}
    assert known == PORTS


def test_the_command_costs_next_to_nothing() -> None:
    """Container engines run it every few seconds for each container."""
    script = (
        "import runpy, sys, time\n"
        "sys.argv[1:] = ['registry']\n"
        "try: runpy.run_module('plumbing.probe', run_name='__main__')\n"
        "except SystemExit: print(time.process_time(), *sorted(sys.modules))"
    )
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, *modules = done.stdout.splitlines()[-1].split()
    assert not {"grpc", "pydantic", "sqlalchemy"} & set(modules)
    assert float(seconds) < MOST_SECONDS
