"""The rows of batches of imports, and of the names that files have for types."""

from __future__ import annotations

from services.cli.commands.row import Row

BATCH_ROWS: tuple[Row, ...] = (
    Row("batch list", "imports.ListBatches", "列出导入批次，新的在前。",
        "Lists import batches, newest first.", defaults={"page_size": 50}),
    Row("batch show", "imports.GetBatch", "显示一个批次及其影响估计。",
        "Shows a batch, with what it would set off.", args="batch_id"),
    Row("batch columns", "imports.GetColumns", "显示一个文件的各列及其对应的字段。",
        "Shows the columns of a file and their fields.", args="batch_id"),
    Row("batch faults", "imports.ListFaults", "逐格列出一个批次的错误。",
        "Lists what was wrong with a batch, cell by cell.", args="batch_id"),
    Row("batch kinds", "imports.CountFaults", "按种类汇总一个批次的错误和提示，错误在前。",
        "Counts what was wrong with a batch by kind, errors first.", args="batch_id"),
    Row("instrument names", "imports.GetTypeNames",
        "列出本机关文件里的器具名称指目录中的哪种类型。",
        "Lists the names of types that the bureau's files use beside the catalogue's."),
    Row("instrument name", "imports.NameType",
        "指明文件里的一个器具名称指目录中的哪种类型；不填类型则取消。",
        "Says which type of the catalogue a name in files means; without a type, forgets it.",
        args="written type_code"),
    Row("batch undo", "imports.UndoBatch", "提出撤销一个批次；经他人批准后恢复到导入之前。",
        "Proposes to undo a batch; once released, all is as it was before.", args="batch_id"),
    Row("batch approve", "imports.ApproveBatch",
        "批准一个待批准的批次；登记内容已变化的，不予导入并重新估计，退出码为 1。",
        "Lets a waiting batch in; exit 1 where it would no longer do what was seen.",
        args="batch_id", fails="stale"),
    Row("batch reject", "imports.RejectBatch", "退回一个待批准的批次。",
        "Turns a waiting batch away.", args="batch_id"),
    Row("batch discard", "imports.DiscardBatch", "放弃一个未报送完毕或待批准的批次。",
        "Gives up a batch not yet decided.", args="batch_id"),
)  # fmt: skip
