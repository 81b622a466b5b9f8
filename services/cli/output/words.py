"""The Chinese word for every code that people read or write on the command line.

A vocabulary is a set of codes that belong together, such as the states of a case. `VOCABULARIES`
contains the words; `vocabulary` returns which vocabulary a field of the contract uses. The words
for kinds of records, steps of escalation, types of instruments and kinds of permits come from the
law.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from google.protobuf.descriptor import FieldDescriptor

from services.cli.output.language import choose

_TABLE = """
role: operator 经营者 | caseworker 办案人员 | unit_head 单位负责人 | municipal_reviewer 市级复核人员
  | inspector 检查人员 | verification_institution 检定机构 | integrator 对接系统
  | administrator 平台管理员 | auditor 审计员 | public 公众 | service 平台服务
subject_kind: organisation 法人和非法人组织 | individual_business 个体工商户 | natural_person 自然人
sector: market 集贸市场 | fuel_station 加油站 | charging_station 充电站 | catering 餐饮
  | retail 商场超市 | medical 医疗机构 | optical 眼镜制配 | transport 交通运输 | utility 公用事业
  | postal 邮政快递 | telecom 电信 | energy 能源 | calibration_service 检定校准机构
  | prepackaged_goods 定量包装 | scenic_area 景区 | street_block 街区 | other 其他
severity: minor 轻微 | general 一般 | serious 严重
record_status: active 有效 | corrected 已更正 | withdrawn 已撤销 | repaired 已修复 | expired 已期满
instrument_state: in_use 在用 | spare 备用 | stopped 停用 | scrapped 报废
result: pass 合格 | reject 不合格 | repaired 修理或签封损坏 | pending 待定
colour: none 正常 | green 绿色提示 | yellow 黄色预警 | red 红色警示
family: bureaus 机关 | subjects 信用主体 | instruments 计量器具 | verifications 检定记录
  | records 信用信息 | penalties 双公示行政处罚 | permits 双公示行政许可
  | auto 按表头识别 | setup 开办（全部）
thing: bureau 机关 | subject 主体 | instrument 器具 | verification 检定记录 | record 信用信息
  | permit 行政许可
permit_state: in_force 有效 | to_come 未到有效期 | expired 已过有效期 | ended 已终止
qualification_kind: calibration_institution 校准机构 | metrologist 注册计量师 | examiner 考评员
  | expert 行业专家
finding: exceeded 超出限值 | gaps 记录有缺 | no_records 没有记录 | within 在限值以内
  | no_limits 没有登记限值 | not_authorised 实验室未获授权 | unknown_laboratory 实验室没有登记
permit_end: revoked 撤销 | withdrawn 撤回 | annulled 吊销 | cancelled 注销 | in_force 恢复有效
dcc_state: waiting 待确认 | confirmed 已确认 | dismissed 已搁置
signature_state: unsigned 没有签名 | broken 签名与文件不符 | unreadable 不能核对
  | intact 签名完好，签名人未核对 | untrusted 签名人不在信任之列 | trusted 签名人可信
conformity: pass 符合 | fail 不符合 | conditionalPass 有条件符合 | conditionalFail 有条件不符合
  | noPass 未声明符合 | noFail 未声明不符合
matched_by: serial_no 出厂编号相同 | owner_no 与单位自编号相同 | certificate_no 所替代的证书
yes_or_no: yes 是 | no 否 | unknown 不明
late_side: owner 使用单位 | institution 检定机构 | both 双方
shows: plate 铭牌 | form 登记表
notice_way: sms 短信 | webhook 程序接收
unreached: institution 检定机构 | bureau 监管机关
board_group: type 类型 | sector 行业 | street 街道 | institution 检定机构
mode: all_or_nothing 全部收下或全部不收 | good_rows 只收正确的行 | check 仅检查
batch_state: checked 仅检查 | applied 已导入 | refused 已退回 | unchanged 无变化 | undone 已撤销
  | receiving 报送中 | matching 待核对各列 | awaiting_approval 待批准 | rejected 未批准
  | discarded 已放弃 | expired 逾期失效 | waiting 等待处理
question_kind: rejected_alone 只有不合格的器具 | revoked 已撤销的处罚 | disputed 有异议的处罚
  | other_state 其他状态的处罚 | by_name 只按名称找到主体 | not_final 未生效的处罚
like_kind: subject 主体 | instrument 器具 | record 信用信息 | result 同日的检定结果
question_state: waiting 待决定 | decided 已决定
question_answer: in_use 仍在使用 | stopped 已停用 | scrapped 已报废 | enter 录入 | leave_out 不录入
  | withdraw 撤销记录 | final 已生效
impact_state: running 正在试算 | done 已完成 | failed 未能完成
direction: up 上升 | down 下降 | same 不变 | incomparable 等级不同套
case_kind: objection 异议 | reconsideration 复核 | repair 修复
case_state: lodged 已提交 | supplement_requested 待补正 | accepted 已受理
  | extension_requested 待批准延期 | decided 已作出决定 | closed 已办结 | declined 不予受理
  | withdrawn 已撤回
outcome: delete 删除 | correct 更正 | stop_disclosure 终止披露 | uphold 维持 | by_item 分项决定
  | send_back 退回重办 | confirm_repair 确认修复 | decline_repair 不予修复
condition: duties_performed 已履行法定义务 | impact_removed 已消除影响 | corrected 已改正
area_kind: scenic 重点景区 | block 重点街区
index_state: draft 待公布 | published 已公布 | withdrawn 已撤回
ruleset_status: issued 已发布 | draft 征求意见稿
notice_kind: digest 预警汇总 | rejected 检定不合格 | adverse_record 失信信息 | grade_fell 等级下降
  | letter 文书 | term 期限提醒 | escalation 督促 | approvals 待批准汇总 | given_up 搁置的事件
  | batch 导入批次 | filing 器具备案 | account 账号 | proposal 变更申请
  | checkpoint 审计检查点 | channel 接收渠道停用 | case 案件办理 | order 检定申请 | subject 主体登记
  | result 检定结果和证书 | calibration 校准 | ending 许可、授权和资格到期
  | upkeep 维护和签封记录 | institution 检定机构办理
webhook_kind: digest 预警汇总 | rejected 检定不合格 | adverse_record 失信信息 | grade_fell 等级下降
  | letter 文书 | term 期限提醒 | escalation 督促 | filing 器具备案 | order 检定申请
  | result 检定结果和证书 | calibration 校准 | ending 许可、授权和资格到期
  | subject 主体登记 | case 案件办理 | channel 接收渠道停用
  | order.applied 新的检定申请 | order.withdrawn 检定申请撤回
  | order.cancelled 检定申请终止
  | order.nearly_due 检定申请即将到期 | order.overdue 检定申请逾期
  | certificate_upload.nearly_due 证书上传期限将至 | certificate_upload.overdue 证书上传逾期
  | environment.exceeded 检定时实验室环境超出限值
rhythm: daily 每天 | weekly 每周
language: zh 中文 | en 英文 | both 中文和英文
channel: mail 邮件 | webhook 程序接收
failure: refused 收件方拒收 | unreachable 未能投出
notice_state: pending 待投递 | delivered 已送达 | failed 投递失败 | no_address 无地址
  | inbox 只在平台消息
escalation_state: waiting 等待 | held 暂缓（已按时申请检定或者正在异议） | proposed 待批准
  | appointed 已约定 | exhausted 各步已用尽 | closed 已终结
exposure_state: compiled 待保密审查 | reviewed 待批准公开 | released 已公开 | discarded 已作废
exposure_entry_state: listed 已列入，尚未公开 | public 正在公开 | struck 公开前划去
  | taken_down 已撤下
exposure_ended: ground 事由已消失 | subject 主体不得公开 | objection 异议改变了依据
  | moved 已由其他机关监管 | not_shown 依据的记录已不对外公开 | contested 公开时已有异议
  | person 人工撤下 | list 名单作废
circular_state: drafted 待签发 | issued 已签发 | discarded 已作废
circular_delivery: drafted 签发后发出 | mailed 邮件正在投递 | delivered 邮件服务器已收下
  | not_delivered 邮件未送达，须人工送达 | to_send 须人工送达 | sent 已人工送达
circular_use: market_access 市场准入 | qualification 资质认定 | approval 行政审批
  | tender 公开招标 | policy 政策应用 | joint_supervision 企业信用联动监管
  | public_credit 公共信用信息共享
term_kind: acceptance 受理期限 | completion 完成期限
other_result: earlier 早于申请日期 | another_institution 不是所申请的检定机构
  | undecided 还没有合格或者不合格的结果
channel_service: wecom 企业微信 | dingtalk 钉钉 | feishu 飞书 | sms 短信网关
webhook_disabled: person 人工 | gone 对方不再接收 | failing 连续多日没有收下
message_state: pending 正在发送 | delivered 已收下 | failed 没有送到
unreached: no_address 没有地址 | refused 收件方拒收 | unreachable 未能投出
template_kind: digest 预警汇总 | rejected 检定不合格 | adverse_record 失信信息 | grade_fell 等级下降
  | order 检定申请 | result 检定结果和证书 | calibration 校准 | ending 许可、授权和资格到期
  | filing 器具备案 | reminder 提醒
  | guidance_letter 行政指导建议书 | measures 监管措施告知 | exposure 公开曝光告知
ladder_state: proposed 待批准 | approved 已批准 | discarded 已作废
step_state: proposed 待批准 | deferred 已暂缓 | declined 未批准 | appointed 已约定
  | carried_out 已实施 | void 已作废
invitation_answer: attend 按时参加 | another_day 请求改期
undertaking_outcome: kept 已完成 | broken 未完成
interview_outcome: held 已约谈 | not_attended 未到场
supposed_status: withdrawn 撤销 | repaired 修复
way_up: wait 等待 | repair 申请修复 | act 改正
registration_state: waiting 待确认 | confirmed 已确认 | rejected 不予确认
proposal_state: waiting 待批准 | released 已批准 | declined 未批准 | withdrawn 已撤回
act: correct_record 更正不良信息 | withdraw_record 撤销不良信息 | undo_batch 撤销导入批次
  | end_red_alert 终结红色警示 | exempt_instrument 认定非强制检定或撤销认定
  | correct_instrument 更正器具登记
  | exceed_cycle 超过检定周期 | show_institution 公开机构 | show_expert 列入专家
  | appoint 授予角色 | dismiss_administrator 注销或免去平台管理员 | set_order_terms 规定检定期限
publication_state: waiting 待审查 | earlier 此前公开 | released 已准予公开 | withheld 不予公开
reply_state: waiting 待审查 | released 已公开 | withheld 不予公开 | withdrawn 已撤回
telling_manner: mail 邮件 | portal 平台 | by_hand 另行告知
means_of_service: served 直接送达 | left 留置送达 | posted 邮寄送达 | announced 公告送达
  | other 其他
sharing_way: letter 函件 | feed 接口 | export 文件 | other 其他方式 | platform 由平台发送
  | circular 通报
receiver_state: mailed 邮件 | not_delivered 邮件未送达 | to_send 须人工送达 | sent 已人工送达
personal_data: id_number 身份证件号码 | telephone 电话号码 | name 个人姓名
classification: open 公开 | internal 内部 | privacy 个人隐私 | commercial_secret 商业秘密
  | state_secret 国家秘密 | unpublished_elsewhere 其他机关尚未公开 | barred_by_law 法律禁止公开
recusal_ground: interest 直接利害关系 | relation 其他关系
contested: record 信用记录 | disclosure 记录的公开 | subject 主体登记信息
  | instrument 计量器具信息 | verification 检定信息
recusal_answer: approved 回避 | refused 不予回避
acts_next: applicant 申请人 | caseworker 办案人员 | municipal_reviewer 市级复核人员
  | unit_head 单位负责人 | platform 平台
service: registry 登记 | grading 评价 | objection 异议 | alerts 预警
"""

# Where the name of a field says too little, the message stands before it.
_FIELDS = """
rhythm rhythm | language language
GetColourBoardRequest.by board_group
colour colour | family family | mode mode | severity severity | sector sector | sectors sector
condition_id condition | area_kind area_kind | roles role | step escalation_step
course course
type_code instrument_type

Account.roles role | Subject.kind subject_kind | SubjectItem.kind subject_kind
SupposedSubject.kind subject_kind | SupposedRecord.kind record_kind
Record.kind record_kind | Correction.kind record_kind | AddedRecord.kind record_kind
OpenStep.kind record_kind | Record.status record_status
InstrumentColour.state instrument_state | ListColoursRequest.state instrument_state
InstrumentColour.late late_side | Alert.late late_side | LateTotal.late late_side
Order.late late_side | AwaitedOrder.late late_side
ListColoursRequest.late late_side | ListAlertsRequest.late late_side
Instrument.state instrument_state | SetInstrumentStateRequest.state instrument_state
InstrumentPart.state instrument_state | PartStanding.state instrument_state
PartStanding.result result | PartResult.result result
BatchEffect.kind thing | CertificateEntry.instrument_state instrument_state
Delivery.means means_of_service | MonthCases.kind case_kind
ListLabelsRequest.state instrument_state | ScannedInstrument.state instrument_state
ScannedInstrument.result result
Verification.result result | Batch.state batch_state | ListBatchesRequest.state batch_state
PermitEntry.state permit_state | ListPermitsRequest.state permit_state
Qualification.kind qualification_kind | ListQualificationsRequest.kind qualification_kind
Qualification.state permit_state
EnvironmentMark.finding finding | ListEnvironmentMarksRequest.finding finding
Permit.ended permit_end | EndPermitRequest.ended permit_end
Upkeep.kind upkeep_kind | ListUpkeepRequest.kind upkeep_kind
Permit.matter permit_matter | ListPermitsRequest.matter permit_matter
Dcc.state dcc_state | ListDccsRequest.state dcc_state | DccSignature.state signature_state
Dcc.conformity conformity | Calibration.conformity conformity
Calibration.signature signature_state
DccCandidate.by matched_by | DccSignature.then yes_or_no | DccSignature.now yes_or_no
Photograph.shows shows
Impact.state impact_state | Question.kind question_kind | Question.state question_state
Question.answer question_answer | Question.answers question_answer
Likeness.kind like_kind | Likeness.state question_state | Likeness.record_kind record_kind
ListLikenessesRequest.kind like_kind | ListLikenessesRequest.state question_state
ListQuestionsRequest.kind question_kind | ListQuestionsRequest.state question_state
AnswerQuestionRequest.answer question_answer
ImpactMove.direction direction | ImpactCount.direction direction
Case.kind case_kind | Case.state case_state | Case.outcome outcome | ListCasesRequest.kind case_kind
Sharing.way sharing_way | RecordSharingRequest.way sharing_way
ReceiverNotice.state receiver_state | ReceiverNotice.means means_of_service
RecordNoticeSentRequest.means means_of_service
Announcement.kind record_kind | RecordChange.change outcome
RelatedCase.kind case_kind | RelatedCase.state case_state | RelatedCase.outcome outcome
ListCasesRequest.state case_state | CaseCount.kind case_kind | CaseCount.state case_state
DecideObjectionRequest.outcome outcome | ContestedItem.outcome outcome
ContestedItem.target contested | GetEntryRequest.target contested | ItemDecision.outcome outcome
EntryCorrection.target contested | Mandate.scope case_kind
RenewedMandate.scope case_kind | Condition.id condition
Index.state index_state | ListIndexesRequest.state index_state | Ruleset.status ruleset_status
ListNoticesRequest.kind notice_kind | Undelivered.kind notice_kind
Undelivered.state notice_state | channel channel | failure failure
NoticeAttempt.way notice_way | ListUnreachedRequest.of unreached
Notice.kind notice_kind | Notice.state notice_state | ListNoticesRequest.state notice_state
Escalation.state escalation_state | ListEscalationsRequest.state escalation_state
Interview.answer invitation_answer | AnswerInvitationRequest.answer invitation_answer
Interview.undertaking_outcome undertaking_outcome
RecordUndertakingRequest.outcome undertaking_outcome
Ladder.state ladder_state
Circular.state circular_state | ListCircularsRequest.state circular_state
CircularReceiver.state circular_delivery | CircularReceiver.means means_of_service
RecordCircularSentRequest.means means_of_service | Authority.uses circular_use
OtherResult.why other_result | TermFigure.kind term_kind
CircularReceiver.uses circular_use
Ladder.state ladder_state | Template.state ladder_state | Template.kind template_kind
ProposeTemplateRequest.kind template_kind | PreviewTemplateRequest.kind template_kind
UnreachedSubject.why unreached | Channel.service channel_service
AddChannelRequest.service channel_service | AddChannelRequest.kinds notice_kind
Channel.disabled_why webhook_disabled | Channel.kinds notice_kind
Webhook.disabled_why webhook_disabled | Webhook.kinds webhook_kind
portal_only notice_kind | by_webhook notice_kind | by_sms notice_kind
WebhookMessage.state message_state
ExposureList.state exposure_state | ListExposureListsRequest.state exposure_state
ExposureEntry.state exposure_entry_state | ExposureEntry.ended_why exposure_ended
EscalationStep.state step_state | Interview.outcome interview_outcome
RecordInterviewRequest.outcome interview_outcome | EndedRecord.status supposed_status
Proposal.state proposal_state | ListProposalsRequest.state proposal_state | Proposal.act act
Proposal.released_by role | Publication.state publication_state
ListPublicationsRequest.state publication_state | classification classification
PersonalData.kind personal_data | Reply.state reply_state | Publication.told_how telling_manner
Publication.told_means means_of_service | RecordTellingRequest.means means_of_service
Registration.state registration_state | ListRegistrationsRequest.state registration_state
AskRecusalRequest.ground recusal_ground | Recusal.ground recusal_ground
Recusal.answer recusal_answer | Case.acts_next acts_next
Step.step case_step | OpenStep.step way_up
"""


def _pairs(text: str) -> dict[str, str]:
    entries = (entry.strip() for line in text.splitlines() for entry in line.split("|"))
    return dict(entry.partition(" ")[::2] for entry in entries if entry)


def _vocabularies() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    name = ""
    for line in _TABLE.strip().splitlines():
        head, colon, codes = line.partition(":")
        name = head if colon else name
        found.setdefault(name, {}).update(_pairs(codes if colon else line))
    return found


VOCABULARIES: Mapping[str, Mapping[str, str]] = _vocabularies()
FIELDS: Mapping[str, str] = _pairs(_FIELDS)


def vocabulary(field: FieldDescriptor) -> str:
    """Returns the name of the vocabulary that a field uses; empty for a field of free text."""
    own = f"{field.containing_type.name}.{field.name}" if field.containing_type else ""
    return FIELDS.get(own) or FIELDS.get(field.name, "")


def words_of(field: FieldDescriptor) -> Mapping[str, str]:
    """Returns the Chinese word for each code of a field; empty if the field has no codes."""
    return words(vocabulary(field))


@cache
def words(name: str) -> Mapping[str, str]:
    """Returns the Chinese word for each code of a vocabulary, in display order."""
    match name:
        case "record_kind":
            from law.evidence import RecordKind  # noqa: PLC0415 - most commands need none of the law
            from law.kind_names import kind_name  # noqa: PLC0415

            return {kind.value: kind_name(kind, "zh") for kind in RecordKind}
        case "escalation_step":
            from law.escalation import Step, step_name  # noqa: PLC0415

            return {step.value: step_name(step) for step in Step}
        case "course":
            from law.courses import course_names  # noqa: PLC0415

            return {"grade": "信用等级"} | {key: zh for key, (zh, _) in course_names().items()}
        case "instrument_type":
            from law.instruments import catalogue  # noqa: PLC0415

            return {code: type_.name_zh for code, type_ in catalogue().items()}
        case "permit_matter":
            from law.permits import matters  # noqa: PLC0415

            return {one.value.id: one.value.zh for one in matters()}
        case "upkeep_kind":
            from law.upkeep import kinds  # noqa: PLC0415

            return {one.value.id: one.value.zh for one in kinds()}
        case "case_step":
            from law.objection import STEP_ZH  # noqa: PLC0415

            more = {"lodge": "提出", "confirm_condition": "核对条件", "hand_over": "移交上级机关"}
            more |= {"add_evidence": "提交证据文件", "gather_evidence": "收集证据文件"}
            more |= {"assign": "确定办理人"}
            more |= {"serve_letter": "文书纸质送达", "publish_changes": "公布处理结果"}
            more |= {"inform_receivers": "告知曾经接收信息的单位"}
            more |= {"ask_recusal": "申请回避", "approve_recusal": "决定回避"}
            more |= {"refuse_recusal": "决定不予回避"}
            return more | {step.value: zh for step, zh in STEP_ZH.items()}
    return VOCABULARIES.get(name, {})


def word(name: str, code: str) -> str:
    """Returns the Chinese word for a code; the code itself if the vocabulary has no such code."""
    return words(name).get(code, code)


def word_of(field: FieldDescriptor, code: str) -> str:
    """Returns the word for a field's code in the current language; free text stays unchanged."""
    name = vocabulary(field)
    return choose(word(name, code), code.replace("_", " ")) if name else code


def type_name(code: str) -> str:
    """Returns the name of an instrument type in the current language; the code if it is unknown."""
    from law.instruments import catalogue  # noqa: PLC0415

    known = catalogue().get(code)
    return choose(known.name_zh, known.name_en) if known else code


def ruleset_name(ruleset_id: str) -> str:
    """Returns the title of a ruleset in the current language; the id if it is unknown."""
    title = _ruleset_titles().get(ruleset_id)
    return choose(*title) if title else ruleset_id


def grade_name(ruleset_id: str, grade: str) -> str:
    """Returns the name of a grade in the current language; the letters A to E stay unchanged."""
    if len(grade) == 1 and grade.isalpha():
        return grade
    name = _grade_titles().get((ruleset_id, grade))
    return choose(*name) if name else grade


@cache
def _ruleset_titles() -> Mapping[str, tuple[str, str]]:
    from law.texts_in_force.load import list_rulesets  # noqa: PLC0415

    return {ruleset.id: (ruleset.title_zh, ruleset.title_en) for ruleset in list_rulesets()}


@cache
def _grade_titles() -> Mapping[tuple[str, str], tuple[str, str]]:
    from law.texts_in_force.load import list_rulesets  # noqa: PLC0415

    return {
        (ruleset.id, grade.id): (grade.title_zh, grade.title_en)
        for ruleset in list_rulesets()
        for grade in ruleset.grades
    }
