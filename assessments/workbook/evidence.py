"""Evidence named in a workbook: found by its name in the ZIP beside it, or among the supplier's documents, and attached to the answer."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from assessments.answering.saving import NotOpen, attach_evidence, upload_evidence
from assessments.models import WorkbookUpload
from assessments.rules import rulesets
from assessments.workbook.layout import Slot, slot_of
from assessments.workbook.uploads import evidence_names, is_locked, sorted_changes
from runs import engine
from runs.models import Run
from suppliers.archives import ArchiveRefused, Entry, entries_of, taken_out
from suppliers.models import Document
from suppliers.refusals import PASSING, FileRefused


@dataclass(frozen=True)
class Wanted:
    """A name in the workbook that is not attached yet. Neither entry nor document: nobody knows the file."""

    slot: str
    name: str
    entry: Entry | None = None
    document: int | None = None

    @property
    def is_found(self) -> bool:
        return self.entry is not None or self.document is not None


@dataclass
class EvidencePlan:
    found: list[Wanted] = field(default_factory=list)
    missing: list[Wanted] = field(default_factory=list)
    # In the ZIP, and named nowhere in the workbook.
    unused: list[str] = field(default_factory=list)


def keep_files(upload: WorkbookUpload, file: "File[bytes]") -> None:
    """The ZIP beside a workbook, looked through but not unpacked. Raises `ArchiveRefused`."""
    entries_of(file)
    file.seek(0)
    upload.files_name = (file.name or "")[:255]
    upload.files.save(f"{upload.sha256[:32]}.zip", file, save=False)
    upload.save(update_fields=["files", "files_name"])


def plan_of(upload: WorkbookUpload) -> EvidencePlan:
    """What would be attached to which answer. `upload` comes with its assessment and campaign."""
    questionnaire = rulesets.questionnaire_of(upload.assessment.campaign.questionnaire_id)
    changes = [(slot, change) for slot, change in sorted_changes(upload, questionnaire) if not is_locked(slot, upload)]
    named = [(slot, name) for slot, change in changes for name in change["evidence"]]
    entries = _entries(upload)
    if not named and not entries:
        return EvidencePlan()
    attached = evidence_names(upload.assessment_id)
    refused = {name for name, _reason in upload.refused}
    in_zip, library = _by_name(entries), _library(upload.assessment.supplier_id)
    plan, used = EvidencePlan(), set()
    for slot, name in named:
        entry = in_zip.get(folded(name)) or in_zip.get(folded(name.rpartition("/")[2]))
        if entry is not None:
            used.add(entry.number)
        if name in refused or folded(name.rpartition("/")[2]) in map(folded, attached.get(slot, ())):
            continue
        wanted = Wanted(str(slot), name, entry, None if entry else library.get(folded(name)))
        (plan.found if wanted.is_found else plan.missing).append(wanted)
    plan.unused = [entry.path for entry in entries if entry.number not in used]
    return plan


def _entries(upload: WorkbookUpload) -> list[Entry]:
    if not upload.files:
        return []
    try:
        with upload.files.open("rb") as file:
            return entries_of(file)
    except (ArchiveRefused, FileNotFoundError):
        return []  # cleared away since


def _by_name(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """By the whole path, and by the name alone where no other file of the ZIP has it."""
    found: dict[str, Entry | None] = {}
    for entry in entries:
        key = folded(entry.name)
        found[key] = None if key in found else entry
    return {key: entry for key, entry in found.items() if entry} | {folded(entry.path): entry for entry in entries}


def _library(supplier_id: int) -> dict[str, int]:
    """Names of the supplier's documents; of several with one name, the newest."""
    documents = Document.objects.current().filter(supplier=supplier_id).exclude(file="").order_by("uploaded_at", "pk")
    return {folded(name): pk for pk, name in documents.values_list("pk", "original_name")}


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


# --- attaching --------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, upload_id: int, by: User, at: datetime) -> Run | None:
    """Starts the run that attaches what was found; none when there is nothing to attach or one is at it."""
    upload = (
        WorkbookUpload.objects.select_for_update(of=("self",), no_key=True).select_related("assessment__campaign", "run").get(pk=upload_id)
    )
    if upload.run is not None and upload.run.is_open:
        return None
    found = plan_of(upload).found
    if not found:
        return None
    files = [{"slot": each.slot, "name": each.name, "entry": each.entry and each.entry.number, "document": each.document} for each in found]
    upload.run = engine.start("attach_workbook_files", parameters={"upload": upload.pk, "files": files}, by=by, at=at, title=upload.name)
    upload.save(update_fields=["run"])
    return upload.run


def attach(*, upload_id: int, file: Mapping[str, Any], by: User, at: datetime) -> dict[str, int]:
    """One file to one answer. A file that is refused is noted with the reason; it keeps none of the others away."""
    upload = WorkbookUpload.objects.select_related("assessment__campaign").get(pk=upload_id)
    slot = slot_of(file["slot"])
    try:
        _attach(upload, slot, file, by, at)
    except (FileRefused, ArchiveRefused) as error:
        if error.code in PASSING:
            raise
        with translation.override(by.language):
            return _note(upload_id, "refused", [file["name"], " ".join(error.messages)])
    except (NotOpen, Document.DoesNotExist, FileNotFoundError):
        with translation.override(by.language):
            return _note(upload_id, "refused", [file["name"], _("The file is gone, or the self-assessment was handed in meanwhile.")])
    return _note(upload_id, "attached", [file["slot"], file["name"]])


def _attach(upload: WorkbookUpload, slot: Slot, file: Mapping[str, Any], by: User, at: datetime) -> None:
    common: dict[str, Any] = {"assessment_id": upload.assessment_id, "question": slot.code, "site": slot.site, "by": by, "at": at}
    if file["document"] is not None:
        attach_evidence(document_id=file["document"], **common)
        return
    with upload.files.open("rb") as archive:
        entry = next((each for each in entries_of(archive) if each.number == file["entry"]), None)
        if entry is None:
            raise FileNotFoundError(file["name"])
        with taken_out(archive, entry) as content:
            upload_evidence(file=content, **common)


def _note(upload_id: int, outcome: str, line: list[str]) -> dict[str, int]:
    # Several workers may attach files of one upload.
    upload = WorkbookUpload.objects.select_for_update(no_key=True).get(pk=upload_id)
    lines = upload.outcome.get(outcome, [])
    if line not in lines:
        upload.outcome = {**upload.outcome, outcome: [*lines, line]}
        upload.save(update_fields=["outcome"])
    return {outcome: 1}
