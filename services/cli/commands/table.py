"""The table of commands: one row for each command that makes a single gRPC call.

A row has the words of the command, its method, its help and its positional arguments. The options
of a command are the fields of the request (see `parameters`); a row lists only exceptions to this
rule. `HAND_WRITTEN` lists the commands that make more than one call. This module does not import
the gRPC contract, so that `--help` of a group is fast.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.cli.commands.account_rows import ACCOUNT_ROWS
from services.cli.commands.alert_rows import ALERT_COMMANDS, ALERT_ROWS
from services.cli.commands.audit_rows import AUDIT_COMMANDS
from services.cli.commands.backup_rows import BACKUP_COMMANDS
from services.cli.commands.batch_rows import BATCH_ROWS
from services.cli.commands.calendar_rows import CALENDAR_COMMANDS, CALENDAR_ROWS
from services.cli.commands.calibration_rows import CALIBRATION_COMMANDS, CALIBRATION_ROWS
from services.cli.commands.case_rows import CASE_ROWS
from services.cli.commands.certificate_rows import CERTIFICATE_COMMANDS, CERTIFICATE_ROWS
from services.cli.commands.circular_rows import CIRCULAR_ROWS
from services.cli.commands.escalation_rows import ESCALATION_ROWS
from services.cli.commands.evidence_rows import EVIDENCE_COMMANDS, EVIDENCE_ROWS
from services.cli.commands.exposure_rows import EXPOSURE_ROWS
from services.cli.commands.grade_rows import GRADE_COMMANDS, GRADE_ROWS
from services.cli.commands.institution_rows import INSTITUTION_ROWS, QUALIFICATION_COMMANDS
from services.cli.commands.label_rows import LABEL_COMMANDS
from services.cli.commands.laboratory_rows import LABORATORY_COMMANDS, LABORATORY_ROWS
from services.cli.commands.ladder_rows import LADDER_ROWS
from services.cli.commands.law_rows import LAW_COMMANDS
from services.cli.commands.life_rows import LIFE_ROWS
from services.cli.commands.order_rows import ORDER_ROWS
from services.cli.commands.permit_rows import PERMIT_ROWS
from services.cli.commands.publication_rows import PUBLICATION_ROWS
from services.cli.commands.question_rows import QUESTION_ROWS
from services.cli.commands.register_rows import REGISTER_COMMANDS, REGISTER_ROWS
from services.cli.commands.row import Command, Row
from services.cli.commands.sameness_rows import SAMENESS_ROWS
from services.cli.commands.sharing_rows import SHARING_ROWS
from services.cli.commands.upkeep_rows import UPKEEP_COMMANDS, UPKEEP_ROWS
from services.cli.commands.webhook_rows import WEBHOOK_COMMANDS, WEBHOOK_ROWS

GROUPS: Mapping[str, str] = {
    "account": "账号 | accounts",
    "account factor": "两步验证 | the second factor",
    "registration": "经营者注册申请 | operators' applications for accounts",
    "colleague": "本单位人员 | the people of one's firm",
    "absence": "外出与代理 | who is away, and who stands in",
    "bureau": "机关 | bureaus",
    "subject": "信用主体 | subjects",
    "instrument": "计量器具 | instruments",
    "verification": "检定记录 | verifications",
    "institution": "检定机构及其授权 | verification institutions and what they may verify",
    "qualification": "校准机构、注册计量师、考评员和专家 | who is qualified",
    "laboratory": "实验室：温湿度记录和环境标记 | laboratories, their records and marks",
    "order": "检定申请 | orders for verification",
    "upkeep": "器具的维护、修理和签封 | maintenance, repairs and seals of instruments",
    "certificate": "检定证书的文件 | files of certificates",
    "calibration": "校准：数字校准证书（DCC）和校准周期 | calibrations, from DCCs",
    "photograph": "器具的照片 | photographs of instruments",
    "record": "信用信息 | credit records",
    "permit": "计量行政许可 | permits of metrology",
    "question": "导入留下的待决定事项 | what imports leave to decide",
    "alike": "疑似同一的主体、器具、信息和检定结果 | what is perhaps the same",
    "proposal": "待批准的变更 | changes that wait for a second person",
    "publication": "信用信息的公开和保密审查 | what the public is shown of records",
    "import": "导入文件：quanheng import 文件 --family 类别 | import a file",
    "batch": "导入批次 | import batches",
    "grade": "信用等级 | grades",
    "ruleset": "规则启用 | which text governs from when",
    "index": "景区、街区诚信计量指数 | indices of scenic areas and street blocks",
    "objection": "异议 | objections",
    "repair": "信用修复 | repair of credit",
    "case": "案件的办理人、内部备注和案卷 | who has a case, notes on it, and its file",
    "evidence": "案件的证据文件 | files as evidence in cases",
    "sharing": "信用记录提供给了谁，对方应得的告知 | with whom records were shared",
    "alert": "三色预警与通知 | alerts and notices",
    "escalation": "督促 | escalations",
    "exposure": "曝光名单 | exposure lists",
    "circular": "通报 | circulars to other authorities",
    "circular authority": "通报对象 | the authorities that bureaus tell",
    "channel": "机关的通知渠道：企业微信、钉钉、飞书、短信网关 | channels of bureaus",
    "webhook": "程序接收：通知发到本单位自己的程序 | notices to a program of one's own",
    "template": "通知和督促文书的文字 | a bureau's words around notices",
    "ladder": "督促的间隔 | waits of follow-ups",
    "report": "一个月的统计，月报的数字 | the figures of a month, as on its report",
    "letter": "文书 | letters",
    "mail": "邮件 | mail",
    "backup": "备份与恢复 | backups",
    "keys": "密钥 | keys",
    "law": "法规规则，离线可用 | the law, offline",
    "calendar": "工作日历的各版 | editions of the working-day calendar",
    "clock": "沙箱时钟 | the sandbox's clock",
    "audit": "审计链 | the audit chain",
    "access": "访问日志 | the access log",
    "events": "事件 | events",
    "events dead": "无法处理的事件 | dead letters",
}

_COMMANDS = "services.cli.commands"
HAND_WRITTEN = (
    Command("up", "services.cli.machine.up:up", "在本机启动整个平台，Ctrl-C 停止。",
            "Starts the whole platform on this machine and runs it until Ctrl-C."),
    Command("status", "services.cli.health.status:status", "平台是否正常。",
            "Shows the state of the platform on one screen."),
    Command("demo", "services.cli.demo:demo", "在沙箱里把主要事务从头到尾演示一遍。",
            "Shows the main tasks from start to end in a sandbox, with their legal grounds."),
    Command("login", f"{_COMMANDS}.accounts:login", "登录；此后的命令以此身份办理。",
            "Logs in; later commands act as this account."),
    Command("logout", f"{_COMMANDS}.accounts:logout", "退出登录。", "Logs out."),
    Command("check", f"{_COMMANDS}.platform:check",
            "核对登记、等级、案件、计时、发件箱与审计是否一致。",
            "Proves that register, grades, cases, timers, outboxes and audit agree."),
    Command("reconcile", f"{_COMMANDS}.platform:reconcile", "重建应当在等待而不在的工作流。",
            "Starts every Temporal workflow that should be waiting but does not exist."),
    Command("clock advance", f"{_COMMANDS}.platform:clock_advance", "拨快沙箱时钟。",
            "Moves the clock of the sandbox forward."),
    *ALERT_COMMANDS,
    *BACKUP_COMMANDS,
    *AUDIT_COMMANDS,
    Command("events prepare", "services.cli.backup.set_back:events_prepare",
            "列出事件流中已恢复的数据库没有的事件，并清空事件流。",
            "Names the events that the streams have and the restored databases lack."),
    Command("events refill", f"{_COMMANDS}.streams:refill",
            "清空事件流，由数据库重新发布全部事件。",
            "Empties the streams of events and fills them again from the databases."),
    Command("events dead list", f"{_COMMANDS}.platform:dead_list", "列出处理失败而搁置的事件。",
            "Lists the dead letters."),
    Command("events dead replay", f"{_COMMANDS}.platform:dead_replay", "重新处理搁置的事件。",
            "Handles the dead letters of a service again."),
    Command("events dead discard", f"{_COMMANDS}.platform:dead_discard", "删除没有有效签名的来件。",
            "Removes dead letters that no service has signed."),
    *REGISTER_COMMANDS,
    *LABEL_COMMANDS,
    Command("letter pdf", f"{_COMMANDS}.letters:letter_pdf",
            "把案件（异议、修复、督促）的全部文书或者一份通报写成 PDF。",
            "Writes every letter of a case (objection, repair, escalation) or a circular as PDF."),
    Command("letter check", f"{_COMMANDS}.letters:letter_check",
            "核验文书的真伪；没有相符的文书时退出码为 1。",
            "Checks whether a letter is genuine; exit 1 where no letter has this number and code."),
    Command("alert retry", f"{_COMMANDS}.retries:alert_retry", "重新送达没有送到的通知。",
            "Delivers a notice again, or all that a filter names."),
    Command("mail test", f"{_COMMANDS}.mail:mail_test", "发一封测试邮件，看邮件服务器是否收下。",
            "Sends a test mail with the settings of the platform."),
    Command("keys rotate", f"{_COMMANDS}.keys:keys_rotate",
            "分三步更换封存工作流内容的密钥。",
            "Changes the key that seals a service's workflows."),
    Command("keys rotate-tokens", f"{_COMMANDS}.keys:keys_rotate_tokens",
            "分三步更换签发令牌的密钥：add、use、drop；没有人因此须重新登录。",
            "Changes the key with which the registry signs tokens: add, use, drop."),
    Command("setup", "services.cli.setup.command:setup",
            "用一个工作簿开局建账：先核对全部工作表，加 --apply 才办理。",
            "Sets a bureau up from one workbook."),
    Command("import file", f"{_COMMANDS}.imports:import_", "导入一个工作簿或 CSV 文件。",
            "Imports a workbook or CSV file and reports every faulty cell."),
    Command("import template", f"{_COMMANDS}.import_template:template", "取一份空白模板。",
            "Writes an empty import file for one family of data, with its columns explained."),
    Command("import bulk", f"{_COMMANDS}.bulk:bulk_", "成批报送 JSON 行文件。",
            "Sends a file of JSON lines in bulk."),
    *CERTIFICATE_COMMANDS,
    *UPKEEP_COMMANDS,
    *CALIBRATION_COMMANDS,
    *QUALIFICATION_COMMANDS,
    *LABORATORY_COMMANDS,
    *EVIDENCE_COMMANDS,
    *CALENDAR_COMMANDS,
    *WEBHOOK_COMMANDS,
    Command("case archive", f"{_COMMANDS}.case_archive:case_archive",
            "把案卷写成一个 ZIP，离线可以打开和核验。",
            "Writes a case file as one ZIP that opens offline and can be verified there."),
    Command("batch rejected", f"{_COMMANDS}.rejected_rows:batch_rejected", "取回未收下的行。",
            "Writes the rejected rows of a batch to a file, with the reasons in the last column."),
    *GRADE_COMMANDS,
    *LAW_COMMANDS,
)  # fmt: skip

ROWS = (
    Row("whoami", "identity.GetCaller", "显示当前身份。", "Shows who one is."),
    *ACCOUNT_ROWS,
    *ORDER_ROWS,
    *CALENDAR_ROWS,
    *INSTITUTION_ROWS,
    *LABORATORY_ROWS,
    *PUBLICATION_ROWS,
    *REGISTER_ROWS,
    *CERTIFICATE_ROWS,
    *EVIDENCE_ROWS,
    *SHARING_ROWS,
    # changes that wait for a second person
    Row("proposal list", "proposals.ListProposals", "列出一人提出、待他人批准的变更。",
        "Lists changes that one person proposed and another releases.",
        defaults={"page_size": 50}),
    Row("proposal show", "proposals.GetProposal", "显示一项变更申请及其前后内容。",
        "Shows a proposed change, before and after.", args="proposal_id"),
    Row("proposal release", "proposals.ReleaseProposal", "批准一项变更申请，随即生效。",
        "Releases a proposed change: it takes effect at once.", args="proposal_id"),
    Row("proposal decline", "proposals.DeclineProposal", "退回一项变更申请。",
        "Turns a proposed change away.", args="proposal_id"),
    Row("proposal withdraw", "proposals.WithdrawProposal", "撤回本人提出的变更申请。",
        "Takes back a change of one's own.", args="proposal_id"),
    *SAMENESS_ROWS,
    *QUESTION_ROWS,
    *PERMIT_ROWS,
    *UPKEEP_ROWS,
    *CALIBRATION_ROWS,
    *LIFE_ROWS,
    *BATCH_ROWS,
    *GRADE_ROWS,
    *CASE_ROWS,
    *ALERT_ROWS,
    *ESCALATION_ROWS,
    *EXPOSURE_ROWS,
    *CIRCULAR_ROWS,
    *LADDER_ROWS,
    *WEBHOOK_ROWS,
    Row("clock show", "clock.GetClock", "显示平台时间。", "Shows the platform's time."),
)  # fmt: skip
