"""Changing a workflow key: at no step does a replica fail to open what another one sealed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from law.errors import NotFound, WrongState
from plumbing.workflow_key_rotation import Step, rotate
from plumbing.workflow_seals import Seals, make_key


def test_replicas_of_two_neighbouring_steps_open_what_each_other_sealed(tmp_path: Path) -> None:
    file = make_key(tmp_path, "alerts")
    former = Seals.of(tmp_path, "alerts")
    first = former.seal(b"first", "delivery/1")
    for step in Step:
        assert rotate(tmp_path, "alerts", step) == file
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        now = Seals.of(tmp_path, "alerts")
        for one, other in ((former, now), (now, former)):
            assert other.open(one.seal(b"text", "delivery/2"), "delivery/2") == b"text"
        former = now
    assert former.open(first, "delivery/1") is None  # the first key is gone
    assert len(file.read_text().split()) == 1


@pytest.mark.parametrize("step", [Step.USE, Step.DROP])
def test_a_step_out_of_its_turn_changes_nothing(tmp_path: Path, step: Step) -> None:
    before = make_key(tmp_path, "alerts").read_text()
    with pytest.raises(WrongState, match="has 1 keys"):
        rotate(tmp_path, "alerts", step)
    assert make_key(tmp_path, "alerts").read_text() == before
    rotate(tmp_path, "alerts", Step.ADD)
    with pytest.raises(WrongState, match="has 2 keys"):
        rotate(tmp_path, "alerts", Step.ADD)


def test_without_a_file_of_keys_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        rotate(tmp_path, "alerts", Step.ADD)
    assert list(tmp_path.iterdir()) == []
