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
        "Takes orders a step on, withdraws them, or ends them.", args="state order_ids"),
)  # fmt: skip
