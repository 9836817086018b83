"""What a second reviewer has on the desk: the dossier as if nobody had judged it, and the own verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass

from assessments.answering.inputs import answer_key
from assessments.models import SecondReview, SecondVerdict
from assessments.review.second_review import standing_verdicts
from assessments.selectors import AnsweredArea, AnsweredQuestion, Dossier, open_dossier


@dataclass(frozen=True)
class BlindArea:
    area: AnsweredArea
    left: int


@dataclass(frozen=True)
class BlindDesk:
    """`verdicts`: key of an answer -> what this person says of it."""

    second: SecondReview
    dossier: Dossier
    verdicts: Mapping[str, SecondVerdict]

    @property
    def areas(self) -> list[BlindArea]:
        return [BlindArea(area, len(self.left_in(area))) for area in self.dossier.areas]

    def left_in(self, area: AnsweredArea) -> list[AnsweredQuestion]:
        return [answer for answer in area.to_judge if answer.code not in self.verdicts]

    @property
    def keys(self) -> list[str]:
        return [answer.code for area in self.dossier.areas for answer in area.to_judge]

    @property
    def left(self) -> int:
        return sum(each.left for each in self.areas)

    def next_after(self, area: AnsweredArea) -> AnsweredArea | None:
        place = self.dossier.areas.index(area) + 1
        return self.dossier.areas[place] if place < len(self.dossier.areas) else None


def open_desk(second: SecondReview) -> BlindDesk:
    dossier = open_dossier(second.assessment, blind=True)
    verdicts = standing_verdicts(second).select_related("answer")
    return BlindDesk(second, dossier, {answer_key(each.answer.question, each.answer.site_id): each for each in verdicts})
