"""The cast of a sandbox: synthetic people as whom a visitor can sign in with one click."""

from __future__ import annotations

import json
from dataclasses import dataclass

from plumbing.identity import Role
from plumbing.settings import Settings
from services.portal.wording import N_

_ABOUT = {
    Role.OPERATOR: N_("看本单位的器具和等级，提出异议"),
    Role.CASEWORKER: N_("受理异议，作出决定"),
    Role.UNIT_HEAD: N_("审批延期和督促步骤"),
    Role.MUNICIPAL_REVIEWER: N_("办理复核，看全市的案件"),
    Role.INSPECTOR: N_("看今天该查什么，登记检查结果"),
    Role.VERIFICATION_INSTITUTION: N_("上传检定结果"),
    Role.ADMINISTRATOR: N_("看运行状态、账号和审计"),
    Role.AUDITOR: N_("看审计和访问日志"),
}
_ABOUT_LISTS = {
    "demo.lister": N_("编制曝光名单"),
    "demo.listreviewer": N_("对曝光名单作保密审查"),
    "demo.listhead": N_("批准或者作废曝光名单"),
}


@dataclass(frozen=True)
class CastMember:
    """One synthetic person of the cast of a sandbox."""

    name: str
    display_name: str
    role: str
    password: str

    @property
    def about(self) -> str:
        """A Chinese text about what this person can do on the portal."""
        return _ABOUT_LISTS.get(self.name) or _ABOUT.get(Role(self.role), "")


def cast(settings: Settings) -> tuple[CastMember, ...]:
    """Reads the cast of a sandbox from its file; empty if there is no such file or no sandbox."""
    file = settings.cast_file
    if not settings.sandbox or not file.exists():
        return ()
    return tuple(CastMember(**member) for member in json.loads(file.read_text()))
