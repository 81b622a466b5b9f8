"""The Chinese headings of exported lists, by field of the gRPC contract.

If the same field name has different meanings in two messages, the name of the message precedes it.
A list that can be imported again has the headers that the importer knows.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import FieldDescriptor

from services.cli.output.language import choose

_HEADINGS = """
about 关于 | act 变更 | authors 作者 | approvers 可批准的人 | approving_bureau 批准机关代码
would_be_held 须经批准 | merged 合并的行数 | left_out 未读取的行数 | made 新建 | altered 变更
effects 登记的变化 | written 文件中的名称 | named_by 指明人 | named_at 指明时间
faults 数量 | only_errors 只列错误 | first 最先几处
exempted 认定非强制检定数 | beyond_cycle 超过检定周期数 | unverified 从未检定即在使用数
carried_by 后续事项以谁的名义办理 | why 原因
paper 应提交的材料 | papers 已提交的材料 | purpose 用途
account_id 账号id | accounts 已有账号 | action 事项 | activated_at 启用时间
activated_by 启用人 | activation_id 启用id
actor 谁 | address 地址 | adopted_draft 采用征求意见稿 | after 之后 | aggregate 对象
authorised_until 授权至 | orders_cut_off 授权到期后才到期的申请数
repairs_to_note 须补记维修的器具 | schema_versions DCC版本 | exposure_list_id 曝光名单
alert_id 预警id | alert_share 预警比例 | alerts 预警数 | ambiguities 有歧义之处 | area_id 区域id
area_kind 区域类型 | area_name 区域名称 | assessed_at 评价时间 | assessed_by 评价人
assessed_on 评价日 | at 时间 | attempts 投递次数 | base 基本分 | baseline 首次建档
batch_id 批次id | before 之前 | body 正文 | bonus 加分 | budget_days 办理期限（工作日）
base_version 所依据版本 | bureau 监管机关代码 | calendar_edition 日历版本
cap_days 最长期限（工作日） | case_id 案件id | caseworker 办案人员 | cell 单元格
changed 新增或变更行数 | changes 变更内容 | chunk 分块 | cite 依据
to_come 下次巡查后列入（从未检定）
closed 已关闭 | days_untold 未告知天数 | own_load 由本人导入
classification 密级 | found 发现的个人信息 | public_from 自何日起公开
window_cite 公开前期限的依据 | window_days 公开前期限（工作日） | window_example 期限为示例值
closed_at 办结时间 | code 机关代码 | colour 颜色 | column 列 | conditions 修复条件 | consumer 消费者
contested 异议中 | created_at 建立时间 | credit_code 统一社会信用代码 | decided_at 决定时间
decided_by 决定人 | decided_by_name 决定人姓名 | deduction 扣分 | delivered_at 送达时间
department 受理部门
determined_on 认定日期 | digest 摘要值 | disclosed_until 公开至 | disclosure_cite 公开依据
disclosure_stopped 已终止披露 | display_name 显示名
division_code 行政区划代码 | drop_share 降级比例 | drops 降级数 | due_on 达到之日 | email 电子邮箱
encoding 编码 | entered_by 录入人 | entered_on 录入日期 | episode 轮次 | error 错误
escalation_id 督促id | estimate 影响估计 | event_id 事件id | event_type 事件类型
evidence 证据 | example_valued 含示例分值 | example_values 含示例分值
exposure_id 曝光id | extension_ground 延期理由 | extension_requested_days 申请延期（工作日）
external_ref 主体编号 | failure 未送到的原因
field 项目 | family 类别 | final 已生效
follows 上一案件id | grade 等级
grade_after 此后等级 | grade_before 此前等级 | grade_id 等级id | graded 已评主体数
giai 标签的 GS1 码 | gs1_prefix GS1 厂商识别代码
ground 依据和理由 | grounds 理由 | hash 哈希 | impact_id 试算id | imported_at 导入时间
imported_by 导入人 | in_force_from 有效自 | in_force_to 有效至（不含） | in_review 待核实
index_id 指数id | instrument_id 器具id | instruments 器具数 | item 项 | kind 类别
known_from 得知自 | known_to 得知至（不含） | latest_on 最长至 | least 起算数量 | letter_id 文书id
load_again 再次静默导入 | location 使用地点 | lodged_at 提出时间 | lodged_by 提出人
maker_code 制造商码 | manufacturer 生产厂家 | media 媒体
message_en 说明（英文） | message_zh 说明 | model 型号规格 | moved 变动数 | moves 变动 | name 名称
no_record 无记录 | not_graded_en 不评价的原因（英文） | not_graded_zh 不评价的原因
notice_id 通知id | number 案号 | object 对象 | occurred_on 发生日期 | on_behalf_of 代表
ended_at 结束时间 | ended_by_name 结束人
opened_at 开始时间 | outcome 处理意见 | overdue 已逾期 | person_in_charge 负责人 | phone 电话
may_review 可由本人审查 | personal_data 含个人信息 | released_summary 公开的内容
reviewed_at 审查时间 | reviewed_by 审查人 | reviewed_by_name 审查人姓名
points 分值 | proposal_id 变更申请id | proposed_at 提出时间 | proposed_by 提出人
proposed_by_name 提出人姓名 | promise 承诺 | provided_by 提供单位 | provisional 暂定
published_at 公布时间
published_by 公布人 | raised_at 发出时间 | ran_at 调整时间 | reason 原因代码
reason_en 原因（英文） | reason_zh 原因 | reasons 理由 | reds_ended 终结红色警示数
reply 主体的说明
released_by 由谁批准
receipt_after 此后凭据 | receipt_before 此前凭据
receipt_id 凭据id | record_id 信用信息id | record_ids 信用信息id | rejected 未收下行数
remaining_days 剩余工作日 | removed 已删除 | repair 修复 | repeated_serial 编号重复
repeated_serials 重复编号数 | roles 角色 | rotate_on 轮换日期 | row 行 | rows 行数
ruleset_before 现规则 | ruleset_hash 规则哈希 | ruleset_id 规则 | score 得分 | sector 行业领域
sectors 行业领域 | sequence 序号 | serial_no 出厂编号 | severity 严重程度 | sha256 SHA-256
sheet 工作表 | source_ref 文书编号 | spell 使用期 | spell_began_on 本期开始日 | started_on 起算日
state 状态 | statement 曝光内容 | status 状态 | status_on 状态日期 | step 步骤
streets 街道名 | subject_id 主体id
subject_name 主体名称 | subjects 主体数 | summary 摘要 | supplement_requested 须补正
table_hash 评分表哈希 | table_id 评分表 | target_on 办理期限至 | term 期限 | title 标题
title_en 名称（英文） | title_zh 名称 | total 总分 | type_code 器具类型 | unchanged 无变化行数
valid_from 启用日 | valid_to 终止日 | valid_until 有效期至 | value 内容 | verified 经核实
version 版本 | warning 仅提示 | whole_spell 整期 | withdrawal_ground 撤回理由
withdrawn_at 撤回时间 | year 年度 | marks_on_acceptance 受理后标注
note_id 备注id | case_number 案号 | author 作者 | mentions 请留意 | CaseNote.text 备注
confirmed 已看过 | accept_by 应决定受理的日期 | accept_by_example 天数为示例值
Assignee.name 姓名 | AskMobileNumberRequest.number 手机号码
acts_next 由谁办理 | recusal_id 回避申请id | person 被申请人账号id | asked_by 提出人
own_accord 本人提出 | asked_at 提出时间 | decided_above 由上级决定 | Recusal.answer 决定
answer_reasons 决定的理由 | successor 接手人账号id | missing 须补正
may_be_asked 可以申请回避的人员 | successors 可以接手的人员 | is_head 单位负责人
standbacks 回避的人员 | hand_over_to 可移交的机关
absence_id 外出登记id | from_on 第一日 | to_on 最后一日 | substitute_id 代理人账号id
substitute_name 代理人 | set_by 登记人 | set_at 登记时间 | Absence.bureau 机关代码
absences 外出 | people 人员 | UnitPerson.bureau 机关代码
draft_text 可修改的正文 | draft_version 稿次 | altered_by 修改人 | altered_at 修改时间
draft_outdated_zh 须重新修改的原因 | draft_outdated_en 须重新修改的原因（英文）
client 浏览器或程序 | decision_reason 不予确认的理由
expires_at 有效至 | external 统一身份认证 | firm_name 单位名称 | first_password 初始密码
invited_by 邀请人 | person_name 姓名 | present 本次登录 | recovery_codes 恢复码
registration_id 注册申请id | renewed_at 最近使用 | second_factor 两步验证 | session_id 登录id
source 网络地址

DeadLetter.unsigned 无有效签名
Registration.subject_name 登记的主体名称
Registration.number 受理编号 | Registration.bureau 受理机关代码 | Registration.reason 申请说明
Account.name 用户名 | Account.bureau 机关代码 | Alert.bureau 机关代码 | AuditEntry.hash 链哈希
AuditEntry.bureau 机关代码 | AccessEntry.bureau 机关代码 | AccessEntry.name 用户名
AccessEntry.object 对象 | AccessEntry.rows 条数 | AccessEntry.kind 类别 | AccessEntry.code 结果
AccessEntry.method 方法 | AccessEntry.times 次数 | AccessEntry.number 编号
Batch.bureau 机关代码 | Batch.state 结果 | Bureau.name 机关名称 | Case.bureau 受理机关代码
ContestedItem.target 异议事项 | ContestedItem.id id | Agent.name 代理人 | Agent.until 委托书有效至
grade_without 不计所涉记录的等级 | score_without 不计所涉记录的得分 | Mandate.agent_name 代理人
Mandate.mandate_id 委托书 | Mandate.scope 委托事项 | Mandate.until 委托书有效至
against 异议针对 | items 异议事项 | as_agent 本人代理的
mandate_to_check 新委托书待核对 | undelivered_on 邮件未送达的日期 | Agent.renewal 新的委托书
RenewedMandate.name 代理人 | RenewedMandate.mandate_id 委托书 | RenewedMandate.scope 委托事项
RenewedMandate.until 委托书有效至 | RenewedMandate.sent_on 提交日期
Case.grounds 异议理由 | Case.reasons 决定理由
Escalation.due_on 应办日 | course 督促事由 | course_zh 督促事由名称
course_en 督促事由名称（英文） | facts 查明的事实 | opened_by 开始的人
asked_for 希望改期至 | Interview.answer 主体的答复
Interview.answer_reasons 答复的理由
answered_at 答复时间 | minutes_draft 笔录开头 | undertaking 承诺 | undertaking_by 承诺期限
undertaking_outcome 承诺的核实 | undertaking_findings 核实的情况
oldest_at 最早一份 | UnreachedSubject.notices 没有告知到的通知 | UnreachedSubject.why 原因
template_id 文字id | templates 各版文字 | Template.version 版次 | words 文字 | words_en 英文文字
PreviewTemplateResponse.text 中文 | text_en 英文
channel_id 渠道id | channels 通知渠道 | Channel.service 渠道 | host 主机
webhook_id 接收地址id | webhooks 程序接收地址 | disabled_at 停用时间 | disabled_why 停用原因
secret_set_at 密钥设于 | failing_since 自何时起没有收下 | added_at 登记时间 | added_by 登记人
message_id 消息编号 | milliseconds 毫秒 | enabled 启用 | WebhookAttempt.status 答复
receipts 投递回执 | accepted 已收下 | NoticeAttempt.answer 答复
ladder_id 间隔id | in_force 现行 | figures 各项间隔 | Ladder.valid_from 启用日
examples 示例值 | ladders 各版间隔 | reminder_days 提醒前 | guidance_letter_days 行政指导建议书前
measures_days 监管措施告知前 | interview_days 约谈前 | exposure_days 曝光前 | review_days 再提出
review_at_most_days 最远再提出 | undertaking_remind_days 承诺提醒
authority_id 通报对象id | circular_id 通报id | Authority.name 单位 | Authority.contact 联系人和电话
Authority.uses 供其考虑的事项 | feed_account 系统的账号 | retired 已停止通报 | changed_by 更改人
changed_at 更改时间 | drafted_by 拟稿人 | drafted_at 拟稿时间 | Circular.number 通报编号
Circular.issued_by 签发人 | CircularReceiver.name 单位 | CircularReceiver.uses 供其考虑的事项
former_letters 改期前的文书 | authorities 通报对象 | circulars 通报 | receivers 主送单位
list_id 名单id | list_number 名单编号 | entry_id 名单项id | compiled_by 编制人
compiled_at 编制时间 | verified_how 事实的核实 | findings 审查情况
ExposureList.released_by 批准公开的人 | ExposureList.number 名单编号 | released_at 公开时间
discarded_by 作废人 | discarded_at 作废时间 | discard_reasons 作废理由
ended_by 撤下人 | ended_why 撤下原因 | ended_reasons 撤下的理由 | obstacles 不能曝光的原因
ExposureEntry.ground 事由 | ExposureCandidate.ground 事由 | lists 名单 | candidates 主体
close_reasons 终结的理由 | Escalation.ruleset_id 规则id
ImpactMove.after 新规则等级 | ImpactMove.before 现规则等级
Index.rows 各行得分 | Instrument.bureau 监管机关代码 | Record.kind 信息类别
Record.bureau 录入机关代码 | Subject.kind 主体类型
Label.code 标签编号 | instrument_ids 器具id | evidence_ids 证据文件id | served_on 送达日期
Notice.recipient 平台外的收件人 | Notice.title_en 英文标题 | body_en 英文正文
language 邮件语言
look_alikes 名称相近的主体
by_sms 发短信的种类 | sms_also 其他通知同时发短信 | MobileNumber.number 手机号码
ListNoticesRequest.own 只要发给自己的 | NoticeAttempt.way 途径 | ListUnreachedRequest.of 谁
MobileNumber.asked 等待确认的号码 | MobileNumber.confirmed_at 确认时间
code_sent_at 验证码发送时间 | tries_left 还可以填错几次 | MobileNumber.gateway 有短信网关
CircularCandidate.obstacles_zh 不能推送的原因 | CircularCandidate.told 已告知
quiet_from 免打扰自 | quiet_until 免打扰至 | weekday 汇总在星期几 | portal_only 不发邮件的种类
by_webhook 由程序接收的种类
rhythm 汇总频率 | mailed 发邮件 | read_at 已读时间 | acknowledged_at 签收时间
InstrumentColour.bureau 机关代码 | starts_on 自 | ends_on 至 | counts 器具数 | totals 器具数
weeks 按周到期数 | group 组 | GetColourBoardResponse.groups 各组器具数
GetColourBoardResponse.late 检定逾期的一方 | application 未办结的检定申请
in_time 按时申请 | OpenApplication.due_on 机构应办理至
ages 按时长 | cases 案件数 | CaseLoad.caseworker 办案人员 | decided 已决定 | decided_from 决定统计自
decided_in_time 期限内决定 | due_soon 一周内到期 | due_soon_to 一周内至 | loads 按人
lodged_from 提交自 | lodged_to 提交至 | SummariseCasesResponse.counts 按类别和状态 | waiting 待办
CaseLoad.overdue 已逾期 | BureauCases.overdue 已逾期 | overdue_intake 逾期未决定受理
forecast 今后到期 | forecast_to 统计到 | terms 办理期限届满 | intakes 应决定是否受理
away_until 外出至 | substitute 代理人
timeliness 各月按期决定 | decided_to 至 | bureaus 按单位
month 月份 | month_cases 当月案件 | lodged 提交 | verifications 检定
escalations_opened 督促立案 | escalations_closed 督促结案 | entered 录入 | released 审查后公开
withheld 审查后不公开 | expired 期满移出
certificate_no 证书编号 | certificate_sha256 证书SHA-256 | institution 检定机构 | method 检定依据
as_of 启用日 | direction 升降 | done 已试算主体数 | run_at 试算时间 | run_by 试算人
open_until 保留到 | certificate_id 证书文件id | size 字节数 | file_name 文件名
uploaded_by 上传人 | uploaded_at 上传时间 | superseded_at 更换时间 | instrument_state 器具状态
certificate 证书文件 | verification 检定 | Certificate.version 版次 | Certificate.kind 文件类型
Certificate.reason 更换理由
seen_at 查看时间 | seen_by 查看人 | progress 处理进度
institution_id 检定机构id | institutions 检定机构 | authorisation 授权 | authorisations 授权
authorisation_id 授权id | document_no 授权文号 | contact 联系人 | Institution.name 机构名称
Institution.bureau 登记机关代码 | Authorisation.valid_from 授权自 | Authorisation.valid_until 授权至
order_id 检定申请id | applied_on 申请日期 | appointed_on 约定检定日期 | late 超过期限的一方
Verifier.name 机构名称 | open_orders 未办结申请数 | OrderStep.at 时间 | note 说明 | orders 检定申请
other_results 不办结申请的检定
RecordVerificationResponse.late 逾期报送 | days_late 逾期天数
reported_on 报送日期 | report_by 最后报送日 | certificate_on 证书上传日期 | precedes 当日在先
result_late 结果逾期 | certificate_late 证书逾期 | reports 报送 | entry 检定 | reported 报送数
results_late 结果逾期数 | certificates_late 证书逾期数 | steps_late 逾期办理数
orders_overdue 现逾期申请数 | OrderStep.late 逾期
counted_from 统计自 | counted_until 统计至
terms_id 期限id | order_terms 检定申请的期限 | acceptance_days 受理期限 | completion_days 完成期限
OrderTerms.valid_from 启用日 | OrderTerms.source 依据 | OrderTerms.set_by 提出人
OrderTerms.released_by 批准人 | TermFigure.kind 期限 | TermFigure.valid_from 启用日
of_law 机关没有规定时的期限 | TermFigure.source 依据 | Order.term 期限的依据
Expectation.terms 期限的依据 | OrderTerms.released_at 批准时间
Order.reason 申请原因 | Order.bureau 监管机关代码 | Order.due_on 检定机构应于
likeness_id 疑似同一id | record_kind 信息类别 | likenesses 疑似同一 | likeness 疑似同一 | sides 各方
to_review 疑似同一组数 | set_aside 不作数 | former_names 曾用名 | day 日期
code_ground 代码校验不符的依据 | seen 所见的摘要值 | stands_id 以其为准的检定id
kept_id 保留的一方id | joined_ids 并入的各方id
permit_id 许可id | permits 计量行政许可 | permit 计量行政许可 | matter 许可事项
document_name 决定文书名称 | Permit.document_no 决定文书号 | category 许可类别
certificate_name 证书名称 | permit_no 许可编号 | content 许可内容 | Permit.decided_on 决定日期
Permit.valid_from 有效期自 | open_ended 长期有效 | authority 许可机关
ended 终止方式 | ended_on 终止日期 | ended_ground 终止依据 | authority_code 许可机关代码
sites 地址 | website 网址 | consent 怎样同意 | listing 服务名录 | name_contains 名称中有
InstitutionListing.released 公开 | released_on 公开之日 | authorised 今天可以检定
may_write 可以填写 | places 检定地点 | Verifier.sites 检定地点
GetInstitutionResponse.sites 检定地点 | site_id 检定地点id | Site.name 名称 | at_owner 可以上门
PutSiteResponse.site 检定地点 | Site.released 公开 | Site.closed 不再使用 | VerifierSite.name 名称
DirectorySite.name 名称 | capacity_id 检定能力id | capacity 检定能力 | capacities 检定能力
per_day 每个工作日台数 | Capacity.from_on 自哪一日起 | type_codes 器具类型
CapacityFigure.from_on 自哪一日起 | Expectation.figures 估计所用的能力
ahead 排在前面的件数 | expectation 预计完成 | expected_on 预计完成日 | term_on 期限的最后一日
within_term 在期限以内 | types_without_capacity 未填报能力的类型
types_without_site 没有公开地点的类型
ListProposalsRequest.to_decide 只列待本人决定的
qualification_id 资格id | qualification 资格 | Qualification.number 编号
Qualification.name 名称或者姓名 | Qualification.kind 类别 | scope 项目
Qualification.valid_from 有效期自 | Qualification.ended_ground 终止依据
Calibrator.number 编号 | qualifications 资格 | calibrators 校准机构 | known 已登记的行数
experts 行业专家 | Expert.name 姓名 | Expert.scope 专业领域 | Expert.institution 工作单位
Expert.valid_until 聘期至
Expert.contact 联系方式 | Qualification.contact 联系方式 | differing 与登记不同之处
OtherDetail.field 项目 | OtherDetail.on_file 登记 | OtherDetail.given 证书
laboratory_id 实验室id | laboratory 实验室 | laboratories 实验室 | site 地点
Laboratory.name 名称 | Laboratory.valid_from 授权自 | Laboratory.valid_until 授权至
Laboratory.document_no 授权文号 | Laboratory.released 公开
Laboratory.authorised 今天有效 | sensor 传感器 | hour 时间 | temperature 温度 | humidity 湿度
replaced 更正 | marked 标记有变的检定
EnvironmentRecord.hour 时间 | mark 环境标记 | marks 环境标记 | finding 情况
worked_from 检定开始时间 | worked_until 检定结束时间 | regulation 检定规程 | example 示例限值
least_temperature 温度下限 | most_temperature 温度上限 | least_humidity 湿度下限
most_humidity 湿度上限 | hours 小时数 | hours_missing 没有记录的小时 | hours_outside 超限的小时
lowest_temperature 最低温度 | highest_temperature 最高温度 | lowest_humidity 最低湿度
highest_humidity 最高湿度 | marked_at 标记时间 | EnvironmentMark.note 核对情况
noted_by 核对人 | noted_at 核对时间 | may_note 可以核对 | first_day 从哪天起
last_day 到哪天 | unnoted 未核对
upkeep_id 维护记录id | Upkeep.kind 类别 | done_on 日期 | done_by 由谁办理 | Upkeep.what 内容
seal_no 签封编号 | corrects 所更正的一条id | corrected_by 更正后的一条id | upkeep 维护和签封
headings 列名 | unread 未读取的列
verify_again 须重新检定的类别 | UpkeepEntry.to_verify 须重新检定 | to_verify 须重新检定的条数
institutions_added 新登记机构 | institutions_changed 变更机构
added 新登记 | may_add 可以登记
entered_at 登记时间 | file_id 文件id | UpkeepFile.kind 文件类型
question_id 待决定事项id | questions 待决定事项 | question 待决定事项 | answer 决定
answers 可作的决定 | to_decide 待决定 | Question.provided_by 提供单位 | Question.source_ref 文书编号
deregistered_on 注销日期 | deregistration_ground 注销依据 | origin_id 由其分立的主体id
act_id 沿革id | other_id 另一方id | other_name 另一方名称 | former_code 原代码 | SubjectAct.on 日期
SubjectAct.act 事项 | SubjectAct.instruments 器具 | SubjectAct.records 信用信息
by 办理人 | by_name 办理人姓名 | undone_at 撤销时间 | acts 沿革 | twins 跨机关同名主体
namesakes 另有登记 | joined_id 并入的一方id | kept_version 保留的一方版本
joined_version 并入的一方版本 | SplitSubjectRequest.part 划出的主体 | account_ids 账号id
ReleaseUntoldGradesResponse.released 已开始督促 | escalation_ids 督促案件id
known_on 何日得知 | UntoldGrade.days_untold 未开始督促天数
ReleaseUntoldResponse.released 已放行 | left 尚余 | own_loads 由本人导入而未放行
edition_id 日历id | document 文号 | days_off 放假 | make_up 调休上班 | amends 调整的文号
loaded_by 载入人 | loaded_by_name 载入人姓名 | loaded_at 载入时间 | CalendarEdition.number 版次
published_on 公布日期 | Arrangement.title 标题 | editions 各版日历 | edition 日历
arrangement 放假安排 | result 检定结果 | verification_id 检定id | verified_on 检定日期
part 枪号（通道、相） | parts 各枪（通道、相） | PartStanding.name 枪号（通道、相）
InstrumentPart.name 枪号（通道、相）
ColumnField.required 必填 | FileColumn.heading 表头 | learned 本机关此前确认过
samples 前几行的内容 | SkippedRow.text 内容 | Delivery.means 送达方式 | Delivery.remark 备注
recorded_by 登记人 | recorded_at 登记时间 | description 说明 | erased_at 删除时间
kept_apart 已决定各自保留 | GetLikenessResponse.number 方数
MovedTerm.label 事项 | old_on 原来的日期 | new_on 现在的日期 | is_provisional 暂定
was_provisional 原为暂定 | told_on 告知日期 | told_how 告知方式 | told_means 送达方式
dcc_ground 使用该DCC的理由
dcc_id 校准证书id | dccs 校准证书 | dcc 校准证书 | calibration_id 校准id | calibrations 校准
calibration 校准 | schema_version DCC版本 | valid 合模式 | signature 签名 | replaces 替代的证书编号
Calibration.laboratory 校准实验室 | laboratory_code 实验室代码 | customer 委托单位
calibrated_on 校准日期
issued_on 签发日期 | recalibrate_on 证书建议的下次校准日期 | conformity 符合性声明
GetDccResponse.findings 检查结果 | UploadDccResponse.findings 检查结果
further 未列出的检查结果数 | hint 提示 | line 行 | DccItem.candidates 可能对应的器具
serial_nos 出厂编号 | owner_nos 单位自编号 | owner_no 单位自编号
measuring_range 测量范围 | accuracy_class 准确度等级
non_compulsory_ground 非强制检定的理由 | non_compulsory 非强制检定
signer 签名人 | signed_at 签名时间
then 签名时有效 | signer_valid_now 签名人证书现在有效 | needs_ground 须写明依据
cycle_months 校准周期（月） | months 校准周期（月） | withdrawn_ground 撤回理由
Calibration.due_on 下次校准日期 | ListCalibrationsRequest.due_until 下次校准不晚于
SetCalibrationCycleResponse.due_on 下次校准日期 | GetDccResponse.conditions 测量条件
Calibration.conditions 测量条件 | DccCandidate.by 依据 | DccSignature.now 检查时有效
DccCondition.value 值 | DccCondition.unit 单位 | Dcc.bureau 上传单位所在机关
photograph_id 照片id | photographs 照片 | photograph 照片 | shows 所拍
ListPhotographsResponse.may_add 可以添加
IndexRow.standard 标准 | watched_through 已巡查至 | ends_within_days 今后几天内到期
"""

HEADINGS = dict(
    entry.strip().partition(" ")[::2]
    for line in _HEADINGS.splitlines()
    for entry in line.split("|")
    if entry.strip()
)

# Fields whose name is left out of the headings of the fields nested in them.
BARE = {"VerificationEntry.verification", "PermitEntry.permit", "UpkeepEntry.upkeep"}

# The heading of the name beside an id, by the field that holds the id.
NAME_HEADINGS = {
    "subject_id": "主体名称",
    "bureau": "机关名称",
    "instrument_id": "使用地点",
    "type_code": "器具类型名称",
    "ruleset_id": "规则名称",
}

# Headings of ids that are shown by name.
SHORT_HEADS: Mapping[str, tuple[str, str]] = {
    "subject_id": ("主体", "subject"),
    "bureau": ("机关", "bureau"),
    "type_code": ("器具类型", "type"),
    "ruleset_id": ("文件", "text"),
    "record_ids": ("信用信息", "records"),
}
# Headings of what is no single field, or is called otherwise on the screen.
OWN_HEADS: Mapping[str, tuple[str, str]] = {
    "InstrumentColour.days_left": ("剩余天数", "days left"),
    "InstrumentColour.place": ("使用地点", "place"),
    "Alert.place": ("使用地点", "place"),
    "Record.marks": ("标记", "marks"),
    "RowFault.row": ("行", "row"),
    "RowFault.warning": ("性质", "kind"),
    "RowFault.message": ("说明", "message"),
    "FaultKind.warning": ("性质", "kind"),
    "FaultKind.message": ("说明", "message"),
    "FaultKind.places": ("位置", "places"),
    "FaultKind.faults": ("数量", "number"),
    "Problem.message": ("说明", "message"),
    "Batch.alerts": ("将新触发预警", "alerts it would raise"),
    "Batch.drops": ("将使等级下降", "grades it would lower"),
    "Batch.seen": ("所见（批准时提供）", "seen (to approve)"),
    "Batch.decided_by": ("批准或退回人", "decided by"),
    "Condition.met": ("是否满足", "met"),
    "Condition.notes": ("情况", "notes"),
    "Condition.text": ("条件", "condition"),
    "Grade.not_graded": ("不评价的原因", "why not graded"),
    "Outcome.not_graded": ("不评价的原因", "why not graded"),
    "Outcome.title": ("文件", "text"),
    "Ruleset.title": ("名称", "title"),
    "Case.grade_after": ("等级变化", "grade"),
    "Case.lodged_by": ("提出人", "lodged by"),
    "EscalationStep.note": ("说明", "note"),
    "Step.actor": ("谁", "by"),
    "Assignee.reason": ("不能办理的原因", "why not"),
    "ColumnField.label": ("名称", "name"),
    "ColumnField.name": ("字段", "field"),
    "Likeness.kind": ("类别", "kind"),
    "LikeSide.verifications": ("检定结果", "results"),
    "LikeSide.instruments": ("器具数", "instruments"),
    "LikeSide.records": ("信用信息数", "records"),
    "MonthCount.name": ("项目", "what"),
    "MonthCount.count": ("数量", "number"),
    "StuckCase.steps": ("未能办理的步骤", "steps that are stuck"),
    "Twins.namesakes": ("另有登记", "namesakes"),
    "TypeAhead.weeks": ("各周到期数", "due by week"),
}


def heading(field: FieldDescriptor) -> str:
    """Returns the heading of a field in the current language; by default the field's own name."""
    message = field.containing_type
    own = f"{message.name}.{field.name}" if message else field.name
    if own in BARE:
        return ""
    zh = HEADINGS.get(own) or HEADINGS.get(field.name) or field.name
    return choose(zh, field.name.replace("_", " "))


def name_heading(field: FieldDescriptor) -> str:
    """Returns the heading of the column that shows the name for an id field."""
    zh = NAME_HEADINGS.get(field.name, f"{heading(field)}姓名")
    return choose(zh, f"{field.name.removesuffix('_id').replace('_', ' ')} name")
