"""The plain commands about permits of metrology."""

from __future__ import annotations

from services.cli.commands.row import Row

PERMIT_ROWS = (
    Row("permit list", "permits.ListPermits",
        "列出计量行政许可，新的在前；问到期的，先到期的在前。",
        "Lists permits of metrology: the latest first, or by their last day if that is asked.",
        defaults={"page_size": 50}),
    Row("permit show", "permits.GetPermit", "显示一项计量行政许可。", "Shows a permit.",
        args="permit_id"),
    Row("permit enter", "permits.PutPermit", "为主体登记一项计量行政许可。",
        "Enters a permit of metrology of a subject.",
        args="permit.subject_id permit.matter", fixed={"permit.permit_id": "", "ground": ""}),
    Row("permit correct", "permits.PutPermit",
        "更正一项计量行政许可的登记内容，写明依据；未给的项目不变。",
        "Corrects what is given of a permit, on a ground.",
        args="permit.permit_id", fixed={"permit.subject_id": ""}, present="permits.GetPermit"),
    Row("permit end", "permits.EndPermit",
        "登记许可已被撤销、撤回、吊销或者注销，写明依据；in_force 为恢复有效。",
        "Says that a permit was revoked, withdrawn, annulled or cancelled; in_force takes it back.",
        args="permit_id ended"),
)  # fmt: skip
