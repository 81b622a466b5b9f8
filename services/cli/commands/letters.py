"""Commands for letters: writes them as PDF, and checks whether one is genuine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from law.errors import LawError
from services.cli.client import Client, with_client
from services.cli.machine.directory import platform_settings
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data
from services.cli.output.to_file import write

if TYPE_CHECKING:
    from plumbing.papers.letter_pdf import Letter
    from protos.letters.v1 import letters_pb2

CIRCULAR = "circular"  # before the id of one, which looks as that of a case


def letter_check(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="文书编号 | its number")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="校验码 | its check code")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """核验文书的真伪；没有相符的文书时退出码为 1。

    Checks whether a letter is genuine; exit 1 where no letter has this number and code.
    """
    from protos.letters.v1 import letters_pb2 as pb  # noqa: PLC0415 - only this command needs it

    request = pb.CheckLetterRequest(number=number, check_code=code)

    async def asked(client: Client) -> letters_pb2.CheckLetterResponse:
        answers = [await service.CheckLetter(request) for service in client.letters]
        return next((one for one in answers if one.genuine), answers[0])

    found = with_client(data, asked)
    answer.print_response(found, as_json=as_json)
    if not found.genuine:
        raise typer.Exit(1)


def letter_pdf(
    matter: Annotated[
        str,
        typer.Argument(
            metavar="CASE",
            help="案件或督促案件的 id，通报写作 circular/id | case, escalation or circular/ID",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", file_okay=False, help="写入的目录 | directory to write to")
    ] = Path(),
    data: Data = None,
) -> None:
    """把案件（异议、修复、督促）的全部文书或者一份通报写成 PDF。

    Writes every letter of a case (objection, repair, escalation) or a circular as PDF.
    """
    from plumbing.papers.letter_pdf import letter_pdf as typeset  # noqa: PLC0415 - slow to load

    settings = platform_settings(data)
    letters = with_client(data, lambda client: _letters(client, matter))
    out.mkdir(parents=True, exist_ok=True)
    try:
        for letter in letters:
            file = out / f"{letter.number or letter.title}.pdf"
            write(file, typeset(letter, settings.portal_url, settings.font_dir))
            show.done(str(file), str(file))
    except LawError as error:
        show.refuse(error.zh, error.en)
        raise typer.Exit(1) from error


async def _letters(client: Client, matter: str) -> list[Letter]:
    """The letters of a case; ids of escalations contain a slash."""
    from plumbing.papers.letter_pdf import letter_of_case, letter_of_circular, letters_of_step  # noqa: PLC0415 - slow

    kind, _, identity = matter.partition("/")
    if kind == CIRCULAR:
        from protos.alerts.v1 import circulars_pb2 as circulars  # noqa: PLC0415 - see above

        request = circulars.GetCircularRequest(circular_id=identity)
        circular = (await client.circulars.GetCircular(request)).circular
        return [letter_of_circular(circular)] if circular.number else []
    if identity:
        from protos.alerts.v1 import escalations_pb2 as alerts  # noqa: PLC0415 - see above

        escalation = alerts.GetEscalationRequest(escalation_id=matter)
        steps = (await client.escalations.GetEscalation(escalation)).steps
        return [letter for step in steps for letter in letters_of_step(step).values()]
    from protos.objection.v1 import objection_pb2 as objection  # noqa: PLC0415 - see above

    case = await client.objection.GetCase(objection.GetCaseRequest(case_id=matter))
    return [letter_of_case(letter) for letter in case.letters]
