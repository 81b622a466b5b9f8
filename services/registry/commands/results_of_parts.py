"""Reads the results of the parts of an instrument, such as its nozzles, under one certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from law.colours.parts import severest
from law.colours.rule import VerificationResult
from law.errors import Fault
from law.identity import part_key
from law.reader.strict_reader import Reader
from protos.registry.v1 import registry_pb2 as pb
from services.registry.validation import VerificationContent, read_verification, reader_of


def read_results(
    request: pb.RecordVerificationRequest, today: date, faults: list[Fault]
) -> tuple[Reader, VerificationContent, list[VerificationContent]]:
    """Reads and checks a verification; adds a fault for each bad field.

    Returns its reader, its content as a whole, and the contents to record: one for each part that
    has a result of its own, otherwise the whole. As a whole it is a pass if any part passed, since
    the last valid day is that of the parts that passed.
    """
    reader = reader_of(request.verification, "verification", faults)
    if not request.parts:
        content = read_verification(reader, today)
        return reader, content, [content]
    results = [VerificationResult(one.result) for one in request.parts]
    if (given := request.verification.result) != (worst := severest(results)):
        zh = f"各部件中最严的结果是 {worst}，整台的结果应与之相同，现为 {given}"
        reader.fault("result", zh, f"the worst result of a part is {worst}, not {given}")
    if request.verification.part:
        zh, en = "分部件填写结果时，此项应为空", "must be empty where results of parts are given"
        reader.fault("part", zh, en)
    some = VerificationResult.PASS if VerificationResult.PASS in results else worst
    reader = Reader({**reader.data, "result": some.value}, "verification", faults)
    whole = read_verification(reader, today)
    names = _names(request, faults)
    return reader, whole, [_of_part(whole, *one) for one in zip(names, results, strict=True)]


def _of_part(
    whole: VerificationContent, name: str, result: VerificationResult
) -> VerificationContent:
    until = whole.valid_until if result is VerificationResult.PASS else None
    return replace(whole, part=name, result=result, valid_until=until)


def _names(request: pb.RecordVerificationRequest, faults: list[Fault]) -> Sequence[str]:
    names: list[str] = []
    for place, one in enumerate(request.parts):
        name = part_key(one.part)
        if not name:
            zh, en = "应为枪号、通道号或相别，如 3、A相", "must name a nozzle, channel or phase"
            faults.append(Fault(f"parts.{place}.part", zh, en))
        elif name in names:
            zh, en = f"部件 {name} 的结果填写了两次", f"part {name} has two results"
            faults.append(Fault(f"parts.{place}.part", zh, en))
        names.append(name)
    return names
