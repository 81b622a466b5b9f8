"""Runs a sandbox through typical work of a bureau before its databases are recorded.

The acts concern a few synthetic subjects of the bundled sample and use only the public interface,
so that any release in the checkout can be recorded.
"""

from __future__ import annotations

import csv
import io
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from protos.registry.v1 import registry_pb2 as registry
from services.cli import sample
from services.cli.client import Client
from services.cli.demo import cast
from services.cli.demo.cast import Part
from services.cli.health import agreement
from services.cli.machine.platform import Platform
from services.cli.sample import loading
from services.cli.sample.instruments import INSTITUTION
from services.cli.sample.subjects import SampleSubject, subjects
from tools.release import acts
from tools.release.acts import CITY
from tools.release.life import PATIENCE_SECONDS, Life, enter_penalty, now, take_in

SUBJECTS = ("HZ-01", "TJ-01", "TZ-01")
PARTS = {
    "inspector": "inspector",
    "caseworker": "caseworker",
    "unit_head": "unit_head",
    "institution": "verification_institution",
}
ACTS = (
    acts.alerts_are_raised,
    acts.a_red_alert_escalates,
    acts.repairs_are_heard,
    acts.objections_are_heard,
    acts.a_text_is_activated,
    acts.areas_are_assessed,
    acts.files_are_taken_in,
    acts.the_year_ends,
    acts.a_bulk_batch_is_cut_off,
)


async def live(data: Path) -> datetime:
    """Starts a sandbox platform on an empty data directory, performs all acts, and stops it.

    Returns the last moment of the platform's clock.
    """
    async with AsyncExitStack() as exits:
        platform = Platform(data, sandbox=True, usual_ports=False)
        await exits.enter_async_context(platform)
        await platform.wait_ready()
        life = Life(platform, await cast.administrator(platform.settings, exits))
        await _begin(life, exits)
        for act in ACTS:
            await act(life)
        await _agrees(life)
        last = await now(life)
        await _fall_silent(life)
    return last


async def _begin(life: Life, exits: AsyncExitStack) -> None:
    """Imports the register as a baseline, and makes an account for each role."""
    chosen = [subject for subject in subjects() if subject.ref in SUBJECTS]
    loaders: dict[str, Client] = {"": life.administrator}
    for file in sample.portions((await now(life)).date()):
        city = sample.city_of(file.bureau) if file.bureau else ""
        if city not in loaders:
            loaders[city] = await loading.engage(life.administrator, city)
            exits.push_async_callback(loaders[city].close)
        content = _only(chosen, file.content) if city else file.content
        more = {"baseline": True, "bureau": file.bureau}
        await take_in(loaders[city], file.family, file.name, content, **more)
    request = registry.GetSubjectRequest(subject_id=chosen[0].credit_code)
    found = (await life.administrator.registry.GetSubject(request)).subject
    life.subject_id = found.subject_id
    parts = {name: Part(f"sample.{name}", name, role, found.bureau) for name, role in PARTS.items()}
    parts["institution"] = replace(parts["institution"], institution=INSTITUTION)
    parts["operator"] = Part("sample.operator", "operator", "operator", subject_id=found.subject_id)
    parts["reviewer"] = Part("sample.reviewer", "reviewer", "municipal_reviewer", CITY)
    parts["city_head"] = Part("sample.cityhead", "city_head", "unit_head", CITY)
    client = life.administrator
    life.clients = await cast.engage_all(life.platform.settings, client, parts, exits)


def _only(chosen: list[SampleSubject], content: bytes) -> bytes:
    """The header of a file and its rows about these subjects."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    keys = {key for subject in chosen for key in (subject.key, subject.ref)}
    text = io.StringIO(newline="")
    csv.writer(text).writerows([rows[0], *(row for row in rows[1:] if keys & {*row})])
    return text.getvalue().encode()


async def _agrees(life: Life) -> None:
    checked = await agreement.check(life.administrator, PATIENCE_SECONDS)
    if not checked.holds:
        raise AssertionError(f"the platform does not agree: {checked.problems}")


async def _fall_silent(life: Life) -> None:
    """Enters a record while NATS is frozen, so that its event stays unsent; kills everything."""
    pid = life.platform.processes["nats"].pid
    assert pid is not None  # noqa: S101 - it has been ready
    os.kill(pid, signal.SIGSTOP)
    await enter_penalty(life)
    await life.platform.kill("grading", "objection", "alerts", "registry", "nats")
