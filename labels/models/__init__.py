from labels.models.appeals import Appeal
from labels.models.decisions import Decision, EvaluationMark
from labels.models.ledger import Label, LabelEvent, LabelState
from labels.models.proposals import Proposal
from labels.models.standards import Level, Standard


__all__ = ["Appeal", "Decision", "EvaluationMark", "Label", "LabelEvent", "LabelState", "Level", "Proposal", "Standard"]
