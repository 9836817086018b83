"""Versions on their way into force."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from assessments.models import BackTest, Publication, QuestionnaireVersion
from assessments.publication import back_testing, publishing
from assessments.rules import loading
from runs import engine
from runs.calendar import buyers_day
from tests.factories import NOW


def today() -> date:
    return buyers_day(timezone.now())


def put_in_force(content: dict[str, Any]) -> QuestionnaireVersion:
    """The first version of its questionnaire."""
    version = loading.load_questionnaire(content, by=None, at=NOW)
    publishing.announce(version_id=version.pk, in_force_from=buyers_day(NOW), by=None, at=NOW)
    version.refresh_from_db()
    return version


def tried(version: QuestionnaireVersion, *, by: User) -> BackTest:
    back_test = back_testing.start(version=version, by=by, at=NOW)
    assert back_test.run is not None
    engine.work_off(back_test.run.pk)
    return back_test


def announced(version: QuestionnaireVersion, *, by: User | None = None, days: int = 30) -> Publication:
    day = buyers_day(NOW) + timedelta(days=days)
    return publishing.announce(
        version_id=version.pk, in_force_from=day, by=by, at=NOW, change_en="Water counts for more.", change_zh="水权重提高。"
    )
