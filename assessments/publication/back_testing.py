"""What a version would make of the answers that were given under other versions: who gains, who loses, and whose label would change.

The same pure scorer reads the same stored answers; results go into tables of their own, and no score changes. An answer to a question
whose fields were changed is an answer to another question: it counts as not given, and the supplier would be asked anew.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from accounts.copying import copied_into
from accounts.models import User
from assessments.models import Assessment, BackTest, QuestionnaireVersion
from assessments.rules import rulesets
from assessments.scores.keeping import Scored, score_stored, to_be_scored
from audit import trail
from runs import engine


_COLUMNS = ("back_test_id", "assessment_id", "before", "after", "change", "level_before", "level_after")


class NothingToTest(Exception):
    """No assessment has answers to an earlier version of this questionnaire."""


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """What labels make of other scores. `levels` answers supplier -> (level now, level then), for the suppliers it would judge by them."""

    levels: Callable[[Sequence[Scored], datetime], Mapping[int, tuple[str, str]]]
    title: Callable[[str, datetime], str]


_effects: list[LabelEffect] = []


def knows_labels(effect: LabelEffect) -> None:
    """Registers the app that gives labels; this one knows nothing of them."""
    _effects[:] = [effect]


def level_title(level: str, *, at: datetime) -> str:
    return _effects[0].title(level, at) if level and _effects else level


def to_be_tested(version: QuestionnaireVersion) -> QuerySet[Assessment, int]:
    return to_be_scored().filter(campaign__questionnaire__key=version.key)


@transaction.atomic
def start(*, version: QuestionnaireVersion, by: User, at: datetime) -> BackTest:
    """Raises `NothingToTest`."""
    if not to_be_tested(version).exists():
        raise NothingToTest(version.key)
    back_test = BackTest.objects.create(questionnaire=version, ruleset_sha256=version.sha256, requested_by=by, requested_at=at)
    back_test.run = engine.start("back_test", parameters={"back_test": back_test.pk}, by=by, at=at, title=str(version))
    back_test.save(update_fields=["run"])
    trail.record("questionnaire.back_tested", actor=by, target=version, detail={"sha256": version.sha256}, at=at)
    return back_test


@transaction.atomic
def score_anew(assessment_ids: Iterable[int], *, back_test_id: int, at: datetime) -> dict[str, int]:
    """Score these assessments by the back-test's rules and keep what came out beside what stands."""
    back_test = BackTest.objects.get(pk=back_test_id)
    rules = rulesets.for_version(back_test.questionnaire_id)
    if rules.sha256 != back_test.ruleset_sha256:
        raise RulesChanged(back_test.pk)
    scored = list(score_stored(sorted(set(assessment_ids)), rules=rules))
    standing = _headlines([item.stored.id for item in scored])
    levels = _effects[0].levels(scored, at) if _effects else {}
    rows = [_row(item, standing[item.stored.id], levels.get(item.stored.id, ("", ""))) for item in scored]
    with copied_into("assessments_backtestscore", _COLUMNS) as copy:
        for row in rows:
            copy.write_row((back_test.pk, *row))
    return {
        "tested": len(rows),
        "gain": sum(row.change > 0 for row in rows),
        "lose": sum(row.change < 0 for row in rows),
        "labels": sum(row.level_before != row.level_after for row in rows),
    }


class RulesChanged(Exception):
    """The draft was loaded over since the back-test was started: its results would be of two questionnaires."""


def _headlines(assessment_ids: Sequence[int]) -> dict[int, Decimal | None]:
    rows = Assessment.objects.filter(pk__in=assessment_ids).values_list("pk", "status", "verified", "evidenced")
    closed = Assessment.Status.CLOSED
    return {pk: verified if status == closed and verified is not None else evidenced for pk, status, verified, evidenced in rows}


class _Row(NamedTuple):
    """As copied in."""

    assessment_id: int
    before: Decimal | None
    after: Decimal | None
    change: Decimal
    level_before: str
    level_after: str


def _row(item: Scored, before: Decimal | None, levels: tuple[str, str]) -> _Row:
    after = item.result.verified if item.stored.is_reviewed and item.result.verified is not None else item.result.evidenced
    change = Decimal(0) if before is None or after is None else after - before
    return _Row(item.stored.id, before, after, change, *levels)
