"""Imports lists of suppliers, sites, contacts and public records. What staff must know about it is in docs/import.md.

1. `upload` keeps the file and recognises its columns; `choose_columns` takes what staff choose instead.
2. `check` and `begin` start runs over the rows: a dry run that writes only its findings, then the import itself.
3. `import_file` does all of it here and now, for the command line.
Whatever way: each row is created, updated, left alone or rejected with its reasons, and the same list a second time changes nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import trail
from runs import engine
from runs.models import Run
from suppliers import import_records, record_notices
from suppliers.columns import recognise
from suppliers.import_apply import apply, apply_one_by_one, keep_rows
from suppliers.import_decide import Decision, decide_contacts, decide_sites, decide_suppliers, find_owners, flag_repeated_owned
from suppliers.import_match import Register
from suppliers.import_rows import Cleaning, Row, Sheet, flag_repeated_suppliers, split
from suppliers.inspection import safe_name
from suppliers.models import Import, ImportRow, PublicRecord
from suppliers.tables import read_table


Counts = dict[str, int]

# Enough to find the heading and to show what is in the columns.
PEEK_ROWS = 40
CHECK_JOB = "check_import"
IMPORT_JOB = "import_list"


class AlreadyImported(ValidationError):
    """The list is being imported, or was: once is enough."""


class NotChecked(ValidationError):
    """The dry run has not come to its end: nobody has seen what the import would do."""


class NoColumns(ValidationError):
    """No column of the file is one of ours."""


# --- one list, from file to rows --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """A list read, cleaned and compared with itself; for sites and contacts, `owners` is the supplier of each row."""

    kind: str
    rows: list[Row]
    defaults: Mapping[str, Any]
    owners: Sequence[int | None] = ()
    register: Register | None = None
    source: Import | None = None


def sheet_of(source: Import, *, first: int | None = None) -> Sheet:
    with source.file.open("rb") as file:
        return split(read_table(file.read(), first=first), source.kind)


def prepare(source: Import, sheet: Sheet | None = None) -> Prepared:
    sheet = sheet or sheet_of(source)
    cleaning = Cleaning(source.kind, sheet.headings, source.mapping, source.defaults)
    rows = cleaning.rows(sheet.lines)
    if source.kind == Import.Kind.RECORDS:
        import_records.flag_repeated(rows)
        return Prepared(source.kind, rows, cleaning.defaults, source=source)
    if source.kind == Import.Kind.SUPPLIERS:
        flag_repeated_suppliers(rows, cleaning.defaults)
        return Prepared(source.kind, rows, cleaning.defaults)
    owners, register = find_owners(rows, cleaning.defaults)
    flag_repeated_owned(rows, owners, source.kind)
    return Prepared(source.kind, rows, cleaning.defaults, owners, register)


def decide(prepared: Prepared, part: slice) -> list[Decision]:
    if prepared.kind == Import.Kind.RECORDS:
        return import_records.decide(prepared.rows[part])
    rows, owners = prepared.rows[part], prepared.owners[part]
    if prepared.kind == Import.Kind.SITES:
        return decide_sites(rows, owners, prepared.defaults)
    if prepared.kind == Import.Kind.CONTACTS and prepared.register is not None:
        return decide_contacts(rows, owners, prepared.defaults, prepared.register)
    return decide_suppliers(rows, prepared.defaults)


@transaction.atomic
def settle(source: Import, prepared: Prepared, part: slice, *, is_dry_run: bool, at: datetime) -> Counts:
    """Decides the rows of `part`, writes them unless this is a dry run, and keeps what became of each."""
    decisions = decide(prepared, part) if is_dry_run else decide_and_apply(prepared, part, at=at)
    keep_rows(source, decisions, is_dry_run=is_dry_run)
    counts = Counter(str(decision.outcome) for decision in decisions)
    return {str(outcome): counts[outcome] for outcome in source.outcomes}


def decide_and_apply(prepared: Prepared, part: slice, *, at: datetime) -> list[Decision]:
    if prepared.kind == Import.Kind.RECORDS and prepared.source is not None:
        decisions = decide(prepared, part)
        import_records.apply(decisions, source=prepared.source, at=at)
        return decisions
    # The second look is for the rare case that somebody registered one of these companies between our look and our write.
    for _attempt in range(2):
        decisions = decide(prepared, part)
        try:
            apply(prepared.kind, decisions, at=at)
        except IntegrityError:
            continue
        return decisions
    decisions = decide(prepared, part)
    apply_one_by_one(prepared.kind, decisions, at=at)
    return decisions


# --- what staff do ----------------------------------------------------------------------------------------------------


def upload(*, kind: str, data: bytes, name: str, by: User | None, at: datetime) -> Import:
    """Keeps the file with the columns we recognise in its first rows. Raises `UnreadableTable`."""
    return keep_file(kind, data, name, split(read_table(data, first=PEEK_ROWS), kind), by=by, at=at)


def keep_file(kind: str, data: bytes, name: str, sheet: Sheet, *, by: User | None, at: datetime) -> Import:
    source = Import(kind=kind, original_name=safe_name(name), sha256=hashlib.sha256(data).hexdigest(), created_by=by, created_at=at)
    source.mapping = recognise(sheet.headings, kind)
    source.file.save(f"{source.sha256[:32]}.{sheet.form[:4].lower().strip(',')}", ContentFile(data), save=False)
    try:
        source.save()
    except BaseException:
        source.file.delete(save=False)  # no file without a row
        raise
    return source


@transaction.atomic
def choose_columns(source: Import, *, mapping: Mapping[str, str], defaults: Mapping[str, str]) -> None:
    """Raises `NoColumns` and `AlreadyImported`."""
    if not mapping:
        raise NoColumns(_("No column of the file is one of ours. Choose at least one."))
    locked(source.pk)
    source.mapping, source.defaults = dict(mapping), dict(defaults)
    source.save(update_fields=["mapping", "defaults"])


@transaction.atomic
def check(*, source_id: int, by: User, at: datetime) -> Run:
    """Start a dry run; what an earlier one found is forgotten."""
    source = locked(source_id)
    source.dry_run = engine.start(CHECK_JOB, parameters={"import": source.pk}, by=by, at=at, title=source.original_name)
    source.save(update_fields=["dry_run"])
    return source.dry_run


@transaction.atomic
def begin(*, source_id: int, by: User, at: datetime) -> Run:
    """Start the import itself, once, after its dry run. Raises `AlreadyImported` and `NotChecked`."""
    source = locked(source_id)
    if source.dry_run is None or source.dry_run.status != Run.Status.DONE:
        raise NotChecked(_("Check the list first: the dry run has not come to its end."))
    source.run = engine.start(IMPORT_JOB, parameters={"import": source.pk}, by=by, at=at, title=source.original_name)
    source.save(update_fields=["run"])
    return source.run


def locked(source_id: int) -> Import:
    # Two people may press the button at once, and only one list may go in.
    source = Import.objects.select_for_update(no_key=True).get(pk=source_id)
    if source.is_imported:
        raise AlreadyImported(_("This list is imported already."))
    return source


def forget_findings(source: Import, *, is_dry_run: bool) -> None:
    ImportRow.objects.filter(source=source, is_dry_run=is_dry_run).delete()


@transaction.atomic
def record_counts(source_id: int, counts: Counts, *, is_dry_run: bool, by: User | None, at: datetime) -> None:
    source = Import.objects.select_for_update(no_key=True).get(pk=source_id)
    source.counts = {**source.counts, "dry_run" if is_dry_run else "import": counts}
    source.save(update_fields=["counts"])
    if not is_dry_run:
        trail.record("suppliers.imported", actor=by, target=source, detail={"kind": source.kind, **counts}, at=at)
        if source.kind == Import.Kind.RECORDS:
            record_notices.tell_of(PublicRecord.objects.filter(source=source))


@transaction.atomic
def import_file(
    source: str | Path | bytes,
    kind: str,
    *,
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    by: User | None,
    at: datetime,
    name: str = "",
    is_dry_run: bool = False,
) -> Import:
    """Import a whole list in one transaction. `mapping` names headings for columns that should be read from elsewhere than recognised."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    name = name or ("list" if isinstance(source, bytes) else Path(source).name)
    sheet = split(read_table(data), kind)
    imported = keep_file(kind, data, name, sheet, by=by, at=at)
    choose_columns(imported, mapping=imported.mapping | dict(mapping or {}), defaults=defaults or {})
    prepared = prepare(imported, sheet)
    counts = settle(imported, prepared, slice(None), is_dry_run=is_dry_run, at=at)
    record_counts(imported.pk, counts, is_dry_run=is_dry_run, by=by, at=at)
    imported.refresh_from_db(fields=["counts"])
    return imported
