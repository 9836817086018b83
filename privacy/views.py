from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from audit import trail
from privacy import people
from privacy.forms import HoldForm
from privacy.models import Disposal, LegalHold
from privacy.policy import policy
from privacy.wording import line_of, name_of
from suppliers.models import Supplier


PAGE_SIZE = 25


@require_http_methods(["GET", "POST"])
@confirmed("POST")
def overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The policy, the holds, and what was deleted."""
    require(request.user, Permission.PRIVACY_VIEW)
    form = HoldForm(request.POST or None)
    if request.method == "POST":
        require(request.user, Permission.PRIVACY_MANAGE)
        if form.is_valid():
            return _hold(request, form)
    holds = list(LegalHold.objects.visible_to(request.user).in_force().select_related("set_by").order_by("-pk"))
    context = {
        "form": form,
        "may_manage": has(request.user, Permission.PRIVACY_MANAGE),
        "rules": [line_of(rule) for rule in policy().rules],
        "names": {rule.model: name_of(rule) for rule in policy().rules},
        "holds": [(hold, name) for hold, name in zip(holds, _names(holds), strict=True)],
        "page": page_by(Disposal.objects.visible_to(request.user), "-pk", request.GET.dict(), size=PAGE_SIZE),
    }
    return render(request, "privacy/overview.html", context, status=422 if form.errors else 200)


def _hold(request: AuthenticatedHttpRequest, form: HoldForm) -> HttpResponse:
    data, now = form.cleaned_data, timezone.now()
    values = {"kind": data["kind"], "subject_id": data["subject_id"], "reason": data["reason"]}
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(**values, set_by=request.user, set_at=now)
            trail.record("legal_hold.set", actor=request.user, target=hold, detail={"kind": data["kind"]}, at=now)
    except IntegrityError:
        messages.info(request, _("A hold is in force already."))
    else:
        messages.success(request, _("The hold is in force: nothing of it is deleted."))
    return redirect("privacy:overview")


def _names(holds: list[LegalHold]) -> list[str]:
    """Two queries for any number of holds."""
    ids = {kind: [hold.subject_id for hold in holds if hold.kind == kind] for kind in LegalHold.Kind.values}
    suppliers = {each.pk: str(each) for each in Supplier.objects.filter(pk__in=ids["supplier"])}
    persons = {each.pk: str(each) for each in User.objects.filter(pk__in=ids["person"])}
    return [(suppliers if hold.kind == "supplier" else persons).get(hold.subject_id, str(hold.subject_id)) for hold in holds]


@require_POST
@confirmed("POST")
def hold_lift(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.PRIVACY_MANAGE)
    now = timezone.now()
    with transaction.atomic():
        hold = get_object_or_404(LegalHold.objects.visible_to(request.user).in_force().select_for_update(), pk=pk)
        hold.lifted_by, hold.lifted_at = request.user, now
        hold.save(update_fields=["lifted_by", "lifted_at"])
        trail.record("legal_hold.lifted", actor=request.user, target=hold, detail={"kind": hold.kind}, at=now)
    messages.success(request, _("The hold is lifted."))
    return redirect("privacy:overview")


@require_http_methods(["GET", "POST"])
@confirmed("POST")
def person_make_nameless(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.PRIVACY_MANAGE)
    person = get_object_or_404(User, pk=pk)
    if request.method == "GET":
        return render(request, "privacy/make_nameless.html", {"person": person})
    try:
        people.make_nameless(user_id=pk, by=request.user, at=timezone.now())
    except people.Held:
        messages.error(request, _("A legal hold on the person, or on a supplier that has data of the person, stands in the way."))
    except people.NotYourself:
        messages.error(request, _("You cannot change your own access. Ask another administrator."))
    except people.LastAdministrator:
        messages.error(request, _("This is the last administrator. Make somebody else one first."))
    else:
        messages.success(request, _("The person's data is removed. What the person did stays, under a number."))
    return redirect("accounts:user_detail", pk=pk)
