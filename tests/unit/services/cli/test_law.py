"""`quanheng law …`: the contracts of the offline commands, words and exit codes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner, Result

from services.cli.__main__ import app
from services.cli.law import commands as law
from services.cli.law.offline import read_json

DOSSIER: dict[str, Any] = {
    "subject": {"id": "S1", "kind": "organisation", "bureau": "330106", "sector": "optical"},
    "records": [
        {
            "id": "r1",
            "kind": "penalty",
            "determined_on": "2026-01-05",
            "entered_on": "2026-01-07",
            "points": 20,
        },
        {"id": "r2", "kind": "award", "determined_on": "2019-01-05", "entered_on": "2019-01-07"},
    ],
}


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["law", *arguments])


def _said(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def _file(folder: Path, document: object, name: str = "dossier.json") -> str:
    path = folder / name
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def test_list_names_every_ruleset_with_its_hash() -> None:
    found = _said(_run("list"))
    assert [one["id"] for one in found] == [
        "hangzhou-2021-120",
        "hangzhou-trial",
        "tianjin-pilot",
        "national-2017-566",
        "taizhou-scenic",
        "taizhou-block",
    ]
    assert [one["status"] for one in found] == [
        "issued",
        "draft",
        "draft",
        "issued",
        "draft",
        "draft",
    ]
    assert [one["example_values"] for one in found] == [True, True, False, False, False, False]
    assert all(one["hash"].startswith("sha256:") and one["version"] for one in found)


@pytest.mark.parametrize(
    ("ruleset", "key"), [("hangzhou-2021-120", "kinds"), ("taizhou-block", "base")]
)
def test_show_has_the_whole_content(ruleset: str, key: str) -> None:
    found = _said(_run("show", ruleset, "--json"))
    assert found["id"] == ruleset
    assert key in found["content"]


def test_grade_prints_the_receipt(tmp_path: Path) -> None:
    path = _file(tmp_path, DOSSIER)
    arguments = ("grade", "--ruleset", "hangzhou-2021-120", "--as-of", "2026-06-30")
    receipt = _said(_run(*arguments, path))
    assert receipt == _said(_run(*arguments, path, "--json"))
    assert {key: receipt[key] for key in ("ruleset", "as_of", "grade", "score")} == {
        "ruleset": "hangzhou-2021-120",
        "as_of": "2026-06-30",
        "grade": "E",
        "score": 70,
    }
    assert [one["record"] for one in receipt["direct"]] == ["r1"]
    assert [(one["record"], one["points"]) for one in receipt["points"]] == [("r1", -20)]
    assert [(one["record"], one["reason"]) for one in receipt["unused"]] == [
        ("r2", "out_of_window")
    ]


def test_a_ruleset_named_applies_whatever_the_bureau(tmp_path: Path) -> None:
    path = _file(tmp_path, DOSSIER)
    receipt = _said(_run("grade", "--ruleset", "tianjin-pilot", "--as-of", "2026-06-30", path))
    assert (receipt["grade"], receipt["prospective"]) == ("2", "3")


def test_outside_the_pilot_the_answer_is_the_reason(tmp_path: Path) -> None:
    document = copy.deepcopy(DOSSIER)
    document["subject"]["sector"] = "market"
    path = _file(tmp_path, document)
    receipt = _said(_run("grade", "--ruleset", "tianjin-pilot", "--as-of", "2026-06-30", path))
    assert receipt["grade"] is None
    assert receipt["not_graded"]["reason"] == "outside_sectors"
    assert receipt["not_graded"]["cite"] == "S0 二; R-039"


def test_compare_has_a_receipt_under_every_text(tmp_path: Path) -> None:
    found = _said(_run("compare", "--as-of", "2026-06-30", _file(tmp_path, DOSSIER)))
    assert (found["subject"], found["as_of"]) == ("S1", "2026-06-30")
    assert [(one["ruleset"], one["grade"]) for one in found["receipts"]] == [
        ("hangzhou-2021-120", "E"),
        ("hangzhou-trial", "B"),
        ("tianjin-pilot", "2"),
        ("national-2017-566", "untrusted"),
    ]


def test_outlook_has_changes_and_the_way_up(tmp_path: Path) -> None:
    arguments = ("outlook", "--ruleset", "hangzhou-2021-120", "--as-of", "2026-06-30")
    path = _file(tmp_path, DOSSIER)
    found = _said(_run(*arguments, path))
    assert [(one["on"], one["grade"]) for one in found["changes"]] == [("2031-01-06", "B")]
    assert found["path"]["on"] == "2027-01-05"
    near = _said(_run(*arguments, "--until", "2027-01-04", path))
    assert (near["changes"], near["path"], near["horizon"]) == ([], None, "2027-01-04")


def _receipt(folder: Path) -> dict[str, Any]:
    path = _file(folder, DOSSIER)
    arguments = ("grade", "--ruleset", "hangzhou-2021-120", "--as-of", "2026-06-30", path)
    return cast("dict[str, Any]", _said(_run(*arguments)))


def test_verify_agrees_with_a_receipt(tmp_path: Path) -> None:
    path = _file(tmp_path, _receipt(tmp_path), "receipt.json")
    assert _said(_run("verify", path)) == {"agrees": True, "differences": []}


def test_verify_exits_1_with_the_difference(tmp_path: Path) -> None:
    path = _file(tmp_path, _receipt(tmp_path) | {"grade": "A"}, "receipt.json")
    result = _run("verify", path)
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "agrees": False,
        "differences": ["grade: stated 'A', recomputed 'E'"],
    }


def test_verify_refuses_what_is_no_receipt(tmp_path: Path) -> None:
    result = _run("verify", _file(tmp_path, {"ruleset": "hangzhou-trial"}))
    assert result.exit_code == 2
    assert "as_of" in result.stderr
    assert "inputs" in result.stderr


def test_bad_input_lists_every_fault_and_exits_2(tmp_path: Path) -> None:
    document = copy.deepcopy(DOSSIER)
    document["subject"]["kind"] = "ghost"
    document["records"][0]["points"] = 1.5
    document["records"][1]["entered_on"] = "soon"
    path = _file(tmp_path, document)
    result = _run("grade", "--ruleset", "lost", "--as-of", "2026-02-29", path)
    assert result.exit_code == 2
    assert result.stdout == ""
    places = ("--as-of", "--ruleset", "subject.kind", "records[0].points", "records[1].entered_on")
    assert all(place in result.stderr for place in places)
    assert "应为整数" in result.stderr
    assert "must be a whole number" in result.stderr


@pytest.mark.parametrize("command", ["grade", "outlook"])
def test_an_unknown_ruleset_exits_2(command: str, tmp_path: Path) -> None:
    path = _file(tmp_path, DOSSIER)
    result = _run(command, "--ruleset", "taizhou-block", "--as-of", "2026-06-30", path)
    assert result.exit_code == 2
    assert "taizhou-block" in result.stderr
    assert _run("show", "lost").exit_code == 2


def test_a_bad_horizon_exits_2(tmp_path: Path) -> None:
    path = _file(tmp_path, DOSSIER)
    arguments = ("--ruleset", "hangzhou-trial", "--as-of", "2026-06-30", "--until", "later")
    result = _run("outlook", *arguments, path)
    assert result.exit_code == 2
    assert "--until" in result.stderr


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_what_is_no_json_is_a_fault_of_the_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "dossier.json"
    path.write_bytes(content)
    result = _run("compare", "--as-of", "2026-06-30", str(path))
    assert result.exit_code == 2
    assert str(path) in result.stderr.replace("\n", "")


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    result = _run("compare", "--as-of", "2026-06-30", str(tmp_path / "none.json"))
    assert result.exit_code == 2
    assert "none.json" in result.stderr


def test_people_at_a_terminal_read_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    path = Path(_file(tmp_path, DOSSIER))
    law.list_()
    law.show_("hangzhou-trial")
    law.grade(path, "hangzhou-2021-120", "2026-06-30")
    law.compare(path, "2026-06-30")
    law.outlook(path, "hangzhou-2021-120", "2026-06-30", None)
    receipt = Path(_file(tmp_path, _receipt(tmp_path), "receipt.json"))
    law.verify(receipt)
    said = capsys.readouterr().out
    assert "示例分值" in said
    assert "S1评定为E级（失信）。" in said
    assert "若无其他变化，自2031-01-06起为B级（良好）" in said
    assert "步骤最少的途径：自2027-01-05起可达B级" in said
    assert "凭据与重新计算的结果一致。" in said
    assert '"grade"' not in said


def test_an_act_for_a_class_is_due_before_the_year_ends_in_json_and_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _file(tmp_path, DOSSIER)
    found = _said(
        _run("outlook", "--ruleset", "tianjin-pilot", "--as-of", "2026-06-30", path, "--json")
    )
    assert (found["path"]["on"], found["path"]["act_by"]) == ("2030-01-01", "2029-12-31")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    law.outlook(Path(path), "tianjin-pilot", "2026-06-30", None)
    assert "最迟2029-12-31，取得：" in capsys.readouterr().out


def test_read_json_reads(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": [1, {"b": null}]}', "utf-8")
    assert read_json("X.json", path) == {"a": [1, {"b": None}]}


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (["show"], ["RULESET"]),
        (["grade"], ["--ruleset", "--as-of", "DOSSIER.json"]),
        (["compare"], ["--as-of", "DOSSIER.json"]),
        (["outlook"], ["--ruleset", "--as-of", "DOSSIER.json"]),
        (["outlook", "--until", "later"], ["--ruleset", "--as-of", "DOSSIER.json", "--until"]),
        (["index"], ["--table", "FINDINGS.json"]),
        (["index", "--table", "nope", "none.json"], ["--table", "none.json"]),
        (["workdays"], ["--from", "--days"]),
        (["workdays", "--from", "x", "--days", "0"], ["--from", "--days"]),
        (["workdays", "--from", "2026-09-30", "--days", "1.5"], ["--days"]),
        (["workdays", "--from", "2999-01-01", "--days", "99999999"], ["--days"]),
        (["colour"], ["--on"]),
        (
            ["colour", "--valid-until", "x", "--state", "y", "--last-result", "z"],
            ["--on", "--valid-until", "--state", "--last-result"],
        ),
        (["colour", "--on", "2021-09-29"], ["--on"]),
        (["verify"], ["RECEIPT.json"]),
        (["show", "lost"], ["RULESET"]),
    ],
)
def test_whatever_is_missing_or_wrong_is_listed_at_once(
    command: list[str], missing: list[str]
) -> None:
    result = _run(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    listed = [
        line.split("· ")[1].split(":")[0] for line in result.stderr.splitlines() if "·" in line
    ]
    assert listed == missing


def test_a_day_before_the_text_has_no_grade_and_says_why(tmp_path: Path) -> None:
    path = _file(tmp_path, DOSSIER)
    arguments = ("grade", "--ruleset", "hangzhou-2021-120", "--as-of", "2021-09-29")
    receipt = _said(_run(*arguments, path))
    assert (receipt["grade"], receipt["window"]) == (None, None)
    assert receipt["not_graded"]["reason"] == "not_in_force"
    assert receipt["not_graded"]["cite"] == "S4 四(三); D-08"
    assert _said(_run("verify", _file(tmp_path, receipt, "receipt.json")))["agrees"] is True
    sides = _said(_run("compare", "--as-of", "2021-09-29", path))["receipts"]
    assert [one["grade"] is None for one in sides] == [True, False, False, False]


def test_a_record_counts_until_the_day_its_status_holds(tmp_path: Path) -> None:
    document = copy.deepcopy(DOSSIER)
    document["records"][0] |= {"status": "withdrawn", "status_on": "2026-06-30"}
    path = _file(tmp_path, document)
    grades = [
        _said(_run("grade", "--ruleset", "hangzhou-2021-120", "--as-of", day, path))["grade"]
        for day in ("2026-06-29", "2026-06-30")
    ]
    assert grades == ["E", "B"]


@pytest.mark.parametrize(
    ("tamper", "path"),
    [
        (lambda r: r["points"][0].update(points=-1), "points[0].points"),
        (lambda r: r["direct"].clear(), "direct"),
        (lambda r: r["inputs"]["records"][0].update(points=1), "grade"),
        (lambda r: r.update(ruleset_hash="sha256:0"), "ruleset_hash"),
        (lambda r: r.pop("measures"), "measures"),
        (lambda r: r.update(more=1), "more"),
        (lambda r: r.update(ruleset="lost"), "ruleset"),
    ],
)
def test_a_tampered_receipt_exits_1_and_says_where(tamper: Any, path: str, tmp_path: Path) -> None:
    receipt = _receipt(tmp_path)
    tamper(receipt)
    result = _run("verify", _file(tmp_path, receipt, "receipt.json"))
    assert result.exit_code == 1
    differences = json.loads(result.stdout)["differences"]
    assert any(one.startswith(f"{path}:") for one in differences)
