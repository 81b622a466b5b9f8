"""The indexes of the table of cases, and the conditions that queries repeat word for word."""

from __future__ import annotations

import sqlalchemy as sa

from plumbing.row_scope import bureau_index, partial_index

FOLLOWS_ANOTHER = "follows != ''"
HAS_AGENT = "agent_subject_id != ''"
IS_OPEN = "state NOT IN ('closed', 'declined', 'withdrawn')"
UNASSIGNED = f"caseworker = '' AND {IS_OPEN}"
MANDATE_TO_CHECK = f"mandate_sent_on IS NOT NULL AND {IS_OPEN}"
AWAITS_ACCEPTANCE = "accept_by < '9999-12-31'"
HAS_OUTCOME = "outcome IS NOT NULL"

INDEXES = (
    # The work list: of everybody, a bureau, a caseworker or a subject, and by state.
    # With bureau and state, those of a city are counted without reading the cases.
    partial_index(
        "ix_objection_case_open_due_on", "due_on", "case_id", "bureau", "state", where=IS_OPEN
    ),
    partial_index("ix_objection_case_open_unassigned", "due_on", "case_id", where=UNASSIGNED),
    partial_index("ix_objection_case_open_lodged_at", "lodged_at", "case_id", where=IS_OPEN),
    partial_index(
        "ix_objection_case_open_caseworker", "caseworker", "due_on", "case_id", where=IS_OPEN
    ),
    bureau_index(
        "ix_objection_case_bureau_open",
        *("due_on", "case_id", "bureau", "state"),
        where=IS_OPEN,
    ),
    bureau_index("ix_objection_case_bureau_open_lodged", "lodged_at", "case_id", where=IS_OPEN),
    bureau_index("ix_objection_case_bureau_state", "state", "due_on", "case_id"),
    sa.Index("ix_objection_case_state", "state", "due_on", "case_id"),
    # Closed cases among them.
    bureau_index("ix_objection_case_bureau", "due_on", "case_id"),
    bureau_index("ix_objection_case_bureau_lodged_at", "lodged_at", "case_id"),
    # What is counted of the open cases and of decisions, without reading the cases.
    bureau_index(
        "ix_objection_case_bureau_counted",
        *("due_on", "accept_by", "kind", "state", "caseworker", "lodged_at", "bureau"),
        where=IS_OPEN,
    ),
    bureau_index(
        "ix_objection_case_bureau_decided",
        *("decided_at", "due_on", "kind", "bureau", "outcome"),
        where=HAS_OUTCOME,
    ),
    partial_index(
        "ix_objection_case_decided",
        *("decided_at", "due_on", "kind", "bureau", "outcome"),
        where=HAS_OUTCOME,
    ),
    # Lodged cases by the last day to accept them.
    bureau_index(
        "ix_objection_case_bureau_accept_by", "accept_by", "case_id", where=AWAITS_ACCEPTANCE
    ),
    partial_index("ix_objection_case_accept_by", "accept_by", "case_id", where=AWAITS_ACCEPTANCE),
    sa.Index("ix_objection_case_subject", "subject_id", "due_on", "case_id"),
    sa.Index("ix_objection_case_due_on", "due_on", "case_id"),
    sa.Index("ix_objection_case_lodged_at", "lodged_at", "case_id"),
    sa.Index("ix_objection_case_settled_at", "settled_at"),
    partial_index(
        "ix_objection_case_agent", "agent_subject_id", "due_on", "case_id", where=HAS_AGENT
    ),
    partial_index(
        "ix_objection_case_mandate_to_check", "due_on", "case_id", where=MANDATE_TO_CHECK
    ),
    partial_index("ix_objection_case_follows", "follows", where=FOLLOWS_ANOTHER),
)
