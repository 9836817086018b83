"""What a back-test found, group by group, and who moves furthest. Read from its own rows: a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Case, Count, Expression, F, Q, QuerySet, Value, When
from django.db.models.functions import Abs, Coalesce
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from accounts.models import LANGUAGE_CHOICES
from assessments.models import BackTest, BackTestScore
from assessments.publication.back_testing import level_title
from charts import Part, stacked_rows
from suppliers import places
from suppliers.models import Category, HeadcountBand


MOST_MOVERS = 50
# Groups in the chart; the table has all.
MOST_BARS = 12


# Suppliers abroad have a country and seldom a region: the country is their group.
_PLACE = Case(When(assessment__supplier__country="CN", then=F("assessment__supplier__region")), default=F("assessment__supplier__country"))


@dataclass(frozen=True)
class Dimension:
    key: str
    label: StrOrPromise
    value: Expression | F
    words: Mapping[str, StrOrPromise]

    def name(self, value: str) -> str:
        if not value:
            return _("Not stated")
        return _place_name(value) if self.key == "region" else str(self.words.get(value, value))


def _place_name(value: str) -> str:
    return places.country_name(value) if len(value) == 2 and value.isupper() else places.region_name(value)


DIMENSIONS = (
    Dimension("category", gettext_lazy("Category"), F("assessment__supplier__category"), dict(Category.choices)),
    Dimension("size", gettext_lazy("Headcount"), F("assessment__supplier__headcount_band"), dict(HeadcountBand.choices)),
    Dimension("region", gettext_lazy("Region"), _PLACE, {}),
    # Of the person who handed it in; nothing tells the language of what is not handed in yet.
    Dimension("language", gettext_lazy("Language"), F("assessment__submitted_by__language"), dict(LANGUAGE_CHOICES)),
)


@dataclass(frozen=True)
class Group:
    value: str
    label: str
    count: int
    gain: int
    lose: int
    labels: int
    change: Decimal | None

    @property
    def same(self) -> int:
        return self.count - self.gain - self.lose


@dataclass(frozen=True)
class Mover:
    score: BackTestScore
    level_before: str
    level_after: str

    @property
    def moves_label(self) -> bool:
        return self.score.level_before != self.score.level_after


@dataclass(frozen=True)
class Report:
    whole: Group
    by: Dimension
    groups: Sequence[Group]
    movers: Sequence[Mover]
    chosen: Group | None

    @property
    def chart(self) -> SafeString:
        rows = {
            group.label: [
                Part(_("Would gain"), group.gain, "good"),
                Part(_("Unchanged"), group.same, "neutral"),
                Part(_("Would lose"), group.lose, "bad"),
            ]
            for group in [self.whole, *self.groups[:MOST_BARS]]
        }
        return stacked_rows(rows, title=_("Who gains, who loses"), description=_("Assessments in per cent of each group."))


def dimension(key: str) -> Dimension:
    return next((each for each in DIMENSIONS if each.key == key), DIMENSIONS[0])


def report(back_test: BackTest, *, by: str = "", value: str | None = None, labels_only: bool = False) -> Report:
    """`value` narrows the movers to one group of the dimension `by`."""
    chosen_by = dimension(by)
    scores = BackTestScore.objects.filter(back_test=back_test)
    # What is empty and what nobody stated is one group.
    groups = [_group(row, chosen_by) for row in _counted(scores, chosen_by)]
    groups.sort(key=lambda group: (-group.count, group.label))
    chosen = next((group for group in groups if group.value == value), None)
    if chosen:
        scores = scores.alias(value=Coalesce(chosen_by.value, Value(""))).filter(value=value)
    if labels_only:
        scores = scores.exclude(level_before=F("level_after"))
    return Report(_whole(groups), chosen_by, groups, _movers(scores, back_test), chosen)


def _counted(scores: QuerySet[BackTestScore], by: Dimension) -> Iterable[Mapping[str, Any]]:
    return (
        scores.values(value=Coalesce(by.value, Value("")))
        .annotate(
            count=Count("pk"),
            gain=Count("pk", filter=Q(change__gt=0)),
            lose=Count("pk", filter=Q(change__lt=0)),
            labels=Count("pk", filter=~Q(level_before=F("level_after"))),
            average=Avg("change"),
        )
        .order_by()
    )


def _group(row: Mapping[str, Any], by: Dimension) -> Group:
    value = row["value"] or ""
    return Group(value, by.name(value), row["count"], row["gain"], row["lose"], row["labels"], row["average"])


def _whole(groups: Sequence[Group]) -> Group:
    count = sum(group.count for group in groups)
    moved = sum((group.count * group.change for group in groups if group.change is not None), Decimal(0))
    return Group(
        value="",
        label=_("All"),
        count=count,
        gain=sum(group.gain for group in groups),
        lose=sum(group.lose for group in groups),
        labels=sum(group.labels for group in groups),
        change=moved / count if count else None,
    )


def _movers(scores: QuerySet[BackTestScore], back_test: BackTest) -> list[Mover]:
    moved = scores.exclude(change=0, level_before=F("level_after")).select_related("assessment__supplier")
    furthest = moved.order_by(Abs("change").desc(), "pk")[:MOST_MOVERS]
    at = back_test.requested_at
    return [Mover(score, level_title(score.level_before, at=at), level_title(score.level_after, at=at)) for score in furthest]
