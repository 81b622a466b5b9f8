"""What an audit entry has changed, in words: fields by their names, codes by what they mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from plumbing.clock import SHANGHAI
from protos.operations.v1 import operations_pb2 as pb
from services.portal.laboratory_words import FINDINGS
from services.portal.order_words import STATES as ORDER_STATES
from services.portal.wording import N_, Words

# The most telling first. A field without a word is of the machine, such as a digest, and not shown.
FIELDS = {
    "name": N_("名称"),
    "display_name": N_("姓名"),
    "firm_name": N_("名称"),
    "person_name": N_("姓名"),
    "person_in_charge": N_("负责人"),
    "credit_code": N_("统一社会信用代码"),
    "kind": N_("类别"),
    "sector": N_("行业"),
    "sectors": N_("行业"),
    "address": N_("地址"),
    "email": N_("邮箱"),
    "phone": N_("电话"),
    "deregistered_on": N_("注销日期"),
    "ended_on": N_("终止日期"),
    "ended_ground": N_("终止依据"),
    "department": N_("部门"),
    "gs1_prefix": N_("GS1 厂商识别代码"),
    "streets": N_("街道名"),
    "bureau": N_("机关"),
    "roles": N_("角色"),
    "institution": N_("检定机构"),
    "closed": N_("已关闭"),
    "language": N_("语言"),
    "number": N_("编号"),
    "state": N_("状态"),
    "status": N_("状态"),
    "removed": N_("已移除"),
    "in_review": N_("待核查"),
    "type_code": N_("器具类型"),
    "serial_no": N_("出厂编号"),
    "model": N_("型号规格"),
    "owner_no": N_("单位自编号"),
    "measuring_range": N_("测量范围"),
    "accuracy_class": N_("准确度等级"),
    "non_compulsory_ground": N_("非强制检定的理由"),
    "manufacturer": N_("生产厂家"),
    "location": N_("使用地点"),
    "rotate_on": N_("轮换日期"),
    "maker_code": N_("制造商码"),
    "result": N_("结论"),
    "verified_on": N_("检定日期"),
    "valid_until": N_("有效期至"),
    "certificate_no": N_("证书编号"),
    "method": N_("检定规程"),
    "laboratory": N_("实验室"),
    "worked_from": N_("检定开始时间"),
    "worked_until": N_("检定结束时间"),
    "finding": N_("情况"),
    "note": N_("核对情况"),
    "severity": N_("情节"),
    "summary": N_("事实"),
    "points": N_("分值"),
    "source_ref": N_("文书编号"),
    "provided_by": N_("提供单位"),
    "occurred_on": N_("发生日期"),
    "determined_on": N_("认定日期"),
    "status_on": N_("状态日期"),
    "verified": N_("已经核实"),
    "final": N_("已经生效"),
    "contested": N_("异议中"),
    "disclosure_stopped": N_("已终止披露"),
    "file_name": N_("文件"),
    "family": N_("数据类别"),
    "rows": N_("行数"),
    "changed": N_("变更行数"),
    "rejected": N_("有误行数"),
    "baseline": N_("首次建档"),
    "grade": N_("等级"),
    "score": N_("分数"),
    "subjects": N_("主体数"),
    "moved": N_("等级变动数"),
    "alerts": N_("预警数"),
    "ruleset_id": N_("规则"),
    "valid_from": N_("启用日期"),
    "as_of": N_("截至日期"),
    "through": N_("截至日期"),
    "outcome": N_("结论"),
    "step": N_("步骤"),
    "due_on": N_("届满日"),
    "waits_from": N_("起算日"),
    "correct_by": N_("改正期限"),
    "meets_at": N_("约谈时间"),
    "place": N_("地点"),
    "attendees": N_("参加人员"),
    "minutes": N_("约谈情况"),
    "reasons": N_("理由"),
    "reason": N_("理由"),
    "decision_reason": N_("理由"),
    "ground": N_("理由"),
    "from_on": N_("开始日期"),
    "to_on": N_("结束日期"),
    "attempts": N_("投递次数"),
    "error": N_("错误"),
    "rhythm": N_("提醒频次"),
    "weekday": N_("汇总在星期几"),
    "quiet_from": N_("免打扰自"),
    "quiet_until": N_("免打扰至"),
    "portal_only": N_("不发邮件的种类"),
    "by_webhook": N_("由程序接收的种类"),
    "by_sms": N_("发短信的种类"),
    "sms_also": N_("其他通知同时发短信"),
    "records": N_("信用记录"),
    "natural_repairs": N_("自然修复数"),
    "total": N_("总分"),
    "offset_seconds": N_("拨快秒数"),
}
_STATES = {
    "pending": N_("待投递"),
    "delivered": N_("已送达"),
    "failed": N_("未能投递"),
    "no_address": N_("没有地址"),
    "inbox": N_("只在平台消息"),
    "draft": N_("草稿"),
    "published": N_("已公布"),
    "withdrawn": N_("已撤回"),
    "waiting": N_("待批准"),
    "released": N_("已批准"),
    "declined": N_("未批准"),
    "confirmed": N_("已确认"),
    "rejected": N_("不予确认"),
}
_LANGUAGES = {"zh": N_("中文"), "zh-CN": N_("中文"), "en": N_("英文"), "both": N_("中文和英文")}
MOST, LONGEST = 4, 60  # fields of one entry; characters of a value


class Content:
    """Writes the content of audit entries in the language of one page."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def of(self, entry: pb.AuditEntry) -> str:
        """Returns what an entry changed, before and after: the first four of `FIELDS`."""
        before, after = (json.loads(text) if text else {} for text in (entry.before, entry.after))
        kind = entry.object.partition("/")[0]
        changed = [
            self._change(kind, name, before, after[name])
            for name in FIELDS
            if before.get(name, False) != after.get(name, False) and _says_something(after, name)
        ]
        return self._words.listed(changed[:MOST], "；")

    def _change(self, kind: str, name: str, before: Mapping[str, Any], value: Any) -> str:
        told = self._value(kind, name, value)
        if before.get(name) not in ("", None, [], {}):
            told = f"{self._value(kind, name, before[name])} → {told}"
        return f"{self._words.say(FIELDS[name])}: {told}"

    def _value(self, kind: str, name: str, value: Any) -> str:
        if isinstance(value, list):
            return self._words.listed(self._value(kind, name, one) for one in value[:MOST])
        if isinstance(value, bool):
            return self._words.say(N_("是") if value else N_("否"))
        if isinstance(value, dict):
            return "…"
        text = str(value)
        if text and (spoken := self._spoken(kind, name)):
            text = _unless_unknown(spoken, text)
        text = _moment(text)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    def _spoken(self, kind: str, name: str) -> Callable[[str], str] | None:
        words = self._words
        by_kind: Mapping[tuple[str, str], Callable[[str], str]] = {
            ("subject", "kind"): words.subject_kind,
            ("record", "kind"): words.record_kind,
            ("case", "kind"): words.case_kind_of,
            ("case", "state"): lambda code: words.case_state(code).word,
            ("case", "outcome"): lambda code: words.outcome(code, "objection"),
            ("instrument", "state"): words.instrument_state,
            ("import", "state"): words.batch_state,
            ("order", "state"): lambda code: words.say(ORDER_STATES[code][0]),
            ("escalation", "state"): words.escalation_state,
            ("escalation", "outcome"): words.interview_outcome,
        }
        return by_kind.get((kind, name)) or self._spoken_of_any(name)

    def _spoken_of_any(self, name: str) -> Callable[[str], str] | None:
        words = self._words
        spoken: Mapping[str, Callable[[str], str]] = {
            "state": lambda code: words.say(_STATES.get(code, code)),
            "severity": words.severity,
            "status": words.record_status,
            "type_code": words.instrument_type,
            "result": words.result,
            "finding": lambda code: words.say(FINDINGS.get(code, code)),
            "sector": words.sector,
            "sectors": words.sector,
            "roles": words.role,
            "family": words.family,
            "step": words.escalation_step,
            "ruleset_id": words.text_title,
            "language": lambda code: words.say(_LANGUAGES.get(code, code)),
        }
        return spoken.get(name)


def _says_something(after: Mapping[str, Any], name: str) -> bool:
    return after.get(name) not in ("", None, [], {})


def _unless_unknown(spoken: Callable[[str], str], code: str) -> str:
    """The word of a code; the code itself where an old entry has one that is no longer known."""
    try:
        return spoken(code)
    except (KeyError, ValueError):
        return code


def _moment(text: str) -> str:
    """A moment as people of the bureau write it; any other text unchanged."""
    if "T" not in text:
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment.tzinfo else text
