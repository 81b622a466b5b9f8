"""The words of the pages for every code of the services, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from markupsafe import Markup

from law.errors import NotFound
from law.evidence import RecordKind
from law.instruments import catalogue
from law.kind_names import kind_name
from law.reader.texts import with_titles
from law.texts_in_force.load import load
from law.texts_in_force.model import Effect, KindRule
from protos.alerts.v1 import escalations_pb2
from services.portal import follow_up_words
from services.portal.case_wording import CaseWording
from services.portal.law_links import article_links
from services.portal.marked import N_
from services.portal.saying import Tag

__all__ = ["N_", "Tag"]  # pages import them from here

_COLOURS: Mapping[str, tuple[str, str, str]] = {
    "red": (N_("红色警示"), "■", "govuk-tag--red"),
    "yellow": (N_("黄色预警"), "▲", "govuk-tag--yellow"),
    "green": (N_("绿色提示"), "●", "govuk-tag--green"),
    "none": (N_("正常"), "", "govuk-tag--grey"),
}
SECTORS = {
    "market": N_("集贸市场"),
    "fuel_station": N_("加油站"),
    "charging_station": N_("充电站"),
    "catering": N_("餐饮"),
    "retail": N_("商场超市"),
    "medical": N_("医疗机构"),
    "optical": N_("眼镜制配"),
    "transport": N_("交通运输"),
    "utility": N_("公用事业"),
    "postal": N_("邮政快递"),
    "telecom": N_("电信"),
    "energy": N_("能源"),
    "calibration_service": N_("检定校准机构"),
    "prepackaged_goods": N_("定量包装"),
    "scenic_area": N_("景区"),
    "street_block": N_("街区"),
    "other": N_("其他"),
}
_SUBJECT_KINDS = {
    "organisation": N_("法人和非法人组织"),
    "individual_business": N_("个体工商户"),
    "natural_person": N_("自然人"),
}
_INSTRUMENT_STATES = {
    "in_use": N_("在用"),
    "spare": N_("备用"),
    "stopped": N_("停用"),
    "scrapped": N_("报废"),
}
_RESULTS = {
    "pass": N_("合格"),
    "reject": N_("不合格"),
    "repaired": N_("已修理或签封损坏，未再检定"),
    "pending": N_("待定"),
}
_SEVERITIES = {"minor": N_("轻微"), "general": N_("一般"), "serious": N_("严重")}
_EFFECTS = {
    Effect.ADDS: N_("加 {points} 分"),
    Effect.DEDUCTS: N_("减 {points} 分"),
    Effect.ADVERSE: N_("作为失信信息"),
    Effect.GOOD: N_("作为良好信息"),
    Effect.NONE: N_("不影响等级"),
}
_RECORD_STATES = {
    "active": N_("有效"),
    "corrected": N_("已更正"),
    "withdrawn": N_("已撤销"),
    "repaired": N_("已修复"),
    "expired": N_("已届满"),
}
_ROLES = {
    "operator": N_("经营者"),
    "caseworker": N_("办案人员"),
    "unit_head": N_("单位负责人"),
    "municipal_reviewer": N_("市级复核人员"),
    "inspector": N_("检查人员"),
    "verification_institution": N_("检定机构"),
    "integrator": N_("对接系统"),
    "administrator": N_("平台管理员"),
    "auditor": N_("审计员"),
    "public": N_("公众"),
}
SERVICE_NAMES = {
    "registry": N_("登记"),
    "grading": N_("评价"),
    "objection": N_("异议和修复"),
    "alerts": N_("预警和通知"),
}
_FAMILIES = {
    "bureaus": N_("机关"),
    "subjects": N_("主体"),
    "instruments": N_("器具"),
    "verifications": N_("检定"),
    "records": N_("信用记录"),
    "penalties": N_("双公示行政处罚"),
    "permits": N_("双公示行政许可"),
    "auto": N_("按表头识别"),
}
_BATCH_STATES = {
    "checked": N_("已检查，未导入"),
    "receiving": N_("正在接收"),
    "waiting": N_("正在处理"),
    "matching": N_("待核对各列"),
    "awaiting_approval": N_("待批准"),
    "applied": N_("已导入"),
    "refused": N_("有误，未导入"),
    "unchanged": N_("没有变化"),
    "rejected": N_("未获批准"),
    "discarded": N_("已放弃"),
    "expired": N_("已失效"),
    "undone": N_("已撤销导入"),
}
BATCH_STATES = tuple(_BATCH_STATES)


class Words(CaseWording):
    """Translates the codes of the services to words in the language of one page."""

    def colour(self, code: str) -> Tag:
        """Returns the word, the shape and the style in which pages show an alert colour."""
        word, shape, style = _COLOURS[code or "none"]
        return Tag(self._say(word), shape, style)

    def sector(self, code: str) -> str:
        """Returns the name of a subject's sector; empty for an empty code."""
        return self._say(SECTORS.get(code, code)) if code else ""

    def subject_kind(self, code: str) -> str:
        """Returns the name of a kind of subject."""
        return self._say(_SUBJECT_KINDS.get(code, code))

    def instrument_state(self, code: str) -> str:
        """Returns the name of an instrument's state, such as in use or scrapped."""
        return self._say(_INSTRUMENT_STATES.get(code, code)) if code else ""

    def result(self, code: str) -> str:
        """Returns the name of a verification's result, such as passed or rejected."""
        return self._say(_RESULTS.get(code, code))

    def record_kind(self, code: str) -> str:
        """Returns the name of a kind of credit record."""
        return kind_name(RecordKind(code), self.lang)

    def severity(self, code: str) -> str:
        """Returns the name of a record's severity; empty for an empty code."""
        return self._say(_SEVERITIES[code]) if code in _SEVERITIES else code

    def effect(self, rule: KindRule) -> str:
        """Returns what a kind of record does to the grade under a text, such as 减 10 分."""
        text = self._say(_EFFECTS[rule.effect])
        return text.format(points=rule.points) if rule.points is not None else text

    def is_adverse(self, code: str) -> bool:
        """Returns True if a kind of credit record counts against the subject."""
        return not RecordKind(code).positive

    def record_status(self, code: str) -> str:
        """Returns the name of a credit record's status, such as withdrawn or repaired."""
        return self._say(_RECORD_STATES.get(code, code))

    def service(self, name: str) -> str:
        """Returns what one of the platform's services does, as its name for people."""
        return self._say(SERVICE_NAMES.get(name, name)) if name else ""

    def role(self, code: str) -> str:
        """Returns the name of a role."""
        return self._say(_ROLES.get(code, code))

    def family(self, code: str) -> str:
        """Returns the name of a family of import data, such as subjects."""
        return self._say(_FAMILIES.get(code, code))

    def batch_state(self, code: str) -> str:
        """Returns the name of an import batch's state."""
        return self._say(_BATCH_STATES.get(code, code))

    def escalation_step(self, code: str) -> str:
        """Returns the name of a step of an escalation case, such as a reminder."""
        return self._say(follow_up_words.ESCALATION_STEPS.get(code, code))

    def course(self, case: escalations_pb2.Escalation) -> str:
        """Returns what opened an escalation case, such as red alerts of instruments."""
        return case.course_zh if self.lang == "zh" else case.course_en

    def step_state(self, code: str) -> str:
        """Returns what has become of a step of an escalation case, such as carried out."""
        return self._say(follow_up_words.STEP_STATES.get(code, code))

    def interview_outcome(self, code: str) -> str:
        """Returns whether an interview was held."""
        return self._say(follow_up_words.INTERVIEW_OUTCOMES.get(code, code))

    def invitation_answer(self, interview: escalations_pb2.Interview) -> str:
        """Returns what the subject says to an invitation, with the day for which it asks."""
        if interview.answer == "another_day":
            return self._say(N_("请求改在 {day}")).format(day=self.day(interview.asked_for))
        return self._say(N_("按时参加")) if interview.answer else ""

    def undertaking_outcome(self, code: str) -> str:
        """Returns whether an undertaking was kept; empty while nobody has recorded it."""
        return self.say(follow_up_words.UNDERTAKINGS.get(code, ""))

    def escalation_state(self, code: str) -> str:
        """Returns the name of an escalation case's state."""
        return self._say(follow_up_words.ESCALATION_STATES.get(code, code))

    def instrument_type(self, code: str) -> str:
        """Returns the name of an instrument type; the type as it was entered if it is unknown."""
        known = catalogue().get(code)
        if known is None:
            return code
        return known.name_zh if self.lang == "zh" else known.name_en

    def plain(self, sentence: str) -> str:
        """Returns a sentence of the law data without codes: texts by title, no numbers."""
        return with_titles(sentence, self.lang)

    def article(self, citation: str, within: str = "") -> Markup:
        """Formats a citation as links to the words of its articles, with the titles of the texts.

        Internal numbers such as C-19 are left out. The title is left out for articles of the text
        with the id `within`.
        """
        return article_links(citation, self.lang, within)

    def text_title(self, ruleset_id: str) -> str:
        """Returns the title of a ruleset; its id if it is unknown."""
        try:
            ruleset = load(ruleset_id)
        except NotFound:
            return ruleset_id
        return ruleset.title_zh if self.lang == "zh" else ruleset.title_en

    def grade(self, ruleset_id: str, grade: str) -> str:
        """Returns a grade with its meaning, such as B（良好）; a class by its name alone: 失信."""
        if not grade:
            return self._say(N_("不评价等级"))
        try:
            known = load(ruleset_id).grade(grade)
        except (NotFound, ValueError):
            return grade
        title = known.title_zh if self.lang == "zh" else known.title_en
        named = self.with_note(grade, title) if grade.isupper() and grade not in title else title
        return named[:1].upper() + named[1:]

    def days_left(self, last_day: str, today: str) -> str:
        """Returns for how many days a certificate is still valid, or since when it is not."""
        if not last_day:
            return self._say(N_("无有效期"))
        days = (date.fromisoformat(last_day) - date.fromisoformat(today)).days
        if days < 0:
            return self._say(N_("已过有效期 {days} 天")).format(days=-days)
        return self._say(N_("还有 {days} 天")).format(days=days)

    def validity(self, last_day: str, today: str) -> str:
        """Returns for how long a certificate is still valid, with its last day."""
        left = self.days_left(last_day, today)
        return self._say(N_("{left}，有效期至 {day}")).format(left=left, day=self.day(last_day))
