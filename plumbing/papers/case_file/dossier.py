"""The dossier of a case: one page of HTML that needs nothing but a browser, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp
from jinja2 import Environment, FileSystemLoader, Template

from law.contested import CORRECTABLE, TARGET_ZH, Target
from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import OUTCOME_ZH, STATE_ZH, STEP_ZH, CaseState, Outcome, Step
from law.reader.texts import spell_articles
from plumbing.characters import visible
from plumbing.clock import SHANGHAI
from plumbing.papers.case_file.reading import CaseFile

# Steps besides those of the law.
_MORE_STEPS = {
    "lodge": "提出",
    "reopen": "复核退回，重新办理",
    "hand_over": "移交上级机关办理",
    "confirm_condition": "核实条件",
    "add_evidence": "提交证据文件",
    "gather_evidence": "收集证据文件",
    "serve_letter": "文书纸质送达",
    "publish_changes": "公布处理结果",
    "inform_receivers": "告知曾经接收信息的单位",
    "assign": "确定办理人",
    "ask_recusal": "申请回避",
    "approve_recusal": "决定回避",
    "refuse_recusal": "决定不予回避",
    "rung": "期限提醒",
    "rung_overtaken": "期限提醒（由下一次提醒代替）",
    "stuck": "后续事项无法自动完成",
}


def dossier(
    file: CaseFile,
    *,
    edition: str,
    places: Mapping[str, str],
    proofs: Sequence[tuple[int, str]],
) -> bytes:
    """Returns the dossier; `edition` says for whom it is.

    `places` has where letters, receipts and files of evidence lie in the archive, by their ids;
    `proofs` has the same of the audit entries, by their numbers.
    """
    page = _template().render(
        file=file,
        case=file.case,
        edition=edition,
        made_at=_moment(file.read_at),
        places=places,
        proofs=proofs,
    )
    return page.encode()


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    page = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.finalize = _seen
    page.filters |= {
        "moment": _stamp,
        "state": lambda code: STATE_ZH[CaseState(code)],
        "step": _step,
        "outcome": lambda code: OUTCOME_ZH[Outcome(code)],
        "target": lambda code: TARGET_ZH[Target(code)],
        "field": lambda name, target: CORRECTABLE[Target(target)][name],
        "kind": lambda code: kind_name(RecordKind(code), "zh"),
        "article": spell_articles,
    }
    return page.get_template("dossier.html")


def _seen(value: object) -> object:
    return visible(value) if type(value) is str else value


def _step(code: str) -> str:
    return STEP_ZH[Step(code)] if code in set(Step) else _MORE_STEPS.get(code, code)


def _stamp(stamp: Timestamp) -> str:
    return _moment(stamp.ToDatetime(SHANGHAI)) if stamp.seconds else ""


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
