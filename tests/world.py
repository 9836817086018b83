"""One of each kind: a supplier's whole world, for tests that visit every page.

Nobody in particular made the buyer's rows (`maker`), so that no role of the tests owns one by accident.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.core.files.base import ContentFile
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from accounts.invitations import invite, token_of
from accounts.models import Invitation, Membership, Role, User
from assessments.models import (
    Absence,
    Amendment,
    Assessment,
    AssignmentRule,
    BackTest,
    Campaign,
    Finding,
    SecondReview,
    SecondVerdict,
    Signature,
    Verdict,
    WorkbookUpload,
)
from emissions.factors import default_factor_set, load_factor_sets
from emissions.models import Abatement, ActivityImport, FactorSet, Inventory, MeterPeriod, RenewableInstrument
from grievances.models import Case
from grievances.reporting import report
from labels.models import Announcement, Appeal, Label, LabelEvent, Proposal, SavedView, Standard, StandardTest
from pilots.appraisal import load_schemes, newest_scheme
from pilots.joint_actions import invite as invite_to_act
from pilots.models import Agreement, AgreementPaper, Appraisal, JointAction, JointProgramme, Target
from pilots.models import Amendment as AgreementAmendment
from pilots.papers import keep_printed
from pilots.terms import content_of
from privacy.models import LegalHold
from reports.models import Export
from runs.models import Chunk, Run
from suppliers.models import HeldRecord, Import, Interest, PublicRecord, Registration, Supplier, Upload
from tests.accounts.passkeys import Passkey
from tests.factories import (
    NOW,
    create_answer,
    create_assessment,
    create_campaign,
    create_contact,
    create_document,
    create_questionnaire,
    create_site,
    create_supplier,
    create_user,
)
from tests.labels.support import create_score, create_standard
from tests.suppliers.files import pdf_bytes


SHA = "0" * 64


@dataclass
class World:
    """`w.person[role]` signs in; the rest is what there is to look at, all of it `supplier`'s or the buyer's."""

    def __post_init__(self) -> None:
        self.now = timezone.now()
        self.supplier = create_supplier(name_en="Bamboo Bridge Ltd", name_zh="竹桥有限公司")
        self.maker = create_user(name="Someone Else")
        self.people = self._people()
        # Made before anybody visits: a later request is rolled back, and these must outlive it.
        for name in [name for name, part in vars(type(self)).items() if isinstance(part, cached_property)]:
            getattr(self, name)

    def _people(self) -> dict[str, User]:
        return {
            "contributor": create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=self.supplier, name="Colin Colleague"),
            "signatory": create_user(role=Role.SUPPLIER_SIGNATORY, supplier=self.supplier, name="Olive Owner"),
            "stranger": create_user(role=Role.SUPPLIER_SIGNATORY, name="Stan Stranger"),
            "reviewer": create_user(role=Role.REVIEWER, name="Rita Reviewer"),
            "staff": create_user(role=Role.ESG_STAFF, name="Steve Staff"),
            "auditor": create_user(role=Role.AUDITOR, name="Ada Auditor"),
            "administrator": create_user(role=Role.ADMINISTRATOR, name="Adam Administrator"),
            "case_team": create_user(role=Role.CASE_TEAM, name="Cleo Case"),
        }

    # --- people ---

    @cached_property
    def colleague(self) -> Membership:
        """Somebody else of the same company."""
        person = create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=self.supplier, name="Cora Coworker")
        return person.memberships.get()

    @cached_property
    def employee(self) -> User:
        """Somebody else of the buyer."""
        return create_user(role=Role.REVIEWER, name="Eva Employee")

    @cached_property
    def closed_account(self) -> User:
        return create_user(role=Role.REVIEWER, name="Fred Former", is_active=False)

    @cached_property
    def passkey(self) -> Authenticator:
        data = {"name": "Laptop", "credential": Passkey().registration(b"", host="testserver")}
        return Authenticator.objects.create(user=self.people["signatory"], type="webauthn", data=data)

    @cached_property
    def colleague_invitation(self) -> Invitation:
        return self._invite("new@bamboo.example", Role.SUPPLIER_CONTRIBUTOR, self.supplier.pk)

    @cached_property
    def staff_invitation(self) -> Invitation:
        return self._invite("new@buyer.example", Role.REVIEWER, None)

    def _invite(self, email: str, role: Role, supplier_id: int | None) -> Invitation:
        return invite(email=email, role=role, supplier_id=supplier_id, by=self.maker, at=self.now, language="en")

    @property
    def invitation_token(self) -> str:
        return token_of(self.colleague_invitation)

    @cached_property
    def case(self) -> Case:
        content = {"topic": "safety", "company": "Bamboo Bridge Ltd", "place": "", "text": "The exits are locked.", "contact": ""}
        case, _code = report(content=content, number=uuid4(), language="en", at=self.now)
        return case

    @cached_property
    def hold(self) -> LegalHold:
        return LegalHold.objects.create(kind="supplier", subject_id=self.supplier.pk, reason="A case", set_by=self.maker, set_at=self.now)

    # --- the company ---

    @cached_property
    def site(self) -> Any:
        return create_site(supplier=self.supplier)

    @cached_property
    def contact(self) -> Any:
        return create_contact(supplier=self.supplier)

    @cached_property
    def document(self) -> Any:
        document = create_document(supplier=self.supplier)
        document.file.save("certificate.pdf", ContentFile(pdf_bytes()))
        return document

    @cached_property
    def upload(self) -> Upload:
        by = self.people["signatory"]
        return Upload.objects.create(supplier=self.supplier, by=by, name="a.pdf", size=10, created_at=NOW, moved_at=NOW)

    @cached_property
    def registration(self) -> Registration:
        names = {"name_en": "Paper Crane Ltd", "country": "CN", "category": "media", "headcount_band": "small"}
        return Registration.objects.create(contact_name="Lin Deng", contact_email="lin@crane.example", submitted_at=NOW, **names)

    @cached_property
    def supplier_list(self) -> Import:
        source = Import(kind="suppliers", original_name="list.csv", sha256=SHA, created_by=self.maker, created_at=NOW)
        source.file.save("list.csv", ContentFile("Chinese name,Country,Category\n纸鹤有限公司,CN,media\n".encode()))
        return source

    @cached_property
    def record(self) -> PublicRecord:
        return PublicRecord.objects.create(
            supplier=self.supplier, authority="Ecology bureau", decided_on=date(2026, 1, 10), description="Over the limit"
        )

    @cached_property
    def held_record(self) -> HeldRecord:
        return HeldRecord.objects.create(
            fingerprint=SHA,
            published_name="竹桥旧名有限公司",
            values={"kind": "water", "authority": "Ecology bureau", "decided_on": "2026-01-10", "description": "Over the limit"},
            candidates=[{"supplier": self.supplier.pk, "name": self.supplier.name, "is_former": True}],
            created_at=NOW,
        )

    # --- assessments ---

    @cached_property
    def questionnaire(self) -> Any:
        return create_questionnaire()

    @cached_property
    def draft_questionnaire(self) -> Any:
        return create_questionnaire(status="draft", published_at=None)

    @cached_property
    def back_test(self) -> BackTest:
        sha256 = self.questionnaire.sha256
        return BackTest.objects.create(questionnaire=self.questionnaire, ruleset_sha256=sha256, requested_by=self.maker, requested_at=NOW)

    @cached_property
    def campaign(self) -> Campaign:
        return create_campaign(questionnaire=self.questionnaire)

    @cached_property
    def draft_campaign(self) -> Campaign:
        return create_campaign(questionnaire=self.questionnaire, status="draft", launched_at=None)

    @cached_property
    def open_assessment(self) -> Assessment:
        assessment = create_assessment(supplier=self.supplier, campaign=self.campaign, status="in_progress")
        create_answer(assessment=assessment, question="A-01")
        return assessment

    @cached_property
    def workbook(self) -> WorkbookUpload:
        return WorkbookUpload.objects.create(
            assessment=self.open_assessment,
            name="copy.xlsx",
            sha256=SHA,
            downloaded_at=NOW,
            uploaded_by=self.people["signatory"],
            uploaded_at=NOW,
        )

    @cached_property
    def submitted(self) -> Assessment:
        return self._handed_in("submitted")

    @cached_property
    def in_review(self) -> Assessment:
        return self._handed_in("in_review", reviewer=self.people["reviewer"])

    @cached_property
    def closed(self) -> Assessment:
        assessment = self._handed_in("closed", closed_at=NOW, closed_by=self.maker, verified=Decimal(70))
        answer = assessment.answers.get()
        Verdict.objects.create(answer=answer, outcome="accept", by=self.maker, at=NOW)
        return assessment

    def _handed_in(self, status: str, **fields: Any) -> Assessment:
        scores = {"declared": Decimal(80), "evidenced": Decimal(60), "scored_at": NOW}
        assessment = create_assessment(
            supplier=self.supplier,
            campaign=create_campaign(questionnaire=self.questionnaire),
            status=status,
            submitted_at=NOW,
            submitted_by=self.people["signatory"],
            **scores | fields,
        )
        create_answer(assessment=assessment, question="A-01")
        create_score(assessment, [])
        return assessment

    @cached_property
    def rule(self) -> AssignmentRule:
        return AssignmentRule.objects.create(position=1)

    @cached_property
    def absence(self) -> Absence:
        first, last = self.now.date(), self.now.date() + timedelta(days=5)
        return Absence.objects.create(user=self.employee, first_day=first, last_day=last, set_by=self.maker, set_at=NOW)

    @cached_property
    def interest(self) -> Interest:
        return Interest.objects.create(
            user=self.employee, supplier=self.supplier, kind="family", declared_by=self.employee, declared_at=NOW
        )

    @cached_property
    def second(self) -> SecondReview:
        """Both have finished and differ; the reviewer was the second, and the ESG staff settle."""
        case = self._handed_in("in_review", reviewer=self.maker)
        second = SecondReview.objects.create(
            assessment=case,
            status="differs",
            drawn="share",
            drawn_at=NOW,
            reviewer=self.people["reviewer"],
            finished_at=NOW,
            first_finished_by=self.maker,
            first_finished_at=NOW,
            third=self.people["staff"],
        )
        said = {"outcome": "reject_answer", "reason": "No bill.", "first_outcome": "accept", "at": self.now}
        SecondVerdict.objects.create(second_review=second, answer=case.answers.get(), **said)
        return second

    @cached_property
    def signature(self) -> Signature:
        return Signature.objects.create(
            assessment=self.in_review,
            signed_by=self.people["signatory"],
            name="Olive Owner",
            job_title="General manager",
            statement="It is true.",
            content='{"answers":[]}',
            content_sha256=hashlib.sha256(b'{"answers":[]}').hexdigest(),
            signed_at=NOW,
        )

    @cached_property
    def amendment(self) -> Amendment:
        return Amendment.objects.create(
            assessment=self.closed, opened_from="closed", reason="A bill was wrong.", asked_by=self.people["signatory"], asked_at=NOW
        )

    @cached_property
    def finding(self) -> Finding:
        return Finding.objects.create(
            supplier=self.supplier,
            assessment=self.in_review,
            question="B-01",
            severity="major",
            text="Ages are not checked",
            opened_at=NOW,
            opened_by=self.maker,
        )

    # --- labels ---

    @cached_property
    def standard(self) -> Any:
        return create_standard()

    @cached_property
    def label(self) -> Label:
        valid = {"level": "green", "valid_from": date(2026, 1, 1), "valid_to": self.now.date() + timedelta(days=300)}
        event = LabelEvent.objects.create(
            supplier=self.supplier,
            number=1,
            kind="awarded",
            standard=self.standard,
            reason_code="criteria_met",
            notice_on=date(2026, 1, 1),
            effective_on=date(2026, 1, 1),
            at=NOW,
            **valid,
        )
        return Label.objects.create(
            supplier=self.supplier, state="awarded", standard=self.standard, last_event=event, changed_at=NOW, **valid
        )

    @cached_property
    def announcement(self) -> Announcement:
        day = self.now.date() + timedelta(days=30)
        told = LabelEvent.objects.create(
            supplier=self.supplier,
            number=7,
            kind="announced",
            standard=self.standard,
            reason_code="by_person",
            reason="The audit is announced.",
            snapshot={"announces": {"step": "suspended", "effective_on": day.isoformat()}},
            notice_on=self.now.date(),
            effective_on=self.now.date(),
            actor=self.people["staff"],
            at=NOW,
        )
        return Announcement.objects.create(supplier=self.supplier, event=told, step="suspended", notice_on=told.notice_on, effective_on=day)

    @cached_property
    def schedule(self) -> PeriodicTask:
        return PeriodicTask.objects.get(kwargs__contains="evaluate_labels")

    @cached_property
    def label_view(self) -> SavedView:
        return SavedView.objects.create(user=self.people["staff"], name="Mine", saved_at=NOW)

    @cached_property
    def draft_standard(self) -> Standard:
        return create_standard(version="2030", status="draft", published_at=None, in_force_from=None)

    @cached_property
    def standard_test(self) -> StandardTest:
        about = {"sha256": self.standard.sha256, "against": self.standard}
        return StandardTest.objects.create(standard=self.standard, requested_by=self.maker, requested_at=NOW, **about)

    @cached_property
    def warning(self) -> LabelEvent:
        """A step that may be contested today."""
        return self._warned(101)

    @cached_property
    def appeal(self) -> Appeal:
        people = {"lodged_by": self.people["signatory"], "lodged_at": self.now}
        return Appeal.objects.create(
            supplier=self.supplier, event=self._warned(102), text="The permit was there.", due_on=self.now.date(), **people
        )

    def _warned(self, number: int) -> LabelEvent:
        today = self.now.date()
        dates = {"notice_on": today, "effective_on": today, "valid_from": today, "valid_to": today, "until": today}
        return LabelEvent.objects.create(
            supplier=self.supplier, number=number, kind="warned", level="green", standard=self.standard, at=self.now, **dates
        )

    @cached_property
    def proposal(self) -> Proposal:
        reason = {"reason_code": "other", "reason": "Forged certificate"}
        return Proposal.objects.create(supplier=self.supplier, proposed_by=self.maker, proposed_at=NOW, **reason)

    # --- emissions and pilots ---

    @cached_property
    def factor_set(self) -> FactorSet:
        load_factor_sets(at=self.now)
        return default_factor_set()

    @cached_property
    def meter_period(self) -> MeterPeriod:
        days = {"first_day": date(2025, 1, 1), "last_day": date(2025, 1, 31)}
        return MeterPeriod.objects.create(
            supplier=self.supplier, site=self.site, source="heat", quantity=1, unit="GJ", reported_at=NOW, **days
        )

    @cached_property
    def instrument(self) -> RenewableInstrument:
        days = {"generated_from": date(2025, 1, 1), "generated_to": date(2025, 12, 31)}
        return RenewableInstrument.objects.create(supplier=self.supplier, kind="gec", serial="GEC-1", mwh=10, reported_at=NOW, **days)

    @cached_property
    def activity_import(self) -> ActivityImport:
        kept = ActivityImport(supplier=self.supplier, original_name="data.csv", uploaded_by=self.people["signatory"], uploaded_at=NOW)
        kept.file.save("data.csv", ContentFile(b"site,source,month,quantity,unit\n"), save=True)
        return kept

    @cached_property
    def abatement(self) -> Abatement:
        texts = {"title": "Shared boxes", "function": "1,000 parcels", "baseline": "Cartons", "project": "Boxes", "method": "ISO 14064-2"}
        return Abatement.objects.create(
            supplier=self.supplier, kind="enabled", year=2025, baseline_tonnes=10, project_tonnes=4, evidence=self.document,
            reported_by=self.people["signatory"], reported_at=NOW, **texts,
        )  # fmt: skip

    @cached_property
    def inventory(self) -> Inventory:
        tonnes = {"scope1": 1, "scope2_location": 2, "scope2_market": 2}
        return Inventory.objects.create(
            supplier=self.supplier, year=self.now.year - 1, basis="calculated", factor_set=self.factor_set, created_at=NOW, **tonnes
        )

    @cached_property
    def draft_agreement(self) -> Agreement:
        return self._agreement("P-1", status="draft")

    @cached_property
    def agreement(self) -> Agreement:
        return self._agreement("P-2", status="offered", content_sha256=SHA, offered_at=NOW, offered_terms={})

    @cached_property
    def active_agreement(self) -> Agreement:
        return self._agreement("P-3", status="active", content_sha256=SHA, offered_at=NOW, offered_terms={})

    @cached_property
    def amendment_of_agreement(self) -> AgreementAmendment:
        terms = content_of(self.active_agreement, offered_at=NOW)
        return AgreementAmendment.objects.create(
            agreement=self.active_agreement,
            number=1,
            kind="terms",
            reason="Another hall",
            terms=terms,
            former={"terms": terms, "reported": []},
            content_sha256=SHA,
            offered_by=self.maker,
            offered_at=NOW,
        )

    @cached_property
    def agreement_paper(self) -> AgreementPaper:
        file = io.BytesIO(b"%PDF-1.7")
        return keep_printed(self.active_agreement, kind="signed", language="en", content_sha256=SHA, file=file, at=NOW)

    @cached_property
    def appraisal(self) -> Appraisal:
        load_schemes(at=NOW)
        proposed = {"reasons": "As the figures say", "proposed_by": self.maker, "proposed_at": NOW}
        return Appraisal.objects.create(
            agreement=self.active_agreement, year=2024, scheme=newest_scheme(), status="proposed", parts=[], calculated_at=NOW, **proposed
        )

    @cached_property
    def programme(self) -> JointProgramme:
        programme = JointProgramme.objects.create(
            year=2026,
            place=1,
            title_en="Liquid cooling",
            title_zh="液冷",
            description="Together",
            reply_by=date(2026, 9, 1),
            ends_on=date(2026, 12, 31),
            planned_by=self.maker,
            planned_at=NOW,
        )
        invite_to_act(programme_id=programme.pk, agreement_ids=[self.active_agreement.pk], by=self.maker, at=NOW)
        return programme

    @cached_property
    def invitation_to_act(self) -> JointAction:
        return self.programme.actions.get()

    def _agreement(self, number: str, **fields: Any) -> Agreement:
        agreement = Agreement.objects.create(
            number=number,
            supplier=self.supplier,
            title_en="Carbon-neutral pilot",
            title_zh="碳中和试点",
            starts_on=date(2024, 1, 1),
            ends_on=date(2030, 12, 31),
            base_year=2023,
            base_emissions=1000,
            boundary="All sites",
            drafted_by=self.maker,
            **fields,
        )
        years = range(2024, 2031)
        Target.objects.bulk_create(Target(agreement=agreement, year=year, emissions=1000 - 50 * (year - 2023)) for year in years)
        return agreement

    @cached_property
    def joint_action(self) -> JointAction:
        return JointAction.objects.create(agreement=self.active_agreement, year=2025, title="Heat pump")

    # --- what the buyer's machinery left ---

    @cached_property
    def run(self) -> Run:
        run = Run.objects.create(kind="score_portfolio", started_by=self.maker, created_at=NOW, started_at=NOW, total=10)
        Chunk.objects.create(run=run, number=0, size=10)
        return run

    @cached_property
    def own_data(self) -> Export:
        export = Export(
            kind=Export.Kind.OWN_DATA, title="All data", language="en", supplier=self.supplier, made_by=self.people["signatory"]
        )
        export.requested_at, export.made_at, export.sha256, export.size = NOW, NOW, SHA, 3
        export.file.save("data.zip", ContentFile(b"zip"), save=False)
        export.save()
        return export

    @cached_property
    def export(self) -> Export:
        export = Export(
            kind="portfolio_csv", title="Portfolio", language="en", made_by=self.maker, requested_at=NOW, made_at=NOW, sha256=SHA
        )
        export.file.save("portfolio.csv", ContentFile(b"name\n"))
        return export

    @property
    def stranger_supplier(self) -> Supplier:
        return Supplier.objects.get(pk=self.people["stranger"].supplier_id)
