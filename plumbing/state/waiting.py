"""The kinds of matters that wait for a person's decision, with the command that lists each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How soon a person must act: at once, today, or when there is time."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Waiting:
    """A kind of matter that waits for a decision, and the command that lists these matters."""

    what: str
    zh: str
    en: str
    command: str
    severity: Severity = Severity.WARNING


# Mail that failed and mail without an address have rules of their own.
WAITING = (
    Waiting(
        "case_lodged",
        "有 {n} 个案件待受理",
        "{n} cases wait to be accepted",
        "objection list",
    ),
    Waiting(
        "case_accepted",
        "有 {n} 个案件待作出决定",
        "{n} cases wait for a decision",
        "objection list",
    ),
    Waiting(
        "extension_requested",
        "有 {n} 个案件的延期待单位负责人批准",
        "{n} extensions wait for the head of unit",
        "objection list",
    ),
    Waiting(
        "batch_held",
        "有 {n} 个导入批次待批准",
        "{n} imports wait for approval",
        "batch list",
    ),
    Waiting(
        "proposal_waiting",
        "有 {n} 项变更申请待他人批准",
        "{n} proposed changes wait for a second person",
        "proposal list",
    ),
    Waiting(
        "record_unreviewed",
        "有 {n} 条信用记录待审查能否公开",
        "{n} records wait for the review before publication",
        "publication list",
    ),
    Waiting(
        "registration_waiting",
        "有 {n} 份经营者注册申请待核实",
        "{n} applications of operators for an account wait",
        "registration list",
    ),
    Waiting(
        "subject_in_review",
        "有 {n} 个主体待核实",
        "{n} subjects are to be looked into",
        "subject list",
        Severity.INFO,
    ),
    Waiting(
        "question_waiting",
        "有 {n} 项导入内容待决定",
        "{n} things that imports brought are to be decided",
        "question list",
        Severity.INFO,
    ),
    Waiting(
        "index_draft",
        "有 {n} 个诚信计量指数待公布",
        "{n} indices wait to be published",
        "index list",
    ),
    Waiting(
        "step_proposed",
        "有 {n} 个督促步骤待批准",
        "{n} steps of escalation wait for approval",
        "escalation list",
    ),
    Waiting(
        "exposure_list_waiting",
        "有 {n} 份曝光名单待保密审查或者批准公开",
        "{n} exposure lists wait to be reviewed or released",
        "exposure list",
    ),
    Waiting(
        "circular_drafted",
        "有 {n} 份通报待单位负责人签发",
        "{n} circulars wait for the head of unit",
        "circular list",
    ),
    Waiting(
        "ladder_proposed",
        "有 {n} 版督促间隔待另一位平台管理员批准",
        "{n} waits of follow-ups wait for a second administrator",
        "ladder list",
    ),
    Waiting(
        "template_proposed",
        "有 {n} 版通知文字待另一位平台管理员批准",
        "{n} templates wait for a second administrator",
        "template list",
    ),
    Waiting(
        "interview_unrecorded",
        "有 {n} 次约谈已过而未记录情况",
        "{n} interviews are over and not recorded",
        "escalation list",
    ),
    Waiting(
        "interview_note_refused",
        "有 {n} 次约谈未能记入信用档案，须补录",
        "{n} notes of interviews were refused by the register",
        "escalation list",
    ),
    Waiting(
        "steps_exhausted",
        "有 {n} 个督促案件各步骤已用尽，仍为红色",
        "{n} escalations have taken every step and are still red",
        "escalation list",
    ),
    Waiting(
        "untold_red",
        "有 {n} 台首次建档时已为红色警示的器具，待放行首次告知",
        "{n} red alerts of a first load wait for the release of their first notice",
        "alert untold",
        Severity.INFO,
    ),
    Waiting(
        "untold_grade",
        "有 {n} 个主体首次建档时的等级须督促，待开始督促",
        "{n} grades of a first load call for a follow-up that nobody has begun",
        "escalation untold",
        Severity.INFO,
    ),
    Waiting(
        "delivery_refused",
        "有 {n} 份通知暂未送出：发信服务器拒收或无法连接",
        "{n} notices are not sent: the mail server refuses them or is away",
        "alert notices",
    ),
)
