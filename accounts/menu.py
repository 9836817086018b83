"""The menu: which page stands in which group, and who sees it. An entry whose page does not exist is left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import BUYER_ROLES, SUPPLIER_ROLES, Role
from accounts.permissions import Permission, holds


if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def suppliers(role: str) -> bool:
    return role in SUPPLIER_ROLES


def buyers(role: str) -> bool:
    return role in BUYER_ROLES


def reviewers(role: str) -> bool:
    return role == Role.REVIEWER


def holders(permission: Permission) -> Callable[[str], bool]:
    return lambda role: holds(role, permission)


@dataclass(frozen=True)
class Entry:
    url_name: str
    label: "StrOrPromise"
    icon: str
    is_for: Callable[[str], bool]
    # Pages of it that lie elsewhere.
    also: tuple[str, ...] = ()


def not_reviewers(role: str) -> bool:
    """The buyer's people who run or oversee the programme; procurement has the short menu."""
    return buyers(role) and not reviewers(role)


def exporters(role: str) -> bool:
    return not_reviewers(role) and holds(role, Permission.DOCUMENT_EXPORT)


MENU: list[tuple["StrOrPromise", list[Entry]]] = [
    (
        _("Assessment"),
        [
            Entry("assessments:home", _("What to do now"), "home", suppliers),
            Entry("assessments:list_mine", _("My assessments"), "clipboard-list", suppliers),
            Entry("assessments:results", _("Results and scores"), "chart-bar", suppliers),
            Entry("assessments:methods", _("How scores are made"), "calculator", suppliers),
            Entry("labels:mine", _("Green label"), "rosette-discount-check", suppliers),
        ],
    ),
    (
        _("Carbon"),
        [
            Entry("emissions:home", _("Energy and emissions"), "bolt", suppliers),
            Entry("pilots:mine", _("Pilot agreements"), "signature", suppliers),
        ],
    ),
    (
        _("Company"),
        [
            Entry("suppliers:profile", _("Company profile"), "building", suppliers),
            Entry("suppliers:document_list", _("Certificates and documents"), "files", suppliers),
            Entry("suppliers:record_list", _("Public records"), "gavel", suppliers),
            Entry("accounts:colleagues", _("Colleagues"), "users", suppliers),
            Entry("accounts:access_log", _("Who saw my data"), "eye-check", suppliers),
            Entry("reports:own_data", _("My data to take along"), "database-export", suppliers),
        ],
    ),
    (
        _("Overview"),
        [
            Entry("reports:dashboard", _("Dashboard"), "layout-dashboard", buyers),
            Entry("reports:portfolio", _("Supplier portfolio"), "building-community", buyers),
            Entry("reports:disclosures", _("Disclosure tables"), "report-analytics", not_reviewers),
            Entry("labels:directory", _("Labelled suppliers"), "rosette-discount-check", reviewers),
        ],
    ),
    (
        pgettext_lazy("menu", "Assess"),
        [
            Entry("assessments:campaign_list", _("Campaigns"), "speakerphone", not_reviewers),
            Entry("assessments:questionnaire_list", _("Questionnaires"), "clipboard-text", not_reviewers),
            Entry("assessments:review_queue", _("Review queue"), "checklist", holders(Permission.REVIEW_VIEW)),
            Entry("assessments:finding_list", _("Findings"), "flag", buyers),
        ],
    ),
    (
        _("Suppliers"),
        [
            Entry("suppliers:registration_queue", _("Registrations"), "user-plus", holders(Permission.REGISTRATION_DECIDE)),
            Entry("suppliers:record_list", _("Public records"), "gavel", buyers),
            Entry("suppliers:import_list", _("Imports"), "table-import", holders(Permission.SUPPLIER_IMPORT)),
        ],
    ),
    (
        _("Green procurement"),
        [
            Entry("labels:list", _("Label ledger"), "award", not_reviewers),
            Entry(
                "labels:committee",
                _("Label committee"),
                "gavel",
                holders(Permission.LABEL_DECIDE),
                also=("/labels/proposals/", "/labels/appeals/"),
            ),
            Entry("labels:standard_list", _("Green standards"), "scale", not_reviewers),
            Entry("pilots:list", _("Carbon pilots"), "leaf", not_reviewers),
            Entry("pilots:appraisal_list", _("Pilot appraisals"), "scoreboard", not_reviewers),
            Entry("pilots:programme_list", _("Joint actions"), "heart-handshake", not_reviewers),
            Entry("emissions:abatement_list", _("Abatement"), "recycle", not_reviewers),
        ],
    ),
    (
        _("Grievances"),
        [Entry("grievances:list", _("Cases"), "message-circle", holders(Permission.CASE_HANDLE))],
    ),
    (
        pgettext_lazy("menu", "Operate"),
        [
            Entry("runs:list", _("Runs"), "activity", not_reviewers),
            Entry("reports:export_list", _("Exports"), "file-export", exporters),
            Entry("reports:audit_trail", _("Audit trail"), "history", holders(Permission.AUDIT_VIEW)),
            Entry("accounts:user_list", _("Users"), "users", holders(Permission.USER_MANAGE)),
            Entry("privacy:overview", _("Privacy"), "lock", holders(Permission.PRIVACY_VIEW)),
        ],
    ),
]
