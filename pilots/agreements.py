"""The life of an agreement: drafted, offered, signed by both sides, in force, ended."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import trail
from pilots import papers
from pilots.comparing import Comparison
from pilots.models import Agreement, AgreementSignature, Amendment, AppraisalScheme, Milestone, Target
from pilots.terms import MAKES_TARGETS, Terms, content_of, hash_of, made_targets, target_years
from pilots.wordings import begins_with, first_milestones
from runs.calendar import buyers_day
from suppliers.inspection import Inspected
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User

Side = AgreementSignature.Side


@dataclass(frozen=True)
class Signing:
    """What a person signs with: the hash that was on the page, in whose name, and the paper where it was signed elsewhere."""

    side: str
    sha256: str
    name: str
    job_title: str
    upload: Inspected | None = None
    comparison: Comparison | None = None
    signed_on: date | None = None


class Incomplete(Exception):
    """The draft lacks what an offer needs: yearly targets for each of its years."""


class TermsChanged(Exception):
    """What the person saw is not what is offered now."""


class AlreadySigned(Exception):
    """This side has signed this offer."""


class MilestoneOutside(ValueError):
    """A milestone lies before the first or after the last day of the agreement."""


class TargetsRise(ValueError):
    """A target above the one of the year before, or above the base year."""


def locked(agreement_id: int) -> Agreement:
    """Two people may press at once, and only one may win."""
    return (
        Agreement.objects.select_for_update(of=("self",))
        .select_related("supplier", "factor_set", "template", "scheme")
        .get(pk=agreement_id)
    )


def note(action: str, agreement: Agreement, *, by: "User | None", at: datetime, **detail: object) -> None:
    # A draft is the buyer's own paper: the supplier's history does not speak of it.
    supplier_id = None if agreement.status == Agreement.Status.DRAFT else agreement.supplier_id
    trail.record(action, actor=by, target=agreement, supplier_id=supplier_id, detail={"number": agreement.number, **detail}, at=at)


# --- drafting ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def draft_agreement(*, supplier_id: int, terms: Terms, by: "User", at: datetime) -> Agreement:
    """A draft with yearly targets made from the total reduction. Raises `YearsDoNotFit`."""
    supplier = Supplier.objects.get(pk=supplier_id)
    # The weights both sides agree on; those of a later version are another amendment's matter.
    scheme = AppraisalScheme.objects.order_by("-version").first()
    agreement = Agreement(supplier=supplier, drafted_by=by, scheme=scheme, **terms.columns())
    made = made_targets(agreement)
    # Numbered by its own key, so that two drafts made at once never want the same number.
    agreement.number = uuid.uuid4().hex
    agreement.save()
    agreement.number = f"CP-{agreement.starts_on.year}-{agreement.pk:04d}"
    agreement.save(update_fields=["number"])
    agreement.sites.set(terms.sites)
    write_targets(agreement, made)
    note("agreement.drafted", agreement, by=by, at=at)
    return agreement


@transaction.atomic
def begin_draft(*, supplier_id: int, terms: Terms, by: "User", at: datetime) -> Agreement:
    """A draft that begins with what its template suggests. Raises `YearsDoNotFit`."""
    template = terms.template
    begun = replace(terms, **begins_with(template)) if template else terms
    agreement = draft_agreement(supplier_id=supplier_id, terms=begun, by=by, at=at)
    if template:
        total = agreement.total_reduction or Decimal(0)
        _write_milestones(
            agreement, first_milestones(template, starts_on=agreement.starts_on, ends_on=agreement.ends_on, total_reduction=total)
        )
    return agreement


@transaction.atomic
def change_draft(*, agreement_id: int, changes: Mapping[str, Any], by: "User", at: datetime) -> Agreement:
    """`changes` name fields of `Terms`; what they do not name stays.

    Targets that were edited by hand stay, unless what they follow from is changed. Raises `IllegalTransition`, `YearsDoNotFit`.
    """
    agreement = locked(agreement_id)
    _require_draft(agreement)
    before = {name: getattr(agreement, name) for name in MAKES_TARGETS}
    for name, value in changes.items():
        if name != "sites":
            setattr(agreement, name, value)
    remake = any(getattr(agreement, name) != value for name, value in before.items())
    made = made_targets(agreement)
    agreement.save()
    if "sites" in changes:
        agreement.sites.set(changes["sites"])
    if remake or set(made) != set(agreement.targets.values_list("year", flat=True)):
        write_targets(agreement, made)
    note("agreement.changed", agreement, by=by, at=at)
    return agreement


@transaction.atomic
def set_milestones(*, agreement_id: int, milestones: Iterable[Milestone], by: "User", at: datetime) -> Agreement:
    """The whole list anew. Raises `IllegalTransition`, `MilestoneOutside`."""
    agreement = locked(agreement_id)
    _require_draft(agreement)
    _write_milestones(agreement, milestones)
    note("agreement.changed", agreement, by=by, at=at)
    return agreement


def _write_milestones(agreement: Agreement, milestones: Iterable[Milestone]) -> None:
    wanted = {(each.due_on, each.kind): each for each in milestones}
    if any(not agreement.starts_on <= due_on <= agreement.ends_on for due_on, _kind in wanted):
        raise MilestoneOutside
    for stored in agreement.milestones.all():
        each = wanted.pop((stored.due_on, stored.kind), None)
        if each is None:
            stored.delete()
        elif stored.value != each.value:
            stored.value = each.value
            stored.save(update_fields=["value"])
    Milestone.objects.bulk_create(
        Milestone(agreement=agreement, due_on=each.due_on, kind=each.kind, value=each.value) for each in wanted.values()
    )


@transaction.atomic
def set_targets(
    *, agreement_id: int, targets: Mapping[int, Decimal], by: "User", at: datetime, quarters: Mapping[str, Decimal] | None = None
) -> Agreement:
    """Yearly targets by hand, and with `quarters` how a year is shared out over them.

    Raises `IllegalTransition`, `TargetsRise`, `Incomplete`.
    """
    agreement = locked(agreement_id)
    _require_draft(agreement)
    if set(targets) != set(target_years(agreement)):
        raise Incomplete
    last = agreement.base_figure
    for _year, value in sorted(targets.items()):
        if value > last:
            raise TargetsRise
        last = value
    write_targets(agreement, targets)
    for name, weight in (quarters or {}).items():
        setattr(agreement, name, weight)
    agreement.save(update_fields=["quarter_1", "quarter_2", "quarter_3", "quarter_4"])
    note("agreement.changed", agreement, by=by, at=at, targets={str(year): str(value) for year, value in sorted(targets.items())})
    return agreement


def _require_draft(agreement: Agreement) -> None:
    if agreement.status != Agreement.Status.DRAFT:
        raise Agreement.IllegalTransition(agreement.status)


def write_targets(agreement: Agreement, targets: Mapping[int, Decimal]) -> None:
    stored = {target.year: target for target in agreement.targets.all()}
    Target.objects.bulk_create(
        Target(agreement=agreement, year=year, emissions=value) for year, value in sorted(targets.items()) if year not in stored
    )
    for year, target in stored.items():
        if year not in targets:
            target.delete()
        elif target.emissions != targets[year]:
            target.emissions = targets[year]
            target.save(update_fields=["emissions"])


# --- offering and signing ---------------------------------------------------------------------------------------------


@transaction.atomic
def offer_agreement(*, agreement_id: int, by: "User", at: datetime) -> Agreement:
    """Freezes the terms: from here on both sides see, hash and sign the same.

    Raises `IllegalTransition`, `Incomplete`, `MilestoneOutside`.
    """
    agreement = locked(agreement_id)
    if set(agreement.targets.values_list("year", flat=True)) != set(target_years(agreement)):
        raise Incomplete
    if agreement.milestones.exclude(due_on__range=(agreement.starts_on, agreement.ends_on)).exists():
        raise MilestoneOutside
    content = content_of(agreement, offered_at=at)
    agreement.offer(terms=content, content_sha256=hash_of(content), at=at)
    note("agreement.offered", agreement, by=by, at=at, sha256=agreement.content_sha256)
    papers.print_soon(at=at)
    return agreement


@transaction.atomic
def withdraw_offer(*, agreement_id: int, by: "User", at: datetime) -> Agreement:
    """Back to a draft. A signature that one side gave lapses: the next offer has another hash. Raises `IllegalTransition`."""
    agreement = locked(agreement_id)
    # Before the step: the supplier's history says that the offer it saw is gone.
    note("agreement.withdrawn", agreement, by=by, at=at)
    agreement.withdraw_offer()
    return agreement


@transaction.atomic
def sign_agreement(*, agreement_id: int, signing: Signing, by: "User", at: datetime) -> AgreementSignature:
    """One side signs the offered terms, by the hash the person was shown; the second signature puts them into force on their first day.

    Raises `IllegalTransition`, `TermsChanged`, `AlreadySigned`.
    """
    agreement = locked(agreement_id)
    if agreement.status != Agreement.Status.OFFERED:
        raise Agreement.IllegalTransition(agreement.status)
    if agreement.content_sha256 != signing.sha256:
        raise TermsChanged
    signature, is_complete = signed_by(agreement, signing, by=by, at=at)
    if is_complete:
        agreement.become_signed()
        papers.print_soon(at=at)
        _put_into_force(agreement, at=at)
    return signature


def signed_by(
    agreement: Agreement, signing: Signing, *, by: "User", at: datetime, amendment: Amendment | None = None
) -> tuple[AgreementSignature, bool]:
    """Writes the signature, and says whether both sides have signed now. Raises `AlreadySigned`."""
    given = set(agreement.signatures.filter(content_sha256=signing.sha256).values_list("side", flat=True))
    if signing.side in given:
        raise AlreadySigned
    paper = None
    if signing.upload and signing.comparison:
        paper = papers.keep_upload(agreement, signing.upload, signing.comparison, sha256=signing.sha256, by=by, at=at)
    signature = AgreementSignature.objects.create(
        agreement=agreement,
        amendment=amendment,
        side=signing.side,
        way=AgreementSignature.Way.UPLOAD if paper else AgreementSignature.Way.PASSWORD,
        signed_by=by,
        name=signing.name,
        job_title=signing.job_title,
        content_sha256=signing.sha256,
        signed_at=at,
        address=trail.client_address.get(),
        paper=paper,
        signed_on=signing.signed_on if paper else None,
    )
    detail = {"side": str(signing.side), "sha256": signing.sha256, "name": signing.name, "job_title": signing.job_title}
    if amendment:
        detail["amendment"] = str(amendment.number)
    if paper:
        detail["paper_sha256"] = paper.sha256
    note("agreement.signed", agreement, by=by, at=at, **detail)
    return signature, given | {signing.side} == set(Side.values)


def _put_into_force(agreement: Agreement, *, at: datetime) -> bool:
    if not agreement.come_into_force(on=buyers_day(at)):
        return False
    note("agreement.activated", agreement, by=None, at=at)
    return True


def put_due_into_force(*, at: datetime) -> int:
    """Signed agreements whose first day has come; returns how many."""
    due = Agreement.objects.filter(status=Agreement.Status.SIGNED, starts_on__lte=buyers_day(at)).order_by("pk")
    count = 0
    for agreement_id in due.values_list("pk", flat=True):
        with transaction.atomic():
            agreement = locked(agreement_id)
            count += agreement.status == Agreement.Status.SIGNED and _put_into_force(agreement, at=at)
    return count


# --- ending -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def terminate_agreement(*, agreement_id: int, reason: str, by: "User", at: datetime) -> Agreement:
    """Before its time, with the reason on record. Raises `IllegalTransition`."""
    agreement = locked(agreement_id)
    agreement.terminate(reason=reason, at=at)
    note("agreement.terminated", agreement, by=by, at=at, reason=reason)
    return agreement


@transaction.atomic
def close_agreement(*, agreement_id: int, reason: str, by: "User", at: datetime) -> Agreement:
    """Its time is over and what is to be said about it is said. Raises `IllegalTransition`."""
    agreement = locked(agreement_id)
    agreement.close(reason=reason, at=at)
    note("agreement.closed", agreement, by=by, at=at, reason=reason)
    return agreement
