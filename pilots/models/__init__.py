from pilots.models.agreements import Agreement, AgreementQuerySet
from pilots.models.appraisals import Appraisal, AppraisalScheme
from pilots.models.joint import JointAction, JointProgramme
from pilots.models.parts import Milestone, PartQuerySet, ReportedYear, Target
from pilots.models.signing import AgreementPaper, AgreementSignature, Amendment
from pilots.models.templates import AgreementTemplate


__all__ = [
    "Agreement",
    "AgreementPaper",
    "AgreementQuerySet",
    "AgreementSignature",
    "AgreementTemplate",
    "Amendment",
    "Appraisal",
    "AppraisalScheme",
    "JointAction",
    "JointProgramme",
    "Milestone",
    "PartQuerySet",
    "ReportedYear",
    "Target",
]
