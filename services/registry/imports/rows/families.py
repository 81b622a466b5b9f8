"""The fields of each family of rows, with their Chinese headers and the readers of their cells.

Maximum lengths and patterns are those of the gRPC messages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from google.protobuf.descriptor import Descriptor

from plumbing import characters
from plumbing.validation import SEVERAL_LINES
from protos.buf.validate import validate_pb2
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells, labels, penalty_cells, permit_cells
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.days import day, last_day, open_ended_day
from services.registry.imports.rows.moments import moment

RULES: Any = validate_pb2.DESCRIPTOR.extensions_by_name["field"]
IDENTIFIERS = (
    cells.identifier,
    cells.instrument_type,
    cells.code,
    cells.issued_code,
    cells.owner_code,
    cells.number_if_any,
    cells.mail_address,
    cells.maker_code,
    penalty_cells.published_code,
)
OWNER_LENGTH = 300  # as long as a name
ANY_LENGTH = 0
_BREAKS = re.compile(r"[\t\r\n]+")


class FamilyName(StrEnum):
    """The families of rows that can be imported, in the order in which a new register is loaded.

    Penalties are records in the columns of the national publication (双公示), and permits are those
    of the same publication.
    """

    BUREAUS = "bureaus"
    SUBJECTS = "subjects"
    INSTRUMENTS = "instruments"
    VERIFICATIONS = "verifications"
    RECORDS = "records"
    PENALTIES = "penalties"
    PERMITS = "permits"


# Families of the national publication (双公示): lists of all that a bureau decided, with persons.
PUBLISHED = frozenset({FamilyName.PENALTIES, FamilyName.PERMITS})


@dataclass(frozen=True)
class Limits:
    """The maximum length, the pattern and the characters of a field's text, as in requests."""

    longest: int = 0  # 0: any
    pattern: re.Pattern[str] | None = None
    several_lines: bool = False

    def check(self, value: str) -> None:
        """Raises BadCell for a text that is too long, or has other characters than it may have."""
        if barred := characters.barred(value, several_lines=self.several_lines):
            raise BadCell("BAD_CHARACTER", *characters.reasons(barred))
        if self.longest and len(value) > self.longest:
            zh, en = f"不能超过 {self.longest} 个字", f"at most {self.longest} characters"
            raise BadCell("TOO_LONG", zh, en)
        if self.pattern and not self.pattern.search(value):
            raise BadCell("BAD_FORMAT", "格式不符", "is not in the format of this field")


@dataclass(frozen=True)
class Field:
    """One field of a family of rows: its name, its Chinese header, and how its cells are read."""

    name: str
    header: str
    required: bool
    read: cells.Read
    limits: Limits

    @property
    def identifier(self) -> bool:
        """Whether the field is a code or number that must be stored exactly as it is written."""
        return self.read in IDENTIFIERS

    def stored(self, value: str) -> str:
        """Returns a text as the register holds it; raises BadCell if it is too long or malformed.

        Spreadsheets break long names into lines: in a text of one line such a break or tab becomes
        a blank. In an identifier it is refused, because two numbers may stand in one cell.
        """
        if self.read is cells.text and not self.limits.several_lines:
            value = _BREAKS.sub(" ", value)
        self.limits.check(value)
        return value

    @property
    def headings(self) -> tuple[str, ...]:
        """The column headings that name this field in a file, the preferred one first."""
        return self.name, self.header, *labels.HEADINGS.get(self.name, ())


@dataclass(frozen=True)
class Family:
    """One family of rows, such as subjects or instruments, with its fields by name."""

    name: FamilyName
    fields: Mapping[str, Field]


def _limits(name: str, *messages: Descriptor, others: int = OWNER_LENGTH) -> Limits:
    field = next((m.fields_by_name[name] for m in messages if name in m.fields_by_name), None)
    if field is None:  # an owner, who may be named in several ways
        return Limits(longest=others)
    rules: Any = field.GetOptions().Extensions[RULES].string
    pattern = re.compile(rules.pattern) if rules.pattern else None
    return Limits(rules.max_len, pattern, several_lines=name in SEVERAL_LINES)


def _family(name: FamilyName, message: Descriptor, *rows: tuple[str, str, cells.Read]) -> Family:
    fields = {}
    for key, header, read in rows:
        bare = key.rstrip("*")
        others = (pb.Instrument.DESCRIPTOR, pb.Verification.DESCRIPTOR, pb.Subject.DESCRIPTOR)
        limits = _limits(bare, message, *others)
        fields[bare] = Field(bare, header, key != bare, read, limits)
    return Family(name, fields)


_KIND = cells.Choice(labels.Labels(labels.SUBJECT_KINDS))
_SECTOR = cells.Choice(labels.Labels(labels.SECTORS))
_STATE = cells.Choice(labels.Labels(labels.STATES))
_RESULT = cells.Choice(labels.Labels(labels.RESULTS), labels.DOUBTFUL_RESULTS)
_RECORD_KIND = cells.Choice(labels.Labels(labels.RECORD_KINDS))
_SEVERITY = cells.Choice(labels.Labels(labels.SEVERITIES))


Rows = Sequence[tuple[str, str, cells.Read]]


def _published(name: FamilyName, message: Descriptor, known: Collection[str], rows: Rows) -> Family:
    """The columns of the national publication that the register reads, some of them `known` to it.

    Those are as long as in requests.
    """
    fields = {}
    for key, header, read in rows:
        bare = key.rstrip("*")
        messages = (message, pb.Subject.DESCRIPTOR) if bare in known else ()
        longest = OWNER_LENGTH if bare in known else ANY_LENGTH
        limits = _limits(bare, *messages, others=longest)
        fields[bare] = Field(bare, header, key != bare, read, limits)
    return Family(name, fields)


_PENALTIES: Rows = (
    ("owner*", "行政相对人名称", cells.identifier),
    ("owner_kind", "行政相对人类别", cells.text),
    ("credit_code", "行政相对人代码_1(统一社会信用代码)", penalty_cells.published_code),
    ("source_ref*", "行政处罚决定书文号", cells.identifier),
    ("offence", "违法行为类型", cells.text),
    ("facts", "违法事实", cells.text),
    ("basis*", "处罚依据", cells.text),
    ("penalty_kind", "处罚类别", cells.text),
    ("penalty_content", "处罚内容", cells.text),
    ("fine", "罚款金额（万元）", penalty_cells.amount),
    ("confiscated", "没收违法所得、没收非法财物的金额（万元）", penalty_cells.amount),
    ("revoked_permit", "暂扣或吊销证照名称及编号", cells.text),
    ("determined_on*", "处罚决定日期", day),
    ("public_until", "公示截止期", last_day),
    ("authority", "处罚机关", cells.text),
    ("provided_by", "数据来源单位", cells.text),
    ("published_state", "当前状态", penalty_cells.published_state),
    ("severity", "失信严重程度", penalty_cells.published_severity),
    ("remarks", "备注", cells.text),
)
_OF_A_RECORD = {"owner", "credit_code", "source_ref", "determined_on", "provided_by"}
_PERMITS: Rows = (
    ("owner*", "行政相对人名称", cells.identifier),
    ("owner_kind", "行政相对人类别", cells.text),
    ("credit_code", "行政相对人代码_1(统一社会信用代码)", penalty_cells.published_code),
    ("document_name*", "行政许可决定文书名称", cells.text),
    ("document_no", "行政许可决定文书号", cells.identifier),
    ("category", "许可类别", permit_cells.category),
    ("certificate_name", "许可证书名称", cells.text),
    ("permit_no", "许可编号", cells.identifier),
    ("content", "许可内容", cells.text),
    ("decided_on*", "许可决定日期", day),
    ("valid_from", "有效期自", day),
    ("valid_until", "有效期至", open_ended_day),
    ("authority*", "许可机关", cells.text),
    ("authority_code", "许可机关统一社会信用代码", penalty_cells.published_code),
    ("published_state", "当前状态", permit_cells.said_state),
    ("provided_by", "数据来源单位", cells.text),
    ("remarks", "备注", cells.text),
)
_NOT_OF_A_PERMIT = {"owner_kind", "published_state", "remarks"}
_OF_A_PERMIT = {key.rstrip("*") for key, _, _ in _PERMITS} - _NOT_OF_A_PERMIT


# The owner's own columns beside its instruments: they complete it.
_OF_THE_OWNER = (
    ("credit_code", "统一社会信用代码", cells.owner_code),
    ("address", "单位地址", cells.text),
    ("phone", "联系电话", cells.telephone),
)

FAMILIES: Mapping[FamilyName, Family] = {
    family.name: family
    for family in (
        _family(
            FamilyName.BUREAUS,
            pb.Bureau.DESCRIPTOR,
            ("code*", "机关代码", cells.code),
            ("name*", "机关名称", cells.text),
            ("division_code", "行政区划代码", cells.code),
            ("department", "受理部门", cells.text),
            ("phone", "电话", cells.code),
            ("email", "电子邮箱", cells.mail_address),
        ),
        _family(
            FamilyName.SUBJECTS,
            pb.Subject.DESCRIPTOR,
            ("external_ref", "主体编号", cells.identifier),
            ("kind*", "主体类型", _KIND),
            ("name*", "名称", cells.text),
            ("credit_code", "统一社会信用代码", cells.issued_code),
            ("code_ground", "代码校验不符的依据", cells.text),
            ("bureau*", "监管机关代码", cells.code),
            ("sector*", "行业领域", _SECTOR),
            ("person_in_charge", "负责人", cells.text),
            ("address", "地址", cells.text),
            ("email", "电子邮箱", cells.mail_address),
            ("phone", "电话", cells.telephone),
        ),
        _family(
            FamilyName.INSTRUMENTS,
            pb.Instrument.DESCRIPTOR,
            ("owner*", "使用单位", cells.identifier),
            *_OF_THE_OWNER,
            ("type_code*", "器具类型", cells.instrument_type),
            ("model", "型号规格", cells.identifier),
            ("serial_no*", "出厂编号", cells.identifier),
            ("owner_no", "单位自编号", cells.number_if_any),
            ("part", "枪号（通道、相）", cells.part),
            ("measuring_range", "测量范围", cells.text_if_any),
            ("accuracy_class", "准确度等级", cells.text_if_any),
            ("manufacturer", "生产厂家", cells.text),
            ("location", "使用地点", cells.text),
            ("maker_code", "制造商码", cells.maker_code),
            ("non_compulsory_ground", "非强制检定的理由", cells.text_if_any),
            ("state", "状态", _STATE),
            ("rotate_on", "轮换日期", day),
        ),
        _family(
            FamilyName.VERIFICATIONS,
            pb.Verification.DESCRIPTOR,
            ("owner", "使用单位", cells.identifier),
            *_OF_THE_OWNER,
            ("sector", "行业领域", _SECTOR),
            ("type_code*", "器具类型", cells.instrument_type),
            ("serial_no*", "出厂编号", cells.identifier),
            ("part", "枪号（通道、相）", cells.part),
            ("model", "型号规格", cells.identifier),
            ("owner_no", "单位自编号", cells.number_if_any),
            ("measuring_range", "测量范围", cells.text_if_any),
            ("accuracy_class", "准确度等级", cells.text_if_any),
            ("result*", "检定结果", _RESULT),
            ("verified_on*", "检定日期", day),
            ("valid_until", "有效期至", last_day),
            ("institution*", "检定机构", cells.text),
            ("certificate_no", "证书编号", cells.identifier),
            ("method", "检定依据", cells.text),
            ("laboratory", "实验室", cells.text),
            ("worked_from", "检定开始时间", moment),
            ("worked_until", "检定结束时间", moment),
            ("dcc", "数字校准证书（DCC）", cells.identifier),
        ),
        _published(FamilyName.PENALTIES, pb.Record.DESCRIPTOR, _OF_A_RECORD, _PENALTIES),
        _published(FamilyName.PERMITS, permits.Permit.DESCRIPTOR, _OF_A_PERMIT, _PERMITS),
        _family(
            FamilyName.RECORDS,
            pb.Record.DESCRIPTOR,
            ("owner*", "使用单位", cells.identifier),
            ("kind*", "信息类别", _RECORD_KIND),
            ("severity", "严重程度", _SEVERITY),
            ("occurred_on*", "发生日期", day),
            ("determined_on*", "认定日期", day),
            ("verified", "经核实", cells.flag),
            ("final", "已生效", cells.flag),
            ("points", "分值", cells.whole),
            ("source_ref*", "文书编号", cells.identifier),
            ("provided_by", "提供单位", cells.text),
            ("summary", "摘要", cells.text),
            ("entered_on", "录入日期", day),
        ),
    )
}
