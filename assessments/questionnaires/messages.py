"""The sentences behind the keys of the pure modules, in the language in use."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from assessments.questionnaires.answers import AnswerError, in_language
from assessments.questionnaires.questionnaire import Problem


_ANSWER_ERRORS: Mapping[str, str | Promise] = {
    "date_ambiguous": _("“%(typed)s” may be %(first)s or %(second)s. Write the year first, as in one of these."),
    "date_out_of_range": _("Enter a year from %(first)s to %(last)s."),
    "date_unreadable": _("Enter a date such as 2026-03-31."),
    "excludes_others": _("“%(option)s” cannot be chosen together with others."),
    "not_an_option": _("Choose one of the options offered."),
    "number_ambiguous": _("“%(typed)s” may be %(first)s or %(second)s. Write it as one of these."),
    "number_too_long": _("Enter at most %(whole)s digits before and %(decimals)s after the decimal point."),
    "number_unreadable": _("Enter a number in digits, such as 1250.5."),
    "text_too_long": _("Shorten this text to %(limit)s characters; it has %(length)s."),
    "too_large": _("Enter at most %(limit)s."),
    "too_many_rows": _("Enter at most %(limit)s rows."),
    "too_small": _("Enter at least %(limit)s."),
    "unit_missing": _("Choose a unit: %(known)s."),
    "unknown_field": _("This question has no such field."),
    "unknown_unit": _("“%(unit)s” is not a unit offered here."),
    "unreadable": _("This value cannot be read."),
}


def answer_error(error: AnswerError) -> str:
    return str(_ANSWER_ERRORS[error.key]) % in_language(error.params, get_language() or "en")


def answer_errors(errors: Mapping[str, AnswerError]) -> dict[str, str]:
    """Path -> sentence, as `answers.clean` found them."""
    return {path: answer_error(error) for path, error in errors.items()}


def problem(found: Problem) -> str:
    """Why a questionnaire was refused, without its place in the file."""
    return gettext(found.message) % found.params if found.params else gettext(found.message)
