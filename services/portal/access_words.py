"""The words of the access log: what kind of access, to what kind of thing, and how it ended."""

from __future__ import annotations

from services.portal.wording import N_

KINDS = {
    "sign_in": N_("登录"),
    "sign_in_begun": N_("密码正确，尚待下一步"),
    "sign_in_failed": N_("登录失败"),
    "refused": N_("被拒绝"),
    "export": N_("导出"),
    "read": N_("查阅"),
}
THINGS = {
    "subject": N_("主体"),
    "record": N_("信用记录"),
    "account": N_("账号"),
    "registration": N_("注册申请"),
    "qualification": N_("资格"),
    "absence": N_("外出"),
    "certificate": N_("证书文件"),
    "dcc": N_("校准证书"),
    "photograph": N_("照片"),
    "upkeep": N_("维护和签封记录"),
    "case": N_("案件"),
    "evidence": N_("证据文件"),
    "sharing": N_("共享登记"),
    "alert": N_("预警"),
    "notice": N_("通知"),
    "escalation": N_("督促"),
    "list": N_("曝光名单"),
    "circular": N_("通报"),
    "grade": N_("信用等级"),
    "receipt": N_("评价回执"),
    "audit": N_("审计"),
    "access": N_("访问日志"),
}
OUTCOMES = {
    "PERMISSION_DENIED": N_("无权"),
    "UNAUTHENTICATED": N_("未登录，或登录无效"),
    "FAILED_PRECONDITION": N_("须等候"),
    "RESOURCE_EXHAUSTED": N_("过于频繁"),
    "INVALID_ARGUMENT": N_("验证码或新密码不对"),
}
