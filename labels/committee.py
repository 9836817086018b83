"""What waits for people: awards by exception and revocations for a second pair of eyes, appeals for an answer in time."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from labels import standards
from labels.explaining import in_language
from labels.models import Appeal, LabelEvent, Proposal
from labels.transitions import PROPOSED


if TYPE_CHECKING:
    from accounts.models import User

# Days, and steps shown of them.
LATELY, NEWEST = 30, 10


def waiting_proposals(user: "User") -> list[Proposal]:
    """Without exceptions that are moot, since the rules awarded the label meanwhile."""
    moot = Proposal.objects.filter(kind=Proposal.Kind.EXCEPT).exclude(supplier__label__state=PROPOSED)
    return list(Proposal.objects.visible_to(user).for_queue().exclude(pk__in=moot.values("pk")))


def committee_size(user: "User") -> int:
    return len(waiting_proposals(user)) + Appeal.objects.visible_to(user).open().count()


@dataclass(frozen=True)
class ByRules:
    """What the standard awarded by itself of late: the committee sees it, and may step in."""

    count: int
    newest: list[LabelEvent]
    days: int = LATELY


def awarded_by_the_rules(user: "User", on: date) -> ByRules:
    lately = LabelEvent.objects.visible_to(user).awarded_by_the_rules().filter(notice_on__gt=on - timedelta(days=LATELY))
    newest = lately.defer("snapshot").select_related("supplier").order_by("-notice_on", "-pk")[:NEWEST]
    return ByRules(lately.count(), list(newest))


@dataclass(frozen=True)
class Clock:
    """Days left of an appeal, below zero when its time is over."""

    appeal: Appeal
    days_left: int

    @property
    def is_late(self) -> bool:
        return self.days_left < 0


def clocks(user: "User", on: date) -> list[Clock]:
    return [Clock(appeal, (appeal.due_on - on).days) for appeal in Appeal.objects.visible_to(user).for_queue()]


def overlooked_titles(criteria: list[str], on: date) -> list[str]:
    """Criteria by their titles in the standard in force; by their keys where it does not know them any more."""
    try:
        rules = standards.rules_in_force(on)
    except standards.NoStandardInForce:
        return list(criteria)
    return [in_language(rules.rule_of[key].title) if key in rules.rule_of else key for key in criteria]
