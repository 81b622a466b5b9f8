"""The top-level navigation of the portal for each role, in display order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from plumbing.identity import Role
from services.portal.wording import N_

FIT = 10  # entries in one line


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; its Chinese name is also the key of the English name."""

    name: str
    path: str


PUBLIC = (
    Place(N_("查企业"), "/"),
    Place(N_("查器具（扫码）"), "/scan"),
    Place(N_("核验文书"), "/check/letter"),
    Place(N_("公示公告"), "/notices"),
    Place(N_("规则说明"), "/law"),
    Place(N_("服务名录"), "/directory"),
    Place(N_("数据开放"), "/data"),
)
_PERMITS = Place(N_("计量行政许可"), "/permits")
_ORDERS = Place(N_("检定申请"), "/orders")
_OPERATOR = (
    Place(N_("待办"), "/home"),
    Place(N_("计量器具"), "/instruments"),
    _ORDERS,
    Place(N_("信用等级"), "/grade"),
    Place(N_("信用记录"), "/records"),
    Place(N_("我的事项"), "/cases"),
    Place(N_("消息"), "/messages"),
    Place(N_("单位与人员"), "/people"),
    _PERMITS,
)
_CASEWORKER = (
    Place(N_("工作台"), "/home"),
    Place(N_("案件"), "/cases"),
    Place(N_("督促"), "/escalations"),
    Place(N_("曝光名单"), "/exposure-lists"),
    Place(N_("公开审查"), "/publication"),
    Place(N_("主体"), "/subjects"),
    Place(N_("器具"), "/instruments"),
    Place(N_("导入"), "/imports"),
    Place(N_("疑似同一"), "/alike"),
    Place(N_("导入待决定"), "/questions"),
    Place(N_("未送达"), "/undelivered"),
    Place(N_("消息"), "/messages"),
    Place(N_("通知方式"), "/contact"),
    Place(N_("检定机构"), "/institutions"),
    _ORDERS,
    Place(N_("共享"), "/sharings"),
    _PERMITS,
)
_UNIT_HEAD = (
    Place(N_("待审批"), "/home"),
    Place(N_("本单位概览"), "/unit"),
    Place(N_("人员与代理"), "/unit-people"),
    Place(N_("案件"), "/cases"),
    Place(N_("督促"), "/escalations"),
    Place(N_("曝光名单"), "/exposure-lists"),
    Place(N_("公开审查"), "/publication"),
    Place(N_("主体"), "/subjects"),
    Place(N_("器具"), "/instruments"),
    Place(N_("导入"), "/imports"),
    Place(N_("疑似同一"), "/alike"),
    Place(N_("月报"), "/unit/report"),
    Place(N_("导入待决定"), "/questions"),
    Place(N_("审计"), "/audit"),
    Place(N_("检定机构"), "/institutions"),
    _ORDERS,
    Place(N_("未送达"), "/undelivered"),
    Place(N_("消息"), "/messages"),
    Place(N_("通知方式"), "/contact"),
    Place(N_("共享"), "/sharings"),
    _PERMITS,
)
_INSPECTOR = (
    Place(N_("今日检查"), "/home"),
    Place(N_("登记检查结果"), "/inspections/new"),
    Place(N_("主体"), "/subjects"),
    Place(N_("器具"), "/instruments"),
    _ORDERS,
    _PERMITS,
)
_OF_A_CITY = (
    Place(N_("规则启用"), "/rulesets"),
    Place(N_("指数"), "/indices"),
    Place(N_("年度调整"), "/year-ends"),
    Place(N_("全市看板"), "/city"),
)
_REVIEWER = (
    Place(N_("工作台"), "/home"),
    Place(N_("案件"), "/cases"),
    *_OF_A_CITY,
    Place(N_("月报"), "/unit/report"),
    Place(N_("主体"), "/subjects"),
    Place(N_("审计"), "/audit"),
    Place(N_("消息"), "/messages"),
    _ORDERS,
    _PERMITS,
)
_INSTITUTION = (
    Place(N_("待办"), "/home"),
    _ORDERS,
    Place(N_("上传结果"), "/imports"),
    Place(N_("证书"), "/certificates"),
    Place(N_("期限"), "/due"),
    Place(N_("到期预测"), "/forecast"),
    Place(N_("报送期限"), "/punctuality"),
    Place(N_("检定授权"), "/institutions"),
    Place(N_("变更申请"), "/proposals"),
    Place(N_("消息"), "/messages"),
    Place(N_("通知方式"), "/contact"),
    Place(N_("程序接收"), "/webhooks"),
)
_ADMINISTRATOR = (
    Place(N_("运行状态"), "/status"),
    Place(N_("账号"), "/accounts"),
    Place(N_("未送达与死信"), "/undelivered"),
    Place(N_("日历"), "/calendar"),
    Place(N_("督促的间隔"), "/ladders"),
    Place(N_("通知文字"), "/templates"),
    Place(N_("通知渠道"), "/channels"),
    Place(N_("审计"), "/audit"),
    Place(N_("备份"), "/backup"),
)
_AUDITOR = (
    Place(N_("审计"), "/audit"),
    Place(N_("访问日志"), "/access"),
    Place(N_("核验审计链"), "/audit/chains"),
)
_OF_ROLE = {
    Role.OPERATOR: _OPERATOR,
    Role.UNIT_HEAD: _UNIT_HEAD,
    Role.CASEWORKER: _CASEWORKER,
    Role.MUNICIPAL_REVIEWER: _REVIEWER,
    Role.INSPECTOR: _INSPECTOR,
    Role.VERIFICATION_INSTITUTION: _INSTITUTION,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
    Role.AUDITOR: _AUDITOR,
}
_ALWAYS = (Place(N_("规则说明"), "/law"),)
_BOARDS = {
    Role.UNIT_HEAD: Place(N_("返回本单位概览"), "/unit"),
    Role.MUNICIPAL_REVIEWER: Place(N_("返回全市看板"), "/city"),
}


def navigation(roles: Collection[str]) -> tuple[Place, ...]:
    """Returns the navigation entries of the given roles, each once; the public ones if no roles."""
    if not roles:
        return PUBLIC
    places: dict[str, Place] = {}
    for role, own in _OF_ROLE.items():
        if role in roles:
            places |= {place.path: place for place in own if place.path not in places}
    return (*places.values(), *_ALWAYS)


def in_one_line(places: Sequence[Place]) -> tuple[Sequence[Place], Sequence[Place]]:
    """Returns the entries that stand in the line of the navigation, and those behind “more”.

    Ten entries fit into the line; of more, the first nine stand beside “more”.
    """
    shown = len(places) if len(places) <= FIT else FIT - 1
    return places[:shown], places[shown:]


def place_of(places: Iterable[Place], path: str) -> str:
    """Returns the path of the place to which a page belongs; empty if it belongs to none."""
    within = (one.path for one in places if f"{path}/".startswith(f"{one.path.rstrip('/')}/"))
    return max((one for one in within if one != "/" or path == "/"), key=len, default="")


def way_to_board(roles: Collection[str]) -> Place | None:
    """Returns the way back to the board with the colours; None for roles that have no board."""
    return next((place for role, place in _BOARDS.items() if role in roles), None)


def home_of(roles: Collection[str]) -> str:
    """Returns the path of the first page after signing in with the given roles."""
    return navigation(roles)[0].path
