"""What a workflow's fingerprint notices and what it does not, and what the manifest is held to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.fingerprints import judging
from tools.fingerprints.judging import MANIFEST, RECORDED, Manifest, Statement
from tools.fingerprints.reading import Fingerprint, fingerprints
from tools.generate import ROOT

WORKFLOW = '''
"""A sample."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.sample.activities import Activities
    from services.sample.steps import LAST, pack

NAME = "Order"


@workflow.defn(name=NAME)
class OrderWorkflow:
    """Fills an order."""

    @workflow.run
    async def run(self, order: str) -> None:
        """Runs."""
        await self._bill(order)
        await pack(order, LAST)
        workflow.logger.info("packed %s", order)
        await workflow.execute_activity_method(
            Activities.ship, order, start_to_close_timeout=MINUTE
        )

    async def _bill(self, order: str) -> None:
        await workflow.execute_activity("bill", order, start_to_close_timeout=MINUTE)
'''
STEPS = '''
"""Steps."""

from temporalio import workflow

LAST = "ribbon"


async def pack(order: str, last: str) -> None:
    await workflow.execute_activity("pack", order)
    await workflow.sleep(60)


async def unused(order: str) -> None:
    await workflow.sleep(1)
'''
ACTIVITIES = '''
"""Activities."""

from temporalio import activity


class Activities:
    @activity.defn(name="ship")
    async def ship(self, order: str) -> None:
        """Ships."""
        print(order)
'''
SAMPLE = {"workflows": WORKFLOW, "steps": STEPS, "activities": ACTIVITIES}


def fingerprint(folder: Path, **changed: str) -> Fingerprint:
    """Of the sample, some of its files said otherwise."""
    service = folder / "services" / "sample"
    service.mkdir(parents=True, exist_ok=True)
    for name, text in (SAMPLE | changed).items():
        (service / f"{name}.py").write_text(text)
    return fingerprints(folder)["Order"]


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


REORDERED = replaced(
    replaced(WORKFLOW, "        await self._bill(order)\n", ""),
    "        await pack(order, LAST)\n",
    "        await pack(order, LAST)\n        await self._bill(order)\n",
)


Edit = tuple[str, str, str]  # which file, what it says, what it says instead
COMMANDING: dict[str, Edit] = {
    "two activities reordered": ("workflows", WORKFLOW, REORDERED),
    "a timer added": ("workflows", "self._bill(order)\n", "workflow.sleep(5)\n"),
    "an activity renamed": ("workflows", '"bill"', '"charge"'),
    "a new condition": ("workflows", "await self._bill", "if order: await self._bill"),
    "a new signal": (
        "workflows",
        "    async def _bill",
        "    @workflow.signal\n    async def _bill",
    ),
    "a helper without its timer": ("steps", "    await workflow.sleep(60)\n", ""),
    "renamed in a helper": ("steps", '"pack", order', '"wrap", order'),
    "a constant": ("steps", '"ribbon"', '"string"'),
    "an activity renamed where it is defined": ("activities", '"ship"', '"send"'),
}
SILENT: dict[str, Edit] = {
    "docstring": ("workflows", '"""Fills an order."""', '"""Fills it. All of it."""'),
    "comment": ("workflows", "        await self._bill", "        # now\n        await self._bill"),
    "log text": ("workflows", '"packed %s", order', '"packed"'),
    "log line": ("workflows", '        workflow.logger.info("packed %s", order)\n', ""),
    "formatting": (
        "workflows",
        "pack(order, LAST)",
        "pack(\n            order, LAST\n        )",
    ),
    "patience": ("workflows", "_timeout=MINUTE", "_timeout=HOUR, retry_policy=OFTEN"),
    "types": ("workflows", "order: str", "order: Order"),
    "a function it does not use": ("steps", "workflow.sleep(1)", "workflow.sleep(2)"),
    "what an activity does": ("activities", "print(order)", "print(order, order)"),
}


def edited(folder: Path, edit: Edit) -> Fingerprint:
    file, old, new = edit
    return fingerprint(folder, **{file: replaced(SAMPLE[file], old, new)})


@pytest.mark.parametrize("edit", COMMANDING.values(), ids=[*COMMANDING])
def test_what_changes_commands_is_noticed(edit: Edit, tmp_path: Path) -> None:
    before, after = fingerprint(tmp_path), edited(tmp_path, edit)
    assert before.code != after.code
    [told] = judging.faults(Manifest({"Order": before}, {}), Manifest({"Order": after}, {}))
    assert "workflow.patched(" in told
    assert "make fingerprints" in told


@pytest.mark.parametrize("edit", SILENT.values(), ids=[*SILENT])
def test_what_changes_no_command_passes(edit: Edit, tmp_path: Path) -> None:
    assert fingerprint(tmp_path).code == edited(tmp_path, edit).code


def test_it_names_commands_in_order_and_activities_by_their_names(tmp_path: Path) -> None:
    here = "services.sample"
    assert fingerprint(tmp_path).commands == [
        f"{here}.steps.pack: workflow.execute_activity('pack')",
        f"{here}.steps.pack: workflow.sleep(60)",
        f"{here}.workflows.OrderWorkflow._bill: workflow.execute_activity('bill')",
        f"{here}.workflows.OrderWorkflow.run: workflow.execute_activity_method('activity ship')",
    ]


@pytest.mark.parametrize("marker", ["patched", "deprecate_patch"])
def test_a_new_marker_lets_a_change_pass_and_an_old_one_does_not(
    marker: str, tmp_path: Path
) -> None:
    said = f'        workflow.{marker}("ribbons")\n        await self._bill(order)\n'
    marked = replaced(WORKFLOW, "        await self._bill(order)\n", said)
    before, after = fingerprint(tmp_path), fingerprint(tmp_path, workflows=marked)
    assert judging.faults(Manifest({"Order": before}, {}), Manifest({"Order": after}, {})) == []
    later = fingerprint(tmp_path, workflows=replaced(marked, '"bill"', '"charge"'))
    assert judging.faults(Manifest({"Order": after}, {}), Manifest({"Order": later}, {}))


def test_a_new_type_passes_and_one_that_is_gone_does_not(tmp_path: Path) -> None:
    known = {"Order": fingerprint(tmp_path)}
    beside = known | {"Order2": fingerprint(tmp_path, workflows=REORDERED)}
    assert judging.faults(Manifest(known, {}), Manifest(beside, {})) == []
    [told] = judging.faults(Manifest(beside, {}), Manifest(known, {}))
    assert told.startswith("Order2: the workflow is gone")


def test_a_statement_holds_for_the_code_it_was_made_about(tmp_path: Path) -> None:
    before = Manifest({"Order": fingerprint(tmp_path)}, {})
    after = edited(tmp_path, ("steps", '"ribbon"', '"rib" + "bon"'))
    stated = {"Order": Statement(after.code, "the same word")}
    assert judging.faults(before, Manifest({"Order": after}, stated)) == []
    another = fingerprint(tmp_path, workflows=REORDERED)
    assert judging.faults(before, Manifest({"Order": another}, stated))


def test_one_statement_may_speak_of_several_types(tmp_path: Path) -> None:
    order = fingerprint(tmp_path)
    known = {"Order": order, "Return": order}
    said = Statement(order.code, "one base: the same commands")
    found = judging.statements("Order, Return: one base: the same commands", known)
    assert found == {"Order": said, "Return": said}
    for wrong in ("Order", "Order:", "Order, Refund: the same", ": the same"):
        with pytest.raises(ValueError, match="one of Order, Return"):
            judging.statements(wrong, known)


def test_the_manifest_is_what_the_code_yields() -> None:
    assert Manifest.read(MANIFEST).workflows == fingerprints(ROOT), "run `make fingerprints`"


def test_no_run_of_the_last_landing_is_left_behind() -> None:
    released, now = Manifest.read(RECORDED), Manifest.read(MANIFEST)
    assert len(released.workflows) >= 4
    assert judging.faults(released, now) == []
