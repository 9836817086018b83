"""Who may do what: a line for every address of the portal. `test_access.py` tries each of them as every role.

An address that is not in `PAGES` fails there, and so does a line whose address is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.world import World


PEOPLE = ("contributor", "signatory", "stranger", "reviewer", "staff", "auditor", "administrator", "case_team")
ROLES = ("anonymous", *PEOPLE)

Roles = frozenset[str]


def roles(*names: str) -> Roles:
    # The stranger is a signatory too, of another supplier: free to go wherever nobody's data are at stake.
    return frozenset({*names, *(["stranger"] if "signatory" in names else [])})


EVERYONE = roles(*PEOPLE)
NOBODY = roles()
SUPPLIERS = roles("contributor", "signatory")
SIGNATORY = roles("signatory")
BUYERS = roles("reviewer", "staff", "auditor", "administrator")
REVIEWERS = roles("reviewer", "staff")
STAFF = roles("staff")
EXPORTERS = roles("reviewer", "staff", "auditor")
IMPORTERS = roles("staff", "administrator")
AUDITORS = roles("auditor", "administrator")
ADMINISTRATOR = roles("administrator")
CASE_TEAM = roles("case_team")

Arguments = Callable[[World], list[Any]]


@dataclass(frozen=True)
class Page:
    """`get` and `post` are those who may; None: this verb is not spoken here (405). Everybody else gets 403, unless it is hidden."""

    get: Roles | None = None
    post: Roles | None = None
    at: Arguments = lambda w: []
    is_public: bool = False
    hidden_from: Roles = NOBODY  # they get 404: to them it does not exist
    is_api: bool = False
    sends: tuple[tuple[str, str], ...] = ()


def public(*, post: bool = False, at: Arguments = lambda w: []) -> Page:
    return Page(get=EVERYONE, post=EVERYONE if post else None, at=at, is_public=True)


def reads(who: Roles, at: Arguments = lambda w: []) -> Page:
    return Page(get=who, at=at)


def fills(who: Roles, at: Arguments = lambda w: []) -> Page:
    """A form: shown and taken."""
    return Page(get=who, post=who, at=at)


def presses(who: Roles, at: Arguments = lambda w: []) -> Page:
    """A button: nothing to look at."""
    return Page(post=who, at=at)


def of_supplier(page: Page) -> Page:
    """Belongs to one supplier: another one learns nothing, not even that it exists."""
    without = {name: who - {"stranger"} for name in ("get", "post") if (who := getattr(page, name)) is not None}
    return Page(**vars(page) | without | {"hidden_from": page.hidden_from | {"stranger"}})


def hidden(page: Page, who: Roles) -> Page:
    return Page(**vars(page) | {"hidden_from": page.hidden_from | who})


def sending(page: Page, **fields: str) -> Page:
    """Without these the form speaks of nothing."""
    return Page(**vars(page) | {"sends": tuple(fields.items())})


def api(who: Roles, at: Arguments = lambda w: []) -> Page:
    return Page(get=who, at=at, is_api=True)


ACCOUNTS = {
    "accounts:home": reads(EVERYONE),
    "accounts:sign_in": public(post=True),
    "accounts:sign_out": presses(EVERYONE),
    "accounts:password_reset": public(post=True),
    "accounts:password_reset_sent": public(),
    "accounts:password_reset_confirm": public(post=True, at=lambda w: ["Mg", "set-password"]),
    "accounts:profile": fills(EVERYONE),
    "accounts:session": reads(EVERYONE),
    "accounts:password_change": fills(EVERYONE),
    "accounts:consent": fills(EVERYONE),
    "accounts:sessions": sending(fills(EVERYONE), end="everywhere_else"),
    # One's own hats only; here it is the hat of the person who tries.
    "accounts:membership_switch": hidden(
        presses(SIGNATORY - {"stranger"}, lambda w: [w.people["signatory"].active_membership_id]), EVERYONE
    ),
    "accounts:accept_invitation": public(post=True, at=lambda w: [w.invitation_token]),
    "accounts:colleagues": Page(get=SUPPLIERS, post=SIGNATORY),
    "accounts:colleague_remove": of_supplier(presses(SIGNATORY, lambda w: [w.colleague.pk])),
    "accounts:colleague_invitation_revoke": of_supplier(presses(SIGNATORY, lambda w: [w.colleague_invitation.pk])),
    "accounts:access_log": reads(SUPPLIERS),
    "accounts:user_list": reads(ADMINISTRATOR),
    "accounts:staff_invite": fills(ADMINISTRATOR),
    "accounts:staff_invitation_revoke": presses(ADMINISTRATOR, lambda w: [w.staff_invitation.pk]),
    "accounts:user_detail": reads(ADMINISTRATOR, lambda w: [w.employee.pk]),
    "accounts:user_role": presses(ADMINISTRATOR, lambda w: [w.employee.pk]),
    "accounts:user_deactivate": presses(ADMINISTRATOR, lambda w: [w.employee.pk]),
    "accounts:user_reactivate": presses(ADMINISTRATOR, lambda w: [w.closed_account.pk]),
    "accounts:user_remove_factors": presses(ADMINISTRATOR, lambda w: [w.employee.pk]),
    "accounts:user_send_reset": presses(ADMINISTRATOR, lambda w: [w.employee.pk]),
    "set_language": Page(post=EVERYONE, is_public=True),
    # What the sign-in library brings: one's own second factor, and the doors.
    "account_login": public(post=True),
    "account_reauthenticate": fills(EVERYONE),
    "mfa_authenticate": public(post=True),
    "mfa_login_webauthn": public(post=True),
    "mfa_reauthenticate": fills(EVERYONE),
    "mfa_reauthenticate_webauthn": fills(EVERYONE),
    "mfa_index": reads(EVERYONE),
    "mfa_activate_totp": fills(EVERYONE),
    "mfa_deactivate_totp": hidden(fills(NOBODY), EVERYONE),  # nobody here has an app
    "mfa_view_recovery_codes": hidden(reads(NOBODY), EVERYONE),
    "mfa_generate_recovery_codes": fills(EVERYONE),
    "mfa_download_recovery_codes": hidden(reads(NOBODY), EVERYONE),
    "mfa_list_webauthn": fills(EVERYONE),
    "mfa_add_webauthn": fills(EVERYONE),
    "mfa_edit_webauthn": hidden(fills(SIGNATORY - {"stranger"}, lambda w: [w.passkey.pk]), EVERYONE),
    "mfa_remove_webauthn": hidden(fills(SIGNATORY - {"stranger"}, lambda w: [w.passkey.pk]), EVERYONE),
    "openid_connect_login": public(post=True, at=lambda w: ["staff"]),
    "openid_connect_callback": public(post=True, at=lambda w: ["staff"]),
}

GRIEVANCES = {
    "grievances:report": public(post=True),
    "grievances:follow": public(post=True),
    "grievances:list": reads(CASE_TEAM),
    # To everybody else, whoever it is, there is no such thing as a case.
    "grievances:case": hidden(fills(CASE_TEAM, lambda w: [w.case.pk]), EVERYONE),
    "grievances:acknowledge": hidden(presses(CASE_TEAM, lambda w: [w.case.pk]), EVERYONE),
    "grievances:close": hidden(presses(CASE_TEAM, lambda w: [w.case.pk]), EVERYONE),
}

PRIVACY = {
    "privacy:overview": Page(get=AUDITORS, post=ADMINISTRATOR),
    "privacy:hold_lift": presses(ADMINISTRATOR, lambda w: [w.hold.pk]),
    "privacy:person_make_nameless": fills(ADMINISTRATOR, lambda w: [w.closed_account.pk]),
}

# What a device is asked for has to be known when it answers: it is kept in the session, even where the page is only looked at.
ASKS_A_DEVICE = {"mfa_activate_totp", "mfa_add_webauthn", "mfa_reauthenticate_webauthn"}

SUPPLIER_PAGES = {
    "suppliers:profile": reads(SUPPLIERS),
    "suppliers:profile_edit": fills(SUPPLIERS),
    "suppliers:site_new": fills(SUPPLIERS),
    "suppliers:site_edit": of_supplier(fills(SUPPLIERS, lambda w: [w.site.pk])),
    "suppliers:site_delete": of_supplier(presses(SUPPLIERS, lambda w: [w.site.pk])),
    "suppliers:contact_new": fills(SUPPLIERS),
    "suppliers:contact_edit": of_supplier(fills(SUPPLIERS, lambda w: [w.contact.pk])),
    "suppliers:contact_delete": of_supplier(presses(SUPPLIERS, lambda w: [w.contact.pk])),
    "suppliers:document_list": reads(SUPPLIERS),
    "suppliers:document_new": fills(SUPPLIERS),
    "suppliers:document": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.document.pk])),
    "suppliers:document_file": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.document.pk])),
    "suppliers:document_preview": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.document.pk])),
    "suppliers:document_page": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.document.pk, 1])),
    "suppliers:document_edit": of_supplier(fills(SUPPLIERS, lambda w: [w.document.pk])),
    "suppliers:document_revise": of_supplier(fills(SUPPLIERS, lambda w: [w.document.pk])),
    "suppliers:upload_begin": sending(presses(SUPPLIERS), name="a.pdf", size="10"),
    # Half a file is its sender's alone: to a colleague it does not exist.
    "suppliers:upload": hidden(fills(SIGNATORY - {"stranger"}, lambda w: [w.upload.pk]), roles("contributor", "stranger")),
    "suppliers:upload_finish": hidden(presses(SIGNATORY - {"stranger"}, lambda w: [w.upload.pk]), roles("contributor", "stranger")),
    "suppliers:register": public(post=True),
    "suppliers:register_thanks": public(),
    "suppliers:registration_queue": reads(STAFF),
    "suppliers:registration_detail": reads(STAFF, lambda w: [w.registration.pk]),
    "suppliers:registration_approve": presses(STAFF, lambda w: [w.registration.pk]),
    "suppliers:registration_refuse": presses(STAFF, lambda w: [w.registration.pk]),
    "suppliers:record_list": reads(EVERYONE),
    "suppliers:record": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.record.pk])),
    "suppliers:record_reply": of_supplier(presses(SUPPLIERS, lambda w: [w.record.pk])),
    "suppliers:record_decide": of_supplier(presses(REVIEWERS, lambda w: [w.record.pk])),
    "suppliers:record_match": fills(REVIEWERS, lambda w: [w.held_record.pk]),
    "suppliers:import_list": reads(IMPORTERS),
    "suppliers:import_new": fills(IMPORTERS),
    "suppliers:import_template": reads(IMPORTERS, lambda w: ["suppliers", "csv"]),
    "suppliers:import_detail": reads(IMPORTERS, lambda w: [w.supplier_list.pk]),
    "suppliers:import_columns": fills(IMPORTERS, lambda w: [w.supplier_list.pk]),
    "suppliers:import_begin": presses(IMPORTERS, lambda w: [w.supplier_list.pk]),
    "suppliers:import_rows": reads(IMPORTERS, lambda w: [w.supplier_list.pk]),
    "suppliers:supplier_edit": of_supplier(fills(IMPORTERS, lambda w: [w.supplier.pk])),
    "suppliers:supplier_documents": reads(BUYERS, lambda w: [w.supplier.pk]),
}

ASSESSMENTS = {
    "assessments:home": reads(SUPPLIERS),
    "assessments:list_mine": reads(SUPPLIERS),
    "assessments:overview": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.open_assessment.pk])),
    "assessments:area": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk, "A"])),
    "assessments:carry": of_supplier(reads(SUPPLIERS, lambda w: [w.open_assessment.pk])),
    "assessments:carry_area": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk, "A"])),
    "assessments:check": of_supplier(reads(SUPPLIERS, lambda w: [w.open_assessment.pk])),
    "assessments:sign": of_supplier(fills(SIGNATORY, lambda w: [w.open_assessment.pk])),
    "assessments:submitted": of_supplier(reads(SUPPLIERS, lambda w: [w.submitted.pk])),
    "assessments:amend": of_supplier(fills(SIGNATORY, lambda w: [w.submitted.pk])),
    "assessments:signature": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.signature.assessment_id])),
    "assessments:signed_content": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.signature.assessment_id, w.signature.pk])),
    "assessments:amendment": Page(get=BUYERS, post=REVIEWERS, at=lambda w: [w.amendment.pk]),
    # Two addresses: the newest of one's own, and a certain one.
    "assessments:results": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.closed.pk])),
    "assessments:receipt_page": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.closed.pk])),
    "assessments:receipt_schema": public(),
    "assessments:receipt_checker": public(),
    "assessments:receipt": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.closed.pk])),
    "assessments:save_answer": of_supplier(presses(SUPPLIERS, lambda w: [w.open_assessment.pk, "A-01"])),
    "assessments:evidence": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk, "A-01"])),
    "assessments:renew": of_supplier(presses(SUPPLIERS, lambda w: [w.document.pk])),
    "assessments:history": of_supplier(reads(SUPPLIERS, lambda w: [w.open_assessment.pk, "A-01"])),
    "assessments:restore": sending(of_supplier(presses(SUPPLIERS, lambda w: [w.open_assessment.pk, "A-01"])), version="1"),
    "assessments:presence": sending(of_supplier(presses(SUPPLIERS, lambda w: [w.open_assessment.pk])), area="A"),
    "assessments:assign": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk])),
    "assessments:query": Page(
        get=(SUPPLIERS - {"stranger"}) | BUYERS,
        post=(SUPPLIERS - {"stranger"}) | REVIEWERS,
        at=lambda w: [w.in_review.pk, "A-01"],
        hidden_from=roles("stranger"),
    ),
    "assessments:comments": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk, "A-01"])),
    "assessments:come_back": of_supplier(presses(SUPPLIERS, lambda w: [w.open_assessment.pk, "A-01"])),
    "assessments:workbooks": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk])),
    "assessments:workbook_copy": of_supplier(reads(SUPPLIERS, lambda w: [w.open_assessment.pk])),
    # What is uploaded and not saved yet is nobody's but the supplier's.
    "assessments:workbook": of_supplier(reads(SUPPLIERS, lambda w: [w.open_assessment.pk, w.workbook.pk])),
    "assessments:workbook_save": of_supplier(presses(SUPPLIERS, lambda w: [w.open_assessment.pk, w.workbook.pk])),
    "assessments:workbook_discard": of_supplier(presses(SUPPLIERS, lambda w: [w.open_assessment.pk, w.workbook.pk])),
    "assessments:campaign_list": reads(BUYERS),
    "assessments:campaign_new": fills(STAFF),
    "assessments:campaign_preview": reads(STAFF),
    "assessments:campaign": reads(BUYERS, lambda w: [w.campaign.pk]),
    "assessments:campaign_edit": fills(STAFF, lambda w: [w.draft_campaign.pk]),
    "assessments:campaign_launch": fills(STAFF, lambda w: [w.draft_campaign.pk]),
    "assessments:campaign_invite": presses(STAFF, lambda w: [w.campaign.pk]),
    "assessments:campaign_close": fills(STAFF, lambda w: [w.campaign.pk]),
    "assessments:campaign_score": presses(STAFF, lambda w: [w.campaign.pk]),
    "assessments:questionnaire_list": reads(BUYERS),
    "assessments:questionnaire_load": fills(STAFF),
    "assessments:questionnaire": reads(BUYERS, lambda w: [w.questionnaire.pk]),
    "assessments:questionnaire_file": reads(BUYERS, lambda w: [w.questionnaire.pk]),
    "assessments:back_test_start": presses(STAFF, lambda w: [w.questionnaire.pk]),
    "assessments:back_test": hidden(reads(BUYERS, lambda w: [w.questionnaire.pk, w.back_test.pk]), SUPPLIERS),
    "assessments:weight_set_edit": fills(STAFF, lambda w: [w.questionnaire.pk]),
    "assessments:weight_set_file": reads(BUYERS, lambda w: [w.questionnaire.pk]),
    "assessments:weight_set_load": fills(STAFF),
    "assessments:publication": reads(BUYERS, lambda w: [w.questionnaire.pk]),
    "assessments:questionnaire_announce": fills(STAFF, lambda w: [w.draft_questionnaire.pk]),
    "assessments:questionnaire_withdraw": fills(STAFF, lambda w: [w.draft_questionnaire.pk]),
    "assessments:methods": public(),
    "assessments:method": public(at=lambda w: [w.questionnaire.pk]),
    "assessments:review_queue": reads(BUYERS),
    "assessments:review_queue_file": presses(EXPORTERS),
    "assessments:review_reassign": presses(STAFF),
    "assessments:review_board": reads(BUYERS),
    "assessments:review_rules": reads(BUYERS),
    "assessments:review_rule_new": fills(STAFF),
    "assessments:review_rules_apply": presses(STAFF),
    "assessments:review_rule": fills(STAFF, lambda w: [w.rule.pk]),
    "assessments:review_rule_move": presses(STAFF, lambda w: [w.rule.pk]),
    "assessments:review_rule_delete": presses(STAFF, lambda w: [w.rule.pk]),
    "assessments:review_plan": fills(STAFF, lambda w: [w.campaign.pk]),
    "assessments:absence_new": fills(REVIEWERS),
    # The absence of somebody else: the ESG staff end it.
    "assessments:absence_end": presses(STAFF, lambda w: [w.absence.pk]),
    "assessments:second_reviews": reads(BUYERS),
    "assessments:agreement": reads(BUYERS),
    "assessments:second_review": reads(BUYERS, lambda w: [w.second.assessment_id]),
    # Both have finished in the world of the tests: there are no areas to judge any more, for nobody.
    "assessments:second_review_area": hidden(Page(at=lambda w: [w.second.assessment_id, "A"]), BUYERS),
    # Of the two who may decide reviews, one was the second reviewer here and the other settles.
    "assessments:second_review_accept_rest": presses(roles("reviewer"), lambda w: [w.second.assessment_id, "A"]),
    "assessments:second_review_decide": presses(roles("reviewer"), lambda w: [w.second.assessment_id, "A-01"]),
    "assessments:second_review_finish": presses(roles("reviewer"), lambda w: [w.second.assessment_id]),
    "assessments:second_review_settle": presses(STAFF, lambda w: [w.second.assessment_id, "A-01"]),
    "assessments:second_review_manage": fills(STAFF, lambda w: [w.second.assessment_id]),
    "assessments:interests": reads(BUYERS),
    "assessments:interest_new": fills(BUYERS),
    # That of somebody else: a colleague does not learn of it.
    "assessments:interest_withdraw": hidden(fills(STAFF, lambda w: [w.interest.pk]), roles("reviewer")),
    "assessments:review": reads(BUYERS, lambda w: [w.in_review.pk]),
    "assessments:review_area": Page(get=BUYERS, post=REVIEWERS, at=lambda w: [w.in_review.pk, "A"]),
    "assessments:review_accept_rest": fills(REVIEWERS, lambda w: [w.in_review.pk, "A"]),
    "assessments:review_decide": presses(REVIEWERS, lambda w: [w.in_review.pk, "A-01"]),
    "assessments:finding_new": fills(REVIEWERS, lambda w: [w.in_review.pk, "A-01"]),
    "assessments:review_take": presses(REVIEWERS, lambda w: [w.submitted.pk]),
    "assessments:review_give_back": presses(REVIEWERS, lambda w: [w.in_review.pk]),
    "assessments:review_hand_over": fills(REVIEWERS, lambda w: [w.in_review.pk]),
    "assessments:review_finish": fills(REVIEWERS, lambda w: [w.in_review.pk]),
    "assessments:finding_overview": reads(BUYERS),
    "assessments:finding_list": reads(EVERYONE),
    "assessments:finding": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.finding.pk])),
    "assessments:finding_plan": of_supplier(fills(SUPPLIERS, lambda w: [w.finding.pk])),
    "assessments:finding_agree": of_supplier(presses(REVIEWERS, lambda w: [w.finding.pk])),
    "assessments:finding_send_plan_back": of_supplier(presses(REVIEWERS, lambda w: [w.finding.pk])),
    "assessments:finding_reopen": of_supplier(presses(REVIEWERS, lambda w: [w.finding.pk])),
    "assessments:finding_report": of_supplier(fills(SUPPLIERS, lambda w: [w.finding.pk])),
    "assessments:finding_close": of_supplier(presses(REVIEWERS, lambda w: [w.finding.pk])),
    "assessments:finding_send_back": of_supplier(presses(REVIEWERS, lambda w: [w.finding.pk])),
    "assessments:finding_withdraw": of_supplier(presses(REVIEWERS, lambda w: [w.finding.pk])),
}

LABELS = {
    "labels:list": reads(BUYERS),
    "labels:evaluate": presses(STAFF),
    "labels:directory": reads(BUYERS),
    "labels:view_save": sending(presses(BUYERS), name="Mine"),
    # One's own: to others it does not exist.
    "labels:view_delete": hidden(presses(STAFF, lambda w: [w.label_view.pk]), EVERYONE),
    "labels:units": reads(BUYERS),
    "labels:units_watch": presses(BUYERS),
    "labels:detail": of_supplier(reads(BUYERS, lambda w: [w.supplier.pk])),
    "labels:suspend": of_supplier(fills(STAFF, lambda w: [w.supplier.pk])),
    "labels:reinstate": of_supplier(fills(STAFF, lambda w: [w.supplier.pk])),
    "labels:revoke": of_supplier(fills(STAFF, lambda w: [w.supplier.pk])),
    "labels:certificate": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk])),
    # A proposal is the buyer's deliberation: no supplier learns of it.
    "labels:proposal": hidden(reads(BUYERS, lambda w: [w.proposal.pk]), SUPPLIERS),
    "labels:proposal_confirm": hidden(presses(STAFF, lambda w: [w.proposal.pk]), SUPPLIERS),
    "labels:proposal_decline": hidden(fills(STAFF, lambda w: [w.proposal.pk]), SUPPLIERS),
    "labels:announcement_call_off": of_supplier(fills(STAFF, lambda w: [w.announcement.pk])),
    "labels:committee": reads(BUYERS),
    "labels:evaluate_one": of_supplier(presses(STAFF, lambda w: [w.supplier.pk])),
    "labels:exception_new": of_supplier(fills(STAFF, lambda w: [w.supplier.pk])),
    "labels:step": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.label.last_event_id])),
    "labels:appeal_new": of_supplier(fills(SIGNATORY, lambda w: [w.warning.pk])),
    "labels:appeal": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.appeal.pk])),
    "labels:appeal_decide": of_supplier(fills(STAFF, lambda w: [w.appeal.pk])),
    "labels:standard_list": reads(EVERYONE),
    "labels:standard": reads(EVERYONE, lambda w: [w.standard.pk]),
    "labels:draft_new": fills(STAFF, lambda w: [w.standard.pk]),
    "labels:draft": fills(STAFF, lambda w: [w.draft_standard.pk]),
    "labels:criterion_new": fills(STAFF, lambda w: [w.draft_standard.pk, "measure"]),
    "labels:criterion_edit": fills(STAFF, lambda w: [w.draft_standard.pk, "total"]),
    "labels:criterion_drop": presses(STAFF, lambda w: [w.draft_standard.pk, "total"]),
    "labels:publication": fills(STAFF, lambda w: [w.draft_standard.pk]),
    "labels:publish": presses(STAFF, lambda w: [w.draft_standard.pk]),
    "labels:publication_withdraw": presses(STAFF, lambda w: [w.draft_standard.pk]),
    "labels:standard_test_start": presses(STAFF, lambda w: [w.standard.pk]),
    "labels:standard_test": hidden(reads(BUYERS, lambda w: [w.standard_test.standard_id, w.standard_test.pk]), SUPPLIERS),
    "labels:mine": hidden(reads(SUPPLIERS), BUYERS),
    "labels:forecast": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk])),
    "labels:what_if": of_supplier(fills(SUPPLIERS, lambda w: [w.open_assessment.pk])),
    "labels:publishing": hidden(fills(SIGNATORY), BUYERS),
    "labels:public_key": public(),
    "labels:verify": public(at=lambda w: [w.label.public_id]),
}

EMISSIONS = {
    "emissions:home": reads(SUPPLIERS),
    "emissions:activity": of_supplier(fills(SUPPLIERS, lambda w: [w.site.pk, w.now.year - 1])),
    "emissions:activity_evidence": of_supplier(presses(SUPPLIERS, lambda w: [w.site.pk, w.now.year - 1])),
    "emissions:supplier": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk])),
    "emissions:inventory": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk, w.now.year - 1])),
    "emissions:inventory_file": of_supplier(reads(SUPPLIERS | EXPORTERS, lambda w: [w.supplier.pk, w.now.year - 1, "csv"])),
    "emissions:reply": sending(presses(SUPPLIERS, lambda w: [w.now.year - 1]), question="pue_below_one.1..", text="A meter is missing."),
    "emissions:insight": reads(SUPPLIERS),
    "emissions:supplier_insight": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk])),
    "emissions:meter_periods": of_supplier(fills(SUPPLIERS, lambda w: [w.site.pk])),
    "emissions:meter_period_remove": of_supplier(presses(SUPPLIERS, lambda w: [w.meter_period.pk])),
    "emissions:instruments": reads(SUPPLIERS),
    "emissions:supplier_instruments": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk])),
    "emissions:instrument_new": fills(SUPPLIERS),
    "emissions:instrument_edit": of_supplier(fills(SUPPLIERS, lambda w: [w.instrument.pk])),
    "emissions:instrument_remove": of_supplier(presses(SUPPLIERS, lambda w: [w.instrument.pk])),
    "emissions:scope3": fills(SUPPLIERS),
    "emissions:import_new": fills(SUPPLIERS),
    "emissions:import_template": reads(SUPPLIERS, lambda w: ["csv"]),
    "emissions:import_detail": of_supplier(reads(SUPPLIERS, lambda w: [w.activity_import.pk])),
    "emissions:import_take": of_supplier(presses(SUPPLIERS, lambda w: [w.activity_import.pk])),
    "emissions:abatement_list": reads(SUPPLIERS | BUYERS),
    "emissions:abatement_new": fills(SUPPLIERS),
    "emissions:abatement": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.abatement.pk])),
    "emissions:abatement_edit": of_supplier(fills(SUPPLIERS, lambda w: [w.abatement.pk])),
    "emissions:abatement_review": of_supplier(presses(STAFF, lambda w: [w.abatement.pk])),
    "emissions:factor_sets": reads(EVERYONE),
    "emissions:factor_set": reads(EVERYONE, lambda w: [w.factor_set.pk]),
}

PILOTS = {
    "pilots:list": reads(BUYERS),
    "pilots:export": presses(EXPORTERS),
    "pilots:mine": reads(SUPPLIERS),
    "pilots:new": fills(STAFF),
    "pilots:detail": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.agreement.pk])),
    # A draft is the buyer's own paper until it is offered.
    "pilots:edit": hidden(fills(STAFF, lambda w: [w.draft_agreement.pk, "term"]), SUPPLIERS),
    "pilots:targets": hidden(fills(STAFF, lambda w: [w.draft_agreement.pk]), SUPPLIERS),
    "pilots:milestones": hidden(fills(STAFF, lambda w: [w.draft_agreement.pk]), SUPPLIERS),
    "pilots:offer": hidden(presses(STAFF, lambda w: [w.draft_agreement.pk]), SUPPLIERS),
    "pilots:withdraw": of_supplier(presses(STAFF, lambda w: [w.agreement.pk])),
    "pilots:sign": of_supplier(fills(roles("signatory", "staff"), lambda w: [w.agreement.pk])),
    "pilots:amend": of_supplier(fills(STAFF, lambda w: [w.active_agreement.pk])),
    "pilots:amendment": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.amendment_of_agreement.pk])),
    "pilots:amendment_sign": of_supplier(fills(roles("signatory", "staff"), lambda w: [w.amendment_of_agreement.pk])),
    "pilots:amendment_withdraw": of_supplier(presses(STAFF, lambda w: [w.amendment_of_agreement.pk])),
    "pilots:paper": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.agreement_paper.pk])),
    "pilots:appraise": of_supplier(presses(STAFF, lambda w: [w.active_agreement.pk])),
    "pilots:appraisal_list": reads(BUYERS),
    "pilots:appraisal": of_supplier(reads(SUPPLIERS | BUYERS, lambda w: [w.appraisal.pk])),
    "pilots:appraisal_propose": of_supplier(presses(STAFF, lambda w: [w.appraisal.pk])),
    "pilots:appraisal_comment": of_supplier(presses(SUPPLIERS, lambda w: [w.appraisal.pk])),
    "pilots:appraisal_confirm": of_supplier(presses(STAFF, lambda w: [w.appraisal.pk])),
    "pilots:programme_list": reads(BUYERS),
    "pilots:programme_new": fills(STAFF),
    # Of many suppliers: each that is invited sees its own part.
    "pilots:programme": hidden(reads((SUPPLIERS | BUYERS) - {"stranger"}, lambda w: [w.programme.pk]), roles("stranger")),
    "pilots:programme_edit": hidden(fills(STAFF, lambda w: [w.programme.pk]), roles("stranger")),
    "pilots:programme_invite": hidden(presses(STAFF, lambda w: [w.programme.pk]), roles("stranger")),
    "pilots:action_reply": of_supplier(fills(SUPPLIERS, lambda w: [w.invitation_to_act.pk])),
    "pilots:terminate": of_supplier(fills(STAFF, lambda w: [w.active_agreement.pk])),
    "pilots:close": of_supplier(fills(STAFF, lambda w: [w.active_agreement.pk])),
    "pilots:report": of_supplier(fills(SUPPLIERS | STAFF, lambda w: [w.active_agreement.pk])),
    "pilots:action_new": of_supplier(fills(STAFF, lambda w: [w.active_agreement.pk])),
    "pilots:action_edit": of_supplier(fills(STAFF, lambda w: [w.joint_action.pk])),
}

REPORTS_AND_RUNS = {
    "reports:disclosures": reads(BUYERS),
    "reports:disclosures_file": reads(EXPORTERS, lambda w: ["csv"]),
    "reports:disclosures_pdf": presses(EXPORTERS),
    # Whoever may see the page may take its tables.
    "reports:table_file": sending(fills(EVERYONE), of="/emissions/factors/", table="factor-sets", form="csv"),
    "reports:management": Page(get=BUYERS, post=EXPORTERS),
    "reports:fairness": reads(STAFF),
    "reports:dashboard": reads(BUYERS),
    "reports:audit_trail": reads(AUDITORS),
    "reports:access_log_file": reads(SUPPLIERS),
    "reports:audit_trail_file": reads(AUDITORS),
    "reports:timeline": reads(AUDITORS, lambda w: ["suppliers.site", str(w.site.pk)]),
    "reports:api": reads(EVERYONE),
    "reports:portfolio": reads(BUYERS),
    "reports:portfolio_export": presses(EXPORTERS),
    "reports:audit_pdfs": fills(EXPORTERS),
    "reports:findings_export": presses(EXPORTERS),
    "reports:supplier": of_supplier(reads(BUYERS, lambda w: [w.supplier.pk])),
    "reports:standing": reads(SUPPLIERS),
    "reports:own_data": fills(SUPPLIERS),
    "reports:own_data_file": of_supplier(reads(SUPPLIERS, lambda w: [w.own_data.pk])),
    "reports:own_data_schema": reads(EVERYONE),
    "reports:export_list": reads(EXPORTERS),
    # An export holds what its maker saw: for its maker, and for those who read the trail.
    "reports:export": hidden(reads(AUDITORS, lambda w: [w.export.pk]), EVERYONE),
    "reports:export_file": hidden(fills(AUDITORS, lambda w: [w.export.pk]), EVERYONE),
    "reports:label_certificate": of_supplier(presses(SUPPLIERS | EXPORTERS, lambda w: [w.supplier.pk])),
    "reports:directory_export": presses(EXPORTERS),
    "reports:audit_pdf": of_supplier(presses(EXPORTERS, lambda w: [w.closed.pk])),
    "runs:list": reads(BUYERS),
    "runs:schedule_list": reads(BUYERS),
    "runs:schedule": fills(IMPORTERS, lambda w: [w.schedule.pk]),
    "runs:detail": hidden(reads(BUYERS, lambda w: [w.run.pk]), SUPPLIERS),
    "runs:progress": hidden(reads(BUYERS, lambda w: [w.run.pk]), SUPPLIERS),
    "runs:cancel": hidden(presses(IMPORTERS, lambda w: [w.run.pk]), SUPPLIERS),
    "runs:pause": hidden(presses(IMPORTERS, lambda w: [w.run.pk]), SUPPLIERS),
    "runs:resume": hidden(presses(IMPORTERS, lambda w: [w.run.pk]), SUPPLIERS),
    "runs:retry": hidden(presses(IMPORTERS, lambda w: [w.run.pk]), SUPPLIERS),
}

# A list of the API is a file of many suppliers, for those who may take the portfolio along.
API = {
    "api_schema": api(EVERYONE),
    "api_supplier_list": api(EVERYONE - ADMINISTRATOR),
    "api_supplier_detail": of_supplier(api(SUPPLIERS | BUYERS, lambda w: [w.supplier.pk])),
    "api_assessment_list": api(EVERYONE - ADMINISTRATOR),
    "api_assessment_detail": of_supplier(api(SUPPLIERS | BUYERS, lambda w: [w.open_assessment.pk])),
    "api_score_list": api(EVERYONE - ADMINISTRATOR),
    "api_label_list": api(EVERYONE - ADMINISTRATOR),
    "api_label_detail": of_supplier(api(SUPPLIERS | BUYERS, lambda w: [w.label.pk])),
    "api_label_event_list": api(EVERYONE - ADMINISTRATOR),
    "api_label_decision_list": api(EVERYONE - ADMINISTRATOR),
    "api_activity_list": Page(get=EVERYONE - ADMINISTRATOR, post=SUPPLIERS, is_api=True),
    "api_inventory_list": api(EVERYONE - ADMINISTRATOR),
    "api_standard_list": api(EVERYONE),
    "api_standard_detail": api(EVERYONE, lambda w: [w.standard.pk]),
}

PAGES: dict[str, Page] = (
    API | ACCOUNTS | GRIEVANCES | PRIVACY | SUPPLIER_PAGES | ASSESSMENTS | LABELS | EMISSIONS | PILOTS | REPORTS_AND_RUNS
)
