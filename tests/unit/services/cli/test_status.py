"""`quanheng status` from given figures: what needs a person, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len
from typer.main import get_command

from plumbing.state.figures import Sample, Scrape
from plumbing.state.findings import engines_away, findings
from plumbing.state.waiting import WAITING, Severity, Waiting
from services.cli.__main__ import app
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
    return [finding.rule for finding in findings(platform(*changed))]


def shown(state: Status) -> str:
    with console.capture() as captured:
        console.print(screen(state.scrapes, state.engines, state.findings))
    return captured.get()


def test_a_platform_that_serves_needs_nobody() -> None:
    state = status(platform())
    assert state.well
    assert "目前没有需要人处理的事" in shown(state)
    assert status_json(state)["processes"][0]["version"] == "1.2.3"


@pytest.mark.parametrize("kind", WAITING, ids=lambda kind: kind.what)
def test_a_matter_that_waits_for_a_decision_is_counted_with_its_command(kind: Waiting) -> None:
    waiting = Sample("quanheng_awaiting_person", {"what": kind.what}, 29)
    state = status(platform(scrape("alerts", waiting)))
    assert state.well == (kind.severity is Severity.INFO)
    screen_text = shown(state)
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
    state = status(platform(scrape("alerts", *figures, *states), Scrape("grading", "a:1", None)))
    lines = shown(state).splitlines()
    assert lines[0].startswith("✗ 立即 grading")
    assert max(map(cell_len, lines)) <= 80


def test_a_dead_letter_needs_a_person_and_the_manual_is_named() -> None:
    letter = Sample("quanheng_dead_letters", {"consumer": "grading-registry"}, 2)
    state = status(platform(scrape("grading", letter)))
    assert not state.well
    text = shown(state)
    assert "有 2 个事件无法处理" in text
    assert "2 events were given up" in text
    assert "docs/operations.md#quanhengdeadletters" in text
    assert "目前没有需要人处理的事" not in text


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


def test_only_a_value_above_the_threshold_is_a_finding() -> None:
    def waiting(seconds: float) -> Scrape:
        return scrape("registry", Sample("quanheng_outbox_oldest_seconds", {}, seconds))

    assert rules(waiting(300)) == []
    assert rules(waiting(301)) == ["QuanhengOutboxStuck"]


def test_the_age_of_the_oldest_figure_counts_and_not_the_sum() -> None:
    ages = [Sample("quanheng_collect_age_seconds", {"look": str(n)}, 200) for n in range(3)]
    assert rules(scrape("alerts", *ages)) == []


def test_a_process_that_is_down_is_named_and_the_others_are_shown() -> None:
    state = status(platform(Scrape("grading", "127.0.0.1:7312", None)))
    assert [(finding.service, finding.rule) for finding in state.findings] == [
        ("grading", "QuanhengDown")
    ]
    text = shown(state)
    assert "grading：进程没有应答（127.0.0.1:7312）" in text
    assert text.count("✓ 就绪") == 5
    assert status_json(state)["processes"][1] == {
        "service": "grading",
        "up": False,
        "ready": False,
        "pid": 0,
        "uptime_seconds": 0,
        "version": "",
        "metrics": "127.0.0.1:7312",
    }


def test_a_process_that_waits_and_one_without_nats_are_findings() -> None:
    waiting = Scrape("alerts", "", (Sample("quanheng_ready", {}, 0),))
    cut_off = Scrape("registry", "", (SERVES[0], Sample("quanheng_nats_connected", {}, 0)))
    assert rules(waiting, cut_off) == ["QuanhengNatsAway", "QuanhengNotReady"]


def test_an_engine_that_is_away_is_a_finding() -> None:
    [finding] = engines_away({"nats": True, "temporal": False})
    assert (finding.rule, finding.severity) == ("QuanhengTemporalAway", Severity.CRITICAL)
