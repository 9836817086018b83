"""What a figure of a disclosure is made of: a condition on suppliers within a scope, and for an amount the rows that are added up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import DecimalField, F, FilteredRelation, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django_stubs_ext import StrOrPromise

from assessments.models import Campaign, Finding
from assessments.questionnaires.questions import Questionnaire
from assessments.rules import rulesets
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User
    from suppliers.models import SupplierQuerySet

ENVIRONMENT = ("E1", "E2", "E3", "E4", "E5", "E6")
SOCIAL = ("labor",)
AREAS = (*ENVIRONMENT, *SOCIAL, "ethics")
# No campaign has this number: a cycle without campaigns asks nobody.
NO_CAMPAIGN = 0
A_YEAR = timedelta(days=365)
SCORE: "DecimalField[Any, Any]" = DecimalField(max_digits=5, decimal_places=2)


@dataclass(frozen=True)
class Scope:
    """Whose eyes, which cycle, which day. The year of the figures ends today, or when the cycle's last campaign was due."""

    user: "User"
    on: date
    cycle: int
    campaigns: Sequence[Campaign]

    @cached_property
    def campaign_ids(self) -> list[int]:
        return [campaign.pk for campaign in self.campaigns] or [NO_CAMPAIGN]

    @cached_property
    def until(self) -> date:
        return min([self.on, max(campaign.due_on for campaign in self.campaigns)]) if self.campaigns else self.on

    @property
    def since(self) -> date:
        return self.until - A_YEAR

    @cached_property
    def questionnaire(self) -> Questionnaire | None:
        """Of the cycle's newest campaign."""
        return rulesets.questionnaire_of(self.campaigns[0].questionnaire_id) if self.campaigns else None

    def suppliers(self) -> "SupplierQuerySet":
        """Those the person may see; `asked` is the assessment of this cycle and `score_E1` its evidenced score in an area."""
        asked = FilteredRelation("assessments", condition=Q(assessments__campaign__in=self.campaign_ids))
        return Supplier.objects.visible_to(self.user).annotate(asked=asked, **{f"score_{area}": _score(area) for area in AREAS})

    def has_finding(self, **fields: Any) -> Q:
        """From this cycle's assessments; what was withdrawn was none."""
        found = Finding.objects.visible_to(self.user).exclude(status=Finding.Status.WITHDRAWN)
        # A set that is made once for a figure: asked supplier by supplier, these were half the time of the page.
        return Q(pk__in=found.filter(assessment__campaign__in=self.campaign_ids, **fields).values("supplier"))

    def questions_in(self, areas: Sequence[str]) -> list[str]:
        return [question.code for question in self.questionnaire.questions if question.area in areas] if self.questionnaire else []

    def questions_mapped_to(self, framework: str, clause: str) -> list[str]:
        asked = self.questionnaire.questions if self.questionnaire else ()
        return [question.code for question in asked if clause in question.mappings.get(framework, ())]

    def areas_of(self, questions: Sequence[str]) -> list[str]:
        """In the order of the code; only the areas that suppliers are scored in under these names."""
        wanted = {question.area for question in self.questionnaire.questions if question.code in questions} if self.questionnaire else set()
        return [area for area in AREAS if area in wanted]


def _score(area: str) -> Cast:
    return Cast(KeyTextTransform("evidenced", KeyTransform(area, F("asked__area_scores"))), SCORE)


Condition = Callable[[Scope], Q]


@dataclass(frozen=True)
class Amount:
    """A sum over rows that belong to suppliers: `rows` gives them, `column` is what is added up."""

    source: str
    column: str
    unit: str
    rows: Callable[[Scope], "QuerySet[Any]"]


@dataclass(frozen=True)
class Figure:
    """`of` is the key of the figure it is a share of. An amount stands in place of the number of suppliers, who are listed all the same."""

    key: str
    title: StrOrPromise
    rule: StrOrPromise
    condition: Condition
    of: str = ""
    amount: Amount | None = None
    paint: str = "chart-1"


@dataclass(frozen=True)
class Disclosure:
    """`figures` may depend on what there is: regions, bands of the code. `chart` names how `disclosure_charts` draws them.

    With `heads`, the figures are the cells of a table, row after row, and `row_titles` says what each row is.
    """

    code: str
    title: StrOrPromise
    note: StrOrPromise
    figures: Callable[[Scope], Sequence[Figure]]
    chart: str = ""
    heads: Callable[[Scope], Sequence[StrOrPromise]] | None = None
    row_titles: Callable[[Scope], Sequence[StrOrPromise]] | None = None
