"""The command `quanheng`. Each module of this package that has `register` adds its commands."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

import typer

from law.errors import LawError
from services.cli import demo
from services.cli.commands import (
    accounts,
    alerts,
    assessments,
    batches,
    bulk,
    escalations,
    grades,
    import_files,
    imports,
    indices,
    objections,
    platform,
    register,
    repairs,
    rulesets,
    verifications,
)
from services.cli.health import status
from services.cli.law import commands as law
from services.cli.machine import up

app = typer.Typer(
    name="quanheng",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (
    up,
    status,
    demo,
    accounts,
    register,
    verifications,
    import_files,
    imports,
    bulk,
    batches,
    grades,
    rulesets,
    assessments,
    indices,
    objections,
    repairs,
    alerts,
    escalations,
    platform,
    law,
):
    commands.register(app)


@app.callback()
def _every_command() -> None:
    """权衡：计量信用监管平台。

    Quanheng: supervision of metrology credit for a market-regulation bureau.
    """


def run() -> int:
    """Runs one command and returns its exit status; a typed error becomes a sentence."""
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except LawError as error:
        from services.cli.output import show  # noqa: PLC0415 - only a refusal needs it

        faults = [(f.field, f.message_zh, f.message_en) for f in error.faults]
        show.refuse(error.zh, error.en, faults)
        return 1
    except Exception:  # main must reach its end, whatever happened
        traceback.print_exc()
        return 1
    return 0


def main() -> NoReturn:
    """Ends at once after the last word: the Temporal client may abort a normal exit."""
    status = run()
    with suppress(OSError):  # the terminal may be gone by now
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
