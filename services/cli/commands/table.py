"""The table of commands: one row for each command that makes a single gRPC call.

A row has the words of the command, its method, its help and its positional arguments. The options
of a command are the fields of the request (see `parameters`); a row lists only exceptions to this
rule. `HAND_WRITTEN` lists the commands that make more than one call. This module does not import
the gRPC contract, so that `--help` of a group is fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A plain command: one gRPC call. Request fields are named as in the contract, with dots.

    words: the words that the user types to call the command.
    method: service and method, as the client names them.
    zh, en: the help text in Chinese and English.
    args: the fields given as positional arguments, in order.
    names: the option of a field; `!--refuse` is a flag that sets the field to false.
    defaults: the value of a field if no option gives one; `=other` copies another field.
    fixed: the value of a field that has no option.
    flags: further flags, each with the field that it sets and the value.
    present: the method that reads the object to be changed; only the given fields are changed.
    fails: the response field that makes the exit code 1 if it is not empty.
    """

    words: str
    method: str
    zh: str
    en: str
    args: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    present: str = ""
    fails: str = ""

    @property
    def help(self) -> str:
        """The help text of the command, in Chinese and English."""
        return f"{self.zh}\n\n{self.en}"


@dataclass(frozen=True)
class Command:
    """A hand-written command: its words, its function as `module:name`, and its help text."""

    words: str
    place: str  # module:name
    zh: str
    en: str

    @property
    def help(self) -> str:
        """The help text of the command, in Chinese and English."""
        return f"{self.zh}\n\n{self.en}"


GROUPS: Mapping[str, str] = {
    "account": "账号 | accounts",
    "bureau": "机关 | bureaus",
    "subject": "信用主体 | subjects",
    "instrument": "计量器具 | instruments",
    "verification": "检定记录 | verifications",
    "record": "信用信息 | credit records",
    "import": "导入文件：quanheng import 文件 --family 类别 | import a file",
    "batch": "导入批次 | import batches",
    "grade": "信用等级 | grades",
    "ruleset": "规则启用 | which text governs from when",
    "index": "景区、街区诚信计量指数 | indices of scenic areas and street blocks",
    "objection": "异议 | objections",
    "repair": "信用修复 | repair of credit",
    "alert": "三色预警与通知 | alerts and notices",
    "escalation": "红色警示的督促 | escalations",
    "letter": "文书 | letters",
    "mail": "邮件 | mail",
    "law": "法规规则，离线可用 | the law, offline",
    "clock": "沙箱时钟 | the sandbox's clock",
    "audit": "审计链 | the audit chain",
    "events": "事件 | events",
    "events dead": "无法处理的事件 | dead letters",
}

_COMMANDS, _LAW = "services.cli.commands", "services.cli.law"
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
    Command("audit verify", f"{_COMMANDS}.platform:audit_verify", "逐环核验各服务的审计链。",
            "Verifies every link of each service's audit chain."),
    Command("audit list", f"{_COMMANDS}.platform:audit_list", "列出审计记录，新的在前。",
            "Lists the audit entries of a service, newest first."),
    Command("events dead list", f"{_COMMANDS}.platform:dead_list", "列出处理失败而搁置的事件。",
            "Lists the dead letters."),
    Command("events dead replay", f"{_COMMANDS}.platform:dead_replay", "重新处理搁置的事件。",
            "Handles the dead letters of a service again."),
    Command("letter pdf", f"{_COMMANDS}.letters:letter_pdf",
            "把案件（异议、修复、督促）的全部文书写成 PDF。",
            "Writes every letter of a case (objection, repair or escalation) as PDF."),
    Command("letter check", f"{_COMMANDS}.letters:letter_check",
            "核验文书的真伪；没有相符的文书时退出码为 1。",
            "Checks whether a letter is genuine; exit 1 where no letter has this number and code."),
    Command("mail test", f"{_COMMANDS}.mail:mail_test", "发一封测试邮件，看邮件服务器是否收下。",
            "Sends a test mail with the settings of the platform."),
    Command("import file", f"{_COMMANDS}.imports:import_", "导入一个工作簿或 CSV 文件。",
            "Imports a workbook or CSV file and reports every faulty cell."),
    Command("import template", f"{_COMMANDS}.imports:template", "取一份空白模板。",
            "Writes an empty import file for one family of data, with its columns explained."),
    Command("import bulk", f"{_COMMANDS}.bulk:bulk_", "成批报送 JSON 行文件。",
            "Sends a file of JSON lines in bulk."),
    Command("batch rejected", f"{_COMMANDS}.imports:batch_rejected", "取回未收下的行。",
            "Writes the rejected rows of a batch to a file, with the reasons in the last column."),
    Command("grade receipt", f"{_COMMANDS}.grades:grade_receipt", "显示评价凭据。",
            "Shows the receipt of a grade."),
    Command("grade what-if", f"{_COMMANDS}.grades:grade_what_if",
            "假如记录撤销、修复、新增或更正，等级会怎样。",
            "Computes the grade that a subject would have if records were withdrawn, repaired, "
            "added or corrected."),
    Command("ruleset list", f"{_COMMANDS}.rulesets:ruleset_list", "列出各规则及其启用情况。",
            "Lists the rulesets, and at which bureau and from which day each one applies."),
    Command("ruleset show", f"{_COMMANDS}.rulesets:ruleset_show", "显示试算结果和等级变化的主体。",
            "Shows the result of a trial run (impact) and the subjects whose grade would change."),
    Command("law list", f"{_LAW}.commands:list_", "列出全部规则集。",
            "Lists the rulesets with id, version, status and hash."),
    Command("law show", f"{_LAW}.commands:show_", "显示一个规则集的全部数据和出处。",
            "Shows all data of a ruleset, with the citations."),
    Command("law grade", f"{_LAW}.commands:grade", "评定等级，输出完整凭据。",
            "Grades a dossier (a subject and its credit records) and prints the receipt."),
    Command("law compare", f"{_LAW}.commands:compare", "同一档案在各文件下的等级对照。",
            "Grades one dossier under every ruleset, side by side."),
    Command("law outlook", f"{_LAW}.commands:outlook", "今后等级何时变化，以及如何提升。",
            "Reports when the grade will change by itself, and what would raise it."),
    Command("law verify", f"{_LAW}.commands:verify", "重新计算凭据，核对是否一致。",
            "Recomputes a receipt."),
    Command("law index", f"{_LAW}.colours_and_indices:index", "计算景区或街区诚信计量指数。",
            "Scores a scenic area or a street block by the Taizhou tables."),
    Command("law workdays", f"{_LAW}.workdays:workdays", "计算第N个工作日。",
            "Computes the n-th working day after an event."),
    Command("law colour", f"{_LAW}.colours_and_indices:colour_",
            "计算器具的三色预警，以及今后变色的日期。",
            "Computes the alert colour of an instrument, and the days on which the colour will "
            "change."),
)  # fmt: skip

ROWS = (
    # who one is
    Row("whoami", "identity.GetCaller", "显示当前身份。", "Shows who one is."),
    Row("account create", "identity.CreateAccount", "新建账号。", "Creates an account.",
        args="name", defaults={"display_name": "=name"}),
    Row("account show", "identity.GetAccount", "显示账号。", "Shows an account.",
        args="account_id"),
    Row("account change", "identity.ChangeAccount", "变更账号的角色、机关和检定机构。",
        "Changes the roles, the bureau and the institution of an account.", args="account_id"),
    Row("account list", "identity.ListAccounts", "列出账号。", "Lists accounts."),
    Row("account close", "identity.CloseAccount", "关闭账号。", "Closes an account.",
        args="account_id"),
    Row("account password", "identity.ChangePassword", "修改自己的密码。",
        "Changes one's own password.", names={"old_password": "--old", "new_password": "--new"}),
    # the register
    Row("bureau list", "registry.ListBureaus", "列出机关及其受理异议的联系方式。",
        "Lists bureaus and where they take objections."),
    Row("bureau put", "registry.PutBureau", "新建机关，或变更其联系方式；未给的项目不变。",
        "Creates a bureau, or changes what is given of it.", args="bureau.code",
        present="registry.ListBureaus"),
    Row("subject list", "registry.ListSubjects", "列出主体。", "Lists subjects.",
        names={"name_contains": "--name"}),
    Row("subject show", "registry.GetSubject", "显示主体。", "Shows a subject.", args="subject_id"),
    Row("subject add", "registry.PutSubject", "登记一个主体。", "Registers a subject.",
        fixed={"subject.subject_id": ""}),
    Row("subject change", "registry.PutSubject", "变更主体的登记内容；未给的项目不变。",
        "Changes what is given of a subject.", args="subject.subject_id",
        present="registry.GetSubject"),
    Row("instrument list", "registry.ListInstruments", "列出器具。", "Lists instruments.",
        names={"repeated_serial": "--repeated"}),
    Row("instrument show", "registry.GetInstrument", "显示器具及其检定记录。",
        "Shows an instrument with its verifications.", args="instrument_id"),
    Row("instrument scan", "registry.ScanInstrument", "按标签编号查器具，与公众所见相同。",
        "Looks an instrument up by the code on its label, as anybody may.", args="code"),
    Row("instrument labels", "registry.ListLabels", "列出器具标签的编号。",
        "Lists the labels of instruments with their codes."),
    Row("instrument add", "registry.PutInstrument", "为主体登记一件器具。",
        "Files an instrument of a subject.", args="instrument.subject_id",
        fixed={"instrument.instrument_id": ""}),
    Row("instrument change", "registry.PutInstrument", "变更器具的登记内容；未给的项目不变。",
        "Changes what is given of an instrument.", args="instrument.instrument_id",
        present="registry.GetInstrument"),
    Row("instrument state", "registry.SetInstrumentState",
        "变更器具状态（在用、备用、停用、报废）。", "Changes the state of an instrument.",
        args="instrument_id state"),
    Row("instrument verify", "registry.RecordVerification", "登记一次检定及证书。",
        "Records a verification and its certificate.", args="verification.instrument_id",
        names={"verification.verified_on": "--on", "verification.certificate_no": "--certificate"}),
    Row("verification list", "registry.ListVerifications", "列出检定记录及其器具。",
        "Lists verifications with their instruments."),
    Row("record enter", "registry.EnterRecord", "录入一条信用信息。", "Enters a credit record.",
        args="record.subject_id", fixed={"record.record_id": ""},
        names={"record.source_ref": "--source", "record.verified": "--verified/--unverified"},
        defaults={"record.occurred_on": "=record.determined_on", "record.verified": True}),
    Row("record list", "registry.ListRecords", "列出主体的信用信息。",
        "Lists a subject's credit records.", args="subject_id"),
    Row("record disclosed", "registry.ListDisclosedRecords",
        "列出今天公开的信用信息及其最后公开日。",
        "Lists the records that are disclosed today, with the last day of each."),
    Row("record show", "registry.GetRecord", "显示一条信用信息及其历次内容。",
        "Shows a record and what it said before.", args="record_id"),
    Row("record withdraw", "registry.WithdrawRecord", "撤销一条信用信息；自当日起不再计入。",
        "Withdraws a record from today on.", args="record_id"),
    Row("record restore", "registry.RestoreRecords",
        "恢复未满保存期而被删除的信用信息；由单位负责人办理。",
        "Puts records back on file that left the archive before their time.", args="record_ids"),
    Row("record correct", "registry.CorrectRecord", "更正一条信用信息；原内容留存。",
        "Corrects a record; what it said before stays known.", args="record.record_id",
        names={"record.source_ref": "--source", "record.verified": "--verified/--unverified"},
        fixed={"record.subject_id": ""}, present="registry.GetRecord"),
    # batches of imports
    Row("batch list", "imports.ListBatches", "列出导入批次，新的在前。",
        "Lists import batches, newest first.", defaults={"page_size": 50}),
    Row("batch show", "imports.GetBatch", "显示一个批次及其影响估计。",
        "Shows a batch, with what it would set off.", args="batch_id"),
    Row("batch faults", "imports.ListFaults", "逐格列出一个批次的错误。",
        "Lists what was wrong with a batch, cell by cell.", args="batch_id"),
    Row("batch undo", "imports.UndoBatch", "撤销一个批次，恢复到导入之前。",
        "Undoes a batch: what it changed is as it was before.", args="batch_id"),
    Row("batch approve", "imports.ApproveBatch",
        "批准一个待批准的批次；登记内容已变化的，不予导入并重新估计，退出码为 1。",
        "Lets a waiting batch in; exit 1 where it would no longer do what was seen.",
        args="batch_id", fails="stale"),
    Row("batch reject", "imports.RejectBatch", "退回一个待批准的批次。",
        "Turns a waiting batch away.", args="batch_id"),
    Row("batch discard", "imports.DiscardBatch", "放弃一个未报送完毕或待批准的批次。",
        "Gives up a batch not yet decided.", args="batch_id"),
    # grades
    Row("grade show", "grading.GetGrade", "显示等级：某日有效、某时所知。",
        "Shows a grade: in force on a day, as known at a moment.", args="subject_id"),
    Row("grade list", "grading.ListGradesInForce", "列出若干主体今天有效的等级。",
        "Lists the grades of several subjects that are in force today.", args="subject_ids"),
    Row("grade history", "grading.ListGrades", "列出历次等级，两种时间。",
        "Lists every grade in both times.", args="subject_id", defaults={"page_size": 50}),
    Row("grade verify", "grading.VerifyReceipt", "重新计算凭据；不一致时退出码为 1。",
        "Recomputes a receipt; exit 1 when it differs.", args="receipt_id", fails="differences"),
    Row("grade summary", "grading.SummariseGrades", "按等级统计主体。",
        "Counts subjects by grade."),
    Row("grade record", "grading.GetRecordGraded", "某条信用信息的某一版本是否已计入等级。",
        "Whether a version of a record is in the grade.", args="record_id",
        defaults={"version": 1}),
    Row("grade outlook", "assessments.Outlook", "今后等级何时变化，以及如何提升。",
        "When the grade will change by itself, and what would raise it.", args="subject_id",
        names={"horizon": "--until"}),
    Row("grade compare", "assessments.Compare", "同一主体在各文件下的等级对照。",
        "Grades one subject under every text, side by side.", args="subject_id"),
    Row("grade year-ends", "assessments.ListYearEnds", "列出历次年末类别调整（天津），最近的在前。",
        "Lists the year-end adjustments of classes, the last one first.",
        defaults={"page_size": 10}),
    # which text governs
    Row("ruleset impact", "rulesets.RunImpact", "试算：若自某日起启用某规则，哪些主体的等级会变。",
        "Rehearses a text; changes nothing.", args="ruleset_id"),
    Row("ruleset impacts", "rulesets.ListImpacts", "列出试算及其结果，新的在前。",
        "Lists impacts and their results, newest first.", defaults={"page_size": 50}),
    Row("ruleset acknowledge", "rulesets.AcknowledgeImpact",
        "确认已查看试算结果；启用之前必须有人查看。", "States that you have looked at an impact.",
        args="impact_id"),
    Row("ruleset activate", "rulesets.ActivateRuleset",
        "自某日起启用已查看试算的规则；试算人不得启用。", "Brings a text into force.",
        args="impact_id", names={"valid_from": "--from"}),
    # indices of areas
    Row("index assess", "assessments.AssessIndex", "评价一个景区或街区，存为待公布。",
        "Scores an area and keeps the result as a draft.", args="findings_json",
        names={"area_name": "--name", "area_kind": "--kind", "assessed_on": "--on"}),
    Row("index show", "assessments.GetIndex", "显示一个指数的各行得分与条款。",
        "Shows an index with the points and the article of every row.", args="index_id"),
    Row("index list", "assessments.ListIndexes", "列出指数，最近的在前。",
        "Lists indices, the newest first.", defaults={"page_size": 50}),
    Row("index publish", "assessments.PublishIndex", "公布指数；评价人不得公布自己评出的。",
        "Publishes a draft; not by whoever assessed it.", args="index_id"),
    Row("index withdraw", "assessments.WithdrawIndex", "撤回已公布的指数，说明理由。",
        "Withdraws a publication, with the ground.", args="index_id"),
    # objections
    Row("objection lodge", "objection.LodgeObjection", "经营者提出异议。", "Lodges an objection."),
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
        names={"include_closed": "--closed", "subject_ids": "--subjects"},
        fixed={"kind": "objection"}),
    Row("objection summary", "objection.SummariseCases",
        "统计待办案件：按类别和状态、按人、按时长，以及按期决定的比例。",
        "Counts waiting cases by state, person and age, and decisions in time."),
    # repairs
    Row("repair check", "repair.CheckRepair", "申请之前：逐项条件、依据，以及何时起可以申请。",
        "Before applying: every condition."),
    Row("repair lodge", "repair.LodgeRepair", "经营者申请信用修复；期限自提交之日起算。",
        "Applies for repair."),
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
        names={"include_closed": "--closed", "subject_ids": "--subjects"},
        fixed={"kind": "repair"}),
    # alerts and notices
    Row("alert summary", "alerts.SummariseColours", "按机关和颜色统计器具。",
        "Counts instruments by bureau and colour."),
    Row("alert colours", "alerts.ListColours", "列出器具及其颜色，最严重的在前。",
        "Lists instruments, the most severe colour first.", names={"colour": "--only"},
        defaults={"page_size": 50}),
    Row("alert board", "alerts.GetColourBoard", "按机关、类型和颜色统计器具，并按周列出到期数。",
        "Counts instruments by bureau, type and colour, and how many end in each week ahead."),
    Row("alert count", "alerts.CountColours", "按颜色统计一个主体的器具。",
        "Counts the instruments of one subject by colour.", args="subject_id"),
    Row("alert list", "alerts.ListAlerts", "列出预警，新的在前。", "Lists alerts, newest first.",
        names={"include_baseline": "--baseline"}, defaults={"page_size": 50}),
    Row("alert notices", "alerts.ListNotices", "列出通知及送达情况，新的在前。",
        "Lists notices and how their delivery stands.", defaults={"page_size": 50}),
    Row("alert retry", "alerts.RetryDelivery", "重新送达失败的通知。",
        "Tries a failed delivery again.", args="notice_id"),
    Row("alert watch", "alerts.GetWatch", "各机关的每日巡查已到哪一天。",
        "How far each bureau's daily watch has come."),
    # escalations
    Row("escalation list", "escalations.ListEscalations", "列出督促案件，新的在前。",
        "Lists escalation cases, newest first.", defaults={"page_size": 50}),
    Row("escalation show", "escalations.GetEscalation", "显示案件、各步骤、文书和红色警示。",
        "Shows a case with steps, documents and alerts.", args="escalation_id"),
    Row("escalation approve", "escalations.ApproveStep", "批准待批准的步骤，随即实施。",
        "Approves the step that is proposed.", args="escalation_id step",
        names={"appointment.attendees": "--who", "appointment.note_in_archive": "--note",
               "publication.facts_verified": "--verified",
               "publication.confidentiality_reviewed": "--reviewed"}),
    Row("escalation decline", "escalations.DeclineStep", "不批准，说明理由；到复查日再提出。",
        "Declines the step that is proposed.", args="escalation_id step",
        names={"review_on": "--until"}),
    Row("escalation defer", "escalations.DeferStep", "暂缓。",
        "Puts off the step that is proposed.", args="escalation_id step",
        names={"review_on": "--until"}),
    Row("escalation interview", "escalations.RecordInterview", "记录约谈情况。",
        "Records how an interview went.", args="escalation_id", defaults={"outcome": "held"},
        flags={"--absent": ("outcome", "not_attended")}),
    Row("escalation exposures", "escalations.ListExposures",
        "列出向社会公开的内容；案件终结即撤下。", "Lists what is public.",
        defaults={"page_size": 50}),
    # time
    Row("clock show", "clock.GetClock", "显示平台时间。", "Shows the platform's time."),
)  # fmt: skip
