"""Appeals: lodged by the supplier against a step of its ledger, decided by somebody of the buyer who did not decide before."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from labels import appealing, explaining
from labels.dates import ledger_day
from labels.forms import AppealDecisionForm, AppealForm
from labels.independence import Conflict, DecidedBefore, decided_before, has_conflict
from labels.models import Appeal, LabelEvent
from labels.transitions import IllegalStep


@require_http_methods(["GET", "POST"])
def appeal_new(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    visible = LabelEvent.objects.visible_to(request.user).select_related("supplier", "standard", "appeal")
    event = get_object_or_404(visible, pk=pk)
    require(request.user, Permission.LABEL_APPEAL)
    now = timezone.now()
    last_day = appealing.last_day_to_appeal(event)
    if last_day is None:
        raise Http404
    if hasattr(event, "appeal"):
        return redirect(event.appeal)
    form = AppealForm(request.POST or None, supplier=event.supplier)
    if request.method == "POST" and form.is_valid():
        numbers = [document.pk for document in form.cleaned_data["documents"]]
        try:
            lodged = appealing.lodge(event_id=event.pk, text=form.cleaned_data["text"], documents=numbers, by=request.user, at=now)
        except appealing.TooLate as error:
            words = _("The time to appeal against this step ended on %(date)s.")
            form.add_error(None, words % {"date": date_format(error.last_day, "DATE_FORMAT")})
        except appealing.AlreadyAppealed:
            # Pressed twice: the first one counts.
            return redirect(Appeal.objects.visible_to(request.user).get(event=event))
        else:
            messages.success(request, _("Your appeal is lodged. You will have an answer by %(date)s.") % {"date": _day(lodged)})
            return redirect(lodged)
    context = {
        "event": event,
        "step": explaining.happenings_for_supplier([event])[0],
        "form": form,
        "last_day": last_day,
        "is_late": ledger_day(now) > last_day,
    }
    return render(request, "labels/appeal_form.html", context)


def _day(appeal: Appeal) -> str:
    return date_format(appeal.due_on, "DATE_FORMAT")


@require_GET
def appeal(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    return render(request, "labels/appeal.html", _context(request, found, AppealDecisionForm()))


@require_http_methods(["GET", "POST"])
def appeal_decide(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = _visible(request, pk)
    require(request.user, Permission.LABEL_DECIDE)
    form = AppealDecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        upheld, answer = form.cleaned_data["outcome"] == "upheld", form.cleaned_data["answer"]
        try:
            appealing.decide(appeal_id=found.pk, upheld=upheld, answer=answer, by=request.user, at=timezone.now())
        except DecidedBefore:
            messages.error(request, _("You took part in what is contested. Somebody else has to decide on the appeal."))
        except Conflict:
            messages.error(request, _("You also act for this supplier, so somebody else has to decide."))
        except IllegalStep:
            messages.error(request, _("This appeal was already decided."))
        else:
            messages.success(request, _("The appeal is upheld.") if upheld else _("The appeal is refused."))
        return redirect(found)
    return render(request, "labels/appeal.html", _context(request, found, form))


def _visible(request: AuthenticatedHttpRequest, pk: int) -> Appeal:
    visible = Appeal.objects.visible_to(request.user).select_related(
        "supplier", "event__standard", "event__actor", "lodged_by", "decided_by"
    )
    found = get_object_or_404(visible, pk=pk)
    if request.user.is_buyer:
        require(request.user, Permission.LABEL_VIEW)
        trail.record("label.viewed", actor=request.user, target=found, supplier_id=found.supplier_id)
    return found


def _context(request: AuthenticatedHttpRequest, found: Appeal, form: AppealDecisionForm) -> dict[str, object]:
    today = ledger_day(timezone.now())
    told = explaining.happenings if request.user.is_buyer else explaining.happenings_for_supplier
    decides = has(request.user, Permission.LABEL_DECIDE) and found.state == Appeal.State.OPEN
    is_barred = decides and (decided_before(request.user, found) or has_conflict(request.user, found.supplier_id))
    return {
        "appeal": found,
        "step": told([found.event])[0],
        "documents": found.documents.order_by("pk"),
        "days_left": (found.due_on - today).days,
        "is_overdue": found.is_overdue(today),
        "form": form,
        "decides": decides and not is_barred,
        "is_barred": is_barred,
    }
