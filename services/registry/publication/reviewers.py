"""Who reviews a record: somebody in a role that the law names, who did not write it (S1 18)."""

from __future__ import annotations

from law.disclosure.publication import may_review, review_rule
from law.errors import NotPermitted
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.view import View
from services.registry.tables import Record


def authors_of(record: Record) -> set[str]:
    """Returns the accounts of everybody who wrote a version of a record."""
    return {record.entered_by, *(record.authors or ())} - {""}


def is_reviewer(by: Change | View, record: Record) -> bool:
    """Returns whether the caller may review a record of their bureau."""
    roles = map(Role, review_rule(by.today).by)
    return by.caller.has(*roles) and may_review(by.caller.account_id, authors_of(record))


def require_reviewer(change: Change, record: Record) -> None:
    """Raises NotPermitted without the role that the law names, and for an author of the record."""
    rule = review_rule(change.today)
    if not change.caller.has(*map(Role, rule.by)):
        zh, en = "保密审查由办案人员或单位负责人进行", "Caseworkers and unit heads review records"
        raise NotPermitted(zh, en, cite=rule.cite)
    if not may_review(change.on_behalf_of, authors_of(record)):
        zh = "不能审查本人录入、更正或批准的记录，请由另一人审查"
        raise NotPermitted(
            zh, "Nobody reviews a record that they wrote; somebody else does", cite=rule.cite
        )
