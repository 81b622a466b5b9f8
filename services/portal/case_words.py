"""The words of the pages for the states and steps of cases."""

from __future__ import annotations

from services.portal.marked import N_

# The law's own words, marked here for translation.
_OF_THE_LAW = (
    N_("已提交"),
    N_("待补正"),
    N_("已受理"),
    N_("待批准延期"),
    N_("已作出决定"),
    N_("已办结"),
    N_("不予受理"),
    N_("已撤回"),
    N_("要求补正"),
    N_("补正"),
    N_("受理"),
    N_("申请延期"),
    N_("批准延期"),
    N_("不批准延期"),
    N_("作出决定"),
    N_("撤回"),
    N_("办结"),
    N_("删除"),
    N_("更正"),
    N_("终止披露"),
    N_("维持"),
    N_("退回重办"),
    N_("撤销（删除）"),
    N_("变更（更正）"),
    N_("变更（终止披露）"),
    N_("确认修复"),
    N_("不予修复"),
    N_("分项决定"),
    N_("变更（分项决定）"),
    N_("信用记录"),
    N_("信用记录的公开"),
    N_("主体登记信息"),
    N_("计量器具信息"),
    N_("检定信息"),
    N_("名称"),
    N_("统一社会信用代码"),
    N_("行业"),
    N_("负责人"),
    N_("地址"),
    N_("器具类型"),
    N_("规格型号"),
    N_("出厂编号"),
    N_("制造单位"),
    N_("使用地点"),
    N_("轮换日期"),
    N_("检定结果"),
    N_("检定日期"),
    N_("有效期至"),
    N_("检定机构"),
    N_("证书编号"),
    N_("检定依据"),
)
# What else stands among the steps of a case, and in the audit of cases.
NOTES = {
    "lodge": N_("提出"),
    "reopen": N_("复核退回，重新办理"),
    "hand_over": N_("移交上级机关办理"),
    "assign": N_("确定办理人"),
    "note": N_("内部备注"),
    "see_mentions": N_("看过请本人留意的备注"),
    "ask_recusal": N_("申请回避"),
    "approve_recusal": N_("决定回避"),
    "refuse_recusal": N_("决定不予回避"),
    "confirm_condition": N_("核对条件"),
    "renew_mandate": N_("代理人提交新的委托书"),
    "check_mandate": N_("核对新的委托书"),
    "add_evidence": N_("提交证据文件"),
    "gather_evidence": N_("收集证据文件"),
    "serve_letter": N_("文书纸质送达"),
    "publish_changes": N_("公布处理结果"),
    "inform_receivers": N_("告知曾经接收信息的单位"),
    "rung": N_("期限提醒"),
    "rung_overtaken": N_("期限提醒（由下一次提醒代替）"),
    "calendar": N_("期限按工作日历重新计算"),
    "stuck": N_("后续事项无法自动完成"),
    "retry": N_("再次办理后续事项"),
    "grade_before": N_("记下决定前的等级"),
    "mark_ended": N_("执行决定"),
    "grade_after": N_("记下决定后的等级"),
    "letter": N_("发出文书"),
    "settle": N_("办理完毕"),
}
KINDS = {
    "objection": N_("异议"),
    "reconsideration": N_("复核"),
    "repair": N_("信用修复"),
}
STYLES = {
    "closed": "govuk-tag--grey",
    "withdrawn": "govuk-tag--grey",
    "declined": "govuk-tag--grey",
    "extension_requested": "govuk-tag--yellow",
    "supplement_requested": "govuk-tag--yellow",
}
# Who hears a reconsideration.
NEXT_IN_RECONSIDERATION = {
    "lodged": N_("由市级复核人员决定是否受理"),
    "accepted": N_("由市级复核人员决定"),
}
NEXT = {
    "lodged": N_("由办案人员决定是否受理"),
    "supplement_requested": N_("由申请人补正"),
    "accepted": N_("由办案人员决定"),
    "extension_requested": N_("由单位负责人决定是否延期；期限仍在计算"),
    "decided": N_("平台正在执行决定"),
    "closed": N_("不再需要任何人处理"),
    "declined": N_("不再需要任何人处理"),
    "withdrawn": N_("不再需要任何人处理"),
}
# Who may see a file of a case.
CLASSIFICATIONS = {
    "case_file": N_("案件双方都能看"),
    "confidential": N_("含商业秘密或者个人信息，只给申请人和办理人员看"),
    "internal": N_("内部材料，只给办理人员看"),
}
