"""The help text of each field in a template: an example, and the article that requires the field.

Every example is a valid cell. Citations are those of the law (`law.reader.texts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.registry.imports.rows.families import FamilyName


class FieldHelp(NamedTuple):
    """The help on one field; `cite` is empty if no article requires the field."""

    example: str
    cite: str = ""
    note: str = ""


_PART = "一台多枪、多通道或多相、各有结果时，一行一个；整台一个结果的不填"
_COMPLETES = "证书上写明的；登记没有时补入，登记已有的不更改"
_OWNER = "名称、统一社会信用代码或主体编号，须与已登记的一致"

FIELD_HELP: Mapping[FamilyName, Mapping[str, FieldHelp]] = {
    FamilyName.BUREAUS: {
        "code": FieldHelp("330106", note="六位数字；没有行政区划的分局加后缀，如 330100-JQ"),
        "name": FieldHelp("样例区市场监督管理局"),
        "division_code": FieldHelp("330106", note="GB/T 2260 的六位代码；没有的不填"),
        "department": FieldHelp("计量科", "S3 28", "受理异议的部门"),
        "phone": FieldHelp("0571-00000000", "S3 28"),
        "email": FieldHelp("jiliang@example.com", "S3 28"),
    },
    FamilyName.SUBJECTS: {
        "external_ref": FieldHelp("YL-0001", note="本单位自己的编号；再次导入时凭此认出同一主体"),
        "kind": FieldHelp("个体工商户", "S3 2"),
        "name": FieldHelp("样例食品店", "S3 6(一)"),
        "credit_code": FieldHelp("91330106MA00000016", "S3 6(一)", "18 位，GB 32100；自然人不填"),
        "code_ground": FieldHelp(
            "登记机关出具的证明", note="发放的代码校验码不符时，写明登记的依据；相符的不填"
        ),
        "bureau": FieldHelp("330106", note="已登记的机关代码；导入时用 --bureau 指明的可不填"),
        "sector": FieldHelp("集贸市场", "S1 3; S0 二; S2 二(二); S2 五(一)"),
        "person_in_charge": FieldHelp("样例", "S3 6(一)"),
        "address": FieldHelp("样例路1号"),
        "email": FieldHelp("shop@example.com", note="通知寄往此处"),
        "phone": FieldHelp("0571-00000000", note="不向社会公开"),
    },
    FamilyName.INSTRUMENTS: {
        "owner": FieldHelp("样例食品店", "S4 二(一)1", _OWNER),
        "credit_code": FieldHelp("91330106MA00000016", "S3 6(一)", "使用单位的代码；补入登记"),
        "address": FieldHelp("样例路1号", note="使用单位的地址；登记没有时补入"),
        "phone": FieldHelp("0571-00000000", note="使用单位的电话；登记没有时补入，不向社会公开"),
        "type_code": FieldHelp("NAWI-D", "CATALOGUE-2020-42 1", "目录中的名称、代码或者通用名称"),
        "model": FieldHelp("ACS-30", "S4 二(一)1"),
        "serial_no": FieldHelp("0012345", "S4 二(一)1", "按铭牌，保留前导零"),
        "owner_no": FieldHelp("JL-012", "S2 附件2-3", "使用单位自己的编号；不向社会公开"),
        "part": FieldHelp("3", "S2 附件2-3", _PART),
        "measuring_range": FieldHelp("(0~30) kg", "S4 二(一)1", "按铭牌或者证书"),
        "accuracy_class": FieldHelp("Ⅲ级", "S4 二(一)1", "按铭牌或者证书"),
        "manufacturer": FieldHelp("样例衡器厂", "S4 二(一)1"),
        "location": FieldHelp("一层12号摊位"),
        "maker_code": FieldHelp(
            "/01/06901234567892/21/A7", "S2 附件2-2", "铭牌上制造商的 GS1 码，可以是扫码得到的网址"
        ),
        "non_compulsory_ground": FieldHelp(
            "只用于内部工艺", "S2 附件2-1", "属于强制检定的不填；填写的不因到期或者从未检定变色"
        ),
        "state": FieldHelp("在用", "S4 二(三)", "不填则为备用，首次检定合格后转为在用"),
        "rotate_on": FieldHelp(
            "2027-03-01", "CATALOGUE-2020-42 4", "只作首次强制检定、到期轮换的器具"
        ),
    },
    FamilyName.VERIFICATIONS: {
        "owner": FieldHelp("样例食品店", "S4 二(一)2", _OWNER + "；类型与编号唯一时可不填"),
        "credit_code": FieldHelp("91330106MA00000016", "S3 6(一)", "使用单位的代码；补入登记"),
        "address": FieldHelp("样例路1号", note="使用单位的地址；登记没有时补入"),
        "phone": FieldHelp("0571-00000000", note="使用单位的电话；登记没有时补入，不向社会公开"),
        "sector": FieldHelp("集贸市场", note="仅在一并建立主体时使用"),
        "type_code": FieldHelp("NAWI-D", "CATALOGUE-2020-42 1", "目录中的名称、代码或者通用名称"),
        "serial_no": FieldHelp("0012345", "S4 二(一)2", "按铭牌，保留前导零"),
        "part": FieldHelp("3", "S2 附件2-3", _PART),
        "model": FieldHelp("ACS-30", note="仅在一并建立器具时使用"),
        "owner_no": FieldHelp("JL-012", "S2 附件2-3", _COMPLETES),
        "measuring_range": FieldHelp("(0~30) kg", "S4 二(一)1", _COMPLETES),
        "accuracy_class": FieldHelp("Ⅲ级", "S4 二(一)1", _COMPLETES),
        "result": FieldHelp("合格", "S4 二(一)2"),
        "verified_on": FieldHelp("2026-09-01", "S4 二(一)2", "不晚于导入当天"),
        "valid_until": FieldHelp("2027-08-31", "S4 四(一)", "有效期的最后一天；不合格的不填"),
        "institution": FieldHelp("样例检定院", "S4 二(一)2"),
        "certificate_no": FieldHelp("SH-2026-0001", "S4 二(一)2", "同一机构内不得重复"),
        "method": FieldHelp("JJG 539-2016", note="检定规程编号"),
        "laboratory": FieldHelp("力学室", "S4 二(五)", "在已登记的实验室检定的才填，并填起止时间"),
        "worked_from": FieldHelp("2026-09-01 09:00", "S4 二(五)", "北京时间"),
        "worked_until": FieldHelp("2026-09-01 10:30", "S4 二(五)", "不晚于检定日期当天"),
        "dcc": FieldHelp(
            "0123456789abcdef0123456789abcdef",
            "S4 二(四)",
            "已上传的 DCC 的编号或者 SHA-256，作为证书文件；编号、日期和出厂编号须与它相同",
        ),
    },
    FamilyName.RECORDS: {
        "owner": FieldHelp("样例食品店", "S3 5", _OWNER),
        "kind": FieldHelp("行政处罚", "S3 7; S3 9; S3 10"),
        "severity": FieldHelp("一般", "S3 8"),
        "occurred_on": FieldHelp("2026-08-01"),
        "determined_on": FieldHelp("2026-09-01", note="认定之日，不早于发生日期"),
        "verified": FieldHelp("是", note="事实经核实"),
        "final": FieldHelp("是", "S3 9(二)", "已生效：未在期限内复议、诉讼，或经维持"),
        "points": FieldHelp("3", note="整数；规则没有规定分值的才填"),
        "source_ref": FieldHelp("样监罚字〔2026〕1号", note="文书编号"),
        "provided_by": FieldHelp("样例区市场监督管理局"),
        "summary": FieldHelp("使用超过检定周期的电子秤"),
        "entered_on": FieldHelp("2026-09-02", "S3 18", "仅首次建档（--baseline）时读取"),
    },
    FamilyName.PENALTIES: {
        "owner": FieldHelp("样例食品店", "S3 5", "自然人的处罚不收"),
        "owner_kind": FieldHelp("法人及非法人组织", "S4 三(五)"),
        "credit_code": FieldHelp("91330106MA00000016", "S3 6(一)", "没有代码的由人核对主体"),
        "source_ref": FieldHelp("样监罚字〔2026〕1号", note="同一文号只收一次"),
        "offence": FieldHelp("使用未经检定的计量器具"),
        "facts": FieldHelp("使用超过检定周期的电子秤"),
        "basis": FieldHelp("《中华人民共和国计量法》第二十五条", note="只收依据计量法律法规的处罚"),
        "penalty_kind": FieldHelp("罚款"),
        "penalty_content": FieldHelp("罚款人民币1000元"),
        "fine": FieldHelp("0.1", note="单位为万元"),
        "confiscated": FieldHelp("0.02", note="单位为万元"),
        "revoked_permit": FieldHelp("样例许可证 〔2025〕1号"),
        "determined_on": FieldHelp("2026-08-10"),
        "public_until": FieldHelp("2027-08-10", note="不延长平台按规定公开的期限"),
        "authority": FieldHelp("样例区市场监督管理局"),
        "provided_by": FieldHelp("样例区市场监督管理局"),
        "published_state": FieldHelp("正常", note="0 正常，1 撤销，2 异议，3 其他"),
        "severity": FieldHelp("一般", "S3 8", "0 未定，1 一般，2 较重，3 严重"),
        "remarks": FieldHelp("样例"),
    },
    FamilyName.PERMITS: {
        "owner": FieldHelp("样例计量检定所", "S3 6(二)", "自然人的许可不收"),
        "owner_kind": FieldHelp("法人及非法人组织", "S4 三(五)"),
        "credit_code": FieldHelp("91330106MA00000016", "S3 6(一)", "主体按代码认定"),
        "document_name": FieldHelp("计量标准考核证书", "S4 二(一)6", "只收计量行政许可"),
        "document_no": FieldHelp("样市监计许〔2026〕1号", note="没有文书号的填许可编号"),
        "category": FieldHelp("核准", note="普通、特许、认可、核准、登记，其他的注明具体类别"),
        "certificate_name": FieldHelp("计量标准考核证书"),
        "permit_no": FieldHelp("样量标企证字〔2026〕1号"),
        "content": FieldHelp("电子计价秤检定装置"),
        "decided_on": FieldHelp("2026-08-10"),
        "valid_from": FieldHelp("2026-08-10"),
        "valid_until": FieldHelp("2031-08-09", note="长期有效的填长期"),
        "authority": FieldHelp("样例市市场监督管理局"),
        "authority_code": FieldHelp("1133010099900001XW", note="没有的不填"),
        "published_state": FieldHelp("正常", note="正常、撤销、注销、异议、其他"),
        "provided_by": FieldHelp("样例市市场监督管理局"),
        "remarks": FieldHelp("样例"),
    },
}
