"""Options, databases and Hypothesis profiles for the tests of every tier."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.postgres import Databases, PostgresServer

# Bytecode is kept, as by make: tests start hundreds of processes, and a platform that compiles all
# it imports takes four times the processor time to start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # noqa: TID251 - for the processes of the tests
sys.dont_write_bytecode = False

# No example has to be quick: other work on the machine is no fault of what is tested.
settings.register_profile("quanheng", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quanheng")
# For `make properties`.
settings.register_profile("thorough", settings.get_profile("quanheng"), max_examples=1000)
# For `make mutation`: a planted fault has only to be found, not to be made small or kept.
settings.register_profile(
    "mutation",
    settings.get_profile("quanheng"),
    derandomize=True,
    database=None,
    phases=[Phase.generate],
)

_status = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options that no single tier owns."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--histories", type=Path, help="folder for histories of workflow runs")
    parser.addoption("--fuzz-messages", type=int, default=2)
    parser.addoption("--fuzz-seed", type=int, default=0)
    parser.addoption("--chaos-minutes", type=float, default=0.0)
    parser.addoption("--chaos-seed", type=int, default=0)
    parser.addoption("--soak-cases", type=int, default=0)
    parser.addoption("--soak-kills", type=int, default=20)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes new databases on PostgreSQL, whatever `--database` names."""
    server = PostgresServer()
    try:
        server.start()
        yield Databases(server, tmp_path_factory.mktemp("databases"))
    finally:
        server.stop()


@pytest.fixture(scope="session")
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    """Makes new databases of the kind that `--database` names."""
    if request.config.getoption("--database") == "sqlite":
        return Databases(None, tmp_path_factory.mktemp("databases"))
    databases: Databases = request.getfixturevalue("postgresql")
    return databases


def pytest_configure(config: pytest.Config) -> None:
    # All that is loaded and collected stays. Looking for garbage in it, again and again, would take
    # a third of that time, and some of every test's. Whoever only distributes tests collects none.
    if not config.getoption("numprocesses", None):
        gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    global _status  # noqa: PLW0603 - pytest hands the status to this hook and to no later one
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the process at once, because the Temporal client may abort a normal exit."""
    if "temporalio" not in sys.modules:
        return  # the exit is safe, and a program that runs pytest in its own process may go on
    if hasattr(config, "workerinput"):
        return  # a worker of xdist still has to report, and its exit status is not read
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_status)
