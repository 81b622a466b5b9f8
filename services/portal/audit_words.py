"""The words of the audit: what was done, and to what kind of thing."""

from __future__ import annotations

from collections.abc import Callable

from services.portal.wording import N_, Words

KINDS = {
    "account": N_("账号"),
    "subject": N_("主体"),
    "instrument": N_("器具"),
    "verification": N_("检定"),
    "record": N_("信用记录"),
    "case": N_("案件"),
    "import": N_("导入"),
    "escalation": N_("督促"),
    "notice": N_("通知"),
    "impact": N_("试算"),
    "activation": N_("规则启用"),
    "index": N_("指数"),
    "year-end": N_("年度调整"),
    "bureau": N_("机关"),
    "registration": N_("注册申请"),
    "subjects": N_("多个主体"),
    "watch": N_("每日预警"),
    "retention": N_("每日清理"),
    "clock": N_("时钟"),
    "dead_letters": N_("搁置的事件"),
    "proposal": N_("变更申请"),
    "checkpoint": N_("检查点"),
    "audit": N_("审计记录"),
    "table": N_("数据表"),
    "tables": N_("数据表"),
}
ACTIONS = {
    "create_account": N_("建立账号"),
    "change_account": N_("更改账号的角色"),
    "close_account": N_("关闭账号"),
    "change_password": N_("更改密码"),
    "set_absence": N_("登记外出和代理人"),
    "end_absence": N_("结束外出"),
    "put_bureau": N_("登记机关"),
    "put_institution": N_("登记检定机构"),
    "put_authorisation": N_("登记授权"),
    "register_subject": N_("登记主体"),
    "change_subject": N_("变更主体"),
    "file_instrument": N_("登记器具"),
    "change_instrument": N_("变更器具"),
    "set_instrument_state": N_("变更器具状态"),
    "record_verification": N_("登记检定"),
    "enter_record": N_("录入信用记录"),
    "correct_record": N_("更正信用记录"),
    "withdraw_record": N_("撤销信用记录"),
    "expire_records": N_("记录期满"),
    "set_contested": N_("标记异议"),
    "upload_certificate": N_("上传证书文件"),
    "start_import": N_("上传文件"),
    "confirm_columns": N_("核对各列"),
    "import": N_("导入文件"),
    "check_import": N_("检查文件"),
    "hold_import": N_("导入待批准"),
    "approve_import": N_("批准导入"),
    "reject_import": N_("退回导入"),
    "discard_import": N_("放弃导入"),
    "undo_import": N_("撤销导入"),
    "review_record": N_("保密审查信用记录"),
    "propose_change": N_("提出变更申请"),
    "release_change": N_("批准变更申请"),
    "decline_change": N_("退回变更申请"),
    "withdraw_change": N_("撤回变更申请"),
    "start_impact": N_("开始试算"),
    "run_impact": N_("完成试算"),
    "look_at_impact": N_("查看试算结果"),
    "activate_ruleset": N_("启用规则"),
    "assess_index": N_("评价指数"),
    "publish_index": N_("公布指数"),
    "withdraw_index": N_("撤回指数"),
    "year_end": N_("年度调整"),
    "raise_alerts": N_("发出预警"),
    "issue_notice": N_("发出通知"),
    "open_escalations": N_("开始督促"),
    "alter_step": N_("修改督促文书"),
    "replay_dead_letters": N_("重新处理搁置的事件"),
    "discard_dead_letters": N_("删除没有有效签名的来件"),
    "advance_clock": N_("拨快时钟"),
    "regrade": N_("重新评价等级"),
    "regrade_due": N_("因时间推移重新评价"),
    "regrade_ruleset": N_("因规则启用重新评价"),
    "set_contact": N_("更改联系方式"),
    "set_password_by_link": N_("凭链接设置密码"),
    "mail_password_link": N_("寄出设置密码的链接"),
    "confirm_second_factor": N_("启用第二因素"),
    "renew_recovery_codes": N_("更换恢复码"),
    "remove_second_factor": N_("解除第二因素"),
    "end_sessions": N_("结束登录"),
    "bind_account": N_("绑定统一登录"),
    "follow_claims": N_("随统一登录更改账号"),
    "register_operator": N_("申请注册"),
    "confirmed_registration": N_("确认注册申请"),
    "rejected_registration": N_("不予确认注册申请"),
    "repair_record": N_("标记为已修复"),
    "stop_disclosure": N_("终止披露"),
    "restore_record": N_("恢复届满的记录"),
    "open_import": N_("开始分块导入"),
    "complete_import": N_("分块导入发送完毕"),
    "estimate_import": N_("估算导入的影响"),
    "refuse_import": N_("导入有误，未导入"),
    "expire_import": N_("导入逾期作废"),
    "fail_impact": N_("试算失败"),
    "watch": N_("每日预警"),
    "acknowledge_notice": N_("确认阅知"),
    "end_delivery": N_("结束投递"),
    "retry_delivery": N_("重新投递"),
    "set_digest_preference": N_("更改提醒的频次"),
    "renew_calendar_feed": N_("更换日历地址"),
    "end_calendar_feed": N_("停用日历地址"),
    "propose_step": N_("提出督促步骤"),
    "approve_reminder": N_("批准提醒"),
    "approve_guidance_letter": N_("批准行政指导建议书"),
    "approve_interview": N_("批准约谈"),
    "approve_exposure": N_("批准曝光"),
    "decline_step": N_("不批准督促步骤"),
    "defer_step": N_("暂缓督促步骤"),
    "record_interview": N_("记录约谈"),
    "note_interview": N_("约谈记入档案"),
    "move_escalation": N_("转入下一督促步骤"),
    "move_due_day": N_("调整督促日期"),
    "close_escalation": N_("结束督促"),
    "take_stock": N_("为原有数据留存摘要"),
    "write_rows": N_("写入数据"),
    "witness_checkpoint": N_("见证检查点"),
    "refuse_checkpoint": N_("拒绝检查点"),
    "erase_audit": N_("抹去审计内容"),
}
_SHORT = 8  # characters of an id that a page shows


def action(code: str, words: Words, say: Callable[[str], str]) -> str:
    """Returns what was done in words; the code itself if it has no words.

    A step of a case has the code `objection.accept` or the like.
    """
    kind, _, step = code.partition(".")
    if step:
        return f"{words.case_kind_of(kind)}{'：' if words.lang == 'zh' else ': '}{words.step(step)}"
    return say(ACTIONS[code]) if code in ACTIONS else code


def thing(written: str, say: Callable[[str], str]) -> str:
    """Returns the kind of an audited thing in words, and the beginning of its id."""
    kind, _, identity = written.partition("/")
    word = say(KINDS[kind]) if kind in KINDS else kind
    return f"{word} {identity[:_SHORT]}".strip()
