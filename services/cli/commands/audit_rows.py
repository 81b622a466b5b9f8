"""The commands about the audit chain and the access log, which are written by hand."""

from __future__ import annotations

from services.cli.commands.row import Command

_COMMANDS = "services.cli.commands"
AUDIT_COMMANDS = (
    Command("audit verify", f"{_COMMANDS}.audit:audit_verify", "逐环核验各服务的审计链。",
            "Verifies every link of each service's audit chain."),
    Command("audit list", f"{_COMMANDS}.audit:audit_list", "列出审计记录，新的在前。",
            "Lists the audit entries of a service, newest first."),
    Command("access list", f"{_COMMANDS}.access:access_list",
            "列出访问日志：登录、被拒绝、导出、查阅。",
            "Lists the access log of a service: sign-ins, refusals, exports and reads."),
    Command("audit checkpoint", f"{_COMMANDS}.audit:audit_checkpoint",
            "签出各服务审计链的检查点。", "Signs a checkpoint of each service's audit chain."),
    Command("audit prove", f"{_COMMANDS}.audit:audit_prove",
            "写出证明：一条审计记录在检查点之内，或现在的审计链承接该检查点。",
            "Writes a proof as a file."),
    Command("audit erase", f"{_COMMANDS}.audit:audit_erase", "抹去一条审计记录的内容。",
            "Erases the values of an audit entry."),
)  # fmt: skip
