"""The commands of exposure lists: compiled, reviewed, released and taken down."""

from __future__ import annotations

from services.cli.commands.row import Row

EXPOSURE_ROWS: tuple[Row, ...] = (
    Row("exposure candidates", "exposure_lists.ListExposureCandidates",
        "列出有曝光事由的主体，各自的事由和不能曝光的原因。",
        "Lists the subjects with a ground for exposure, and what speaks against it.",
        defaults={"page_size": 50}),
    Row("exposure compile", "exposure_lists.CompileExposureList",
        "从有事由的主体编制一份曝光名单；此时不公开。",
        "Compiles an exposure list; nothing is public yet.", args="subject_ids"),
    Row("exposure review", "exposure_lists.ReviewExposureList",
        "记录对名单的保密审查；编制人不能审查。",
        "Records the confidentiality review of a list, by somebody else.", args="list_id"),
    Row("exposure release", "exposure_lists.ReleaseExposureList",
        "由没有编制、审查过的单位负责人批准公开；逐项再核对一次。",
        "Makes a reviewed list public, by a unit head who did neither.", args="list_id"),
    Row("exposure discard", "exposure_lists.DiscardExposureList",
        "作废一份尚未公开的名单，说明理由。", "Discards a list that is not public.",
        args="list_id"),
    Row("exposure take-down", "exposure_lists.TakeDownExposureEntry",
        "把一个主体从名单撤下，说明理由；事由消失的由平台自动撤下。",
        "Takes an entry down, or strikes it before the release.", args="entry_id"),
    Row("exposure list", "exposure_lists.ListExposureLists", "列出曝光名单，新的在前。",
        "Lists the exposure lists, newest first.", defaults={"page_size": 50}),
    Row("exposure show", "exposure_lists.GetExposureList",
        "显示一份名单和各项，含已经撤下的。", "Shows a list with all its entries.",
        args="list_id"),
    Row("exposure public", "exposure_lists.ListExposedSubjects",
        "列出正在公开的曝光名单中的主体。", "Lists who stands on a public list now.",
        defaults={"page_size": 50}, names={"name_contains": "--name"}),
)  # fmt: skip
