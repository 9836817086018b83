"""Loading, publishing and reading the versions of the green standard."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.prepared import run_prepared
from assessments import canonical
from assessments.models import QuestionnaireVersion
from audit import trail
from labels.dates import ledger_day
from labels.models import Standard
from labels.rules import InvalidStandard, Rules, parse
from runs import engine
from suppliers.models import Document


if TYPE_CHECKING:
    from accounts.models import User

OURS = Path(__file__).parent / "standards" / "green-procurement-2026.yaml"


class StandardChanged(Exception):
    """A published version with this number says something else: a changed standard needs a new version."""


class NoStandardInForce(Exception):
    """No published standard is in force on the day asked for."""


def read(path: Path) -> dict[str, Any]:
    """Raises `InvalidStandard` when the file is no YAML mapping."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidStandard([f"{path.name} is no readable YAML: {error}"]) from error
    if not isinstance(content, dict):
        raise InvalidStandard([f"{path.name} holds no standard."])
    return content


def check(content: dict[str, Any]) -> Rules:
    """The rules of this content; raises `InvalidStandard`."""
    return parse(content, paper_kinds=Document.Kind.values)


@transaction.atomic
def load_standard(path: Path, *, by: "User | None", at: datetime) -> Standard:
    """Makes a draft of the file, or changes the draft of that version. Loading the same file again changes nothing."""
    content = read(path)
    rules = check(content)
    sha256 = canonical.sha256(content)
    standard = Standard.objects.select_for_update().filter(key=rules.key, version=rules.version).first()
    if standard is not None and standard.sha256 == sha256:
        return standard
    if standard is not None and standard.status != Standard.Status.DRAFT:
        raise StandardChanged(f"{standard.key} {standard.version}")
    standard = standard or Standard(key=rules.key, version=rules.version)
    take_content(standard, content, rules)
    standard.save()
    trail.record("standard.loaded", actor=by, target=standard, detail={"sha256": sha256}, at=at)
    return standard


def take_content(standard: Standard, content: dict[str, Any], rules: Rules) -> None:
    """Whoever asked to publish it asked for other words."""
    standard.title_en, standard.title_zh = rules.title["en"], rules.title["zh"]
    standard.content, standard.sha256 = content, canonical.sha256(content)
    standard.submitted_by = standard.submitted_at = standard.wanted_from = None


@transaction.atomic
def publish(standard: Standard, *, by: "User | None", at: datetime, in_force_from: date | None = None) -> Standard:
    """A published version never changes again. The first version may be in force at once: nobody relied on an earlier one.

    Publishing a published version changes nothing. Raises `InvalidStandard`.
    """
    standard = Standard.objects.select_for_update().get(pk=standard.pk)
    if standard.status != Standard.Status.DRAFT:
        return standard
    rules = check(standard.content)
    earliest = earliest_start(rules, at=at)
    in_force_from = in_force_from or earliest
    problems = unknown_to_questionnaire(rules)
    if in_force_from < earliest:
        problems.append(late_notice(rules, earliest))
    if problems:
        raise InvalidStandard(problems)
    standard.status = Standard.Status.PUBLISHED
    standard.published_at, standard.published_by, standard.in_force_from = at, by, in_force_from
    standard.save(update_fields=["status", "published_at", "published_by", "in_force_from"])
    trail.record("standard.published", actor=by, target=standard, detail={"in_force_from": in_force_from.isoformat()}, at=at)
    if in_force_from > ledger_day(at):
        engine.start("tell_of_standard", parameters={"standard": standard.pk}, by=by, at=at, title=str(standard))
    return standard


def earliest_start(rules: Rules, *, at: datetime) -> date:
    relied_on = Standard.objects.filter(key=rules.key).exclude(status=Standard.Status.DRAFT).exists()
    return ledger_day(at) + timedelta(days=rules.ledger.notice_days if relied_on else 0)


def unknown_to_questionnaire(rules: Rules) -> list[str]:
    """What the standard asks about and the newest published questionnaire does not have."""
    version = QuestionnaireVersion.objects.filter(key=rules.questionnaire, status=QuestionnaireVersion.Status.IN_FORCE).first()
    if version is None:
        return [_("No questionnaire '%(key)s' is in force.") % {"key": rules.questionnaire}]
    areas = {area["code"] for area in version.content["areas"]}
    questions = {question["code"] for question in version.content["questions"]}
    hits = [hit for question in version.content["questions"] for hit in question.get("triggers", ())]
    gates = {hit["key"] for hit in hits if hit["kind"] == "gate"}
    return [
        *(_("The questionnaire has no area '%(area)s'.") % {"area": area} for area in rules.areas if area not in areas),
        *(_("The questionnaire has no gate '%(gate)s'.") % {"gate": gate} for gate in rules.gates if gate not in gates),
        *(
            _("The questionnaire has no question '%(question)s'.") % {"question": one}
            for one, _field in rules.questions
            if one not in questions
        ),
    ]


def late_notice(rules: Rules, earliest: date) -> str:
    text = _("A standard needs %(days)s days of notice: it can be in force from %(date)s at the earliest.")
    return text % {"days": rules.ledger.notice_days, "date": earliest.isoformat()}


def rules_of(standard: Standard) -> Rules:
    """The rules of a version, read once: the hash says whether they are the same."""
    return _rules_of(standard.pk, standard.sha256)


@lru_cache(maxsize=16)
def _rules_of(standard_id: int, sha256: str) -> Rules:
    return check(Standard.objects.values_list("content", flat=True).get(pk=standard_id))


def in_force(on: date) -> Standard:
    standard = Standard.objects.in_force(on)
    if standard is None:
        raise NoStandardInForce(on.isoformat())
    return standard


_IN_FORCE = """
    SELECT id, sha256 FROM labels_standard WHERE status = 'published' AND in_force_from <= %(on)s::date
    ORDER BY in_force_from DESC, id DESC LIMIT 1
"""


def rules_in_force(on: date) -> Rules:
    """Raises `NoStandardInForce`."""
    for standard_id, sha256 in run_prepared(_IN_FORCE, {"on": on}):
        return _rules_of(standard_id, sha256)
    raise NoStandardInForce(on.isoformat())
