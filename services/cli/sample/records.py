"""The credit records of the sample register, chosen so that every grade of every ruleset occurs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from law.evidence import RecordKind as Kind
from services.cli.sample.subjects import subjects

# The register of before, from which the sample comes, had the records so long that the window
# before their publication has passed.
ENTERED_DAYS_AGO = timedelta(days=30)


@dataclass(frozen=True)
class SampleRecord:
    """A credit record of a sample subject, determined `days_ago` days before the day of loading."""

    ref: str
    kind: Kind
    days_ago: int
    summary: str
    final: bool = False


RECORDS = (
    # Hangzhou: A, C, D and E; without a record it is B.
    SampleRecord("HZ-01", Kind.AWARD, 200, "计量工作先进单位"),
    SampleRecord("HZ-01", Kind.COMMITMENT_KEPT, 150, "诚信计量承诺已履行"),
    SampleRecord("HZ-03", Kind.AWARD, 320, "计量工作先进单位"),
    SampleRecord("HZ-05", Kind.PENALTY, 120, "使用超期衡器被处罚", final=True),
    SampleRecord("HZ-06", Kind.COMPLAINT_UPHELD, 90, "投诉查实"),
    SampleRecord("HZ-08", Kind.PENALTY, 260, "使用未经检定器具被处罚", final=True),
    SampleRecord("HZ-08", Kind.FAILED_VERIFICATION_USE, 100, "使用不合格器具"),
    SampleRecord("HZ-10", Kind.PERMIT_FRAUD, 400, "以欺骗手段取得计量行政许可"),
    SampleRecord("HZ-14", Kind.COMMITMENT_MADE, 60, "公开诚信计量承诺"),
    # Tianjin: class 1 needs the three good records, one adverse record makes class 3.
    SampleRecord("TJ-01", Kind.COMPLIANCE, 500, "遵守计量法规，主体责任落实"),
    SampleRecord("TJ-01", Kind.SOUND_MANAGEMENT, 480, "配备计量管理人员，制度有效运行"),
    SampleRecord("TJ-01", Kind.COMMITMENT_KEPT, 470, "公开承诺并认真履行"),
    SampleRecord("TJ-03", Kind.SHORT_MEASURE, 300, "克扣消费者被查处"),
    SampleRecord("TJ-06", Kind.COMPLAINT_UPHELD, 250, "投诉查实"),
    # Taizhou, under the national guide: trusted, basically trusted, untrusted.
    SampleRecord("TZ-01", Kind.COMPLIANCE, 365, "遵守计量法规"),
    SampleRecord("TZ-01", Kind.SOUND_MANAGEMENT, 365, "计量管理制度健全"),
    SampleRecord("TZ-03", Kind.OVERDUE_USE, 180, "超过检定周期继续使用"),
    SampleRecord("TZ-05", Kind.COMPLAINT_UPHELD, 140, "投诉查实"),
)


def rows(today: date) -> Iterator[dict[str, str]]:
    """Yields the rows of the import file of credit records, as of the day `today`."""
    owners = {owner.ref: owner for owner in subjects()}
    for n, record in enumerate(RECORDS, 1):
        determined = today - timedelta(days=record.days_ago)
        yield {
            "使用单位": owners[record.ref].key,
            "信息类别": record.kind.value,
            "发生日期": (determined - timedelta(days=20)).isoformat(),
            "认定日期": determined.isoformat(),
            "录入日期": max(determined, today - ENTERED_DAYS_AGO).isoformat(),
            "经核实": "是",
            "已生效": "是" if record.final else "否",
            "文书编号": f"样例字〔{determined.year}〕第{n:03d}号",
            "提供单位": "样例·计量科",
            "摘要": record.summary,
        }
