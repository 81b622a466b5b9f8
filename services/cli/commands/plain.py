"""Runs a plain command: builds the request from its parameters, sends it, prints the response."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from plumbing.client import new_request_id
from services.cli.client import GRPC_SERVICES, Client
from services.cli.commands import ids
from services.cli.commands.confirming import confirm
from services.cli.commands.item_decisions import item_decisions
from services.cli.commands.parameters import (
    FieldPath,
    Given,
    dotted,
    fields_of,
    parameters,
    parser_of,
    read_choice,
)
from services.cli.commands.row import Row
from services.cli.output import answer
from services.cli.output.answer import Method
from services.cli.output.options import AsJson, Data, Export, Yes

_ONLY_CHECKED = (
    "只核对了，没有办理；可以这样办理 | Checked only: it would be taken. Nothing changed"
)

Values = dict[str, Any]
Fields = list[tuple[FieldPath, Any]]


def method_of(name: str) -> MethodDescriptor:
    """Returns the descriptor of a gRPC method by its name in the command table.

    Such a name is `objection.AcceptObjection`.
    """
    service, _, method = name.partition(".")
    found = GRPC_SERVICES[service]
    contract: Any = import_module(f"{found.module}_pb2").DESCRIPTOR
    descriptor: MethodDescriptor = contract.services_by_name[found.name].methods_by_name[method]
    return descriptor


def function_of(row: Row) -> Callable[..., None]:
    """Builds the function of a table row; typer makes the parameters from its signature."""
    method = method_of(row.method)
    given = parameters(row, method.input_type)
    shared: dict[str, tuple[Any, Any]] = {"data": (Data, None), "as_json": (AsJson, False)}
    if _is_list(method.output_type):
        shared = {"export": (Export, None), **shared}

    def run(**values: Any) -> None:
        data, as_json = values.pop("data"), values.pop("as_json")
        execute(row, given, values, data, as_json=as_json)

    if row.asks:
        shared = {"yes": (Yes, False), **shared}

    annotations = {one.name: Annotated[_type(one), one.declaration] for one in given}
    annotations |= {name: type_ for name, (type_, _) in shared.items()}
    defaults = {one.name: one.default for one in given} | {n: d for n, (_, d) in shared.items()}
    run.__annotations__ = annotations
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_python_parameter(name, annotations[name], defaults[name]) for name in annotations]
    )
    run.__doc__ = row.help
    return run


def _type(given: Given) -> Any:
    return given.type if given.default is ... else given.type | None


def _python_parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    empty = inspect.Parameter.empty
    return inspect.Parameter(
        name, kind, annotation=annotation, default=empty if default is ... else default
    )


def _is_list(response: Descriptor) -> bool:
    return "next_page_token" in response.fields_by_name


def execute(
    row: Row, given: list[Given], values: Values, data: Path | None, *, as_json: bool
) -> None:
    """Calls the gRPC method of a table row and prints the response.

    Exits with 1 if the response field that `row.fails` names is not empty.
    """
    export, yes = values.pop("export", None), values.pop("yes", False)
    descriptor = method_of(row.method).input_type
    paths = {dotted(path): path for path in fields_of(descriptor)}
    named = field_values(row, given, values)
    fields = [(paths[name], value) for name, value in named.items()]
    request: Any = GetMessageClass(descriptor)()
    for path, value in fields:
        fill(request, path, value)
    if "request_id" in descriptor.fields_by_name:
        request.request_id = new_request_id()
    method = partial(_prepared, row, fields)
    if row.asks and not yes:
        confirm(row.asks, method, request, data)
    response = answer.call(
        method,
        request,
        data,
        as_json=as_json,
        export=export,
        anyone=row.anyone,
    )
    if getattr(request, "check_only", False):
        typer.echo(_ONLY_CHECKED, err=True)
    if row.fails and getattr(response, row.fails):
        raise typer.Exit(1)


def field_values(row: Row, given: list[Given], values: Values) -> Values:
    """Returns the values of the request fields to fill, by field name as in the command table."""
    found: Values = {name: value for name, value in row.fixed.items() if value}
    for one in given:
        value = values.get(one.name)
        if one.value == "inverted":
            found[one.dotted] = not value
        elif one.value is not None:
            found |= {one.dotted: one.value} if value else {}
        elif value is not None and value != []:
            found[one.dotted] = value
    for name, default in row.defaults.items():
        copied = default[1:] if isinstance(default, str) and default.startswith("=") else ""
        found.setdefault(name, found.get(copied) if copied else default)
    return found


def fill(request: Any, path: FieldPath, value: Any) -> None:
    """Sets one field of a request; the value False does not create an unset nested message."""
    for field in path[:-1]:
        if value is False and not path[-1].has_presence and not request.HasField(field.name):
            return
        request = getattr(request, field.name)
    last = path[-1]
    if last.is_repeated:
        getattr(request, last.name).extend(_items(path, value))
    elif last.message_type is not None:
        getattr(request, last.name).FromDatetime(value)
    else:
        setattr(request, last.name, value)


def _items(path: FieldPath, values: list[str]) -> list[Any]:
    field = path[-1]
    if field.enum_type is not None:
        numbers = {value.name: value.number for value in field.enum_type.values}
        return [numbers[f"ROLE_{value.upper()}"] for value in values]
    if field.message_type is not None and field.message_type.name == "PartResult":
        return results_of_parts(field.message_type, values)
    if field.message_type is not None:
        if field.message_type.name == "ItemDecision":
            return list(item_decisions(values))
        return corrections(field.message_type, values)
    return values


def results_of_parts(message: Descriptor, texts: list[str]) -> list[Any]:
    """Converts texts PART=RESULT to messages; the result is a code or its Chinese word.

    Raises BadParameter for a text in another form.
    """
    found = []
    for text in texts:
        part, sign, result = text.partition("=")
        if not sign or not part or not result:
            raise typer.BadParameter(f"应写作 枪号=结果 | PART=RESULT：{text}")
        code = read_choice((message.fields_by_name["result"],), result)
        found.append(GetMessageClass(message)(part=part, result=code))
    return found


def corrections(message: Descriptor, texts: list[str]) -> list[Any]:
    """Converts texts RECORD[:FIELD]=VALUE to correction messages, one message for each record.

    Raises BadParameter for a text in another form.
    """
    found: dict[str, Any] = {}
    for text in texts:
        head, sign, value = text.partition("=")
        record_id, _, name = head.partition(":")
        name = (name or "points").replace("-", "_")
        if not sign or not record_id or name not in message.fields_by_name:
            raise typer.BadParameter(f"应写作 信用信息[:字段]=值 | RECORD[:FIELD]=VALUE：{text}")
        one = found.setdefault(record_id, GetMessageClass(message)(record_id=record_id))
        setattr(one, name, _corrected(message.fields_by_name[name], value, text))
    return list(found.values())


def _corrected(field: Any, value: str, text: str) -> Any:
    if field.name == "points":
        if not (value.isascii() and value.isdigit()):
            raise typer.BadParameter(f"分值应为整数 | points must be a whole number：{text}")
        return int(value)
    parse = parser_of((field,))
    return parse(value) if parse else value


def _prepared(row: Row, fields: Fields, client: Client) -> Method[Any]:
    """The method of a row, with whole ids; of a change, what is not given stays as it is."""
    method = _callable(client, row.method)

    async def call(request: Any, **sent: Any) -> Any:
        await ids.make_whole(client, row.method.partition(".")[0], request)
        if row.present:
            await add_present(client, row, request)
            for path, value in fields:
                if dotted(path) != row.args:  # the id as it was given may be a beginning
                    fill(request, path, value)
        return await method(request, **sent)

    return call


def _callable(client: Client, name: str) -> Method[Any]:
    service, _, method = name.partition(".")
    found: Method[Any] = getattr(getattr(client, service), method)
    return found


async def add_present(client: Client, row: Row, request: Any) -> None:
    """Copies the present data of the object to be changed, with its version, into a request.

    A request that holds no data of the object, but its id first, gets the version. If the data come
    from a list that has no entry with the object's key, the request stays unchanged: the object is
    new.
    """
    changed = next((one for one in request.DESCRIPTOR.fields if one.message_type), None)
    if changed is None:
        await _add_version(client, row, request)
        return
    key = row.key or row.args.rpartition(".")[2]
    given = getattr(request, changed.name)
    if row.key and not getattr(given, key):
        return
    method = method_of(row.present)
    reading: Any = GetMessageClass(method.input_type)()
    of = next(one for one in method.output_type.fields if one.message_type == changed.message_type)
    if of.is_repeated:
        reading.page_size = 1000
    else:
        setattr(reading, key, getattr(given, key))
    response = await _callable(client, row.present)(reading)
    if not of.is_repeated:
        given.CopyFrom(getattr(response, of.name))
        return
    things = getattr(response, of.name)
    for thing in (one for one in things if getattr(one, key) == getattr(given, key)):
        given.CopyFrom(thing)


async def _add_version(client: Client, row: Row, request: Any) -> None:
    key = row.args.split()[0]
    reading: Any = GetMessageClass(method_of(row.present).input_type)()
    setattr(reading, key, getattr(request, key))
    response = await _callable(client, row.present)(reading)
    [thing] = [one.name for one in response.DESCRIPTOR.fields if one.message_type]
    request.version = getattr(response, thing).version
