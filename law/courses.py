"""What opens a follow-up, and the steps of the ladder that it takes, with the article of each.

Sources: S4 四(二), 四(五); S3 24(三), 25; S1 12(二); S0 三(三)3; R-130 to R-132, R-161. The waits
and the approvers are those of the ladder (`law.escalation`). No step is taken automatically: each
is proposed to a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from law.disclosure.rule import Field, may_list_openly
from law.errors import Fault, InvalidInput
from law.escalation import Rung, Step, rung
from law.evidence import SubjectKind
from law.figures import Validity, Version, in_force
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    note_rivals,
    read_dated,
    read_header,
    read_requirements,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader
from law.texts_in_force.load import GRADING, load

RED_ALERT = "red_alert"
_STEPS = list(Step)


class Opening(StrEnum):
    """What opens a follow-up."""

    ALERT = "alert"
    GRADE = "grade"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Course:
    """A follow-up that a text provides for: what opens it, and its steps, mildest first.

    `ruleset` and `grades` are empty unless a grade opens it. `by_another` is true if whoever opened
    it does not approve its steps.
    """

    id: str
    opens: Opening
    steps: tuple[Step, ...]
    cite: str
    zh: str
    en: str
    ruleset: str
    grades: tuple[str, ...]
    by_another: bool


def course(course_id: str, on: date) -> Course:
    """Returns a course as it holds on a day. Raises NotInForce for a day on which it does not."""
    versions = [version for version in _courses() if version.value.id == course_id]
    return in_force(versions, on, "督促事由", "what opens a follow-up")


def grade_course(ruleset_id: str, grade: str, on: date) -> Course | None:
    """Returns the course that a grade opens under the text that gave it, or None.

    R-131: S3 24(三), 25; R-132: S1 12(二), S0 三(三)3; R-161: S4 四(五).
    """
    for found in _holding(on):
        if found.ruleset == ruleset_id and grade in found.grades:
            return found
    return None


def opening_grades(on: date) -> dict[str, tuple[str, ...]]:
    """Returns the grades that open a course on a day, by the text that gives them."""
    grades: dict[str, tuple[str, ...]] = {}
    for found in grade_courses(on):
        grades[found.ruleset] = (*grades.get(found.ruleset, ()), *found.grades)
    return grades


def grade_courses(on: date) -> tuple[Course, ...]:
    """Returns the courses that a grade opens on a day."""
    return tuple(found for found in _holding(on) if found.opens is Opening.GRADE)


def hand_courses(on: date) -> tuple[Course, ...]:
    """Returns the courses that a person may open on a day, by stating the facts (S4 四(二))."""
    return tuple(found for found in _holding(on) if found.opens is Opening.HAND)


def require_hand_course(course_id: str, on: date) -> Course:
    """Returns a course that a person may open; raises InvalidInput for any other.

    The fault names these courses, and `grade`, for which a person opens the course of the grade.
    """
    courses = hand_courses(on)
    for found in courses:
        if found.id == course_id:
            return found
    zh = "、".join((f"{Opening.GRADE}（信用等级）", *(f"{one.id}（{one.zh}）" for one in courses)))
    en = ", ".join((f"{Opening.GRADE} (the grade)", *(f"{one.id} ({one.en})" for one in courses)))
    raise InvalidInput(faults=[Fault("course", f"应为：{zh}", f"must be one of {en}")])


def course_names() -> dict[str, tuple[str, str]]:
    """Returns the Chinese and the English name of every course, in its latest version, by id."""
    return {version.value.id: (version.value.zh, version.value.en) for version in _courses()}


def exposed_fields(course_id: str) -> tuple[Field, ...]:
    """Returns what an exposure under a course makes public of its subject (S1 18, 19)."""
    if course_id == RED_ALERT:
        return Field.NAME, Field.INSTRUMENT, Field.VERIFICATION
    return Field.NAME, Field.GRADE


def ladder(course_id: str, kind: SubjectKind, on: date) -> tuple[Rung, ...]:
    """Returns the steps of a course for a subject of this kind on a day, mildest first.

    Natural persons are never exposed: S4 三(五) forbids any publication about them. Raises
    NotInForce for a day on which the course or one of its steps does not hold.
    """
    found = course(course_id, on)
    return tuple(
        _of_course(found, step, on)
        for step in found.steps
        if step is not Step.EXPOSURE or may_list_openly(kind, on)
    )


def first(course_id: str, on: date) -> Rung:
    """Returns the mildest step of a course on a day."""
    found = course(course_id, on)
    return _of_course(found, found.steps[0], on)


def following(course_id: str, step: Step, kind: SubjectKind, on: date) -> Rung | None:
    """Returns the next harsher step of a course after `step` on a day; None after the last one."""
    harsher = _STEPS[_STEPS.index(step) + 1 :]
    return next((one for one in ladder(course_id, kind, on) if one.step in harsher), None)


def rung_of(course_id: str, step: Step, on: date) -> Rung:
    """Returns a step of a course on a day, with the article of the course."""
    return _of_course(course(course_id, on), step, on)


def _of_course(found: Course, step: Step, on: date) -> Rung:
    own = rung(step, on)
    return own if found.id == RED_ALERT else replace(own, cite=found.cite)


def _holding(on: date) -> Iterator[Course]:
    return (version.value for version in _courses() if version.validity.holds(on))


@cache
def _courses() -> tuple[Version[Course], ...]:
    return understood("courses", read_courses)


def read_courses(reader: Reader) -> tuple[Version[Course], ...]:
    """Reads `courses.yaml`: what opens a follow-up, and its steps, which go from mild to harsh."""
    read_header(reader, "requirements", "courses", "ambiguities")
    read_requirements(reader)
    read_readings(reader)
    courses = tuple(read_dated(item, _course) for item in reader.each("courses"))
    for name in dict.fromkeys(version.value.id for version in courses):
        periods = [version.validity for version in courses if version.value.id == name]
        note_rivals(reader, f"courses.{name}", periods)
    _note_rival_grades(reader, courses)
    return courses


def _note_rival_grades(reader: Reader, courses: Sequence[Version[Course]]) -> None:
    """Adds a fault for each grade that opens two courses on one day."""
    claims: defaultdict[str, list[Validity]] = defaultdict(list)
    for version in courses:
        for grade in version.value.grades:
            claims[f"{version.value.ruleset}.{grade}"].append(version.validity)
    for grade, periods in claims.items():
        note_rivals(reader, f"courses.{grade}", periods)


def _course(reader: Reader) -> Course:
    of_grade = ("ruleset", "grades") if "ruleset" in reader.data else ()
    reader.only("id", "opens", "steps", "by_another", "zh", "en", *of_grade, *DATED)
    steps = reader.choices("steps", Step)
    if not steps or steps[0] is Step.EXPOSURE or sorted(steps, key=_STEPS.index) != list(steps):
        reader.fault("steps", "应由轻到重列出各步，曝光不得为首步", "must go from mild to harsh")
    opens = reader.choice("opens", Opening)
    if (opens is Opening.GRADE) is not bool(of_grade):
        zh, en = "只有等级引起的才写明文本", "is for what a grade opens, and only that"
        reader.fault("ruleset", zh, en)
    return Course(
        id=reader.text("id"),
        opens=opens,
        steps=steps,
        cite=reader.text("cite"),
        zh=reader.text("zh"),
        en=reader.text("en"),
        ruleset=reader.text("ruleset") if of_grade else "",
        grades=_grades(reader) if of_grade else (),
        by_another=reader.flag("by_another", False),
    )


def _grades(reader: Reader) -> tuple[str, ...]:
    name, grades = reader.text("ruleset"), reader.texts("grades")
    known = {grade.id for grade in load(name).grades} if name in GRADING else set[str]()
    if not grades or not known.issuperset(grades):
        reader.fault("grades", f"{name}没有这些等级", f"{name} has no such grades")
    return grades
