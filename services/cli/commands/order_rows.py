"""The plain commands about orders for verification."""

from __future__ import annotations

from services.cli.commands.row import Row

ORDER_ROWS = (
    Row("order list", "orders.ListOrders", "列出检定申请。", "Lists orders for verification."),
    Row("order show", "orders.GetOrder", "显示检定申请及其经过。",
        "Shows an order with its steps.", args="order_id"),
    Row("order verifiers", "orders.ListVerifiers", "列出今天可以检定这些类型的检定机构。",
        "Lists the institutions that may verify these types today.", args="type_codes"),
    Row("order apply", "orders.ApplyForVerification", "为器具申请检定。",
        "Applies for the verification of instruments.", args="institution_id instrument_ids"),
    Row("order move", "orders.MoveOrders", "办理、撤回或者终止检定申请。",
        "Takes orders a step on, withdraws them, or ends them.", args="state order_ids",
        fails="not_moved"),
    Row("order terms", "orders.ListOrderTerms",
        "列出各机关规定的受理和完成期限，以及机关没有规定时的期限。",
        "Lists the terms that bureaus state, and those where none does."),
    Row("order set-terms", "orders.PutOrderTerms",
        "提出一个机关的受理和完成期限（工作日，0 为不另规定）；由另一位单位负责人批准。",
        "Proposes the terms of a bureau in working days, 0 for none; another person releases.",
        args="bureau", names={"acceptance_days": "--acceptance", "completion_days": "--completion",
                              "valid_from": "--from"}),
)  # fmt: skip
