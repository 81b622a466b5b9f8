"""What `quanheng status` makes of figures: what needs a person, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len
from typer.main import get_command

from services.cli.__main__ import app
from services.cli.health.metrics import Sample, Scrape
from services.cli.health.problems import WAITING, Severity, Waiting, engines_away, findings
from services.cli.health.status import Status, screen, status_json
from services.cli.output.console import console

SERVES = (
    Sample("quanheng_ready", {}, 1),
    Sample("quanheng_nats_connected", {}, 1),
    Sample("quanheng_process_id", {}, 42),
    Sample("quanheng_build_info", {"service": "x", "version": "1.2.3"}, 1),
)
ENGINES = {"nats": True, "temporal": True}


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 80)


def scrape(service: str, *samples: Sample) -> Scrape:
    return Scrape(service, "127.0.0.1:1", (*SERVES, *samples))


def platform(*changed: Scrape) -> list[Scrape]:
    names = ("registry", "grading", "objection", "alerts")
    return [*({name: scrape(name) for name in names} | {s.service: s for s in changed}).values()]


def status(scrapes: Sequence[Scrape]) -> Status:
    return Status(scrapes, ENGINES, findings(scrapes))


def rules(*changed: Scrape) -> list[str]:
    return [one.rule for one in findings(platform(*changed))]


def shown(found: Status) -> str:
    with console.capture() as captured:
        console.print(screen(found.scrapes, found.engines, found.findings))
    return captured.get()


def test_a_platform_that_serves_needs_nobody() -> None:
    found = status(platform())
    assert found.well
    assert "目前没有需要人处理的事" in shown(found)
    assert status_json(found)["processes"][0]["version"] == "1.2.3"


@pytest.mark.parametrize("kind", WAITING, ids=lambda kind: kind.what)
def test_a_matter_that_waits_for_a_decision_is_counted_with_its_command(kind: Waiting) -> None:
    waiting = Sample("quanheng_awaiting_person", {"what": kind.what}, 29)
    found = status(platform(scrape("alerts", waiting)))
    assert found.well == (kind.severity is Severity.INFO)
    screen_text = shown(found)
    assert "目前没有需要人处理的事" not in screen_text
    assert kind.zh.format(n=29) in screen_text
    assert f"quanheng {kind.command}" in screen_text
    command: Any = get_command(app)
    for word in kind.command.split():
        command = command.get_command(command.context_class(command), word)
        assert command is not None


def test_the_screen_fits_80_columns_and_begins_with_what_needs_a_person() -> None:
    figures = [Sample("quanheng_awaiting_person", {"what": kind.what}, 12345) for kind in WAITING]
    states = [
        Sample("quanheng_escalations_open", {"state": s}, 99) for s in ("waiting", "proposed")
    ]
    found = status(platform(scrape("alerts", *figures, *states), Scrape("grading", "a:1", None)))
    lines = shown(found).splitlines()
    assert lines[0].startswith("✗ 立即 grading")
    assert max(map(cell_len, lines)) <= 80


def test_an_event_given_up_needs_a_person_and_says_what_to_do() -> None:
    letter = Sample("quanheng_dead_letters", {"consumer": "grading-registry"}, 2)
    found = status(platform(scrape("grading", letter)))
    assert not found.well
    said = shown(found)
    assert "有 2 个事件无法处理" in said
    assert "2 events were given up" in said
    assert "docs/operations.md#quanhengdeadletters" in said
    assert "目前没有需要人处理的事" not in said


def test_the_gravest_comes_first_and_a_hint_needs_nobody() -> None:
    hint = Sample("quanheng_notices", {"state": "no_address"}, 3)
    failed = Sample("quanheng_notices", {"state": "failed"}, 1)
    overdue = Sample("quanheng_terms_due", {"kind": "objection", "window": "overdue"}, 1)
    assert status(platform(scrape("alerts", hint))).well
    assert rules(scrape("alerts", hint, failed), scrape("objection", overdue)) == [
        "QuanhengTermsOverdue",
        "QuanhengDeliveriesFailed",
        "QuanhengNoAddress",
    ]


def test_a_threshold_is_passed_and_not_reached() -> None:
    def waiting(seconds: float) -> Scrape:
        return scrape("registry", Sample("quanheng_outbox_oldest_seconds", {}, seconds))

    assert rules(waiting(300)) == []
    assert rules(waiting(301)) == ["QuanhengOutboxStuck"]


def test_of_looks_the_oldest_counts_and_not_their_sum() -> None:
    ages = [Sample("quanheng_collect_age_seconds", {"look": str(n)}, 200) for n in range(3)]
    assert rules(scrape("alerts", *ages)) == []


def test_who_is_down_is_said_and_the_others_are_shown() -> None:
    found = status(platform(Scrape("grading", "127.0.0.1:7312", None)))
    assert [(one.service, one.rule) for one in found.findings] == [("grading", "QuanhengDown")]
    said = shown(found)
    assert "grading：进程没有应答（127.0.0.1:7312）" in said
    assert said.count("✓ 就绪") == 5
    assert status_json(found)["processes"][1] == {
        "service": "grading",
        "up": False,
        "ready": False,
        "pid": 0,
        "uptime_seconds": 0,
        "version": "",
        "metrics": "127.0.0.1:7312",
    }


def test_one_that_waits_is_not_ready_and_one_without_nats_says_so() -> None:
    waiting = Scrape("alerts", "", (Sample("quanheng_ready", {}, 0),))
    cut_off = Scrape("registry", "", (SERVES[0], Sample("quanheng_nats_connected", {}, 0)))
    assert rules(waiting, cut_off) == ["QuanhengNatsAway", "QuanhengNotReady"]


def test_an_engine_that_is_away_is_a_finding() -> None:
    [one] = engines_away({"nats": True, "temporal": False})
    assert (one.rule, one.severity) == ("QuanhengTemporalAway", Severity.CRITICAL)
