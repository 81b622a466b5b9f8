"""Chinese labels of coded values, as files write them beside the codes themselves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from law.colours.rule import InstrumentState, VerificationResult
from law.evidence import RecordKind, Sector, Severity, SubjectKind

SUBJECT_KINDS = {
    "法人和非法人组织": SubjectKind.ORGANISATION,
    "法人": SubjectKind.ORGANISATION,
    "非法人组织": SubjectKind.ORGANISATION,
    "企业": SubjectKind.ORGANISATION,
    "个体工商户": SubjectKind.INDIVIDUAL_BUSINESS,
    "自然人": SubjectKind.NATURAL_PERSON,
}
SECTORS = {
    "集贸市场": Sector.MARKET,
    "农贸市场": Sector.MARKET,
    "加油站": Sector.FUEL_STATION,
    "充电站": Sector.CHARGING_STATION,
    "餐饮": Sector.CATERING,
    "商场超市": Sector.RETAIL,
    "超市": Sector.RETAIL,
    "医疗机构": Sector.MEDICAL,
    "医疗": Sector.MEDICAL,
    "眼镜制配": Sector.OPTICAL,
    "眼镜店": Sector.OPTICAL,
    "交通运输": Sector.TRANSPORT,
    "公用事业": Sector.UTILITY,
    "邮政快递": Sector.POSTAL,
    "电信": Sector.TELECOM,
    "能源": Sector.ENERGY,
    "检定校准机构": Sector.CALIBRATION_SERVICE,
    "定量包装": Sector.PREPACKAGED_GOODS,
    "景区": Sector.SCENIC_AREA,
    "街区": Sector.STREET_BLOCK,
    "其他": Sector.OTHER,
}
STATES = {
    "在用": InstrumentState.IN_USE,
    "备用": InstrumentState.SPARE,
    "停用": InstrumentState.STOPPED,
    "报废": InstrumentState.SCRAPPED,
}
RESULTS = {
    "合格": VerificationResult.PASS,
    "不合格": VerificationResult.REJECT,
    "修理": VerificationResult.REPAIRED,
    "待定": VerificationResult.PENDING,
}
SEVERITIES = {
    "轻微": Severity.MINOR,
    "一般": Severity.GENERAL,
    "严重": Severity.SERIOUS,
}
RECORD_KINDS = {
    "表彰奖励": RecordKind.AWARD,
    "认证": RecordKind.CERTIFICATION,
    "作出承诺": RecordKind.COMMITMENT_MADE,
    "履行承诺": RecordKind.COMMITMENT_KEPT,
    "公益服务": RecordKind.PUBLIC_SERVICE,
    "管理健全": RecordKind.SOUND_MANAGEMENT,
    "遵守法规": RecordKind.COMPLIANCE,
    "其他守信信息": RecordKind.POSITIVE_OTHER,
    "使用未检定器具": RecordKind.UNVERIFIED_USE,
    "使用不合格器具": RecordKind.FAILED_VERIFICATION_USE,
    "使用超期器具": RecordKind.OVERDUE_USE,
    "破坏准确度": RecordKind.TAMPERING,
    "伪造检定标志": RecordKind.MARK_FORGERY,
    "伪造检定证书": RecordKind.CERTIFICATE_FORGERY,
    "伪造数据": RecordKind.DATA_FORGERY,
    "有影响的计量纠纷": RecordKind.DISPUTE_WITH_IMPACT,
    "有影响的事故": RecordKind.ACCIDENT_WITH_IMPACT,
    "短斤缺两": RecordKind.SHORT_MEASURE,
    "净含量不合格": RecordKind.NET_CONTENT_NONCONFORMITY,
    "投诉查实": RecordKind.COMPLAINT_UPHELD,
    "检查不合格": RecordKind.INSPECTION_FAILED,
    "未作承诺": RecordKind.COMMITMENT_MISSING,
    "违背自我承诺": RecordKind.COMMITMENT_BROKEN,
    "骗取许可": RecordKind.PERMIT_FRAUD,
    "违背信用承诺": RecordKind.PROMISE_BROKEN,
    "行政处罚": RecordKind.PENALTY,
    "行政措施": RecordKind.ADMINISTRATIVE_MEASURE,
    "犯罪": RecordKind.CRIME,
    "阻挠检查": RecordKind.OBSTRUCTION,
    "拒不履行": RecordKind.NON_PERFORMANCE,
    "其他失信信息": RecordKind.ADVERSE_OTHER,
    "其他严重失信信息": RecordKind.SERIOUS_OTHER,
}


def labelled(codes: type[StrEnum], labels: Mapping[str, StrEnum]) -> Mapping[str, StrEnum]:
    """What a cell may say: every code and every label."""
    return {**{code.value: code for code in codes}, **labels}
