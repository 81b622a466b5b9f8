"""The commands of cases: objections, their reconsiderations, and repairs."""

from __future__ import annotations

from services.cli.commands.row import Row

_CASE_LIST = {
    "include_closed": "--closed", "subject_ids": "--subjects", "caseworkers": "--caseworkers"
}  # fmt: skip

_FILES = {"evidence_ids": "--files"}

CASE_ROWS = (
    # objections
    Row("objection check", "objection.CheckObjection",
        "提出异议之前：哪些记录的现有内容已有处理结果。",
        "Before objecting: which records were decided about as they are now."),
    Row("objection lodge", "objection.LodgeObjection", "经营者提出异议。", "Lodges an objection.",
        names=_FILES),
    Row("objection reconsider", "objection.LodgeReconsideration",
        "经营者对异议的处理结果申请复核；由市局未参加原处理的人员办理。",
        "Has the city's bureau reconsider the result of an objection.", args="case_id",
        names=_FILES),
    Row("objection accept", "objection.AcceptObjection", "受理；期限自受理之日起算。",
        "Accepts an objection; its term begins.", args="case_id"),
    Row("objection decline", "objection.DeclineObjection", "不予受理，说明理由。",
        "Declines to accept, with the reason.", args="case_id"),
    Row("objection withdraw", "objection.WithdrawObjection", "经营者撤回异议。",
        "Takes an objection back.", args="case_id"),
    Row("objection extend", "objection.RequestExtension", "申请延长期限，由单位负责人批准。",
        "Asks the unit head for an extension.", args="case_id"),
    Row("objection approve-extension", "objection.DecideExtension",
        "单位负责人批准（或不批准）延期。", "Approves or refuses an extension.", args="case_id",
        names={"approve": "!--refuse"}),
    Row("objection decide", "objection.DecideObjection", "作出处理决定；后续事项自动完成。",
        "Decides; what follows happens by itself.", args="case_id",
        names={"corrections": "--correct"}),
    Row("objection show", "objection.GetCase", "显示案件、经过和文书。",
        "Shows a case with its steps and letters.", args="case_id"),
    Row("objection list", "objection.ListCases", "按剩余期限列出案件。",
        "Lists cases by remaining term.",
        names=_CASE_LIST,
        fixed={"kind": "objection"}),
    Row("objection reconsiderations", "objection.ListCases", "按剩余期限列出复核案件。",
        "Lists reconsiderations by remaining term.",
        names=_CASE_LIST,
        fixed={"kind": "reconsideration"}),
    Row("objection summary", "objection.SummariseCases",
        "统计待办案件：按类别和状态、按人、按时长，以及按期决定的比例。",
        "Counts waiting cases by state, person and age, and decisions in time."),
    Row("objection unheard", "objection.ListUnheardCases",
        "列出本机关没有人可以办理的案件，以及每个人回避的原因。",
        "Lists cases that nobody of their bureau may hear, with why each stands back."),
    Row("objection hand-over", "objection.HandOverCase",
        "单位负责人把没有人可以办理的案件移交上级机关；见 objection unheard。",
        "Hands a case that nobody may hear to a bureau above.", args="case_id"),
    # repairs
    Row("repair check", "repair.CheckRepair", "申请之前：逐项条件、依据，以及何时起可以申请。",
        "Before applying: every condition."),
    Row("repair lodge", "repair.LodgeRepair", "经营者申请信用修复；期限自提交之日起算。",
        "Applies for repair.", names=_FILES),
    Row("repair request-supplement", "repair.RequestSupplement",
        "受理前要求补正，以文书告知；期限不停止计算。", "Asks for a supplement before acceptance.",
        args="case_id"),
    Row("repair supplement", "repair.SupplementRepair", "经营者补正申请。",
        "Supplements an application.", args="case_id"),
    Row("repair accept", "repair.AcceptRepair", "受理。", "Accepts an application.",
        args="case_id"),
    Row("repair decline", "repair.DeclineRepair", "不予受理，说明理由。",
        "Declines to accept, with the reason.", args="case_id"),
    Row("repair confirm", "repair.ConfirmCondition", "核对一项条件，注明依据。",
        "Establishes whether a condition is met.", args="case_id", names={"met": "!--not-met"}),
    Row("repair decide", "repair.DecideRepair", "准予修复（或不予修复）；后续事项自动完成。",
        "Confirms the repair, or refuses it.", args="case_id", names={"confirm": "!--refuse"}),
    Row("repair withdraw", "repair.WithdrawRepair", "经营者撤回申请。",
        "Takes an application back.", args="case_id"),
    Row("repair show", "objection.GetCase", "显示案件、条件、经过和文书。",
        "Shows a case with its conditions, steps and letters.", args="case_id"),
    Row("repair list", "objection.ListCases", "按剩余期限列出修复案件。",
        "Lists repairs by remaining term.",
        names=_CASE_LIST,
        fixed={"kind": "repair"}),
)  # fmt: skip
