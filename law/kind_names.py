"""The names of the kinds of records, in Chinese and English."""

from __future__ import annotations

from law.evidence import RecordKind as K

_ZH = {
    K.AWARD: "表彰奖励",
    K.CERTIFICATION: "测量管理体系认证、校准实验室认可",
    K.COMMITMENT_MADE: "作出诚信计量自我承诺",
    K.COMMITMENT_KEPT: "履行诚信计量承诺",
    K.PUBLIC_SERVICE: "计量公益服务",
    K.SOUND_MANAGEMENT: "计量管理制度健全并有效运行",
    K.COMPLIANCE: "遵守计量法律法规、主体责任落实",
    K.POSITIVE_OTHER: "其他守信信息",
    K.UNVERIFIED_USE: "使用未经检定的计量器具",
    K.FAILED_VERIFICATION_USE: "使用检定不合格的计量器具",
    K.OVERDUE_USE: "使用超过检定周期的计量器具",
    K.TAMPERING: "破坏铅封、破坏准确度或计量作弊",
    K.MARK_FORGERY: "伪造、盗用检定印证",
    K.CERTIFICATE_FORGERY: "伪造、盗用、倒卖、涂改、出借、转让计量证书",
    K.DATA_FORGERY: "伪造计量数据",
    K.DISPUTE_WITH_IMPACT: "引发计量纠纷并造成社会影响",
    K.ACCIDENT_WITH_IMPACT: "引发计量事故并造成社会影响",
    K.SHORT_MEASURE: "克扣消费者",
    K.NET_CONTENT_NONCONFORMITY: "定量包装商品净含量不合格",
    K.COMPLAINT_UPHELD: "投诉举报经查实",
    K.INSPECTION_FAILED: "监督检查不合格",
    K.COMMITMENT_MISSING: "未作出诚信计量自我承诺",
    K.COMMITMENT_BROKEN: "未履行诚信计量承诺",
    K.PERMIT_FRAUD: "以不正当手段取得计量行政许可",
    K.PROMISE_BROKEN: "未履行行政事项中的信用承诺",
    K.PENALTY: "行政处罚",
    K.ADMINISTRATIVE_MEASURE: "行政约谈、告诫、责令限期改正",
    K.CRIME: "司法判决认定犯罪",
    K.OBSTRUCTION: "拒绝、阻碍监督检查或拒不整改",
    K.NON_PERFORMANCE: "拒不履行生效文书",
    K.ADVERSE_OTHER: "其他失信信息",
    K.SERIOUS_OTHER: "其他严重失信信息",
}


def kind_name(kind: K, lang: str) -> str:
    """Returns the name of a kind of record in the language `zh` or `en`."""
    return _ZH[kind] if lang == "zh" else kind.value.replace("_", " ")
