"""The Chinese words that files use for coded values, besides the codes themselves.

The first word of each value is the platform's own: templates offer it and refusals list it. The
other words are those of other systems: the national publication of permits and penalties (双公示),
the random inspections (双随机), the credit rules, and the ledgers of the trade.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from law.colours.rule import InstrumentState, VerificationResult
from law.evidence import RecordKind, Sector, Severity, SubjectKind
from law.kind_names import kind_name

E = TypeVar("E", bound=StrEnum)

SUBJECT_KINDS: Mapping[SubjectKind, Sequence[str]] = {
    SubjectKind.ORGANISATION: (
        *("法人和非法人组织", "法人及非法人组织", "法人或者非法人组织", "法人或非法人组织"),
        *("法人", "非法人组织", "企业", "企业法人", "事业单位", "社会组织", "农民专业合作社"),
        *("农专社", "外企代表机构"),
    ),
    SubjectKind.INDIVIDUAL_BUSINESS: ("个体工商户", "个体户"),
    SubjectKind.NATURAL_PERSON: ("自然人",),
}
SECTORS: Mapping[Sector, Sequence[str]] = {
    Sector.MARKET: ("集贸市场", "农贸市场", "菜市场", "集市", "农产品市场", "批发市场"),
    Sector.FUEL_STATION: ("加油站", "加油(气)站", "加油加气站", "加气站"),
    Sector.CHARGING_STATION: ("充电站", "充换电站", "充电设施", "电动汽车充电站"),
    Sector.CATERING: ("餐饮", "餐饮业", "餐饮行业", "餐饮服务", "餐饮单位"),
    Sector.RETAIL: ("商场超市", "超市", "商场", "商超", "商店", "便利店", "零售", "零售业"),
    Sector.MEDICAL: ("医疗机构", "医疗", "医疗卫生", "医疗卫生机构", "医院", "诊所"),
    Sector.OPTICAL: ("眼镜制配", "眼镜店", "眼镜", "眼镜行业", "眼镜制配单位", "眼镜制配场所"),
    Sector.TRANSPORT: ("交通运输", "交通", "道路运输", "道路交通"),
    Sector.UTILITY: ("公用事业", "公共事业", "公用事业单位", "水电气", "水电气热"),
    Sector.POSTAL: ("邮政快递", "邮政", "快递", "邮政业", "快递业"),
    Sector.TELECOM: ("电信", "通信", "通讯", "电信业"),
    Sector.ENERGY: ("能源", "能源计量", "用能单位", "重点用能单位"),
    Sector.CALIBRATION_SERVICE: (
        *("检定校准机构", "计量技术机构", "计量检定机构", "检定机构", "校准机构"),
    ),
    Sector.PREPACKAGED_GOODS: ("定量包装", "定量包装商品", "定量包装商品生产企业"),
    Sector.SCENIC_AREA: ("景区", "旅游景区", "风景区"),
    Sector.STREET_BLOCK: ("街区", "商业街区", "商业街", "步行街"),
    Sector.OTHER: ("其他", "其它", "其他行业"),
}
STATES: Mapping[InstrumentState, Sequence[str]] = {
    InstrumentState.IN_USE: ("在用", "使用中", "正在使用", "使用", "启用"),
    InstrumentState.SPARE: ("备用", "备件"),
    InstrumentState.STOPPED: ("停用", "已停用", "停止使用", "封存", "禁用"),
    InstrumentState.SCRAPPED: ("报废", "已报废"),
}
# What says under which condition an instrument may be used, or only that something was done: a
# person decides.
DOUBTFUL_RESULTS = frozenset({
    "准用", "限用", "限制使用", "降级", "降级使用", "降等使用", "部分合格", "基本合格", "停用",
    "√", "×", "校准", "已检", "已检定", "未检", "未检定", "/", "-", "无",
})  # fmt: skip
RESULTS: Mapping[VerificationResult, Sequence[str]] = {
    VerificationResult.PASS: (
        *("合格", "检定合格", "符合", "符合要求", "通过", "检定通过", "passed", "ok", "qualified"),
    ),
    VerificationResult.REJECT: (
        *("不合格", "检定不合格", "不符合", "不符合要求", "不通过", "未通过", "检定未通过"),
        *("rejected", "fail", "failed", "unqualified"),
    ),
    VerificationResult.REPAIRED: (
        *("修理", "已修理", "维修", "已维修", "修复", "已修复"),
        *("修理或签封损坏", "已修理或签封损坏，未再检定", "签封损坏"),
    ),
    VerificationResult.PENDING: ("待定", "待检", "检定中", "未出结果"),
}


def result_word(result: str) -> str:
    """Returns the platform's own word for a result of a verification."""
    return RESULTS[VerificationResult(result)][0]


# 较重 of the national publication lies between two of these: a person decides.
SEVERITIES: Mapping[Severity, Sequence[str]] = {
    Severity.MINOR: ("轻微", "轻微失信"),
    Severity.GENERAL: ("一般", "一般失信"),
    Severity.SERIOUS: ("严重", "严重失信"),
}
_RECORD_KINDS: Mapping[RecordKind, Sequence[str]] = {
    RecordKind.AWARD: ("表彰奖励", "表彰", "奖励", "荣誉"),
    RecordKind.CERTIFICATION: ("认证",),
    RecordKind.COMMITMENT_MADE: ("作出承诺", "做出承诺", "公开承诺"),
    RecordKind.COMMITMENT_KEPT: ("履行承诺",),
    RecordKind.PUBLIC_SERVICE: ("公益服务", "公益"),
    RecordKind.SOUND_MANAGEMENT: ("管理健全", "管理制度健全"),
    RecordKind.COMPLIANCE: ("遵守法规", "遵守法律法规"),
    RecordKind.POSITIVE_OTHER: ("其他守信信息", "其他守信"),
    RecordKind.UNVERIFIED_USE: ("使用未检定器具", "使用未经检定的计量器具"),
    RecordKind.FAILED_VERIFICATION_USE: (
        *("使用不合格器具", "使用不合格的计量器具", "使用检定不合格的计量器具"),
    ),
    RecordKind.OVERDUE_USE: (
        *("使用超期器具", "使用超过检定周期的计量器具", "使用超期未检的计量器具"),
    ),
    RecordKind.TAMPERING: ("破坏准确度", "破坏计量器具准确度"),
    RecordKind.MARK_FORGERY: ("伪造检定标志",),
    RecordKind.CERTIFICATE_FORGERY: ("伪造检定证书",),
    RecordKind.DATA_FORGERY: ("伪造数据",),
    RecordKind.DISPUTE_WITH_IMPACT: ("有影响的计量纠纷",),
    RecordKind.ACCIDENT_WITH_IMPACT: ("有影响的事故",),
    RecordKind.SHORT_MEASURE: ("短斤缺两", "缺斤短两", "缺斤少两"),
    RecordKind.NET_CONTENT_NONCONFORMITY: ("净含量不合格", "定量包装商品净含量不合格"),
    RecordKind.COMPLAINT_UPHELD: ("投诉查实", "投诉举报查实", "投诉属实"),
    RecordKind.INSPECTION_FAILED: ("检查不合格", "监督检查不合格", "抽查不合格"),
    RecordKind.COMMITMENT_MISSING: ("未作承诺", "未做承诺"),
    RecordKind.COMMITMENT_BROKEN: ("违背自我承诺",),
    RecordKind.PERMIT_FRAUD: ("骗取许可",),
    RecordKind.PROMISE_BROKEN: ("违背信用承诺",),
    # The kinds of penalty (处罚类别) of the national publication and of 行政处罚法 9.
    RecordKind.PENALTY: (
        *("行政处罚", "警告", "通报批评", "罚款", "没收违法所得", "没收非法财物"),
        *("责令停产停业", "责令关闭", "限制从业", "限制开展生产经营活动", "降低资质等级"),
        *("暂扣许可证件", "吊销许可证件", "暂扣或者吊销许可证", "暂扣或者吊销执照", "行政拘留"),
    ),
    RecordKind.ADMINISTRATIVE_MEASURE: ("行政措施", "责令改正", "行政约谈", "约谈", "告诫"),
    RecordKind.CRIME: ("犯罪", "刑事犯罪"),
    RecordKind.OBSTRUCTION: ("阻挠检查", "拒绝检查", "不配合检查", "不配合检查情节严重"),
    RecordKind.NON_PERFORMANCE: ("拒不履行", "拒不履行行政决定"),
    RecordKind.ADVERSE_OTHER: ("其他失信信息", "其他失信"),
    RecordKind.SERIOUS_OTHER: ("其他严重失信信息", "其他严重失信"),
}
# Exported lists have the law's own names.
RECORD_KINDS: Mapping[RecordKind, Sequence[str]] = {
    kind: tuple(dict.fromkeys((*others, kind_name(kind, "zh"))))
    for kind, others in _RECORD_KINDS.items()
}
# Column headings of other systems that mean exactly one of our fields, besides the field's own.
HEADINGS: Mapping[str, Sequence[str]] = {
    "type_code": ("计量器具名称", "器具名称"),
    "credit_code": (
        *("社会信用代码", "统一信用代码", "行政相对人代码_1(统一社会信用代码)", "cf_xdr_shxym"),
        *("行政相对人代码-统一社会信用代码", "行政相对人代码_1", "xk_xdr_shxym"),
    ),
    "serial_no": ("序列号", "出厂号", "表计编号"),
    "part": (
        *("枪号", "油枪号", "油枪编号", "枪编号", "加油枪号", "加油枪编号", "加气枪号", "充电枪号"),
        *("枪口号", "通道号", "通道编号", "相别", "相位", "部件号"),
    ),
    "owner_no": ("自编号", "自编号码", "单位自编码", "企业自编号", "单位内部编号", "自有编号"),
    "measuring_range": ("量程", "测量范围/量程", "量程范围", "称量范围"),
    "accuracy_class": ("准确度级别", "准确度等级/级别", "精度等级", "精度级别", "准确等级"),
    "non_compulsory_ground": ("非强检理由", "非强制检定理由", "非强制检定依据"),
    "model": ("规格型号", "型号/规格", "仪器型号", "型号"),
    "manufacturer": ("制造单位", "制造厂商", "生产企业", "生产厂商", "厂家"),
    "location": ("安装/使用地点", "安装使用地点", "安装地点", "安装位置", "使用场所"),
    "maker_code": ("制造商二维码", "制造商GS1码", "GM2D码"),
    "result": ("检定结论", "结论"),
    "verified_on": ("检定时间", "最后检定日期"),
    "valid_until": ("检定有效期至", "有效日期", "xk_yxqzi", "xk_jzq"),
    "institution": ("检定单位", "检定部门"),
    "certificate_no": ("检定证书编号", "计量检定证书编号", "证书号"),
    "method": ("技术依据", "检验依据"),
    "laboratory": ("检定实验室", "实验室名称"),
    "dcc": ("数字校准证书", "DCC编号", "DCC 编号"),
    # The national publication of penalties (双公示) in both editions; permits share some of them.
    "owner": (
        *("行政相对人名称", "行政处罚相对人名称", "cf_xdr_mc"),
        *("行政许可相对人名称", "xk_xdr_mc", "xk_xdr"),
    ),
    "owner_kind": ("cf_xdr_lb", "xk_xdr_lb"),
    "source_ref": ("行政处罚决定书文号", "处罚决定书文号", "cf_wsh"),
    "offence": ("cf_wfxw", "处罚名称", "案件名称", "cf_cfmc"),
    "facts": ("处罚事由", "cf_sy"),
    "basis": ("cf_yj",),
    "penalty_kind": ("cf_cflb", "处罚类别1", "cf_cflb1"),
    "penalty_content": ("处罚结果", "cf_nr", "cf_jg"),
    "fine": ("处罚金额（万元）", "cf_nr_fk"),
    "confiscated": (
        *("没收违法所得、没收非法财务的金额（万元）", "没收金额（万元）", "cf_nr_wfff"),
    ),
    "revoked_permit": ("cf_nr_zkdx",),
    "public_until": ("公开截止期", "公示截止日期", "cf_gsjzq"),
    "authority": ("cf_cfjg", "cf_xzjg", "xk_xkjg", "xk_xzjg"),
    "provided_by": ("cf_sjly", "xk_lydw"),
    "published_state": ("cf_zt", "处罚状态", "xk_zt"),
    "severity": ("失信严重程度", "cf_sxyzcd"),
    "determined_on": ("cf_jdrq",),
    "remarks": ("bz",),
    # That of permits, in both of its editions.
    "document_name": ("xk_xkws", "项目名称", "xk_xmmc"),
    "document_no": ("行政许可决定书文号", "行政许可文号", "xk_wsh"),
    "category": ("审批类别", "xk_xklb", "xk_splb"),
    "certificate_name": ("xk_xkzs",),
    "permit_no": ("许可证书编号", "xk_xkbh"),
    "content": ("xk_nr",),
    "decided_on": ("xk_jdrq",),
    "valid_from": ("xk_yxqz",),
    "authority_code": ("xk_xkjgdm",),
}
# Headings that mean one of our fields in most files, though not in all: only proposed, where a
# person then confirms the columns.
LIKELY_HEADINGS: Mapping[str, Sequence[str]] = {
    "owner": (
        *("单位名称", "使用单位名称", "证书单位名称", "送检单位", "委托单位", "受检单位"),
        *("保管单位", "加油站", "加油站名称"),
    ),
    "type_code": ("器具类别", "仪器设备名称", "证书器具名称", "仪器名称", "设备名称", "测量仪器"),
    "serial_no": ("器具编号", "设备编号", "仪器编号", "编号"),
    "owner_no": ("管理编号", "内部编号", "资产编号", "固定资产编号", "仪器管理号"),
    "measuring_range": ("称量", "最大称量", "测量上限"),
    "accuracy_class": ("准确度", "精度", "等级", "最大允许误差", "准确度等级/最大允许误差"),
    "part": ("枪", "油枪", "加油枪", "枪位", "枪位号", "通道", "相", "部件"),
    "manufacturer": ("制造厂", "生产厂", "制造厂家"),
    "location": ("安装地址", "存放地点", "使用部门"),
    "certificate_no": ("上次检定证书编号", "校准/检定证书编号", "检定/校准证书编号"),
    "verified_on": ("上次检定日期", "最近一次检定日期", "最近一次校准日期", "发证日期"),
    "valid_until": (
        *("检定有效期", "到期日期", "到期日", "过期时间", "校准/核查有效期"),
        *("下次检定日期", "下次校准日期"),
    ),
    "result": ("检测结果", "检验结果", "结果"),
    "institution": ("校准机构", "检测部门", "检定/校准机构", "技术机构"),
    "name": ("单位名称", "企业名称", "主体名称", "市场主体名称", "商户名称"),
    "credit_code": ("纳税人识别号", "营业执照号", "信用代码"),
    "address": ("地址", "住所", "经营地址", "经营场所", "单位地址", "注册地址"),
    "person_in_charge": ("法定代表人", "负责人姓名", "经营者"),
    "email": ("邮箱", "联系邮箱", "e-mail"),
    "phone": (
        *("电话", "联系电话", "使用单位电话", "单位电话", "联系方式", "手机", "手机号"),
        *("手机号码", "联系人电话", "电话号码"),
    ),
}
_BETWEEN = re.compile("[;,、]")
_STOPS = "。.;,!"  # behind a word, in whatever width


class Labels(Generic[E]):
    """The words for a list of coded values; blanks, width and case of a word are ignored."""

    def __init__(self, words: Mapping[E, Sequence[str]]) -> None:
        self._words = words
        self._values = {
            _folded(word): value
            for value, others in words.items()
            for word in (value.value, *others)
        }

    def value(self, cell: str) -> E | None:
        """Returns the value that a cell names by its code or by a word; None if it names none.

        If a cell has several words, as in 警告、罚款, they must all name the same value.
        """
        folded = _folded(cell)
        if folded in self._values:
            return self._values[folded]
        named = {self._values.get(part) for part in _BETWEEN.split(folded) if part}
        return named.pop() if len(named) == 1 else None

    @property
    def words(self) -> list[str]:
        """The platform's own word for each value, as templates offer it."""
        return [others[0] for others in self._words.values()]

    @property
    def listed(self) -> str:
        """The list of all values for a refusal: for each, the platform's own word and the code."""
        return "、".join(f"{others[0]}({value.value})" for value, others in self._words.items())


def _folded(word: str) -> str:
    narrow = "".join(unicodedata.normalize("NFKC", word).split())
    return narrow.rstrip(_STOPS).casefold()
