"""Dashboards, alert rules, `quanheng status` and the runbooks name only metrics that exist.

Labels come from a closed list, so that the number of series does not grow with the register.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from plumbing import last_backup  # noqa: F401  its metrics
from plumbing.metrics import common, counted, workflows  # noqa: F401  their metrics
from plumbing.metrics.metric import DEFINED, REGISTRY
from plumbing.state import findings as problems
from plumbing.state import summary
from plumbing.state.findings import CONCERNS
from plumbing.state.waiting import Severity
from services.alerts import figures as alerts_figures  # noqa: F401  their metrics
from services.cli.__main__ import app
from services.grading import figures as grading_figures  # noqa: F401  their metrics
from services.objection import figures as objection_figures  # noqa: F401  their metrics
from services.registry import figures as registry_figures  # noqa: F401  their metrics
from tests.unit.deploy.files import DEPLOY, METRICS_PORTS, loaded

LABELS = {
    "activity_type",
    "code",
    "colour",
    "consumer",
    "event",
    "failure_reason",
    "family",
    "grade",
    "kind",
    "look",
    "method",
    "operation",
    "outcome",
    "service",
    "severity",
    "state",
    "status_code",
    "stream",
    "version",
    "what",
    "window",
    "workflow_type",
}
OF_THE_TARGET = {"service", "instance", "job", "le"}
OPERATIONS = (DEPLOY.parent / "docs" / "operations.md").read_text()
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
RULES = [
    rule
    for group in loaded(DEPLOY / "prometheus" / "rules.yaml")[0]["groups"]
    for rule in group["rules"]
]
SERIES = {series: metric for metric in DEFINED.values() for series in metric.series}
_NAME = re.compile(r"\b((?:quanheng|process)_\w+|up)\b")
_SELECTOR = re.compile(r"\b(quanheng_\w+)\{([^}]*)\}")


def panels(dashboard: Path) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads(dashboard.read_text())["panels"]
    return panels


def queries(dashboard: Path) -> Iterator[str]:
    """The queries of a dashboard: of its panels, and of its variables."""
    for panel in panels(dashboard):
        yield from (target["expr"] for target in panel.get("targets", ()))
    for variable in json.loads(dashboard.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


QUESTIONS = [
    *((path.name, expr) for path in DASHBOARDS for expr in queries(path)),
    *((rule["alert"], rule["expr"]) for rule in RULES),
]


def of_every_process() -> set[str]:
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in REGISTRY.collect()
        if family.name.startswith("process_")
    }


def test_every_metric_that_is_asked_for_exists() -> None:
    known = {*SERIES, *of_every_process(), "up"}
    missing = {
        (where, name)
        for where, expr in QUESTIONS
        for name in _NAME.findall(expr)
        if name not in known
    }
    assert missing == set()
    assert len(QUESTIONS) > 60


def test_every_metric_is_asked_for_somewhere() -> None:
    named = {name for _, expr in QUESTIONS for name in _NAME.findall(expr)}
    unseen = {m.name for m in DEFINED.values() if not named & set(m.series)}
    assert unseen == set()


def test_no_selector_names_a_label_that_its_metric_does_not_have() -> None:
    for where, expr in QUESTIONS:
        for name, selector in _SELECTOR.findall(expr):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert labels <= {*SERIES[name].labels, *OF_THE_TARGET}, (where, name)


def test_labels_are_bounded_and_never_name_anybody() -> None:
    assert {label for metric in DEFINED.values() for label in metric.labels} <= LABELS


@pytest.mark.parametrize("metric", DEFINED.values(), ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is_in_both_languages(metric: Any) -> None:
    assert re.search(r"[\u4e00-\u9fff]", metric.zh)
    assert re.fullmatch(r"[ -~]+", metric.en)
    assert metric.help.endswith(f"replicas: {metric.together}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_speaks_both_languages_and_has_a_runbook(rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert re.search(r"[\u4e00-\u9fff]", annotations["summary"])
    assert re.search(r"[A-Za-z]{4}", annotations["summary_en"])
    assert rule["labels"]["severity"] in {severity.value for severity in Severity}
    assert annotations["runbook"] == problems.RUNBOOK.format(rule["alert"].lower())


def test_the_object_of_the_prometheus_operator_has_these_rules() -> None:
    """`make rule-object` makes it anew."""
    [made] = loaded(DEPLOY / "kubernetes" / "components" / "monitoring" / "rules.yaml")
    assert (made["kind"], made["metadata"]["name"]) == ("PrometheusRule", "quanheng")
    assert made["spec"] == loaded(DEPLOY / "prometheus" / "rules.yaml")[0]


def test_every_rule_has_its_section_and_every_section_its_rule() -> None:
    sections = re.findall(r"^#### (Quanheng\w+)$", OPERATIONS, re.MULTILINE)
    assert sorted(sections) == sorted(rule["alert"] for rule in RULES)


def test_the_commands_of_the_runbooks_exist() -> None:
    runbooks = OPERATIONS[OPERATIONS.index("### What to do") :]
    named = {tuple(said.split()) for said in re.findall(r"quanheng((?: [a-z-]+)+)", runbooks)}
    assert len(named) > 5
    for words in named:
        command: Any = get_command(app)
        for word in words:
            context = command.context_class(command)
            assert word in command.list_commands(context), words
            command = command.get_command(context, word)
            if not hasattr(command, "list_commands"):
                break


@pytest.mark.parametrize("concern", CONCERNS, ids=lambda concern: concern.rule + concern.metric)
def test_what_status_minds_is_what_the_rule_of_that_name_minds(concern: Any) -> None:
    [rule] = [rule for rule in RULES if rule["alert"] == concern.rule]
    assert rule["labels"]["severity"] == concern.severity.value
    assert concern.metric in SERIES
    assert concern.metric in rule["expr"]
    for label, value in concern.labels.items():
        assert f'{label}="{value}"' in rule["expr"]
    threshold = rule["expr"].rpartition(">")[2]
    factors = [float(factor) for factor in threshold.split("*")]
    assert concern.above == factors[0] * (factors[1] if len(factors) > 1 else 1)


def test_everything_status_may_say_is_a_rule() -> None:
    rules = {problems.DOWN, problems.NOT_READY, *(rule for rule, _, _ in problems.AWAY.values())}
    assert rules <= {rule["alert"] for rule in RULES}
    shown = {f"quanheng_{metric}" for _, _, metric, _, _ in summary.ROWS}
    assert shown <= set(SERIES)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.name)
def test_a_dashboard_is_in_chinese_and_leaves_the_source_open(dashboard: Path) -> None:
    shown = panels(dashboard)
    assert len({panel["id"] for panel in shown}) == len(shown)
    for panel in shown:
        assert re.search(r"[\u4e00-\u9fff]", panel["title"])
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"


def test_figures_that_are_looked_up_are_never_added_over_replicas() -> None:
    looked_up = {m.name for m in DEFINED.values() if m.together == "max"}
    for where, expr in QUESTIONS:
        for function, inner in re.findall(
            r"\b(sum|max)\b[^(]*\(?[^()]*\)?\s*\((quanheng_\w+)", expr
        ):
            assert not (function == "sum" and inner in looked_up), (where, expr)


@pytest.mark.parametrize("kind", ["machine", "compose", "kubernetes"])
def test_prometheus_looks_where_the_metrics_are(kind: str) -> None:
    [job] = loaded(DEPLOY / "prometheus" / f"scrape-{kind}.yaml")[0]["scrape_configs"]
    assert job["job_name"] == "quanheng"
    if kind == "machine":
        ports = {
            target["labels"]["service"]: int(target["targets"][0].rpartition(":")[2])
            for target in job["static_configs"]
        }
        assert ports == METRICS_PORTS
    elif kind == "compose":
        assert {
            target["names"][0]: target["port"] for target in job["dns_sd_configs"]
        } == METRICS_PORTS
    else:
        [keep, service, _] = job["relabel_configs"]
        assert (keep["regex"], keep["action"]) == ("metrics", "keep")
        assert service["target_label"] == "service"
