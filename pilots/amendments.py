"""Other terms for an agreement in force: proposed with their reason, signed by both sides, and only then applied.

What held before is kept in the amendment: the former terms with their targets, and the years as they were reported until then.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from pilots import papers
from pilots.actuals import NotCalculable
from pilots.agreements import Signing, TermsChanged, locked, note, signed_by, write_targets
from pilots.models import Agreement, AgreementSignature, Amendment, ReportedYear
from pilots.reporting import calculated_figures
from pilots.terms import MAKES_TARGETS, columns_from, content_of, hash_of, made_targets, target_years, targets_from


if TYPE_CHECKING:
    from accounts.models import User

Kind = Amendment.Kind


class AlreadyProposed(Exception):
    """One amendment at a time: another one is offered and not yet signed by both sides."""


class NothingChanges(ValueError):
    """The amended terms are those that hold already."""


class BelowThreshold(ValueError):
    """The base year changes by less than the agreement asks for; `change` says by how much, 0 to 1."""

    def __init__(self, change: Decimal) -> None:
        super().__init__(str(change))
        self.change = change


class YearsReported(ValueError):
    """The new term leaves out a year that was reported."""


@dataclass(frozen=True)
class Proposal:
    """`changes` name fields of `Terms`; what they do not name stays."""

    kind: str
    reason: str
    changes: Mapping[str, Any]
    cause: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in self.changes.items() if name != "sites"}


@transaction.atomic
def propose_amendment(*, agreement_id: int, proposal: Proposal, by: "User", at: datetime) -> Amendment:
    """Offers other terms to the supplier. Raises `IllegalTransition` of the agreement, `AlreadyProposed`, `NothingChanges`,
    `YearsReported`, `YearsDoNotFit`, and `BelowThreshold` for a recalculation that the agreement does not ask for."""
    agreement = locked(agreement_id)
    if not agreement.is_in_force:
        raise Agreement.IllegalTransition(agreement.status)
    if agreement.amendments.filter(status=Amendment.Status.OFFERED).exists():
        raise AlreadyProposed
    amended = _amended(agreement, proposal)
    targets = _targets_of(amended, agreement)
    if agreement.reported_years.exclude(year__in=targets).exists():
        raise YearsReported
    content = content_of(amended, offered_at=at, targets=targets, sites=proposal.changes.get("sites"), amends=agreement.content_sha256)
    amendment = Amendment.objects.create(
        agreement=agreement,
        number=(agreement.amendments.aggregate(last=Max("number"))["last"] or 0) + 1,
        kind=proposal.kind,
        cause=proposal.cause,
        reason=proposal.reason,
        terms=content,
        content_sha256=hash_of(content),
        former={"terms": agreement.offered_terms, "reported": _reported(agreement)},
        offered_by=by,
        offered_at=at,
    )
    if proposal.kind == Kind.RECALCULATION:
        agreement.begin_recalculation()
    note(
        "agreement.amendment_offered",
        agreement,
        by=by,
        at=at,
        amendment=amendment.number,
        kind=proposal.kind,
        sha256=amendment.content_sha256,
    )
    papers.print_soon(at=at)
    return amendment


def _amended(agreement: Agreement, proposal: Proposal) -> Agreement:
    amended = copy.copy(agreement)
    for name, value in proposal.columns.items():
        setattr(amended, name, value)
    same_sites = "sites" not in proposal.changes or set(proposal.changes["sites"]) == set(agreement.sites.all())
    if same_sites and all(getattr(amended, name) == getattr(agreement, name) for name in proposal.columns):
        raise NothingChanges
    if proposal.kind == Kind.RECALCULATION:
        change = abs(amended.base_figure - agreement.base_figure) / agreement.base_figure
        if change * 100 < agreement.recalculation_threshold:
            raise BelowThreshold(change)
    return amended


def _targets_of(amended: Agreement, agreement: Agreement) -> dict[int, Decimal]:
    """Made anew where what they follow from is changed; else as they are, also those edited by hand."""
    if any(getattr(amended, name) != getattr(agreement, name) for name in MAKES_TARGETS):
        return made_targets(amended)
    return dict(agreement.targets.filter(year__in=target_years(agreement)).values_list("year", "emissions"))


def _reported(agreement: Agreement) -> list[dict[str, Any]]:
    rows = agreement.reported_years.values("year", "emissions", "denominator", "basis")
    return [{name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in rows]


@transaction.atomic
def sign_amendment(*, amendment_id: int, signing: Signing, by: "User", at: datetime) -> AgreementSignature:
    """Signed by one side, it is not in force; the second signature puts it into force at once.

    Raises `Amendment.IllegalTransition`, `TermsChanged`, `AlreadySigned`.
    """
    amendment, agreement = _locked(amendment_id)
    if amendment.content_sha256 != signing.sha256:
        raise TermsChanged
    signature, is_complete = signed_by(agreement, signing, by=by, at=at, amendment=amendment)
    if is_complete:
        _apply(amendment, agreement, at=at)
    return signature


@transaction.atomic
def withdraw_amendment(*, amendment_id: int, by: "User", at: datetime) -> Amendment:
    """The terms that hold go on holding. Raises `Amendment.IllegalTransition`."""
    amendment, agreement = _locked(amendment_id)
    _end(amendment, Amendment.Status.WITHDRAWN, agreement, at=at)
    amendment.save(update_fields=["status", "ended_at"])
    note("agreement.amendment_withdrawn", agreement, by=by, at=at, amendment=amendment.number)
    return amendment


def _locked(amendment_id: int) -> tuple[Amendment, Agreement]:
    """The agreement is the lock, as for everything else about it."""
    agreement = locked(Amendment.objects.values_list("agreement_id", flat=True).get(pk=amendment_id))
    amendment = Amendment.objects.get(pk=amendment_id)
    if amendment.status != Amendment.Status.OFFERED or not agreement.is_in_force:
        raise Amendment.IllegalTransition(amendment.status)
    return amendment, agreement


def _end(amendment: Amendment, status: str, agreement: Agreement, *, at: datetime) -> None:
    amendment.status, amendment.ended_at = status, at
    if amendment.kind == Kind.RECALCULATION:
        agreement.end_recalculation()


def _apply(amendment: Amendment, agreement: Agreement, *, at: datetime) -> None:
    for name, value in columns_from(amendment.terms).items():
        setattr(agreement, name, value)
    agreement.offered_terms, agreement.content_sha256 = amendment.terms, amendment.content_sha256
    agreement.offered_at = amendment.offered_at
    # What was reported between offer and signature belongs to the former series as well.
    amendment.former = {**amendment.former, "reported": _reported(agreement)}
    _end(amendment, Amendment.Status.IN_FORCE, agreement, at=at)
    agreement.save()
    amendment.save()
    agreement.sites.set([site["id"] for site in amendment.terms["sites"]])
    write_targets(agreement, targets_from(amendment.terms))
    restated = _restate(agreement)
    note("agreement.amended", agreement, by=None, at=at, amendment=amendment.number, restated=restated)
    papers.print_soon(at=at)


def _restate(agreement: Agreement) -> list[int]:
    """Years that were calculated are calculated again by the terms that hold now; what was entered by hand stays as it was said."""
    restated = []
    for reported in agreement.reported_years.filter(basis=ReportedYear.Basis.CALCULATED):
        try:
            figures = calculated_figures(agreement, reported.year)
        except NotCalculable:
            continue
        if figures.emissions != reported.emissions:
            reported.emissions, reported.months_covered = figures.emissions, figures.months_covered
            reported.renewable_share, reported.pue = figures.renewable_share, figures.pue
            reported.save(update_fields=["emissions", "months_covered", "renewable_share", "pue"])
            restated.append(reported.year)
    return restated
