"""Whether today's workflows may take over the runs that the last release began."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.fingerprints.reading import Fingerprint
from tools.release.record import RELEASED

ROOT = RELEASED.parent.parent.parent
MANIFEST = ROOT / "tests/evolution/fingerprints.json"
RECORDED = RELEASED / "fingerprints.json"


@dataclass(frozen=True)
class Statement:
    """Somebody's word that a change leaves the commands as they were; for this code alone."""

    code: str
    why: str


@dataclass(frozen=True)
class Manifest:
    """Every workflow's fingerprint, and what was stated about changes since the last release."""

    workflows: Mapping[str, Fingerprint]
    unchanged: Mapping[str, Statement]

    @classmethod
    def read(cls, file: Path) -> Manifest:
        """From its file; empty where there is none."""
        said = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return cls(
            {name: Fingerprint(**one) for name, one in said.get("workflows", {}).items()},
            {name: Statement(**one) for name, one in said.get("unchanged", {}).items()},
        )

    def write(self, file: Path) -> None:
        """To its file."""
        said = {
            "workflows": {name: one.to_json() for name, one in self.workflows.items()},
            "unchanged": {name: vars(one) for name, one in self.unchanged.items()},
        }
        text = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
        file.write_text(text + "\n", encoding="utf-8")


def statements(said: str, workflows: Mapping[str, Fingerprint]) -> dict[str, Statement]:
    """Read `TYPE[, TYPE]: WHY`, as one change may reach several. Raises ValueError."""
    types, _, why = said.partition(":")
    names = [name.strip() for name in types.split(",")]
    if not why.strip() or not set(names) <= set(workflows):
        raise ValueError(f"say 'TYPE[, TYPE]: WHY', TYPE being one of {', '.join(workflows)}")
    return {name: Statement(workflows[name].code, why.strip()) for name in names}


def faults(released: Manifest, now: Manifest) -> list[str]:
    """What would break a run that the last release began, with what to do about it."""
    return [
        fault
        for name, old in released.workflows.items()
        for fault in _faults(name, old, now.workflows.get(name), now.unchanged.get(name))
    ]


def _faults(
    name: str, old: Fingerprint, new: Fingerprint | None, stated: Statement | None
) -> Iterator[str]:
    if new is None:
        yield (
            f"{name}: the workflow is gone, but the last release left runs of it behind. Keep the "
            f"class registered until the release after the last such run has ended."
        )
    elif _needs_marker(old, new) and (stated is None or stated.code != new.code):
        yield _instructions(name, old, new)


def _needs_marker(old: Fingerprint, new: Fingerprint) -> bool:
    return old.code != new.code and not set(new.patches) - set(old.patches)


def _instructions(name: str, old: Fingerprint, new: Fingerprint) -> str:
    changed = sorted(
        part for part in {*old.parts, *new.parts} if old.parts.get(part) != new.parts.get(part)
    )
    lines = [f"{name}: code that decides on its commands has changed since the last release:"]
    lines += [f"    {part}" for part in changed]
    lines += [f"  - {one}" for one in old.commands if one not in new.commands]
    lines += [f"  + {one}" for one in new.commands if one not in old.commands]
    lines += [
        "  A run that began before would not replay. Do one of these, then `make fingerprints`:",
        '  1. put the new way behind `if workflow.patched("<what-changed>"):` and leave the old',
        "     way in the other branch;",
        f'  2. leave {name} as it is and add a new type beside it (name="{name}2") for new runs;',
        "  3. if it provably yields the same commands in the same order, say so:",
        f'     make fingerprints SAME="{name}: <why the commands are the same>"',
    ]
    return "\n".join(lines)
