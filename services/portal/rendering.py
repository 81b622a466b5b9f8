"""Renders templates in Chinese and English; each Chinese text is the key of its translation."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from markupsafe import Markup

from plumbing.characters import visible
from plumbing.clock import SHANGHAI
from services.portal.fault_summary import name_faults
from services.portal.punctuation import GAP, EnglishPunctuation
from services.portal.saying import LOCALES, day_in_words
from services.portal.static_files import static_address
from services.portal.translations import Translations
from services.portal.wording import Words

HERE = Path(__file__).parent
LANGUAGES = ("zh-CN", "en")
VERSION = version("quanheng")


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Returns the translations to a language; empty for Chinese, the language of the templates."""
    file = HERE / "locale" / str(LOCALES[language]) / "LC_MESSAGES" / "portal.po"
    if not file.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _environment(language: str) -> Environment:
    english = [EnglishPunctuation] if language == "en" else []
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(HERE / "templates"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", *english],
    )
    environment.globals["gap"] = GAP
    return environment


def _seen(value: Any) -> Any:
    # Markup is written by ourselves; what it holds of people was a text before.
    return visible(value) if type(value) is str else value


def render(template: str, language: str, values: Mapping[str, Any]) -> str:
    """Renders a template as HTML in the given language; its faults name their fields."""
    translations = catalogue(language)
    words = Words(translations.gettext, language)
    page = (
        _environment(language)
        .get_template(template)
        .render(
            **values,
            _=translations.gettext,
            gettext=translations.gettext,
            ngettext=translations.ngettext,
            language=language,
            words=words,
            day=_day(language),
            moment=_moment(language),
            number=_number(language),
            written=_written(language),
            paragraphs=_paragraphs,
            static=static_address,
            version=VERSION,
        )
    )
    return name_faults(page, language, translations.gettext)


def _day(language: str) -> Callable[[date | str], str]:
    def written(value: date | str) -> str:
        """Formats a day in full: 2026年10月16日星期五; empty for an empty value."""
        if not value:
            return ""
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return day_in_words(day, "full", language)

    return written


def _moment(language: str) -> Callable[[Any], str]:
    def written(value: Any) -> str:
        """Formats a datetime or protobuf timestamp as date, hour and minute of Beijing time."""
        moment = value if isinstance(value, datetime) else value.ToDatetime(SHANGHAI)
        day = day_in_words(moment.date(), "long", language)
        return f"{day} {moment:%H:%M}"

    return written


def _number(language: str) -> Callable[[int], str]:
    def written(value: int) -> str:
        return str(format_decimal(value, locale=LOCALES[language]))

    return written


def _written(language: str) -> Callable[[Any], str]:
    day, moment, number = _day(language), _moment(language), _number(language)

    def written(value: Any) -> str:
        """Formats a number, a day or a moment as people write it; a text stays as it is."""
        match value:
            case None:
                return ""
            case datetime():
                return moment(value)
            case date():
                return day(value)
            case int():
                return number(value)
        return str(value)

    return written


def _paragraphs(text: str) -> Markup:
    """A text of people as paragraphs, every character of it escaped."""
    return Markup("").join(
        Markup('<p class="govuk-body">{}</p>').format(visible(line))
        for line in text.splitlines()
        if line
    )
