"""The offline commands `index`, `workdays`, `colour`: what they print and how they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from law.indices.data import Scoring, table
from services.cli.__main__ import app


def _run(*args: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["law", *args])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _refused(*args: str) -> str:
    result = CliRunner().invoke(app, ["law", *args])
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


def test_a_working_day_across_the_national_holiday() -> None:
    found = _run("workdays", "--from", "2026-09-30", "--days", "20", "--json")
    assert found["due"] == "2026-11-03"
    assert found["provisional"] is False
    assert found["edition"] == "8"


def test_a_working_day_in_a_year_without_arrangement_says_so() -> None:
    found = _run("workdays", "--from", "2026-12-25", "--days", "5")
    assert (found["due"], found["provisional"]) == ("2027-01-01", True)


@pytest.mark.parametrize(
    ("start", "days", "says"),
    [("2026-02-30", "5", "--from"), ("soon", "5", "--from"), ("2026-02-03", "0", "at least 1")],
)
def test_workdays_refuses_bad_input(start: str, days: str, says: str) -> None:
    assert says in _refused("workdays", "--from", start, "--days", days)


def test_the_colour_of_today_and_the_changes_to_come() -> None:
    found = _run("colour", "--valid-until", "2026-12-31", "--on", "2026-11-20", "--json")
    assert found["colour"] == "green"
    assert found["cite"] == "S4 四(一)"
    assert found["changes"] == [
        {"date": "2026-11-30", "colour": "yellow"},
        {"date": "2027-01-01", "colour": "red"},
    ]


@pytest.mark.parametrize(
    ("more", "colour"),
    [
        ([], "red"),
        (["--state", "spare"], "none"),
        (["--last-result", "reject"], "red"),
        (["--last-result", "none"], "red"),
        (["--last-result", "pass"], "none"),
        (["--valid-until", "2026-12-31", "--last-result", "none"], "green"),
        (["--valid-until", "2026-12-31", "--last-result", "reject"], "red"),
        (["--valid-until", "2026-12-31", "--last-result", "reject", "--state", "stopped"], "none"),
    ],
)
def test_the_colour_without_a_date_or_after_a_rejection(more: list[str], colour: str) -> None:
    assert _run("colour", "--on", "2026-11-20", *more)["colour"] == colour


def test_colour_refuses_what_is_no_date_or_no_state() -> None:
    assert "--valid-until" in _refused("colour", "--on", "2026-11-20", "--valid-until", "2026-13-1")
    assert "--state" in _refused("colour", "--on", "2026-11-20", "--state", "lost")


def _findings(tmp_path: Path, text: str) -> str:
    path = tmp_path / "findings.json"
    path.write_text(text, "utf-8")
    return str(path)


def _block() -> dict[str, object]:
    met: dict[Scoring, object] = {
        Scoring.PROPORTIONAL: 100,
        Scoring.THRESHOLD: 95,
        Scoring.EACH_TIME: 0,
        Scoring.ONCE: False,
    }
    rows = table("taizhou-block").rows
    judged = {r.key: r.points for r in rows if r.scoring is Scoring.JUDGEMENT}
    return {r.key: met.get(r.scoring, True) for r in rows} | judged


def test_an_index_with_every_row(tmp_path: Path) -> None:
    findings = _block() | {"B01.1": 97.3, "B17": 1}
    path = _findings(tmp_path, json.dumps(findings))
    found = _run("index", "--table", "taizhou-block", path, "--json")
    assert (found["total"], found["base"], found["bonus"], found["deduction"]) == (
        94.73,
        99.73,
        0,
        5,
    )
    assert {r["row"]: r["points"] for r in found["rows"]}["B17"] == -5
    assert all(r["cite"] for r in found["rows"])


def test_an_index_lists_every_fault(tmp_path: Path) -> None:
    findings = _block() | {"B02.1": 9, "X": True}
    del findings["B03.1"]
    said = _refused("index", "--table", "taizhou-block", _findings(tmp_path, json.dumps(findings)))
    assert all(key in said for key in ("B02.1", "B03.1", "X"))


@pytest.mark.parametrize("text", ["[]", "{", '{"B14": 1, "B14": 2}', '{"B01.1": NaN}'])
def test_an_index_refuses_what_is_not_findings(tmp_path: Path, text: str) -> None:
    assert "·" in _refused("index", "--table", "taizhou-block", _findings(tmp_path, text))


def test_an_index_of_a_missing_file(tmp_path: Path) -> None:
    assert "gone.json" in _refused("index", "--table", "taizhou-block", str(tmp_path / "gone.json"))


def test_there_is_no_other_table(tmp_path: Path) -> None:
    assert "--table" in _refused("index", "--table", "taizhou-market", _findings(tmp_path, "{}"))
