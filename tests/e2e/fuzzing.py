"""Makes messages with Hypothesis from the descriptors of the contract.

Wild messages hold any value that the wire can carry (`random_messages`). Near messages obey the
rules of the contract (protovalidate) and name existing things, so that they reach the commands and
queries.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from plumbing import paging
from tests.e2e.random_messages import (
    DAYS,
    INTEGERS,
    LIST_LENGTH,
    ODD_TEXTS,
    TIMESTAMP,
    Strategy,
    any_message,
    any_single_value,
    any_value,
    class_of,
    messages,
    plural,
    put,
    rules_of,
)
from tests.e2e.rpcs import Rpc

Pools = dict[str, list[str]]  # name of a field → values that mean something
Path = tuple[FieldDescriptor, ...]
BUNCH = 20  # messages to an example


def drawn(strategy: Strategy, count: int, number: int) -> list[Any]:
    """Draws `count` values; the same ones for the same number.

    One example of Hypothesis holds many values, because an example costs more than a value.
    """
    values: list[Any] = []
    size = min(count, BUNCH)
    several = st.lists(strategy, min_size=size, max_size=size)
    for again in itertools.count():
        examples = 1 + math.ceil((count - len(values)) / size)
        simplest, *others = _examples(several, examples, f"{number}/{again}")
        # The first is the simplest there is, so many times over.
        values += simplest[:1] + [value for example in others for value in example]
        if len(values) >= count:  # else an example grew too large and was thrown away
            return values[:count]
    raise AssertionError("The count has no end")


def _examples(strategy: Strategy, count: int, named: str) -> list[list[Any]]:
    examples: list[list[Any]] = []

    @seed(named)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(example: list[Any]) -> None:
        examples.append(example)

    collect()
    return examples


def weighed(*parts: tuple[int, Strategy]) -> Strategy:
    """Chooses one strategy, each in proportion to its weight, which `st.one_of` cannot."""
    choices = [strategy for weight, strategy in parts for _ in range(weight)]
    return st.integers(0, len(choices) - 1).flatmap(choices.__getitem__)


def requests(rpc: Rpc, templates: Sequence[Any], pools: Pools) -> Strategy:
    """Requests of an RPC: altered valid ones, near ones, any_message ones, and arbitrary bytes."""
    kind = rpc.request
    raw = st.binary(min_size=1, max_size=60)
    if rpc.streaming:
        near: Strategy = _streams(kind, [messages[0] for messages in templates], pools)
        many, bytes_ = st.lists(any_message(kind), max_size=3), st.lists(raw, max_size=2)
        return weighed((4, near), (1, many), (1, bytes_))
    near = near_valid(kind, pools)
    return weighed((6, altered(templates, pools)), (2, near), (1, any_message(kind)), (1, raw))


def altered(templates: Sequence[Any], pools: Pools) -> Strategy:
    """A valid request with a few fields altered."""
    # Each strategy is made once: a `flatmap` would make them anew for every message.
    paths = list(_paths(templates[0].DESCRIPTOR))
    near = [st.tuples(st.just(path), _near_value(path[-1], pools)) for path in paths]
    odd = [st.tuples(st.just(path), any_value(path[-1])) for path in paths]
    edit = weighed((3, st.one_of(near)), (1, st.one_of(odd)))
    chosen = st.lists(edit, max_size=3) if paths else st.just([])
    return st.builds(_edited, st.sampled_from(templates), st.uuids().map(str), chosen)


def _edited(template: Any, request_id: str, edits: Sequence[tuple[Path, Any]]) -> Any:
    message = type(template)()
    message.CopyFrom(template)
    if "request_id" in message.DESCRIPTOR.fields_by_name:
        message.request_id = request_id
    for path, value in edits:
        place = message
        for field in path[:-1]:
            place = getattr(place, field.name)
        place.ClearField(path[-1].name)
        put(place, path[-1], value)
    return message


def _paths(kind: Any, above: Path = ()) -> Iterator[Path]:
    for field in kind.fields:
        yield (*above, field)
        inner = field.message_type
        if inner is not None and not field.is_repeated and inner.full_name != TIMESTAMP:
            yield from _paths(inner, (*above, field))


def near_valid(kind: type[Message], pools: Pools) -> Strategy:
    """A message that obeys the rules of the contract in most cases."""

    def value(field: FieldDescriptor) -> Strategy:
        return _near_value(field, pools)

    made = messages(kind.DESCRIPTOR, value)
    if "page_token" in kind.DESCRIPTOR.fields_by_name:
        return st.builds(_with_token, made, st.none() | _keys())
    return made


def _near_value(field: FieldDescriptor, pools: Pools) -> Strategy:
    rules = rules_of(field)

    def one(field: FieldDescriptor) -> Strategy:
        inner = rules.repeated.items if field.is_repeated else rules_of(field)
        return _near_one(field, inner, pools)

    least = rules.repeated.min_items or 0
    most = min(rules.repeated.max_items or LIST_LENGTH, LIST_LENGTH)
    made = plural(field, one, least, most)
    return made.map(lambda values: list(dict.fromkeys(values))) if rules.repeated.unique else made


def _near_one(field: FieldDescriptor, rules: Any, pools: Pools) -> Strategy:
    if field.cpp_type in INTEGERS:
        return _near_integers(field, rules)
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if (
        field.cpp_type == FieldDescriptor.CPPTYPE_STRING
        and field.type != FieldDescriptor.TYPE_BYTES
    ):
        return _near_text(field, rules.string, pools)
    if field.message_type is None:
        return any_single_value(field)
    if field.message_type.full_name == TIMESTAMP:
        return st.one_of(_moments(), any_single_value(field))
    return near_valid(class_of(field.message_type), pools)


def _moments() -> Strategy:
    least, most = datetime(1900, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)
    bounds = (int(least.timestamp()), int(most.timestamp()))
    return st.builds(Timestamp, seconds=st.integers(*bounds), nanos=st.integers(0, 999_999_999))


def _near_integers(field: FieldDescriptor, rules: Any) -> Strategy:
    least, most = INTEGERS[field.cpp_type]
    bounds = rules.int32 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else rules.int64
    least = bounds.gte if bounds.HasField("gte") else least
    most = bounds.lte if bounds.HasField("lte") else most
    small = st.integers(max(least, 0), max(min(most, 5), least, 0))
    wide = st.integers(least, most) | st.sampled_from([least, most])
    return weighed((1, small), (1, wide))


def _near_text(field: FieldDescriptor, rules: Any, pools: Pools) -> Strategy:
    if rules.uuid:
        return st.uuids().map(str) | st.sampled_from(pools["request_id"])
    if getattr(rules, "in"):
        return st.sampled_from(list(getattr(rules, "in")))
    known = pools.get(field.name, [])
    if "[0-9]{4}-[0-9]{2}" in rules.pattern:
        other: Strategy = st.sampled_from(DAYS) | st.dates().map(str)
    elif rules.pattern:
        other = st.from_regex(rules.pattern, fullmatch=True)
    else:
        most = rules.max_len or 100
        plain = st.text(min_size=rules.min_len, max_size=min(most, 30))
        other = weighed((2, plain), (1, st.sampled_from(["权" * most, *ODD_TEXTS])))
    return weighed((3, st.sampled_from(known)), (1, other)) if known else other


def _keys() -> Strategy:
    """Keys as they stand in page tokens, and others that somebody might put there."""
    part = st.one_of(
        st.sampled_from(["", "2026-09-14", "0001-01-01T00:00:00+23:59", "\0"]),
        st.integers(-(2**70), 2**70),
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    )
    key = st.lists(part | st.lists(part, max_size=2), max_size=4)
    return key | part | st.just([0, "2026-09-14", "x"]) | st.just(["2026-09-14", "x"])


def _with_token(message: Any, key: Any) -> Any:
    message.page_token = ""
    if key is not None:
        token = json.dumps([paging._question(message), key])
        message.page_token = base64.urlsafe_b64encode(token.encode()).decode()[:1024]
    return message


def _streams(kind: Any, templates: Sequence[Any], pools: Pools) -> Strategy:
    if "header" in kind.DESCRIPTOR.fields_by_name:
        return _uploads(kind, templates, pools)
    return st.lists(altered(templates, pools), max_size=3)


def _uploads(kind: Any, templates: Sequence[Any], pools: Pools) -> Strategy:
    inner = kind.DESCRIPTOR.fields_by_name["header"].message_type
    whole = altered([template.header for template in templates], pools)
    header = weighed((2, whole), (1, near_valid(class_of(inner), pools)))
    content = st.one_of(
        st.sampled_from(pools["content"]).map(str.encode),
        st.lists(st.text(max_size=8), max_size=8).map(lambda cells: ",".join(cells).encode()),
        st.binary(max_size=80),
    )

    def build(head: Any, parts: Sequence[bytes]) -> list[Any]:
        return [kind(header=head), *(kind(content=part) for part in parts)]

    return st.builds(build, header, st.lists(content, max_size=3))
