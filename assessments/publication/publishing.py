"""A version of the rules is published in steps: draft, back-test, announcement with notice, in force, superseded.

1. A draft is tried on the portfolio (`assessments.publication.back_testing`). Only a finished test of exactly this content counts.
2. Somebody who wrote nothing of it announces it: suppliers read what changes, and from when, at least thirty days ahead.
3. On its day it comes into force, and the version before it is superseded. Campaigns launched from then on ask by it; those launched
   before keep theirs, and so do their scores.

The first version of a questionnaire replaces nothing: it needs no notice, and where nobody has answered there is nothing to try it on.
The database holds to all of it (`models/publications.py`).
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts.models import User
from assessments.models import BackTest, Publication, QuestionnaireVersion
from audit import trail
from audit.models import Event
from runs import engine
from runs.calendar import buyers_day
from runs.models import Run


NOTICE = timedelta(days=30)
Status = QuestionnaireVersion.Status
ANNOUNCED_ONCE = (Status.ANNOUNCED, Status.IN_FORCE, Status.SUPERSEDED)


class NotReady(Exception):
    """This step cannot be taken; the message says why. `field` is the place of a form it belongs to, if any."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def in_force(key: str) -> QuestionnaireVersion | None:
    return QuestionnaireVersion.objects.defer("content").filter(key=key, status=Status.IN_FORCE).first()


def newest_test(version: QuestionnaireVersion) -> BackTest | None:
    """The newest finished test of what stands in the draft now."""
    finished = version.back_tests.filter(ruleset_sha256=version.sha256, run__status=Run.Status.DONE)
    return finished.select_related("run", "requested_by").order_by("-requested_at", "-pk").first()


def earliest_start(replaces: QuestionnaireVersion | None, *, at: datetime) -> date:
    return buyers_day(at) + (NOTICE if replaces else timedelta())


def what_is_missing(version: QuestionnaireVersion, *, by: User | None) -> str:
    """Why this person cannot announce the draft now; empty when nothing is in the way."""
    if version.status != Status.DRAFT:
        return gettext_noop("This version is published already.")
    if by is not None and _wrote_in(version, by):
        return gettext_noop("You wrote in this draft. Somebody who did not has to announce it.")
    if newest_test(version) is None and _was_answered(version):
        return gettext_noop("Back-test the draft first. Only a finished test of exactly what stands in it now counts.")
    if QuestionnaireVersion.objects.filter(key=version.key, status=Status.ANNOUNCED).exists():
        return gettext_noop("Another version of this questionnaire is announced. Wait until it is in force, or withdraw it.")
    return ""


def _wrote_in(version: QuestionnaireVersion, user: User) -> bool:
    """At any time: what somebody wrote stays theirs when another one changes a word of it."""
    loaded = Event.objects.filter(target_type=version._meta.label_lower, target_id=str(version.pk), action="questionnaire.loaded")
    return loaded.filter(actor=user).exists()


def _was_answered(version: QuestionnaireVersion) -> bool:
    from assessments.publication.back_testing import to_be_tested

    return to_be_tested(version).exists()


@transaction.atomic
def announce(
    *, version_id: int, in_force_from: date, by: User | None, at: datetime, change_en: str = "", change_zh: str = ""
) -> Publication:
    """Fixes the version for good and tells suppliers. Announcing twice is the same as once. Raises `NotReady`."""
    version = _locked(version_id)
    if version.status in ANNOUNCED_ONCE and (standing := Publication.objects.filter(version=version).first()):
        return standing
    if refusal := what_is_missing(version, by=by):
        raise NotReady(refusal)
    replaces = in_force(version.key)
    if in_force_from < earliest_start(replaces, at=at):
        raise NotReady(_too_early(replaces), "in_force_from")
    if replaces and not (change_en.strip() or change_zh.strip()):
        raise NotReady(gettext_noop("Tell suppliers in a few words what changes, and why."), "change_en")
    announced = Publication.objects.create(
        version=version,
        sha256=version.sha256,
        replaces=replaces,
        back_test=newest_test(version),
        change_en=change_en.strip(),
        change_zh=change_zh.strip(),
        in_force_from=in_force_from,
        announced_on=buyers_day(at),
        announced_at=at,
        announced_by=by,
    )
    version.status, version.published_at, version.published_by = Status.ANNOUNCED, at, by
    version.save(update_fields=["status", "published_at", "published_by"])
    detail = {"sha256": version.sha256, "in_force_from": in_force_from.isoformat()}
    trail.record("questionnaire.announced", actor=by, target=version, detail=detail, at=at)
    _tell(version, by=by, at=at)
    _put_into_force(version.key, at=at)
    return announced


def _locked(version_id: int) -> QuestionnaireVersion:
    """With all versions of its questionnaire: of two that are announced at once, the second finds the first."""
    key = QuestionnaireVersion.objects.values_list("key", flat=True).get(pk=version_id)
    return next(version for version in _lock_all(key) if version.pk == version_id)


def _lock_all(key: str) -> list[QuestionnaireVersion]:
    """In one order, whoever locks them."""
    return list(QuestionnaireVersion.objects.select_for_update().defer("content").filter(key=key).order_by("pk"))


def _too_early(replaces: QuestionnaireVersion | None) -> str:
    if replaces is None:
        return gettext_noop("This day has passed.")
    return gettext_noop("Suppliers get at least 30 days of notice: choose a later day.")


def _tell(version: QuestionnaireVersion, *, by: User | None, at: datetime) -> None:
    from assessments.publication.news import suppliers_concerned

    if suppliers_concerned(version).exists():
        engine.start("tell_of_rules", parameters={"version": version.pk}, by=by, at=at, title=str(version))


@transaction.atomic
def withdraw(*, version_id: int, reason: str, by: User, at: datetime) -> Publication:
    """Before its day: the version never comes into force, and suppliers are told so. A mended one is a new version.

    Withdrawing twice is the same as once. Raises `NotReady`.
    """
    version = _locked(version_id)
    if version.status == Status.WITHDRAWN:
        return version.publication
    if version.status != Status.ANNOUNCED:
        raise NotReady(gettext_noop("Only what is announced and not yet in force can be withdrawn."))
    publication = version.publication
    publication.withdrawn_at, publication.withdrawn_by, publication.withdrawn_reason = at, by, reason.strip()
    publication.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    version.status = Status.WITHDRAWN
    version.save(update_fields=["status"])
    trail.record("questionnaire.withdrawn", actor=by, target=version, detail={"reason": publication.withdrawn_reason}, at=at)
    _tell(version, by=by, at=at)
    return publication


@transaction.atomic
def put_due_into_force(*, at: datetime) -> int:
    """Announced versions whose day has come; how many. Every day by the clock, and before a campaign is launched: twice is as once."""
    due = Publication.objects.coming().filter(in_force_from__lte=buyers_day(at))
    return sum(_put_into_force(key, at=at) for key in sorted(set(due.values_list("version__key", flat=True))))


def _put_into_force(key: str, *, at: datetime) -> bool:
    """The announced version of this questionnaire, if its day has come. Says whether there was one."""
    versions = _lock_all(key)
    due = set(Publication.objects.coming().filter(in_force_from__lte=buyers_day(at)).values_list("version", flat=True))
    version = next((each for each in versions if each.pk in due), None)
    if version is None:
        return False
    for earlier in versions:
        if earlier.status == Status.IN_FORCE:
            earlier.status = Status.SUPERSEDED
            earlier.save(update_fields=["status"])
    version.status = Status.IN_FORCE
    version.save(update_fields=["status"])
    trail.record("questionnaire.in_force", actor=None, target=version, detail={"sha256": version.sha256}, at=at)
    return True
