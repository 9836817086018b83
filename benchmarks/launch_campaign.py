"""`launch_campaign`: asking every supplier in business, beside one INSERT … SELECT of the same rows. Both are committed.

Ours: the launch as staff do it, with the suppliers' standings, the audit event and the run that sends the invitations.
"""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from assessments.campaigns import steps
from assessments.campaigns.steps import Population
from assessments.models import Campaign
from benchmarks.bench import Bench
from benchmarks.measuring import Measured, in_turns, seconds
from benchmarks.seed import answered_campaign


_BARE = """
    INSERT INTO assessments_assessment (campaign_id, supplier_id, status, due_on, created_at, returned_reason, area_scores)
    SELECT %s, id, 'not_started', %s, %s, '', '{}' FROM suppliers_supplier WHERE state IN ('invited', 'registered', 'active')
"""


def measure(bench: Bench) -> Measured:
    launched: list[Campaign] = []

    def launch(number: int) -> float:
        campaign = _draft(f"Benchmark {number}")
        launched.append(campaign)
        return seconds(lambda: steps.launch(campaign_id=campaign.pk, by=None, at=timezone.now()))

    def insert(number: int) -> float:
        campaign = _draft(f"Benchmark limit {number}")
        with connection.cursor() as cursor:
            return seconds(lambda: cursor.execute(_BARE, [campaign.pk, campaign.due_on, timezone.now()]))

    ours, limit = in_turns(bench.rounds, ours=launch, limit=insert)
    return Measured(ours, limit, launched[-1].assessments.count())


def _draft(title: str) -> Campaign:
    at = timezone.now()
    return steps.create_draft(
        title_en=title,
        title_zh=title,
        questionnaire=answered_campaign().questionnaire,
        cycle=at.year,
        opens_on=at.date(),
        due_on=at.date() + timedelta(days=60),
        population=Population(),
        by=None,
        at=at,
    )
