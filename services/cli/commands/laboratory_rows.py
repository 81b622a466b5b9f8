"""The plain commands about laboratories, their records and the marks on verifications."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

LABORATORY_COMMANDS = (
    Command(
        "laboratory import",
        "services.cli.commands.laboratories:laboratory_import",
        "按 .xlsx 或 CSV 文件报送实验室的温湿度记录。",
        "Sends the temperature and humidity in a workbook or CSV file.",
    ),
    Command(
        "laboratory send",
        "services.cli.commands.laboratories:laboratory_send",
        "按 JSON 行成批报送温湿度记录；中断后再运行一次即可续报。",
        "Sends records as JSON lines in bulk; run again after an interruption.",
    ),
)
LABORATORY_ROWS = (
    Row(
        "laboratory list",
        "laboratories.ListLaboratories",
        "列出专项授权的实验室。",
        "Lists laboratories that were specially authorised.",
        defaults={"page_size": 50},
    ),
    Row(
        "laboratory show",
        "laboratories.GetLaboratory",
        "显示一间实验室。",
        "Shows a laboratory.",
        args="laboratory_id",
    ),
    Row(
        "laboratory put",
        "laboratories.PutLaboratory",
        "登记机构的一间实验室，或者变更它的授权：--id 写明哪一间，没有写的不变；已公开的，"
        "变更后由机构重新公开。",
        "Registers a laboratory of an institution, or changes the one of --id; "
        "its institution releases anew what was public.",
        args="laboratory.institution_id laboratory.name",
        names={
            "laboratory.laboratory_id": "--id",
            "laboratory.valid_from": "--from",
            "laboratory.valid_until": "--until",
            "laboratory.document_no": "--document",
        },
        fixed={"laboratory.institution": "", "laboratory.released": False,
               "laboratory.authorised": False},
        present="laboratories.GetLaboratory",
        key="laboratory_id",
    ),
    Row(
        "laboratory release",
        "laboratories.ReleaseLaboratory",
        "在服务名录中公开（--not-public 为撤下）本机构的一间实验室。",
        "Lets anybody find a laboratory of one's own in the directory, or takes it back.",
        args="laboratory_id",
        names={"released": "--public/--not-public"},
        defaults={"released": True},
        present="laboratories.GetLaboratory",
    ),
    Row(
        "laboratory records",
        "laboratories.ListEnvironment",
        "列出实验室的温湿度记录，新的在前。",
        "Lists the records of a laboratory, the newest first.",
        args="laboratory_id",
        defaults={"page_size": 50},
    ),
    Row(
        "laboratory marks",
        "laboratories.ListEnvironmentMarks",
        "列出在实验室所作检定的环境标记，新的在前。",
        "Lists verifications done in laboratories with what the records say of them.",
        defaults={"page_size": 50},
    ),
    Row(
        "laboratory mark",
        "laboratories.GetEnvironmentMark",
        "显示一次检定的环境标记。",
        "Shows the mark of a verification.",
        args="verification_id",
    ),
    Row(
        "laboratory note",
        "laboratories.NoteEnvironmentMark",
        "写明核对环境标记的情况。",
        "Notes what was found when a mark was looked at.",
        args="verification_id note",
        present="laboratories.GetEnvironmentMark",
    ),
)  # fmt: skip
