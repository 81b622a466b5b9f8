"""The public data sets: which fields each has, in the words of the pages.

A field shows only what the public may read from the services. Names of people in charge are left
out: nobody is to collect natural persons from these files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from law.reader.texts import TEXTS, TextStatus, spell_out
from plumbing.clock import SHANGHAI
from services.portal.open_data import reading
from services.portal.open_data.dataset import Dataset, Field
from services.portal.wording import N_, Words

_WORDS = Words(str, "zh-CN")


def _written(stamp: Any) -> str:
    """A moment as in RFC 3339, in Beijing time; empty where it is not set."""
    return stamp.ToDatetime(SHANGHAI).isoformat(timespec="seconds") if stamp.seconds else ""


def _article(citation: str) -> str:
    """A citation with the titles of its texts; internal numbers such as C-19 are left out."""
    parts = [part.strip() for part in citation.split(";")]
    return "；".join(spell_out(one, "zh") for one in parts if one.partition(" ")[0] in TEXTS)


def _status(status: TextStatus) -> str:
    return {TextStatus.ISSUED: "现行", TextStatus.DRAFT: "草案"}[status]


_SUBJECTS = Dataset(
    "subjects",
    N_("信用主体及等级"),
    N_("依法公开的信用主体，及其今天有效的信用等级。自然人不公开。"),
    ("subject_id",),
    (
        Field("subject_id", N_("主体编号"), lambda row: row.subject.subject_id),
        Field("name", N_("名称"), lambda row: row.subject.name),
        Field("kind", N_("类型代码"), lambda row: row.subject.kind),
        Field("credit_code", N_("统一社会信用代码"), lambda row: row.subject.credit_code),
        Field("bureau", N_("监管机关代码"), lambda row: row.subject.bureau),
        Field("sector", N_("行业代码"), lambda row: row.subject.sector),
        Field("sector_name", N_("行业"), lambda row: _WORDS.sector(row.subject.sector)),
        Field("address", N_("地址"), lambda row: row.subject.address),
        Field("grade", N_("等级"), lambda row: row.grade.grade),
        Field("ruleset_id", N_("等级所依规则"), lambda row: row.grade.ruleset_id),
        Field("in_force_from", N_("等级生效日"), lambda row: row.grade.in_force_from, "date"),
        Field("contested", N_("所依据的记录有异议"), lambda row: row.grade.contested, "boolean"),
        Field("no_record", N_("评价期内没有记录"), lambda row: row.grade.no_record, "boolean"),
        Field("example_values", N_("含示例分值"), lambda row: row.grade.example_values, "boolean"),
        Field("not_graded", N_("不评价等级的原因"), lambda row: row.grade.not_graded_zh),
    ),
    reading.subjects,
)
_RECORDS = Dataset(
    "records",
    N_("公开的信用记录"),
    N_("今天依法公开的信用记录，及各条最后公开日。自然人的记录不公开。"),
    ("record_id",),
    (
        Field("record_id", N_("记录编号"), lambda row: row.record.record_id),
        Field("subject_id", N_("主体编号"), lambda row: row.record.subject_id),
        Field("subject_name", N_("主体名称"), lambda row: row.subject_name),
        Field("credit_code", N_("统一社会信用代码"), lambda row: row.credit_code),
        Field("bureau", N_("监管机关代码"), lambda row: row.record.bureau),
        Field("kind", N_("类别代码"), lambda row: row.record.kind),
        Field("kind_name", N_("类别"), lambda row: _WORDS.record_kind(row.record.kind)),
        Field("severity", N_("程度"), lambda row: row.record.severity),
        Field("occurred_on", N_("发生日"), lambda row: row.record.occurred_on, "date"),
        Field("determined_on", N_("认定日期"), lambda row: row.record.determined_on, "date"),
        Field("status", N_("状态代码"), lambda row: row.record.status),
        Field("contested", N_("异议处理中"), lambda row: row.record.contested, "boolean"),
        Field("source_ref", N_("文书编号"), lambda row: row.record.source_ref),
        Field("summary", N_("内容"), lambda row: row.record.summary),
        Field("disclosed_until", N_("最后公开日"), lambda row: row.disclosed_until, "date"),
        Field("reply", N_("主体的说明"), lambda row: row.reply),
        Field("article", N_("公开期限的依据"), lambda row: _article(row.disclosure_cite)),
    ),
    reading.records,
)
_RECORD_CHANGES = Dataset(
    "record_changes",
    N_("公开记录的更正和撤下"),
    N_("曾经公开的记录经异议、复核或者信用修复而更正、撤下的；保存副本的，请据此更正或者删除。"),
    ("record_id", "change", "changed_on"),
    (
        Field("record_id", N_("记录编号"), lambda row: row.record_id),
        Field("change", N_("变更代码"), lambda row: row.change),
        Field("changed_on", N_("变更日期"), lambda row: row.changed_on, "date"),
    ),
    reading.record_changes,
)
_REPAIRS = Dataset(
    "repairs",
    N_("信用修复公告"),
    N_("正在公布的信用修复；公布期满后撤下。"),
    ("record_id", "repaired_on"),
    (
        Field("record_id", N_("记录编号"), lambda row: row.record_id),
        Field("subject_id", N_("主体编号"), lambda row: row.subject_id),
        Field("subject_name", N_("主体名称"), lambda row: row.subject_name),
        Field("kind", N_("类别代码"), lambda row: row.kind),
        Field("source_ref", N_("文书编号"), lambda row: row.source_ref),
        Field("repaired_on", N_("修复日期"), lambda row: row.repaired_on, "date"),
        Field("announced_until", N_("公布至"), lambda row: row.announced_until, "date"),
        Field("bureau", N_("监管机关代码"), lambda row: row.bureau),
        Field("article", N_("依据"), lambda row: _article(row.cite)),
    ),
    reading.repairs,
)
_EXPOSED = Dataset(
    "exposed",
    N_("曝光"),
    N_("正在公开的曝光名单中的主体；列入的事由消失后撤下。"),
    ("entry_id",),
    (
        Field("entry_id", N_("名单项编号"), lambda row: row.entry_id),
        Field("subject_id", N_("主体编号"), lambda row: row.subject_id),
        Field("subject_name", N_("主体名称"), lambda row: row.subject_name),
        Field("statement", N_("内容"), lambda row: row.statement),
        Field("list_number", N_("名单编号"), lambda row: row.list_number),
        Field("media", N_("公开方式"), lambda row: "、".join(row.media)),
        Field("article", N_("依据"), lambda row: _article(row.cite)),
        Field("published_at", N_("公开时间"), lambda row: _written(row.published_at), "datetime"),
        Field("bureau", N_("监管机关代码"), lambda row: row.bureau),
    ),
    reading.exposed,
)
_INDICES = Dataset(
    "indices",
    N_("景区和街区诚信计量指数"),
    N_("已公布的指数；各行得分见指数明细。"),
    ("index_id",),
    (
        Field("index_id", N_("指数编号"), lambda row: row.index_id),
        Field("area_name", N_("区域"), lambda row: row.area_name),
        Field("area_kind", N_("区域类型代码"), lambda row: row.area_kind),
        Field("bureau", N_("监管机关代码"), lambda row: row.bureau),
        Field("assessed_on", N_("评价日"), lambda row: row.assessed_on, "date"),
        Field("total", N_("总分"), lambda row: row.total, "number"),
        Field("base", N_("基础分"), lambda row: row.base, "number"),
        Field("bonus", N_("加分"), lambda row: row.bonus, "number"),
        Field("deduction", N_("扣分"), lambda row: row.deduction, "number"),
        Field("published_at", N_("公布时间"), lambda row: _written(row.published_at), "datetime"),
    ),
    reading.indices,
)
_INDEX_ROWS = Dataset(
    "index_rows",
    N_("指数明细"),
    N_("已公布的指数由哪些行得出：各行的要求、所见、得分和依据。"),
    ("index_id", "row"),
    (
        Field("index_id", N_("指数编号"), lambda row: row.index.index_id),
        Field("row", N_("行"), lambda row: row.row.row),
        Field("standard", N_("要求"), lambda row: row.row.standard),
        Field("found", N_("所见"), lambda row: row.row.found),
        Field("points", N_("得分"), lambda row: row.row.points, "number"),
        Field("article", N_("依据"), lambda row: _article(row.row.cite)),
    ),
    reading.index_rows,
)
_BUREAUS = Dataset(
    "bureaus",
    N_("受理异议的机关"),
    N_("各监管机关受理异议的部门、电话和邮箱。"),
    ("code",),
    (
        Field("code", N_("机关代码"), lambda row: row.code),
        Field("name", N_("机关"), lambda row: row.name),
        Field("division_code", N_("行政区划代码"), lambda row: row.division_code),
        Field("department", N_("部门"), lambda row: row.department),
        Field("phone", N_("电话"), lambda row: row.phone),
        Field("email", N_("邮箱"), lambda row: row.email),
    ),
    reading.bureaus,
)
_DIRECTORY = Dataset(
    "directory",
    N_("服务名录"),
    N_("同意公开的检定机构，和各自今天可以检定的器具类型。"),
    ("institution_id", "type_code"),
    (
        Field("institution_id", N_("机构编号"), lambda row: row.institution.institution_id),
        Field("name", N_("名称"), lambda row: row.institution.name),
        Field("sites", N_("地址"), lambda row: row.institution.sites),
        Field("division_code", N_("行政区划代码"), lambda row: row.institution.division_code),
        Field("contact", N_("对外联系的部门"), lambda row: row.institution.contact),
        Field("phone", N_("电话"), lambda row: row.institution.phone),
        Field("website", N_("网址"), lambda row: row.institution.website),
        Field("type_code", N_("器具类型代码"), lambda row: row.authorised.type_code),
        Field("valid_until", N_("授权至"), lambda row: row.authorised.valid_until, "date"),
        Field("document_no", N_("授权文号"), lambda row: row.authorised.document_no),
    ),
    reading.directory,
)
_LABORATORIES = Dataset(
    "laboratories",
    N_("专项授权实验室"),
    N_("同意公开的检定机构在服务名录中公开、今天有授权的实验室。温湿度记录不公开。"),
    ("institution_id", "laboratory"),
    (
        Field("institution_id", N_("机构编号"), lambda row: row.institution.institution_id),
        Field("name", N_("名称"), lambda row: row.institution.name),
        Field("laboratory", N_("实验室"), lambda row: row.laboratory.name),
        Field("site", N_("地点"), lambda row: row.laboratory.site),
        Field("valid_until", N_("授权至"), lambda row: row.laboratory.valid_until, "date"),
        Field("document_no", N_("授权文号"), lambda row: row.laboratory.document_no),
    ),
    reading.laboratories,
)
_INSTRUMENT_TYPES = Dataset(
    "instrument_types",
    N_("器具类型和检定规程"),
    N_("器具类型，及各自的检定规程和检定周期；“已核对”为否的，采用前须核对。"),
    ("type_code",),
    (
        Field("type_code", N_("器具类型代码"), lambda row: row.code),
        Field("name", N_("名称"), lambda row: row.name_zh),
        Field("regulation", N_("检定规程"), lambda row: row.jjg or ""),
        Field("cycle_months", N_("检定周期（月）"), lambda row: str(row.cycle_months or "")),
        Field("checked", N_("已核对"), lambda row: not row.to_be_checked, "boolean"),
    ),
    reading.instrument_types,
)
_CALENDAR = Dataset(
    "calendar",
    N_("工作日历"),
    N_("已公布放假安排的各年，每天是不是工作日；计算期限用的就是它。"),
    ("day",),
    (
        Field("day", N_("日期"), lambda row: row.day.isoformat(), "date"),
        Field("works", N_("工作日"), lambda row: row.works, "boolean"),
        Field("arranged", N_("放假或调休安排所指定"), lambda row: row.arranged, "boolean"),
    ),
    reading.calendar,
)
_RULE_TEXTS = Dataset(
    "rule_texts",
    N_("规则所依文件"),
    N_("平台的规则所依据的法规和文件。"),
    ("text_id",),
    (
        Field("text_id", N_("文件编号"), lambda row: row.id),
        Field("title", N_("标题"), lambda row: row.title_zh),
        Field("title_en", N_("英文标题"), lambda row: row.title_en),
        Field("number", N_("文号"), lambda row: row.number),
        Field("status", N_("效力"), lambda row: _status(row.status)),
    ),
    reading.rule_texts,
)
_RULESETS = Dataset(
    "rulesets",
    N_("评价规则"),
    N_("评定等级的各套规则；分值、档次和条款见规则说明。"),
    ("ruleset_id",),
    (
        Field("ruleset_id", N_("规则编号"), lambda row: row.id),
        Field("title", N_("标题"), lambda row: row.title_zh),
        Field("text_id", N_("所依文件编号"), lambda row: row.text),
        Field("status", N_("效力"), lambda row: _status(row.status)),
        Field("valid_from", N_("生效日"), lambda row: _day(row.valid_from), "date"),
        Field("valid_to", N_("失效日"), lambda row: _day(row.valid_to), "date"),
        Field("hash", N_("内容摘要"), lambda row: row.hash),
        Field("example_values", N_("含示例分值"), lambda row: row.example_valued, "boolean"),
    ),
    reading.rulesets,
)


def _day(value: Any) -> str:
    return value.isoformat() if value else ""


DATASETS: Mapping[str, Dataset] = {
    one.name: one
    for one in (
        _SUBJECTS,
        _RECORDS,
        _RECORD_CHANGES,
        _REPAIRS,
        _EXPOSED,
        _INDICES,
        _INDEX_ROWS,
        _BUREAUS,
        _DIRECTORY,
        _LABORATORIES,
        _INSTRUMENT_TYPES,
        _CALENDAR,
        _RULE_TEXTS,
        _RULESETS,
    )
}
