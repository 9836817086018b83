"""Everything the portal keeps about a supplier, as JSON files and documents in one ZIP: what each file holds, and how it is written.

Rows go from the database to the ZIP one by one, files block by block: a large supplier takes no more memory than a small one. The
form is described in docs/data-export.md and by the JSON Schema that is put into each ZIP.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.apps import apps
from django.db.models import Case, Exists, F, JSONField, OuterRef, Q, QuerySet, Value, When

from accounts.looks import looks_at, words_for
from accounts.models import Membership, User
from accounts.reasons import words_for_why
from assessments.models import (
    Amendment,
    Answer,
    AreaTask,
    Assessment,
    Comment,
    EvidenceUse,
    Finding,
    FindingAction,
    FindingEvidence,
    FindingStep,
    QueryMessage,
    QuestionnaireVersion,
    Return,
    Score,
    Signature,
    Verdict,
)
from assessments.scores import past
from emissions.models import Abatement, ActivityRecord, DataReply, Inventory, MeterPeriod, RenewableInstrument, Scope3Entry
from labels.models import Announcement, Appeal, Decision, Label, LabelEvent, Publication
from pilots.models import Agreement, AgreementPaper, AgreementSignature, Appraisal, JointAction, Milestone, ReportedYear, Target
from pilots.models import Amendment as AgreementAmendment
from suppliers.inspection import safe_name
from suppliers.models import Contact, Document, PublicRecord, RecordEvidence, Site, Supplier


FORMAT = "supplier-data-1"
SCHEMA = Path(__file__).parent / "schemas" / f"{FORMAT}.json"
_BATCH = 500

# What a row holds: the name in the file, and where it comes from when that is not the field of the same name.
Fields = Mapping[str, str]


def _fields(*names: str, **others: str) -> Fields:
    return {name: name for name in names} | others


COMPANY = _fields(
    "id", "name_zh", "name_en", "reference", "uscc", "lei", "duns", "company_number", "country", "region", "address", "postcode",
    "category", "industry_scheme", "industry_code", "headcount_band", "fiscal_year_start", "website", "state", "created_at", "updated_at",
)  # fmt: skip
SITES = _fields("id", "reference", "name", "type", "country", "region", "address", "headcount", "closed_on")
CONTACTS = _fields("id", "name", "email", "phone", "job_title", "language", "is_primary")
PEOPLE = _fields("role", "created_at", name="user__name", email="user__email", phone="user__phone", language="user__language")
RECORDS = _fields(
    "id",
    "kind",
    "authority",
    "reference",
    "decided_on",
    "description",
    "legal_basis",
    "penalty",
    "fine_cny",
    "rating",
    "source_url",
    "published_uscc",
    "published_name",
    "status",
    "reply_until",
    "answer",
    "answered_at",
    "judgement",
    "judged_at",
    "created_at",
    answered_by="answered_by__name",
)
RECORD_EVIDENCE = _fields("added_at", record="record_id", document="document_id", added_by="added_by__name")
DOCUMENTS = _fields(
    "id", "kind", "title", "issuer", "number", "valid_from", "valid_to", "original_name", "content_type", "size", "sha256", "uploaded_at",
    site="site_id", replaces="replaces_id", uploaded_by="uploaded_by__name",
)  # fmt: skip
AREA_TASKS = _fields("area", "due_on", "email", "assigned_at", assignee="assignee__name", assigned_by="assigned_by__name")
ANSWERS = _fields(
    "id",
    "question",
    "value",
    "note",
    "version",
    "updated_at",
    site="site_id",
    updated_by="updated_by__name",
    carried_from="carried_from_id",
)
EARLIER = _fields(
    "question",
    "value",
    "note",
    "version",
    "updated_at",
    answer="pgh_obj_id",
    site="site_id",
    updated_by="updated_by__name",
    until="pgh_created_at",
)
EVIDENCE = _fields("added_at", answer="answer_id", document="document_id", added_by="added_by__name")
VERDICTS = _fields("outcome", "reason", "corrected", "at", answer="answer_id", by="by__name")
SIGNATURES = _fields("id", "name", "job_title", "statement", "content_sha256", "signed_at", signed_by="signed_by__name")
AMENDMENTS = _fields(
    "id", "state", "opened_from", "reason", "asked_at", "decision", "decided_at", asked_by="asked_by__name", decided_by="decided_by__name"
)
RETURNS = _fields("id", "reason", "queried", "opened", "due_on", "at", "answered_at", by="by__name", answered_by="answered_by__name")
MESSAGES = _fields("id", "question", "is_from_buyer", "text", "at", site="site_id", by="by__name")
COMMENTS = _fields("id", "question", "text", "at", by="by__name")
FINDINGS = _fields(
    "id", "question", "rule", "severity", "status", "text", "text_zh", "cause", "action_taken", "due_on", "next_due_on",
    "opened_at", "agreed_at", "closed_at", "closing_reason", origin="told",
)  # fmt: skip
FINDING_ACTIONS = _fields("place", "what", "due_on", "owner", finding="finding_id")
FINDING_EVIDENCE = _fields("added_at", finding="finding_id", document="document_id", added_by="added_by__name")
FINDING_STEPS = _fields("kind", "status", "reason", "at", detail="told", finding="finding_id", by="by__name")
SCORES = _fields(
    "id", "is_current", "ruleset_sha256", "inputs_sha256", "declared", "evidenced", "verified", "evidence_coverage", "facts", "areas",
    "triggers_hit", "computed_at",
)  # fmt: skip
LABEL = _fields("public_id", "state", "level", "valid_from", "valid_to", "until", "is_held", "changed_at", standard="standard__version")
LEDGER = _fields(
    "number",
    "kind",
    "level",
    "reason_code",
    "reason",
    "notice_on",
    "effective_on",
    "valid_from",
    "valid_to",
    "until",
    "at",
    standard="standard__version",
)
ANNOUNCED = _fields("step", "notice_on", "effective_on", "state", announced_by="event__number", ended_by="end__number")
PUBLICATION = _fields(*Publication.CHOICES, "agreed_at", agreed_by="agreed_by__name")
APPEALS = _fields(
    "text", "lodged_at", "due_on", "state", "level", "criteria", "overlooked_until", "answer", "decided_at",
    step="event__number", lodged_by="lodged_by__name",
)  # fmt: skip
DECISIONS = _fields("outcome", "criteria", "content_sha256", "evaluated_at", standard="standard__version")
AGREEMENTS = _fields(
    "id", "number", "title_en", "title_zh", "status", "starts_on", "ends_on", "base_year", "boundary", "special_terms", "scope2_method",
    "measure", "intensity_unit", "base_denominator", "total_reduction", "path", "renewable_share_target", "pue_target",
    "recalculation_threshold", "incentive", "remedy", "offered_at", "offered_terms", "content_sha256", "ended_at", "ended_reason",
)  # fmt: skip
TARGETS = _fields("year", "emissions", agreement="agreement_id")
YEARS = _fields(
    "year", "emissions", "basis", "denominator", "removals", "offsets", "renewable_share", "pue", "months_covered", "is_verified", "note",
    "reported_at", agreement="agreement_id", reported_by="reported_by__name",
)  # fmt: skip
AGREEMENT_SIGNATURES = _fields(
    "side", "way", "name", "job_title", "content_sha256", "signed_at", "signed_on", agreement="agreement_id", paper_sha256="paper__sha256"
)
ACTIONS = _fields("year", "title", "description", "expected_reduction", "delivered_reduction", "status", "due_on", agreement="agreement_id")
MILESTONES = _fields("due_on", "kind", "value", agreement="agreement_id")
AGREEMENT_AMENDMENTS = _fields(
    "number", "kind", "cause", "reason", "status", "terms", "former", "content_sha256", "offered_at", "ended_at", agreement="agreement_id"
)
AGREEMENT_PAPERS = _fields("kind", "language", "name", "size", "sha256", "content_sha256", "made_at", agreement="agreement_id")
APPRAISALS = _fields(
    "year", "quarter", "status", "parts", "score", "grade", "reasons", "consequence", "comment", "commented_at", "proposed_at",
    "confirmed_at", "content_sha256", agreement="agreement_id", scheme="scheme__version",
)  # fmt: skip
ACTIVITY = _fields(
    "id", "month", "source", "substance", "quantity", "unit", "is_measured", "is_from_periods", "reported_at", site="site_id",
    evidence="evidence_id", reported_by="reported_by__name",
)  # fmt: skip
METER_PERIODS = _fields(
    "id", "source", "meter", "first_day", "last_day", "quantity", "unit", "is_measured", "reported_at", site="site_id",
    evidence="evidence_id", reported_by="reported_by__name",
)  # fmt: skip
CERTIFICATES = _fields(
    "id", "kind", "serial", "mwh", "generated_from", "generated_to", "cancelled_on", "plant", "plant_year", "reported_at",
    site="site_id", evidence="evidence_id", reported_by="reported_by__name",
)  # fmt: skip
SCOPE3 = _fields(
    "year", "category", "tonnes", "method", "explanation", "reported_at", evidence="evidence_id", reported_by="reported_by__name"
)
ABATEMENTS = _fields(
    "id", "kind", "year", "title", "function", "baseline", "baseline_tonnes", "project", "project_tonnes", "method", "status", "reason",
    "reported_at", "reviewed_at", evidence="evidence_id", reported_by="reported_by__name", reviewed_by="reviewed_by__name",
)  # fmt: skip
REPLIES = _fields("year", "question", "text", "at", by="by__name")
INVENTORIES = _fields(
    "id", "year", "basis", "scope1", "scope2_location", "scope2_market", "scope3", "electricity_kwh", "renewable_kwh", "it_energy_kwh",
    "months_covered", "lines", "created_at", factor_set="factor_set__version", reported_by="reported_by__name",
)  # fmt: skip
ASSESSMENT = _fields(
    "id", "status", "due_on", "created_at", "started_at", "submitted_at", "returned_reason", "closed_at", "declared", "evidenced",
    "verified", "area_scores", "scored_at", cycle="campaign__cycle", title_en="campaign__title_en", title_zh="campaign__title_zh",
    questionnaire="campaign__questionnaire__sha256", submitted_by="submitted_by__name",
)  # fmt: skip


def rows_of(rows: "QuerySet[Any]", fields: Fields) -> Iterator[dict[str, Any]]:
    for values in rows.values_list(*fields.values()).iterator(chunk_size=_BATCH):
        yield dict(zip(fields, values, strict=True))


def one_of(rows: "QuerySet[Any]", fields: Fields) -> dict[str, Any] | None:
    return next(rows_of(rows[:1], fields), None)


# --- the ZIP ----------------------------------------------------------------------------------------------------------


class Archive:
    """Writes the entries of a ZIP and remembers their hashes."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.entries: list[dict[str, Any]] = []

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as target:
            for block in blocks:
                digest.update(block)
                size += len(block)
                target.write(block)
        self.entries.append({"path": name, "size": size, "sha256": digest.hexdigest()})

    def add_json(self, name: str, parts: Mapping[str, Any]) -> None:
        self.add(name, json_blocks(parts))


def json_blocks(parts: Mapping[str, Any]) -> Iterator[bytes]:
    """One JSON object; a part that is an iterator is written as a list, item by item."""
    yield b"{"
    for number, (key, part) in enumerate(parts.items()):
        yield f"{',' if number else ''}\n{json.dumps(key)}: ".encode()
        if isinstance(part, Iterator):
            yield b"["
            for place, item in enumerate(part):
                yield (b",\n" if place else b"\n") + as_json(item)
            yield b"\n]"
        else:
            yield as_json(part)
    yield b"\n}\n"


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode("utf-8", errors="replace")


def _plain(value: Any) -> str:
    """Numbers that count stay exact: decimals travel as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(1 << 20):
        yield block


# --- what goes in -----------------------------------------------------------------------------------------------------


def write(path: Path, supplier: Supplier, *, by: User, at: datetime) -> int:
    """Writes the ZIP; says how many files of the supplier are in it. Nothing `by` may not see goes in."""
    with Archive(path) as archive:
        archive.add("README.txt", [_README.encode()])
        archive.add("schema.json", [SCHEMA.read_bytes()])
        archive.add_json("company.json", _company(supplier))
        files = dict(_files(supplier))
        archive.add_json("documents.json", {"documents": _documents(supplier, files)})
        _assessments(archive, supplier, by)
        archive.add_json("labels.json", _labels(supplier, by))
        archive.add_json("pilots.json", _pilots(supplier, by))
        archive.add_json("emissions.json", _emissions(supplier, by))
        archive.add_json("access-log.json", {"looks": _looks(supplier)})
        count = sum(_add_file(archive, pk, name) for pk, name in files.items())
        head = {"format": FORMAT, "supplier": supplier.pk, "name": supplier.name, "made_at": at, "made_by": by.name}
        archive.add_json("manifest.json", {**head, "files": list(archive.entries)})
    return count


def _company(supplier: Supplier) -> dict[str, Any]:
    return {
        "company": one_of(Supplier.objects.filter(pk=supplier.pk), COMPANY),
        "sites": rows_of(Site.objects.filter(supplier=supplier).order_by("pk"), SITES),
        "contacts": rows_of(Contact.objects.filter(supplier=supplier).order_by("pk"), CONTACTS),
        "people": rows_of(Membership.objects.filter(supplier=supplier).order_by("pk"), PEOPLE),
        "public_records": rows_of(PublicRecord.objects.filter(supplier=supplier).order_by("pk"), RECORDS),
        "record_evidence": rows_of(RecordEvidence.objects.filter(record__supplier=supplier).order_by("pk"), RECORD_EVIDENCE),
    }


def _files(supplier: Supplier) -> Iterator[tuple[int, str]]:
    """Document -> its place in the ZIP. The number keeps names apart."""
    kept = Document.objects.filter(supplier=supplier).exclude(file="").order_by("pk")
    for pk, name in kept.values_list("pk", "original_name").iterator(chunk_size=_BATCH):
        yield pk, f"files/{pk}-{safe_name(name)}"


def _documents(supplier: Supplier, files: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for row in rows_of(Document.objects.filter(supplier=supplier).order_by("pk"), DOCUMENTS):
        yield {**row, "file": files.get(row["id"])}


def _add_file(archive: Archive, pk: int, name: str) -> bool:
    try:
        file = Document.objects.get(pk=pk).file.open("rb")
    except FileNotFoundError:
        return False  # its row says so: the manifest has no such file
    with file:
        archive.add(name, blocks_of(file))
    return True


def _assessments(archive: Archive, supplier: Supplier, by: User) -> None:
    mine = Assessment.objects.visible_to(by).filter(supplier=supplier).order_by("pk")
    questionnaires = QuestionnaireVersion.objects.filter(campaigns__assessments__in=mine).distinct().order_by("pk")
    for version in questionnaires:
        archive.add_json(
            f"questionnaires/{version.sha256}.json", {"key": version.key, "version": version.version, "content": version.content}
        )
    for pk, cycle in mine.values_list("pk", "campaign__cycle"):
        archive.add_json(f"assessments/{cycle}-{pk}.json", _assessment(pk, by))
        for score in Score.objects.filter(assessment=pk).select_related("assessment__campaign", "assessment__supplier").order_by("pk"):
            _add_receipt(archive, score)
        for signature, content in Signature.objects.filter(assessment=pk).exclude(content="").order_by("pk").values_list("pk", "content"):
            archive.add(f"signatures/{pk}-{signature}.json", [content.encode()])


def _assessment(pk: int, by: User) -> dict[str, Any]:
    answer_history = apps.get_model("assessments", "AnswerEvent")._default_manager.filter(assessment=pk).order_by("pgh_id")
    return {
        "assessment": one_of(Assessment.objects.filter(pk=pk), ASSESSMENT),
        "area_tasks": rows_of(AreaTask.objects.visible_to(by).filter(assessment=pk).order_by("area"), AREA_TASKS),
        "answers": rows_of(Answer.objects.filter(assessment=pk).order_by("pk"), ANSWERS),
        "earlier_answers": rows_of(answer_history, EARLIER),
        "evidence": rows_of(EvidenceUse.objects.filter(answer__assessment=pk).order_by("pk"), EVIDENCE),
        "verdicts": rows_of(_told(pk), VERDICTS),
        "earlier_verdicts": rows_of(_told_before(pk), VERDICTS),
        "signatures": rows_of(Signature.objects.filter(assessment=pk).order_by("pk"), SIGNATURES),
        "amendments": rows_of(Amendment.objects.filter(assessment=pk).order_by("pk"), AMENDMENTS),
        "returns": rows_of(Return.objects.filter(assessment=pk).order_by("pk"), RETURNS),
        "messages": rows_of(QueryMessage.objects.filter(assessment=pk).order_by("pk"), MESSAGES),
        "comments": rows_of(Comment.objects.visible_to(by).filter(assessment=pk).order_by("pk"), COMMENTS),
        "findings": rows_of(_findings(pk), FINDINGS),
        "finding_actions": rows_of(FindingAction.objects.filter(finding__assessment=pk).order_by("finding", "place"), FINDING_ACTIONS),
        "finding_evidence": rows_of(FindingEvidence.objects.filter(finding__assessment=pk).order_by("pk"), FINDING_EVIDENCE),
        "finding_steps": rows_of(_steps(pk), FINDING_STEPS),
        "scores": rows_of(Score.objects.filter(assessment=pk).order_by("pk"), SCORES),
    }


def _told(assessment: int) -> QuerySet[Verdict]:
    """A reviewer's words are its own until the review is closed or the answers are opened again."""
    given = Verdict.objects.filter(assessment=assessment).order_by("pk")
    return given.filter(~Q(assessment__status__in=Assessment.IN_QUEUE) | _stood_when_opened(assessment, until=None))


def _told_before(assessment: int) -> QuerySet[Any]:
    """Of what the reviewer then said otherwise, what stood when the answers were opened again: the rest was told nobody."""
    said: QuerySet[Any] = apps.get_model("assessments", "VerdictEvent")._default_manager.filter(answer__assessment=assessment)
    return said.filter(_stood_when_opened(assessment, until="pgh_created_at")).order_by("pgh_id")


def _stood_when_opened(assessment: int, *, until: str | None) -> Q:
    """By a return, or an amendment of what was closed. `until`: the column that says when something else was said."""
    opened = (
        (Return.objects.filter(assessment=assessment), "at"),
        (Amendment.objects.filter(assessment=assessment, state=Amendment.State.GRANTED), "decided_at"),
    )
    found = Q()
    for rows, moment in opened:
        stood = {f"{moment}__gte": OuterRef("at")} | ({f"{moment}__lt": OuterRef(until)} if until else {})
        found |= Q(Exists(rows.filter(**stood)))
    return found


def _findings(assessment: int) -> QuerySet[Finding]:
    """As on their pages: until it is told, nothing says that a verdict was given."""
    is_untold = Q(origin=Finding.Origin.VERDICT, assessment__status__in=Assessment.IN_QUEUE)
    told = Case(When(is_untold, then=Value(Finding.Origin.HAND.value)), default=F("origin"))
    return Finding.objects.filter(assessment=assessment).annotate(told=told).order_by("pk")


def _steps(assessment: int) -> QuerySet[FindingStep]:
    """A finding keeps the verdict it was raised beside."""
    is_untold = Q(kind=FindingStep.Kind.RAISED, finding__assessment__status__in=Assessment.IN_QUEUE)
    told = Case(When(is_untold, then=Value({}, JSONField())), default=F("detail"))
    return FindingStep.objects.filter(finding__assessment=assessment).annotate(told=told).order_by("pk")


def _add_receipt(archive: Archive, score: Score) -> None:
    """As the portal hands it out: it computes the score again without the portal."""
    try:
        receipt = past.receipt_for(score)
    except past.NotReproducible:
        return
    archive.add(f"receipts/{score.assessment_id}-{score.pk}.json", [as_json(receipt)])


def _labels(supplier: Supplier, by: User) -> dict[str, Any]:
    return {
        "label": one_of(Label.objects.visible_to(by).filter(supplier=supplier), LABEL),
        "ledger": rows_of(LabelEvent.objects.visible_to(by).filter(supplier=supplier).order_by("number"), LEDGER),
        "announced": rows_of(Announcement.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), ANNOUNCED),
        "publication": one_of(Publication.objects.visible_to(by).filter(supplier=supplier), PUBLICATION),
        "appeals": rows_of(Appeal.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), APPEALS),
        "decisions": rows_of(Decision.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), DECISIONS),
    }


def _pilots(supplier: Supplier, by: User) -> dict[str, Any]:
    mine = Agreement.objects.visible_to(by).filter(supplier=supplier).order_by("pk")
    return {
        "agreements": rows_of(mine, AGREEMENTS),
        "targets": rows_of(Target.objects.filter(agreement__in=mine).order_by("pk"), TARGETS),
        "reported_years": rows_of(ReportedYear.objects.filter(agreement__in=mine).order_by("pk"), YEARS),
        "signatures": rows_of(AgreementSignature.objects.filter(agreement__in=mine).order_by("pk"), AGREEMENT_SIGNATURES),
        "joint_actions": rows_of(JointAction.objects.filter(agreement__in=mine).order_by("pk"), ACTIONS),
        "milestones": rows_of(Milestone.objects.filter(agreement__in=mine).order_by("pk"), MILESTONES),
        "amendments": rows_of(AgreementAmendment.objects.filter(agreement__in=mine).order_by("pk"), AGREEMENT_AMENDMENTS),
        "papers": rows_of(AgreementPaper.objects.filter(agreement__in=mine).order_by("pk"), AGREEMENT_PAPERS),
        "appraisals": rows_of(Appraisal.objects.visible_to(by).filter(agreement__in=mine).order_by("pk"), APPRAISALS),
    }


def _emissions(supplier: Supplier, by: User) -> dict[str, Any]:
    return {
        "activity": rows_of(ActivityRecord.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), ACTIVITY),
        "inventories": rows_of(Inventory.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), INVENTORIES),
        "meter_periods": rows_of(MeterPeriod.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), METER_PERIODS),
        "certificates": rows_of(RenewableInstrument.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), CERTIFICATES),
        "scope3": rows_of(Scope3Entry.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), SCOPE3),
        "abatements": rows_of(Abatement.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), ABATEMENTS),
        "replies": rows_of(DataReply.objects.visible_to(by).filter(supplier=supplier).order_by("pk"), REPLIES),
    }


def _looks(supplier: Supplier) -> Iterator[dict[str, Any]]:
    for event in looks_at(supplier.pk).order_by("pk").iterator(chunk_size=_BATCH):
        yield {
            "at": event.at,
            "who": str(event.actor or ""),
            "role": event.actor_role,
            "action": event.action,
            "what": words_for(event.action),
            "why": words_for_why(event.detail),
        }


_README = """Everything the supplier ESG compliance portal keeps about this company.

manifest.json       what is in this ZIP, with the SHA-256 of each file
schema.json         the form of the JSON files (JSON Schema 2020-12)
company.json        the company, its sites, contacts, people and public records
documents.json      certificates and evidence; the files are in files/
assessments/        each self-assessment with every answer, its earlier values, verdicts, signatures, findings and scores
questionnaires/     the questions, by the SHA-256 named in each assessment
signatures/         what was signed: sha256sum gives the hash of the signature
receipts/           what each score was computed from; a receipt recomputes it
labels.json         the green label and the ledger of its steps
pilots.json         carbon-neutral pilot agreements
emissions.json      activity data, bills, renewable certificates, scope 3, abatement and inventories
access-log.json     who of the buyer looked at what, when, and why where a reason is asked

Times are ISO 8601 in UTC. Decimal numbers are text, so that no digit is lost.
"""
