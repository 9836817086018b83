"""The tables, by subject; everybody else imports them from here."""

from assessments.models.amendments import Amendment
from assessments.models.answers import Answer, EvidenceUse, Verdict
from assessments.models.assessments import POINTS, Assessment, AssessmentOwned, AssessmentOwnedQuerySet, Signature
from assessments.models.assigning import Absence, AssignmentRule, ReviewAssignment, ReviewNotice, ReviewPlan, RuleReviewer
from assessments.models.back_tests import BackTest, BackTestScore
from assessments.models.campaigns import Campaign, QuestionnaireVersion
from assessments.models.findings import Finding, FindingAction, FindingEvidence, FindingStep
from assessments.models.marks import ScoreMark
from assessments.models.publications import Publication
from assessments.models.returns import QueryMessage, QueryNotice, Return
from assessments.models.scores import Score, Standing
from assessments.models.second_reviews import SecondReview, SecondVerdict
from assessments.models.teamwork import AnswerTime, AreaTask, ComeBack, Comment, CommentNotice, Presence
from assessments.models.weight_sets import WeightSet
from assessments.models.workbooks import WorkbookUpload


__all__ = [
    "POINTS",
    "Absence",
    "Amendment",
    "Answer",
    "AnswerTime",
    "AreaTask",
    "Assessment",
    "AssessmentOwned",
    "AssessmentOwnedQuerySet",
    "AssignmentRule",
    "BackTest",
    "BackTestScore",
    "Campaign",
    "ComeBack",
    "Comment",
    "CommentNotice",
    "EvidenceUse",
    "Finding",
    "FindingAction",
    "FindingEvidence",
    "FindingStep",
    "Presence",
    "Publication",
    "QueryMessage",
    "QueryNotice",
    "QuestionnaireVersion",
    "Return",
    "ReviewAssignment",
    "ReviewNotice",
    "ReviewPlan",
    "RuleReviewer",
    "Score",
    "ScoreMark",
    "SecondReview",
    "SecondVerdict",
    "Signature",
    "Standing",
    "Verdict",
    "WeightSet",
    "WorkbookUpload",
]
