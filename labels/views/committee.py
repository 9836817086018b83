"""The label committee: what waits for a decision, and the steps that take two people."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from labels import committee, deciding, exceptions
from labels.dates import ledger_day
from labels.explaining import listed
from labels.forms import DeclineForm, ExceptionForm, ReasonForm
from labels.grounds import ground_title
from labels.independence import Conflict, has_conflict
from labels.models import Announcement, Label, Proposal
from labels.transitions import IllegalStep
from labels.views.staff import announced_words
from suppliers.models import Supplier


@require_GET
def queue(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.LABEL_VIEW)
    proposals = committee.waiting_proposals(request.user)
    decided = Proposal.objects.visible_to(request.user).exclude(state=Proposal.State.OPEN)
    context = {
        "exceptions": [one for one in proposals if one.kind == Proposal.Kind.EXCEPT],
        "revocations": [(one, ground_title(one.reason_code)) for one in proposals if one.kind == Proposal.Kind.REVOKE],
        "announcements": Announcement.objects.visible_to(request.user).for_pages().select_related("supplier"),
        "clocks": committee.clocks(request.user, ledger_day(timezone.now())),
        "by_rules": committee.awarded_by_the_rules(request.user, ledger_day(timezone.now())),
        "decided": decided.select_related("supplier", "proposed_by", "decided_by").order_by("-decided_at", "-pk")[:20],
    }
    return render(request, "labels/committee.html", context)


@require_http_methods(["GET", "POST"])
def exception_new(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    require(request.user, Permission.LABEL_DECIDE)
    now = timezone.now()
    form = ExceptionForm(request.POST or None, today=ledger_day(now))
    if request.method == "POST" and form.is_valid():
        try:
            proposal = exceptions.propose_exception(supplier_id=supplier.pk, by=request.user, at=now, **form.cleaned_data)
        except exceptions.GateMissed as error:
            titles = listed(committee.overlooked_titles(error.keys, ledger_day(now)))
            form.add_error("level", _("No exception is possible from what allows no delay: %(criteria)s.") % {"criteria": titles})
        except exceptions.NothingMissed:
            form.add_error("level", _("Everything this level asks is met: the next evaluation awards it by the rules."))
        except IllegalStep:
            form.add_error(None, _("The label is not in a state in which this is possible. Nothing was changed."))
        except Conflict:
            form.add_error(None, _("You also act for this supplier, so somebody else has to decide."))
        else:
            messages.success(request, _("The award is proposed. A second person has to confirm it."))
            return redirect("labels:proposal", proposal.pk)
    context = {"supplier": supplier, "form": form, "label": Label.objects.filter(supplier=supplier).first()}
    return render(request, "labels/exception_form.html", context)


@require_GET
def proposal(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return render(request, "labels/proposal.html", _context(request, _visible(request, pk)))


def _visible(request: AuthenticatedHttpRequest, pk: int) -> Proposal:
    visible = Proposal.objects.visible_to(request.user).select_related("supplier", "proposed_by", "decided_by")
    found = get_object_or_404(visible, pk=pk)
    trail.record("label.viewed", actor=request.user, target=found, supplier_id=found.supplier_id)
    return found


def _context(request: AuthenticatedHttpRequest, found: Proposal) -> dict[str, object]:
    return {
        "proposal": found,
        "ground": ground_title(found.reason_code),
        "overlooked": committee.overlooked_titles(found.criteria, ledger_day(timezone.now())),
        "is_own": found.proposed_by_id == request.user.pk,
        "may_decide": has(request.user, Permission.LABEL_DECIDE) and found.state == Proposal.State.OPEN,
        "has_conflict": has_conflict(request.user, found.supplier_id),
    }


@require_POST
def proposal_confirm(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Proposal.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.LABEL_DECIDE)
    now = timezone.now()
    is_exception = found.kind == Proposal.Kind.EXCEPT
    confirm = exceptions.confirm_exception if is_exception else deciding.confirm_revocation
    try:
        done = confirm(proposal_id=found.pk, by=request.user, at=now)
    except deciding.SamePerson:
        messages.error(request, _("You proposed this step. Somebody else has to confirm it."))
    except exceptions.MoreMissed as error:
        titles = listed(committee.overlooked_titles(error.keys, ledger_day(now)))
        messages.error(
            request, _("More is missed by now than the proposal names: %(criteria)s. Nothing was changed.") % {"criteria": titles}
        )
    except Conflict:
        messages.error(request, _("You also act for this supplier, so somebody else has to decide."))
    except IllegalStep:
        messages.error(request, _("The label is not in a state in which this is possible. Nothing was changed."))
    else:
        at_once = _("The label is awarded by exception.") if is_exception else _("The label is revoked.")
        messages.success(request, announced_words(done) or at_once)
        return redirect("labels:detail", found.supplier_id)
    return redirect("labels:proposal", found.pk)


@require_http_methods(["GET", "POST"])
def proposal_decline(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Proposal.objects.visible_to(request.user).select_related("supplier"), pk=pk)
    require(request.user, Permission.LABEL_DECIDE)
    is_exception = found.kind == Proposal.Kind.EXCEPT
    # That an exception was proposed stands in the ledger, and so does its end; of a revocation the supplier learned nothing.
    form = (ReasonForm if is_exception else DeclineForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        decline = exceptions.decline_exception if is_exception else deciding.decline_revocation
        try:
            decline(proposal_id=found.pk, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Conflict:
            messages.error(request, _("You also act for this supplier, so somebody else has to decide."))
        except IllegalStep:
            messages.error(request, _("This proposal was already decided."))
        else:
            messages.success(request, _("The proposal is closed. The label stays as it is."))
        return redirect("labels:detail", found.supplier_id)
    context = {"proposal": found, "form": form, "is_own": found.proposed_by_id == request.user.pk}
    return render(request, "labels/proposal_decline.html", context)
