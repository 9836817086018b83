from labels.models.announcements import Announcement
from labels.models.appeals import Appeal
from labels.models.back_tests import StandardTest, StandardTestRow
from labels.models.decisions import Decision, EvaluationMark
from labels.models.directory import SavedView, UnitShare, UnitWatch
from labels.models.ledger import Label, LabelEvent, LabelState
from labels.models.notices import Notice
from labels.models.proposals import Proposal
from labels.models.publication import Publication
from labels.models.standards import Level, Standard


__all__ = [
    "Announcement",
    "Appeal",
    "Decision",
    "EvaluationMark",
    "Label",
    "LabelEvent",
    "LabelState",
    "Level",
    "Notice",
    "Proposal",
    "Publication",
    "SavedView",
    "Standard",
    "StandardTest",
    "StandardTestRow",
    "UnitShare",
    "UnitWatch",
]
