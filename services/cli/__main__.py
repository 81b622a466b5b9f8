"""Entry point of the command-line program `quanheng`; `commands.table` lists its commands."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from services.cli.groups import SETTINGS, Root
from services.cli.output.language import Language, set_language

app = typer.Typer(
    name="quanheng",
    cls=Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - slow to load

        typer.echo(f"quanheng {version('quanheng')}")
        raise typer.Exit


@app.callback()
def _every_command(
    lang: Annotated[
        Language, typer.Option("--lang", help="语言：zh 中文、en 英文 | language of the screen")
    ] = Language.ZH,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="显示版本 | shows the version", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """权衡：计量信用监管平台。

    Quanheng: supervision of metrology credit for a market-regulation bureau.
    """
    set_language(lang)


def run() -> int:
    """Runs the command line and returns its exit status.

    Prints a LawError, or why a file cannot be read or written, and returns 1.
    """
    from law.errors import LawError  # noqa: PLC0415 - `--help` needs none of the law

    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except LawError as error:
        from services.cli.output import show  # noqa: PLC0415 - only a refusal needs it

        faults = [(f.field, f.message_zh, f.message_en) for f in error.faults]
        show.refuse(error.zh, error.en, faults)
        return 1
    except Exception as error:  # main must reach its end, whatever happened
        _print(error)
        return 1
    return 0


def _print(error: Exception) -> None:
    if isinstance(error, OSError) and error.filename is not None:
        from services.cli.output import show  # noqa: PLC0415 - only a refusal needs it

        file, why = error.filename, error.strerror
        show.refuse(f"无法读写 {file}：{why}", f"{file} cannot be read or written: {why}")
        return
    import traceback  # noqa: PLC0415 - only an error of ours needs it

    traceback.print_exc()


def main() -> NoReturn:
    """Runs the command line, then ends the process with os._exit.

    A normal exit is avoided because the Temporal client may abort it.
    """
    status = run()
    with suppress(OSError):  # the terminal may be gone by now
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
