"""The one permission table: what each role may do. Which *rows* a person sees is `visible_to()`; what the person may *do* is here."""

from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from accounts.models import Role


if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class Permission(StrEnum):
    # A supplier's own work
    PROFILE_EDIT = "profile.edit"
    OWN_DATA_EXPORT = "own_data.export"
    COLLEAGUE_INVITE = "colleague.invite"
    ASSESSMENT_ANSWER = "assessment.answer"
    ASSESSMENT_SUBMIT = "assessment.submit"
    ACTIVITY_EDIT = "activity.edit"
    AGREEMENT_SIGN_AS_SUPPLIER = "agreement.sign_as_supplier"
    FINDING_ANSWER = "finding.answer"
    RECORD_ANSWER = "record.answer"
    LABEL_APPEAL = "label.appeal"
    LABEL_PUBLISH = "label.publish"
    # The buyer's work
    SUPPLIER_VIEW = "supplier.view"
    SUPPLIER_IMPORT = "supplier.import"
    SUPPLIER_EDIT = "supplier.edit"
    REGISTRATION_DECIDE = "registration.decide"
    PORTFOLIO_EXPORT = "portfolio.export"
    CAMPAIGN_VIEW = "campaign.view"
    CAMPAIGN_LAUNCH = "campaign.launch"
    QUESTIONNAIRE_VIEW = "questionnaire.view"
    QUESTIONNAIRE_PUBLISH = "questionnaire.publish"
    REVIEW_VIEW = "review.view"
    REVIEW_DECIDE = "review.decide"
    REVIEW_MANAGE = "review.manage"
    FINDING_MANAGE = "finding.manage"
    RECORD_DECIDE = "record.decide"
    SCORING_RUN = "scoring.run"
    LABEL_VIEW = "label.view"
    LABEL_RUN = "label.run"
    LABEL_DECIDE = "label.decide"
    STANDARD_EDIT = "standard.edit"
    PILOT_VIEW = "pilot.view"
    PILOT_EDIT = "pilot.edit"
    AGREEMENT_SIGN_AS_BUYER = "agreement.sign_as_buyer"
    DOCUMENT_EXPORT = "document.export"
    RUN_VIEW = "run.view"
    RUN_MANAGE = "run.manage"
    DASHBOARD_VIEW = "dashboard.view"
    AUDIT_VIEW = "audit.view"
    USER_MANAGE = "user.manage"
    PRIVACY_VIEW = "privacy.view"
    PRIVACY_MANAGE = "privacy.manage"
    # Grievances
    CASE_HANDLE = "case.handle"


P = Permission

_CONTRIBUTOR = {P.PROFILE_EDIT, P.OWN_DATA_EXPORT, P.ASSESSMENT_ANSWER, P.ACTIVITY_EDIT, P.FINDING_ANSWER, P.RECORD_ANSWER}
_BUYER_READS = {
    P.SUPPLIER_VIEW,
    P.CAMPAIGN_VIEW,
    P.QUESTIONNAIRE_VIEW,
    P.REVIEW_VIEW,
    P.LABEL_VIEW,
    P.PILOT_VIEW,
    P.RUN_VIEW,
    P.DASHBOARD_VIEW,
}
_REVIEWER = _BUYER_READS | {P.REVIEW_DECIDE, P.FINDING_MANAGE, P.RECORD_DECIDE, P.PORTFOLIO_EXPORT, P.DOCUMENT_EXPORT}
_ESG_STAFF = _REVIEWER | {
    P.REVIEW_MANAGE,
    P.SUPPLIER_IMPORT,
    P.SUPPLIER_EDIT,
    P.REGISTRATION_DECIDE,
    P.CAMPAIGN_LAUNCH,
    P.QUESTIONNAIRE_PUBLISH,
    P.SCORING_RUN,
    P.LABEL_RUN,
    P.LABEL_DECIDE,
    P.STANDARD_EDIT,
    P.PILOT_EDIT,
    P.AGREEMENT_SIGN_AS_BUYER,
    P.RUN_MANAGE,
}

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.SUPPLIER_CONTRIBUTOR: frozenset(_CONTRIBUTOR),
    Role.SUPPLIER_SIGNATORY: frozenset(
        _CONTRIBUTOR | {P.COLLEAGUE_INVITE, P.ASSESSMENT_SUBMIT, P.AGREEMENT_SIGN_AS_SUPPLIER, P.LABEL_APPEAL, P.LABEL_PUBLISH}
    ),
    Role.REVIEWER: frozenset(_REVIEWER),
    Role.ESG_STAFF: frozenset(_ESG_STAFF),
    # An auditor reads everything and changes nothing. An export leaves a trace in the trail, not a change in the records.
    Role.AUDITOR: frozenset(_BUYER_READS | {P.AUDIT_VIEW, P.PORTFOLIO_EXPORT, P.DOCUMENT_EXPORT, P.PRIVACY_VIEW}),
    # An administrator manages people, not scores: no review, no label, no signature.
    Role.ADMINISTRATOR: frozenset(
        _BUYER_READS | {P.PRIVACY_VIEW, P.PRIVACY_MANAGE, P.AUDIT_VIEW, P.USER_MANAGE, P.RUN_MANAGE, P.SUPPLIER_EDIT, P.SUPPLIER_IMPORT}
    ),
    # What workers report is for these eyes only, and these eyes see nothing else.
    Role.CASE_TEAM: frozenset({P.CASE_HANDLE}),
}


class Barred(PermissionDenied):
    """The role would do, but this person may not open this: `reason` says why and is shown, with a way on if there is one."""

    def __init__(self, reason: str, *, url: str = "", url_label: str = "") -> None:
        super().__init__(reason)
        self.reason, self.url, self.url_label = reason, url, url_label


def has(user: "User | AnonymousUser", permission: Permission) -> bool:
    return user.is_authenticated and holds(user.role, permission)


def holds(role: str, permission: Permission) -> bool:
    return permission in ROLE_PERMISSIONS.get(role, frozenset())


def require(user: "User | AnonymousUser", permission: Permission) -> None:
    """Raise `PermissionDenied` (403) unless the role of the person's active membership holds the permission."""
    if not has(user, permission):
        raise PermissionDenied(permission)


def holders_of(permission: Permission) -> list[str]:
    """The roles that hold it."""
    return [role for role, rights in ROLE_PERMISSIONS.items() if permission in rights]
