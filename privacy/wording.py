"""The rules of docs/data-retention.yaml as a person reads them."""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from privacy.policy import Rule, model_of


# Where the name of a model says little to people.
NAMES: dict[str, StrOrPromise] = {
    "accounts.Throttle": gettext_lazy("Tries that were counted"),
    "assessments.Presence": gettext_lazy("Who has a page open"),
    "usersessions.UserSession": gettext_lazy("Where people are signed in"),
}
# By the last step of the path to the date.
SINCE: dict[str, StrOrPromise] = {
    "accepted_at": gettext_lazy("the acceptance"),
    "assigned_at": gettext_lazy("the assignment"),
    "closed_at": gettext_lazy("the closing of the case"),
    "created_at": gettext_lazy("the day it was made"),
    "decided_at": gettext_lazy("the decision"),
    "expire_date": gettext_lazy("its end"),
    "expires_at": gettext_lazy("its end"),
    "last_at": gettext_lazy("the last try"),
    "last_seen_at": gettext_lazy("the last sign of life"),
    "made_at": gettext_lazy("the day it was made"),
    "moved_at": gettext_lazy("the last sign of life"),
    "seen_at": gettext_lazy("the last sign of life"),
    "uploaded_at": gettext_lazy("the upload"),
    "valid_to": gettext_lazy("the end of its validity"),
}
# Of fields without a name for people.
FIELDS: dict[str, StrOrPromise] = {"file": gettext_lazy("file"), "values": gettext_lazy("values")}


@dataclass(frozen=True)
class RuleLine:
    model: str
    name: str
    kinds: str
    days: int
    since: str
    goes: str


def line_of(rule: Rule) -> RuleLine:
    return RuleLine(rule.model, name_of(rule), _kinds(rule), rule.days, _since(rule), _goes(rule))


def name_of(rule: Rule) -> str:
    return str(NAMES.get(rule.model) or capfirst(str(model_of(rule)._meta.verbose_name_plural)))


def _since(rule: Rule) -> str:
    first, later = (str(SINCE.get(moment.rpartition("__")[2], moment)) for moment in (rule.after, rule.and_after))
    return _("%(moment)s, or %(later)s where that is later") % {"moment": first, "later": later} if later else first


def _kinds(rule: Rule) -> str:
    """Which of them, where there are several rules."""
    chosen = rule.where.get("kind__in", ())
    names = {value: name for field in model_of(rule)._meta.concrete_fields if field.name == "kind" for value, name in field.flatchoices}
    without_end = [_("No end of validity was told")] if rule.where.get("valid_to__isnull") else []
    return " · ".join([*(str(names[kind]) for kind in chosen), *without_end])


def _goes(rule: Rule) -> str:
    if not rule.blank:
        return _("All of it")
    names = {field.name: field.verbose_name for field in model_of(rule)._meta.concrete_fields}
    fields = ", ".join(str(FIELDS.get(each, names[each])) for each in rule.blank)
    return _("Only its %(fields)s; the rest stays") % {"fields": fields}
