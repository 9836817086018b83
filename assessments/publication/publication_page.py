"""The steps a version takes on its way into force, as a page shows them: what is done, what is next, what lies ahead."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from assessments.models import BackTest, Publication, QuestionnaireVersion
from assessments.publication import publishing, rule_changes
from assessments.publication.rule_changes import RuleChanges
from assessments.rules import rulesets


Status = QuestionnaireVersion.Status


@dataclass(frozen=True)
class Step:
    """`state`: done, current or todo."""

    title: str
    state: str
    detail: str = ""
    at: datetime | None = None
    day: date | None = None
    actor: str = ""
    url: str = ""


def publication_of(version: QuestionnaireVersion) -> Publication | None:
    found = Publication.objects.filter(version=version).select_related("announced_by", "withdrawn_by", "back_test", "replaces")
    return found.defer("replaces__content").first()


def steps(version: QuestionnaireVersion, announced: Publication | None, test: BackTest | None) -> list[Step]:
    is_draft = version.status == Status.DRAFT
    found = [
        Step(_("Draft"), "done", at=version.changed_at or version.created_at, actor=str(version.changed_by or "")),
        _tried(version, announced, test),
        _announced(announced, "current" if is_draft and test else "todo"),
    ]
    if version.status == Status.WITHDRAWN and announced:
        reason, actor = announced.withdrawn_reason, str(announced.withdrawn_by)
        return [*found, Step(_("Withdrawn"), "done", reason, at=announced.withdrawn_at, actor=actor)]
    return [*found, _in_force(version, announced), _superseded(version)]


def _tried(version: QuestionnaireVersion, announced: Publication | None, test: BackTest | None) -> Step:
    if test:
        return Step(_("Back-test"), "done", at=test.requested_at, actor=str(test.requested_by), url=test.get_absolute_url())
    if version.status == Status.DRAFT:
        return Step(_("Back-test"), "current", _("Tried on everything that was answered so far, before anybody is asked by it."))
    return Step(_("Back-test"), "done", _("Nobody had answered yet: there was nothing to try it on."))


def _announced(announced: Publication | None, state: str) -> Step:
    if announced:
        return Step(_("Announced"), "done", announced.change, at=announced.announced_at, actor=str(announced.announced_by or ""))
    detail = _("By somebody else than its author. Suppliers read what changes, at least %(days)s days ahead.")
    return Step(_("Announced"), state, detail % {"days": publishing.NOTICE.days})


def _in_force(version: QuestionnaireVersion, announced: Publication | None) -> Step:
    if version.status in (Status.IN_FORCE, Status.SUPERSEDED):
        return Step(
            _("In force"), "done", day=announced.in_force_from if announced else None, at=None if announced else version.published_at
        )
    if announced:
        text = _("Campaigns launched from that day ask by it. Earlier ones keep their rules, and their scores.")
        return Step(_("In force"), "current", text, day=announced.in_force_from)
    return Step(_("In force"), "todo")


def _superseded(version: QuestionnaireVersion) -> Step:
    if version.status != Status.SUPERSEDED:
        return Step(_("Superseded"), "todo")
    following = version.replaced_by.filter(version__status__in=[Status.IN_FORCE, Status.SUPERSEDED])
    after = following.select_related("version").defer("version__content").first()
    if after is None:
        return Step(_("Superseded"), "done")
    return Step(_("Superseded"), "done", str(after.version), day=after.in_force_from, url=after.version.get_absolute_url())


def changes(version: QuestionnaireVersion, announced: Publication | None) -> tuple[QuestionnaireVersion, RuleChanges] | None:
    """Held against the version it replaces, or would replace now."""
    would_replace = publishing.in_force(version.key) if version.status == Status.DRAFT else None
    earlier = announced.replaces if announced else would_replace
    if earlier is None:
        return None
    return earlier, rule_changes.compare(rulesets.questionnaire_of(earlier.pk), rulesets.questionnaire_of(version.pk))
