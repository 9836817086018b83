"""What the actions of the trail are called on a page. A test finds an action that the code records and this table lacks."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


NAMES: dict[str, str | Promise] = {
    "agreement.activated": _("Agreement in force"),
    "agreement.drafted": _("Agreement drafted"),
    "agreement.changed": _("Agreement changed"),
    "agreement.offered": _("Agreement offered"),
    "agreement.signed": _("Agreement signed"),
    "agreement.terminated": _("Agreement terminated"),
    "agreement.withdrawn": _("Offer of the agreement withdrawn"),
    "answer.restored": _("Earlier answer restored"),
    "assessment.closed": _("Assessment closed"),
    "assessment.returned": _("Assessment returned to the supplier"),
    "assessment.submitted": _("Assessment signed and submitted"),
    "assessment.taken": _("Assessment taken into review"),
    "assessment.viewed": _("Answers looked at"),
    "campaign.changed": _("Campaign changed"),
    "campaign.closed": _("Campaign closed"),
    "campaign.drafted": _("Campaign drafted"),
    "campaign.launched": _("Campaign launched"),
    "demo.loaded": _("Demo loaded"),
    "document.viewed": _("Document looked at"),
    "audit_pdf.downloaded": _("Audit report downloaded"),
    "audit_pdf.exported": _("Audit report exported"),
    "export.made": _("Export made"),
    "portfolio.downloaded": _("Portfolio export downloaded"),
    "portfolio.exported": _("Portfolio exported"),
    "invitation.accepted": _("Invitation accepted"),
    "invitation.revoked": _("Invitation revoked"),
    "invitation.sent": _("Invitation sent"),
    "membership.removed": _("Membership removed"),
    "membership.switched": _("Membership switched"),
    "supplier.changed": _("Company profile changed"),
    "supplier.viewed": _("Supplier page looked at"),
    "suppliers.imported": _("Suppliers imported"),
    "user.signed_in": _("Signed in"),
    "user.signed_out": _("Signed out"),
    "user.sign_in_failed": _("Sign-in failed"),
}


def action_name(action: str) -> str:
    return str(NAMES.get(action, action))
