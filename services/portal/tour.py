"""The tour of a sandbox: the story of the demo as steps on pages, each with the person who acts."""

from __future__ import annotations

from dataclasses import dataclass

from services.portal.wording import N_


@dataclass(frozen=True)
class Stop:
    """One step of the tour: its title, what to do, the page, and the member of the cast."""

    title: str
    text: str
    path: str
    member: str = ""  # empty: anybody, without signing in


STOPS = (
    Stop(
        N_("登记册进来"),
        N_(
            "样例登记册已经导入。打开一个批次，看每一行的结果；“导入文件”里有模板，可以先检查再导入。"
        ),
        "/imports",
        "demo.caseworker",
    ),
    Stop(
        N_("器具变色"),
        N_(
            "导入时已经过期的器具是红色。用页面上方的时钟前进 30 天，临近到期的变绿、变黄；"
            "再前进 30 天，有的过期变红，旁边写着原因。点一台器具，看它的每一次检定。"
        ),
        "/instruments",
        "demo.caseworker",
    ),
    Stop(
        N_("企业收到提醒"),
        N_("同一天，经营者只收到一封摘要。“消息”里是发出的每一封通知。"),
        "/messages",
        "demo.operator",
    ),
    Stop(
        N_("一次处罚，等级下降"),
        N_(
            "这家企业有一条行政处罚记录。看得分是怎样一步步得出的，每一步都有条款；再看什么时候会变。"
        ),
        "/grade",
        "demo.operator",
    ),
    Stop(
        N_("信用修复"),
        N_(
            "改正之后可以申请修复。申请之前，页面逐条告诉您哪些条件已满足、哪些还差、从哪天起可以申请。"
        ),
        "/repairs/new",
        "demo.operator",
    ),
    Stop(
        N_("提出异议"),
        N_("选中那条处罚记录，写明哪里有误，核对并提交。提交后会看到编号和接下来的步骤。"),
        "/objections/new",
        "demo.operator",
    ),
    Stop(
        N_("受理，并申请延期"),
        N_(
            "工作台上出现了这件异议。受理后期限开始计算：逐日图画出每个工作日。案情复杂时申请延期。"
        ),
        "/home",
        "demo.caseworker",
    ),
    Stop(
        N_("负责人审批延期"),
        N_("延期由单位负责人批准。批准后再看案件：期限按工作日顺延，放假不计入。"),
        "/home",
        "demo.unithead",
    ),
    Stop(
        N_("作出决定"),
        N_("打开案件，作出决定：选“删除”，写明理由。提交之前，页面先告诉您决定会怎样改变等级。"),
        "/cases",
        "demo.caseworker",
    ),
    Stop(
        N_("等级恢复"),
        N_("决定自动执行：记录更正，等级重算，文书送达。经营者在这里看到新的等级和原因。"),
        "/grade",
        "demo.operator",
    ),
    Stop(
        N_("检定不合格"),
        N_(
            "在“状态”里选绿色提示，点一台器具登记检定结果，选“不合格”。"
            "这台器具立即变红，督促随之开始。"
        ),
        "/due",
        "demo.institution",
    ),
    Stop(
        N_("红色警示之后的督促"),
        N_(
            "红色警示会引出提醒、行政指导建议书、约谈、曝光。把时钟前进 7 天，第一步就待审批；"
            "每一步由有权的人批准、暂缓或者不批准。"
        ),
        "/escalations",
        "demo.caseworker",
    ),
    Stop(
        N_("公众看到什么"),
        N_("不登录也能查：企业现在的等级、含义和依据。自然人不公开。"),
        "/?q=样例",
    ),
    Stop(
        N_("规则原文"),
        N_("每一个数字都出自一个条款。这里是平台依据的文本和它们的解释。"),
        "/law",
    ),
)
