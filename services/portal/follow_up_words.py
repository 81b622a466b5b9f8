"""The words of follow-ups: their steps and states, interviews and undertakings."""

from __future__ import annotations

from services.portal.marked import N_

ESCALATION_STEPS = {
    "reminder": N_("提醒"),
    "guidance_letter": N_("行政指导建议书"),
    "measures": N_("监管措施告知"),
    "interview": N_("约谈"),
    "exposure": N_("曝光"),
}
UNDERTAKINGS = {"kept": N_("已完成"), "broken": N_("未完成")}
ESCALATION_STATES = {
    "waiting": N_("等待期满"),
    "held": N_("暂缓：已按时申请检定，或者正在异议"),
    "proposed": N_("待审批"),
    "appointed": N_("已约定"),
    "exhausted": N_("各步骤已完成"),
    "closed": N_("已结束"),
}
STEP_STATES = {
    "proposed": N_("待审批"),
    "deferred": N_("已暂缓"),
    "declined": N_("未批准"),
    "appointed": N_("已约定"),
    "carried_out": N_("已实施"),
    "void": N_("已作废"),
}
INTERVIEW_OUTCOMES = {"held": N_("已约谈"), "not_attended": N_("未到场")}
