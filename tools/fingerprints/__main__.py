"""Writes the manifest of workflow fingerprints; `make fingerprints` runs it.

It refuses, saying what to do, where a run of the last release could not go on: a changed workflow
without a patch marker or a statement, or a recorded history that no longer replays.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from tools.fingerprints import judging, replaying
from tools.fingerprints.judging import MANIFEST, RECORDED, ROOT, Manifest, Statement
from tools.fingerprints.reading import Fingerprint, fingerprints


def main() -> int:
    """Updates the manifest, or says why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--same", default="", metavar="'TYPE[, TYPE]: WHY'", help="a statement")
    stated = parser.parse_args().same
    now = _manifest(stated)
    found = judging.faults(Manifest.read(RECORDED), now)
    if found:
        return _refuse("\n\n".join(found))
    histories = sorted(replaying.HISTORIES.glob("*.json"))
    failed = asyncio.run(replaying.replay(now.workflows, histories))
    if failed:
        told = "\n".join(f"  {name}: {error}" for name, error in failed.items())
        return _refuse(f"recorded histories do not replay:\n{told}")
    now.write(MANIFEST)
    return 0


def _manifest(stated: str) -> Manifest:
    workflows = fingerprints(ROOT)
    unchanged = {**Manifest.read(MANIFEST).unchanged}
    if stated:
        try:
            unchanged |= judging.statements(stated, workflows)
        except ValueError as error:
            sys.exit(str(error))
    return Manifest(workflows, _standing(unchanged, workflows))


def _standing(
    unchanged: dict[str, Statement], workflows: dict[str, Fingerprint]
) -> dict[str, Statement]:
    """The statements about code that is still the same; the others are void."""
    codes = {name: one.code for name, one in workflows.items()}
    return {name: one for name, one in unchanged.items() if codes.get(name) == one.code}


def _refuse(why: str) -> int:
    sys.stderr.write(why + "\n")
    return 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # the Temporal SDK can abort an interpreter that exits in the ordinary way
