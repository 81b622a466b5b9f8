"""Alerts on a real database and a real NATS, with a register's outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from plumbing.settings import Settings
from tests.integration.alerts.escalation_desk import EscalationDesk, rejected
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    bureau,
    instrument,
    subject,
)
from tests.integration.alerts.watched_days import Template
from tests.integration.conftest import NewDatabase
from tests.integration.events.support import running
from tests.postgres import Databases


@pytest.fixture
async def empty_alerts(
    tmp_path: Path, jetstream: JetStreamContext, new_database: NewDatabase, databases: Databases
) -> AsyncIterator[RunningAlerts]:
    """The relay of a register and the consumers of alerts, without any row."""
    database = await databases.migrated(tmp_path, "alerts")
    alerts = RunningAlerts(
        await new_database("registry"), database, jetstream, Settings(data_dir=tmp_path)
    )
    async with running(*(work() for work in alerts.work)):
        yield alerts
    await database.close()


@pytest.fixture
async def alerts(empty_alerts: RunningAlerts) -> RunningAlerts:
    """Running alerts with one bureau and one subject, watched up to today."""
    await empty_alerts.put(bureau(), subject(1))
    await empty_alerts.run_watch()
    return empty_alerts


@pytest.fixture
async def desk(alerts: RunningAlerts) -> EscalationDesk:
    """The people and activities of escalation; an instrument was rejected while in use."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    await alerts.put(instrument(), rejected(1))
    return EscalationDesk(alerts)


@pytest.fixture
async def template(tmp_path: Path, databases: Databases) -> Template:
    """An empty database of alerts, to be copied."""
    database = await databases.migrated(tmp_path, "alerts")
    await database.close()
    return partial(databases.copy, database.engine.url.render_as_string(hide_password=False))
