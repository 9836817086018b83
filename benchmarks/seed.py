"""Fills an empty database for the benchmarks, connected as the tables' owner.

The demo with enough suppliers for `n` in business; a campaign in which `n` of them have answered every question of the
questionnaire; and the twins: empty tables like the portal's, with its indexes and checks but nothing else, for what a limit writes.
"""

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from assessments.models import Assessment, Campaign, QuestionnaireVersion
from assessments.rules import rulesets
from assessments.scores import keeping
from assessments.scoring.scorer import RuleSet
from config.demo.answers import AnswerPools
from config.demo.copying import copy_rows, copy_text
from config.demo.load import load_demo
from suppliers.models import Supplier


TITLE = "Benchmark: every question answered"
# One supplier in 25 of the demo is suspended or offboarded.
SUPPLIERS_FOR_ONE = 1.05
TWINS = {"bench_answer": "assessments_answer", "bench_supplier": "suppliers_supplier"}


def build(n: int) -> None:
    at = timezone.now()
    with transaction.atomic():
        load_demo(at=at, progress=_say, count=round(n * SUPPLIERS_FOR_ONE) + 10)
        _answer_everything(n, at)
        _make_twins()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def answered_campaign() -> Campaign:
    return Campaign.objects.get(title_en=TITLE)


def _say(step: str, done: int, total: int) -> None:
    if done >= total:
        print(f"  {step:<26}{total:>10,}", file=sys.stderr, flush=True)


def _answer_everything(n: int, at: datetime) -> None:
    campaign = _campaign(at)
    bands = dict(Supplier.objects.in_business().order_by("pk").values_list("pk", "headcount_band")[:n])
    _write_assessments(campaign, bands, at)
    asked = {pk: bands[supplier] for pk, supplier in campaign.assessments.order_by("pk").values_list("pk", "supplier_id")}
    columns = ("assessment_id", "question", "value", "note", "version", "evidence_count", "updated_at")
    copy_text("assessments_answer", columns, _answer_lines(asked, rulesets.for_version(campaign.questionnaire_id), at))
    # Only now: what was handed in takes no answers.
    handed_in = {"status": Assessment.Status.SUBMITTED, "submitted_at": at, "submitted_by": User.objects.earliest("pk")}
    campaign.assessments.update(**handed_in)
    ids = list(asked)
    for start in range(0, len(ids), 1000):
        keeping.keep_scores(ids[start : start + 1000], at=at)
    _say("every question answered", len(ids), len(ids))


def _campaign(at: datetime) -> Campaign:
    return Campaign.objects.create(
        title_en=TITLE,
        title_zh=TITLE,
        questionnaire=QuestionnaireVersion.objects.filter(status=QuestionnaireVersion.Status.IN_FORCE)[0],
        cycle=at.year + 1,
        opens_on=at.date(),
        due_on=at.date() + timedelta(days=60),
        status=Campaign.Status.OPEN,
        launched_at=at,
    )


def _write_assessments(campaign: Campaign, suppliers: Mapping[int, str], at: datetime) -> None:
    values = {
        "campaign_id": campaign.pk,
        "status": Assessment.Status.IN_PROGRESS.value,
        "due_on": campaign.due_on,
        "created_at": at,
        "started_at": at,
        "returned_reason": "",
        "area_scores": "{}",
    }
    copy_rows("assessments_assessment", ("supplier_id", *values), ((supplier, *values.values()) for supplier in suppliers))


def _answer_lines(asked: Mapping[int, str], rules: RuleSet, at: datetime) -> Iterator[str]:
    random = Random(110)
    pools = AnswerPools(rules, random)
    codes = [question.code for question in rules.questionnaire.questions]
    stamp = at.isoformat()
    for pk, band in asked.items():
        performance = random.betavariate(4, 2.4)
        for code in codes:
            drawn = pools.draw(code, min(1.0, max(0.0, random.gauss(performance, 0.15))), band or "medium", random)
            evidence = int(drawn.asks_evidence and random.random() < 0.6)
            yield f"{pk}\t{code}\t{drawn.copy_text}\t\t1\t{evidence}\t{stamp}\n"


def _make_twins() -> None:
    with connection.cursor() as cursor:
        for twin, table in TWINS.items():
            cursor.execute(f"CREATE TABLE {twin} (LIKE {table} INCLUDING ALL)")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON {twin} TO {settings.DATABASE_APP_ROLE}")
