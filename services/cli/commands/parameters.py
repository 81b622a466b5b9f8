"""The parameters of a plain command, derived from the fields of its gRPC request.

Each field of the request becomes an option. Nested messages are flattened; a code may be given as
code or in Chinese; days and moments may be given as people write them; an option is required if the
gRPC contract requires its field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import typer
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protos.buf.validate import validate_pb2
from services.cli.commands import choices
from services.cli.commands.asking import has_terminal
from services.cli.commands.item_decisions import FORM
from services.cli.commands.option_words import HELP
from services.cli.commands.row import Row
from services.cli.output.headings import HEADINGS
from services.cli.output.words import words_of

RULES: Any = validate_pb2.DESCRIPTOR.extensions_by_name["field"]
FieldPath = tuple[FieldDescriptor, ...]
# Set by the command itself, or by the platform and never by a person.
NEVER_GIVEN = {"request_id", "page_token"}
SET_BY_PLATFORM = {
    *("Bureau.version", "Bureau.removed"),
    *("Subject.version", "Subject.removed", "Subject.in_review", "Subject.former_names"),
    *("Subject.deregistered_on", "Subject.deregistration_ground", "Subject.origin_id"),
    *("Instrument.version", "Instrument.removed", "Instrument.in_review", "Instrument.bureau"),
    *("Instrument.spell", "Instrument.repeated_serial", "Verification.set_aside"),
    *("Instrument.parts", "Verification.precedes"),
    *("Verification.verification_id", "Verification.version", "Verification.removed"),
    *("Record.bureau", "Record.entered_on", "Record.entered_by", "Record.status"),
    *("Record.status_on", "Record.contested", "Record.disclosure_stopped", "Record.removed"),
    *("Record.version", "Record.authors"),
    *("Verification.reported_on", "Verification.report_by", "Verification.certificate_on"),
    *("Upkeep.corrected_by", "Upkeep.verification_id", "Upkeep.entered_by", "Upkeep.entered_at"),
    *("Permit.entered_on", "Permit.entered_by", "Permit.removed", "Permit.version"),
    *("Permit.ended", "Permit.ended_on", "Permit.ended_ground"),
    *("Authority.changed_by", "Authority.changed_at"),
    *("InstitutionListing.released_on", "InstitutionListing.version"),
}
LIMIT = 100
_DAY = re.compile(r"on|as_of|horizon|correct_by|.*_(?:on|from|to|until)")
_WRITTEN_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")


@dataclass(frozen=True)
class Given:
    """A parameter of a command, and the field of the request that it fills.

    `value` is the value that a flag sets; None if the parameter gives the value itself.
    """

    name: str  # of the Python parameter
    path: FieldPath
    declaration: Any  # typer.Option or typer.Argument
    type: Any
    default: Any = None
    value: Any = None

    @property
    def dotted(self) -> str:
        """The path of the request field, with dots for nested messages: `term.target_on`."""
        return dotted(self.path)


def dotted(path: FieldPath) -> str:
    """Joins the names of a field path with dots: `term.target_on`."""
    return ".".join(field.name for field in path)


def fields_of(message: Descriptor, before: FieldPath = ()) -> Iterator[FieldPath]:
    """Yields the path of every request field that a person may fill, nested messages included."""
    for field in message.fields:
        own = f"{message.name}.{field.name}"
        former = field.GetOptions().deprecated  # read no more
        if former or field.name in NEVER_GIVEN or own in SET_BY_PLATFORM:
            continue
        nested = field.message_type
        if nested and not field.is_repeated and not nested.full_name.startswith("google."):
            yield from fields_of(nested, (*before, field))
        else:
            yield (*before, field)


def parameters(row: Row, request: Descriptor) -> list[Given]:
    """Returns the parameters of a table row: positional arguments, then options, then flags."""
    args = row.args.split()
    paths = {dotted(path): path for path in fields_of(request)}
    rest = [name for name in paths if name not in args and name not in row.fixed]
    flags = [_flag(option, paths[name], value) for option, (name, value) in row.flags.items()]
    return [
        *(_positional(row, paths[name]) for name in args),
        *(_option(row, paths[name]) for name in rest),
        *flags,
    ]


def _positional(row: Row, path: FieldPath) -> Given:
    name = path[-1].name
    metavar = "FINDINGS.json" if name == "findings_json" else _bare(path[-1]).upper()
    declaration = typer.Argument(metavar=metavar, help=help_of(path), parser=parser_of(path))
    return Given(_python_name(row, path), path, declaration, str, ...)


def _option(row: Row, path: FieldPath) -> Given:
    option = row.names.get(dotted(path)) or f"--{_bare(path[-1])}"
    required = is_required(path) and not row.present and dotted(path) not in row.defaults
    if path[-1].type == FieldDescriptor.TYPE_BOOL:
        return _boolean(row, path, option)
    declaration = typer.Option(
        *option.split(),
        help=help_of(path),
        parser=parser_of(path),
        metavar=_metavar(path),
        **{**_prompt(path[-1]), **_bounds(path[-1])},
    )
    default = ... if required else _default(row, path)
    if path[-1].is_repeated:
        return Given(_python_name(row, path), path, declaration, list[str], default)
    type_ = int if parser_of(path) is None and _is_whole(path[-1]) else str
    return Given(_python_name(row, path), path, declaration, type_, default)


def _boolean(row: Row, path: FieldPath, option: str) -> Given:
    inverted = option.startswith("!")
    if not inverted and row.present and "/" not in option:
        option = f"{option}/--no-{option[2:]}"
    declaration = typer.Option(option.lstrip("!"), help=help_of(path))
    default = None if row.present else row.defaults.get(dotted(path), False)
    value = "inverted" if inverted else None
    return Given(_python_name(row, path), path, declaration, bool, default, value)


def _flag(option: str, path: FieldPath, value: Any) -> Given:
    word = words_of(path[-1]).get(value, value)
    name = option.lstrip("-").replace("-", "_")
    return Given(name, path, typer.Option(option, help=f"{word} | {value}"), bool, False, value)


def _default(row: Row, path: FieldPath) -> Any:
    if path[-1].name == "page_size":
        return row.defaults.get("page_size", LIMIT)
    return None


def _python_name(row: Row, path: FieldPath) -> str:
    option = row.names.get(dotted(path), "").lstrip("!-").partition("/")[0]
    return (option or _bare(path[-1])).replace("-", "_") + "_"


def _bare(field: FieldDescriptor) -> str:
    """The name of an option: `record_ids` is `record`, `page_size` is `limit`."""
    if field.name == "page_size":
        return "limit"
    name = re.sub("_(ids?|json)$", "", field.name)
    return (name.removesuffix("s") if field.is_repeated else name).replace("_", "-")


def _prompt(field: FieldDescriptor) -> dict[str, Any]:
    if not field.name.endswith("password"):
        return {}
    zh = HELP[field.name].partition(" |")[0].partition("，")[0]
    fresh = field.name != "old_password"
    return {"prompt": zh, "hide_input": has_terminal(), "confirmation_prompt": fresh}


def _bounds(field: FieldDescriptor) -> dict[str, Any]:
    if field.name == "page_size":
        return {"min": 1, "max": 1000}
    rules = _rules(field).int32
    found = {"min": rules.gte if rules.HasField("gte") else None}
    found["max"] = rules.lte if rules.HasField("lte") else None
    return {name: bound for name, bound in found.items() if bound is not None}


def _is_whole(field: FieldDescriptor) -> bool:
    return field.type in {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64}


def _rules(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[RULES]


def is_required(path: FieldPath) -> bool:
    """Returns True if the gRPC contract requires the field.

    A field in an optional nested message is not required.
    """
    if len(path) > 1 and not _rules(path[0]).required:
        return False
    rules = _rules(path[-1])
    if path[-1].is_repeated:
        return bool(rules.repeated.min_items)
    text = rules.string
    pattern = text.pattern and not re.search(text.pattern, "")
    allowed = list(getattr(text, "in"))
    return bool(rules.required or text.min_len or pattern or (allowed and "" not in allowed))


def codes_of(path: FieldPath) -> dict[str, str]:
    """Returns the codes that a field accepts, with their Chinese words; empty for free text."""
    field = path[-1]
    allowed = list(getattr(_rules(field).string, "in"))
    words = words_of(field)
    if field.enum_type is not None:
        codes = [value.name.removeprefix("ROLE_").lower() for value in field.enum_type.values[1:]]
        return {code: words.get(code, code) for code in codes}
    return {code: zh for code, zh in words.items() if not allowed or code in allowed}


def is_open(path: FieldPath) -> bool:
    """Returns True if a field accepts other values than its codes, as an instrument type does."""
    return path[-1].name == "type_code"


def help_of(path: FieldPath) -> str:
    """Returns the help text of an option, in Chinese and English, with the codes it accepts."""
    field = path[-1]
    message = field.containing_type
    zh = HEADINGS.get(f"{message.name}.{field.name}" if message else "")
    zh = zh or HEADINGS.get(field.name) or field.name
    own = f"{zh} | {field.name.replace('_', ' ').removesuffix(' id')}"
    text = HELP.get(dotted(path)) or HELP.get(field.name) or own
    codes = codes_of(path)
    taken = f"：{choices.listed(codes)}" if codes and not is_open(path) else ""
    longest = _rules(field).string.max_len
    most = f"；至多 {longest} 字" if longest and not taken and longest > 64 else ""
    head, bar, english = text.partition(" |")
    return f"{head}{taken}{most}{bar}{english}"


def _metavar(path: FieldPath) -> str | None:
    field = path[-1]
    if field.message_type is not None:
        if _is_moment(field):
            return "DATETIME"
        return {"ItemDecision": FORM, "PartResult": "PART=RESULT"}.get(
            field.message_type.name, "RECORD=VALUE"
        )
    if _DAY.fullmatch(field.name) and field.type == FieldDescriptor.TYPE_STRING:
        return "DATE"
    return None


def _is_moment(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.name == "Timestamp"


def parser_of(path: FieldPath) -> Callable[[str], Any] | None:
    """Returns the function that parses a parameter's text; None if the text is used unchanged."""
    field = path[-1]
    if field.name.endswith("_json"):
        return _content_of
    if _is_moment(field):
        return read_moment
    if codes_of(path):
        return partial(read_choice, path)
    if _DAY.fullmatch(field.name) and field.type == FieldDescriptor.TYPE_STRING:
        return read_day
    return None


def read_choice(path: FieldPath, text: str) -> str:
    """Returns the code that a text names in a field, as code or as Chinese word.

    For an unknown text: raises BadParameter, which lists all codes; a field for which `is_open` is
    True accepts the text unchanged.
    """
    codes = codes_of(path)
    if is_open(path) and text not in codes.values():
        return text
    return choices.read(codes, text)


def read_day(text: str) -> str:
    """Converts a written day to ISO format; returns any other text unchanged.

    The platform refuses a text that is not a day.
    """
    match = _WRITTEN_DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())).isoformat() if match else text
    except ValueError:
        return text


def read_moment(text: str) -> datetime:
    """Parses a date and time as Beijing time; raises BadParameter if the text has no known form."""
    from plumbing.clock import SHANGHAI  # noqa: PLC0415 - few commands take a moment

    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    raise typer.BadParameter("应写作 '2026-09-21 14:30' | must be such as '2026-09-21 14:30'")


def _content_of(text: str) -> str:
    try:
        return Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"无法读取 {text}  cannot be read") from error
