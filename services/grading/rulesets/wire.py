"""Converts rulesets, impacts and activations to protobuf messages."""

from __future__ import annotations

from datetime import date
from typing import Any

from law.errors import NotFound
from law.grading.direction import direction
from law.texts_in_force import load as texts
from law.texts_in_force.model import Ruleset
from protos.grading.v1 import rulesets_pb2 as pb
from services.grading.tables import Activation, Impact, ImpactMove


def ruleset(text: Ruleset) -> pb.Ruleset:
    """Converts a ruleset of the law package to a message."""
    return pb.Ruleset(
        ruleset_id=text.id,
        version=text.version,
        title_zh=text.title_zh,
        title_en=text.title_en,
        status=text.status,
        hash=text.hash,
        example_valued=text.example_valued,
        valid_from=_day(text.valid_from),
        valid_to=_day(text.valid_to),
    )


def impact(row: Impact, activation_id: str = "") -> pb.Impact:
    """Converts an impact to a message; `activation_id` is the activation to which it has led."""
    message = pb.Impact(
        impact_id=row.impact_id,
        bureau=row.bureau,
        sectors=row.sectors,
        ruleset_id=row.ruleset_id,
        ruleset_hash=row.ruleset_hash,
        as_of=row.as_of.isoformat(),
        subjects=row.subjects,
        moved=row.moved,
        counts=[_count(row, count) for count in row.counts],
        run_by=row.run_by,
        seen_by=row.seen_by,
        state=row.state,
        done=row.done,
        activation_id=activation_id,
    )
    message.run_at.FromDatetime(row.run_at)
    if row.seen_at is not None:
        message.seen_at.FromDatetime(row.seen_at)
    return message


def _count(row: Impact, count: dict[str, Any]) -> pb.ImpactCount:
    grades = (count["ruleset_before"], count["before"], row.ruleset_id, count["after"])
    return pb.ImpactCount(**count, direction=_direction(*grades))


def _direction(before_id: str, before: str, after_id: str, after: str) -> str:
    """The direction of a change; empty where a grade is missing or its text is not known now."""
    if not (before and after):
        return ""
    try:
        return direction(texts.load(before_id), before, texts.load(after_id), after)
    except (NotFound, ValueError):
        return ""


def move(row: ImpactMove, impact: Impact) -> pb.ImpactMove:
    """Converts a subject whose grade an impact would change to a message."""
    return pb.ImpactMove(
        subject_id=row.subject_id,
        bureau=row.bureau,
        ruleset_before=row.ruleset_before,
        before=row.before or "",
        after=row.after or "",
        direction=_direction(
            row.ruleset_before, row.before or "", impact.ruleset_id, row.after or ""
        ),
    )


def activation(row: Activation) -> pb.Activation:
    """Converts an activation to a message."""
    message = pb.Activation(
        activation_id=row.activation_id,
        bureau=row.bureau,
        sectors=row.sectors,
        ruleset_id=row.ruleset_id,
        ruleset_hash=row.ruleset_hash,
        valid_from=row.valid_from.isoformat(),
        impact_id=row.impact_id,
        adopted_draft=row.adopted_draft,
        ground=row.ground,
        activated_by=row.activated_by,
    )
    message.activated_at.FromDatetime(row.activated_at)
    return message


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
