"""Campaigns: one questionnaire version, put to a population of suppliers, launched and closed in one statement each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Self

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from assessments import standing
from assessments.campaigns.narrowing import narrowing
from assessments.models import Assessment, Campaign, QuestionnaireVersion
from assessments.publication import publishing
from audit import trail
from runs import engine
from runs.models import Run
from suppliers.models import Supplier, SupplierQuerySet


class NotReady(Exception):
    """The campaign cannot be launched; the message says why."""


class IllegalTransition(Exception):
    """The campaign is not in a state from which this step can be taken."""


@dataclass(frozen=True)
class Population:
    """Who is asked. An empty list does not limit; without states, those we do business with are meant."""

    categories: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    headcounts: list[str] = field(default_factory=list)
    site_types: list[str] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    search: str = ""
    # Key of what another app has registered in `narrowing` -> the choices made.
    others: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}

    def suppliers(self) -> SupplierQuerySet:
        found = Supplier.objects.search(self.search)
        found = found.filter(state__in=self.states) if self.states else found.in_business()
        if self.categories:
            found = found.filter(category__in=self.categories)
        if self.countries:
            found = found.filter(country__in=self.countries)
        if self.headcounts:
            found = found.filter(headcount_band__in=self.headcounts)
        # Through subqueries: a join would list a supplier once for each of its sites and units.
        if self.site_types:
            found = found.filter(pk__in=Supplier.objects.filter(sites__type__in=self.site_types, sites__closed_on=None).values("pk"))
        if self.units:
            found = found.filter(pk__in=Supplier.objects.filter(units__in=self.units).values("pk"))
        for key, chosen in self.others.items():
            found = found.filter(pk__in=narrowing(key).suppliers(chosen).values("pk"))
        return found


def population_size(population: Population) -> int:
    return population.suppliers().count()


@transaction.atomic
def create_draft(
    *,
    title_en: str,
    title_zh: str,
    questionnaire: QuestionnaireVersion,
    cycle: int,
    opens_on: date,
    due_on: date,
    population: Population,
    by: User | None,
    at: datetime,
) -> Campaign:
    campaign = Campaign.objects.create(
        title_en=title_en,
        title_zh=title_zh,
        questionnaire=questionnaire,
        cycle=cycle,
        opens_on=opens_on,
        due_on=due_on,
        population=population.as_json(),
        created_by=by,
    )
    trail.record("campaign.drafted", actor=by, target=campaign, detail={"population": campaign.population}, at=at)
    return campaign


@transaction.atomic
def change_draft(*, campaign_id: int, fields: Mapping[str, Any], population: Population, by: User, at: datetime) -> Campaign:
    campaign = _locked(campaign_id)
    if campaign.status != Campaign.Status.DRAFT:
        raise IllegalTransition(campaign.status)
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.population = population.as_json()
    campaign.save(update_fields=[*fields, "population"])
    trail.record("campaign.changed", actor=by, target=campaign, detail={"population": campaign.population}, at=at)
    return campaign


# A supplier added to the population later is added by launching once more; one that is asked already is left alone.
_ASK = """
    INSERT INTO assessments_assessment (campaign_id, supplier_id, status, due_on, created_at, returned_reason, area_scores)
    SELECT %s, population.id, 'not_started', %s, %s, '', '{{}}' FROM ({population}) AS population (id)
    ON CONFLICT (campaign_id, supplier_id) DO NOTHING
    RETURNING supplier_id
"""


@transaction.atomic
def launch(*, campaign_id: int, by: User | None, at: datetime, invite: bool = True) -> Run | None:
    """Ask every supplier of the population, in one statement, and start the run that sends the invitations. By the rules in force today.

    Launching an open campaign again asks the suppliers that have joined its population since. Nobody is asked or written to twice.
    """
    campaign = _locked(campaign_id)
    if campaign.status == Campaign.Status.CLOSED:
        raise IllegalTransition(campaign.status)
    _check_ready(campaign, at=at)
    if campaign.status == Campaign.Status.DRAFT:
        _take_rules_in_force(campaign, at=at)
    asked = _ask(campaign, at=at)
    if campaign.status == Campaign.Status.DRAFT:
        campaign.status, campaign.launched_at, campaign.launched_by = Campaign.Status.OPEN, at, by
        campaign.save(update_fields=["status", "launched_at", "launched_by"])
    detail = {"asked": asked, "population": campaign.population, "rules": campaign.questionnaire.sha256}
    trail.record("campaign.launched", actor=by, target=campaign, detail=detail, at=at)
    return send_invitations(campaign_id=campaign.pk, by=by, at=at) if invite else None


def _check_ready(campaign: Campaign, *, at: datetime) -> None:
    if campaign.opens_on > timezone.localdate(at):
        raise NotReady(gettext_noop("The opening date has not come yet. Launch the campaign on that day, or set an earlier one."))
    if not Population.from_json(campaign.population).suppliers().exists():
        raise NotReady(gettext_noop("No supplier is in the population."))


def _take_rules_in_force(campaign: Campaign, *, at: datetime) -> None:
    """A draft may name a version that another has superseded since."""
    publishing.put_due_into_force(at=at)
    rules = publishing.in_force(campaign.questionnaire.key)
    if rules is None:
        raise NotReady(gettext_noop("No version of the questionnaire is in force."))
    campaign.questionnaire.refresh_from_db(fields=["status"])
    if campaign.questionnaire.status == QuestionnaireVersion.Status.ANNOUNCED:
        raise NotReady(
            gettext_noop("The questionnaire version is not in force yet. Launch the campaign on its day, or choose another version.")
        )
    if rules != campaign.questionnaire:
        campaign.questionnaire = rules
        campaign.save(update_fields=["questionnaire"])


def _ask(campaign: Campaign, *, at: datetime) -> int:
    population, parameters = Population.from_json(campaign.population).suppliers().values("pk").order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_ASK.format(population=population), [campaign.pk, campaign.due_on, at, *parameters])
        suppliers = [row[0] for row in cursor.fetchall()]
    standing.refresh(suppliers)
    return len(suppliers)


def send_invitations(*, campaign_id: int, by: User | None, at: datetime) -> Run:
    """Queue a mail to every address that has none for this campaign yet."""
    return engine.start("send_invitations", parameters={"campaign": campaign_id}, by=by, at=at)


@transaction.atomic
def close(*, campaign_id: int, by: User, at: datetime) -> int:
    """No more answers: what was not handed in lapses. Says how many lapsed. What was handed in is reviewed as before."""
    campaign = _locked(campaign_id)
    if campaign.status != Campaign.Status.OPEN:
        raise IllegalTransition(campaign.status)
    campaign.status = Campaign.Status.CLOSED
    campaign.save(update_fields=["status"])
    unfinished = Assessment.objects.filter(campaign=campaign).open_for_answers()
    suppliers = list(unfinished.values_list("supplier_id", flat=True))
    lapsed = unfinished.update(status=Assessment.Status.LAPSED)
    standing.refresh(suppliers)
    trail.record("campaign.closed", actor=by, target=campaign, detail={"lapsed": lapsed}, at=at)
    return lapsed


def _locked(campaign_id: int) -> Campaign:
    return Campaign.objects.select_for_update(of=("self",)).select_related("questionnaire").get(pk=campaign_id)
