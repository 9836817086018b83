"""Conflicts of interest: one's own, and for those who run the reviews everybody's."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.models import BUYER_ROLES, User
from accounts.permissions import Barred, Permission, has, require
from assessments.review import interests
from assessments.review.forms import InterestForm, WithdrawForm
from suppliers.forms import SupplierSearchForm
from suppliers.models import Interest, Supplier


SUPPLIERS_FOUND = 20


@require_GET
def interest_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    declared = Interest.objects.visible_to(request.user).select_related("user", "supplier", "declared_by", "withdrawn_by")
    lines = [(each, interests.may_withdraw(request.user, each)) for each in declared.in_force().order_by("-declared_at", "-pk")]
    context = {
        "in_force": lines,
        "withdrawn": declared.filter(withdrawn_at__isnull=False).order_by("-withdrawn_at", "-pk")[:50],
        "sees_all": has(request.user, Permission.REVIEW_MANAGE) or has(request.user, Permission.AUDIT_VIEW),
    }
    return render(request, "assessments/interests.html", context)


@require_http_methods(["GET", "POST"])
def interest_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """First with which supplier, then what it is."""
    require(request.user, Permission.REVIEW_VIEW)
    sought = request.GET.get("supplier", "")
    if not (sought.isascii() and sought.isdigit() and len(sought) < 10):
        return choose_supplier(request)
    # Also of a supplier that this person does not see: somebody else may have a conflict with it too.
    supplier = get_object_or_404(Supplier, pk=sought)
    people = buyers_people() if has(request.user, Permission.REVIEW_MANAGE) else None
    form = InterestForm(request.POST or None, people=people, initial={"person": request.user.pk})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        person = given.pop("person", request.user)
        try:
            interests.declare(person=person, supplier=supplier, **given, by=request.user, at=timezone.now())
        except interests.AlreadyDeclared:
            messages.info(request, _("This conflict of interest stands already."))
        else:
            told = {"name": person, "supplier": supplier}
            messages.success(request, _("Declared. %(supplier)s is closed to %(name)s from now on.") % told)
        return redirect("assessments:interests")
    return render(request, "assessments/interest_new.html", {"supplier": supplier, "form": form})


def choose_supplier(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = SupplierSearchForm(request.GET)
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = Supplier.objects.visible_to(request.user).search(text).order_by("sort_name", "pk")[:SUPPLIERS_FOUND]
    context = {"form": form, "suppliers": found if text else [], "is_searched": bool(text)}
    return render(request, "assessments/interest_supplier.html", context)


def buyers_people() -> QuerySet[User]:
    return User.objects.filter(is_active=True, memberships__role__in=BUYER_ROLES).distinct().order_by("name", "pk")


@require_http_methods(["GET", "POST"])
def interest_withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    visible = Interest.objects.visible_to(request.user).select_related("user", "supplier")
    interest = get_object_or_404(visible, pk=pk)
    if not interests.may_withdraw(request.user, interest):
        raise Barred(_("The ESG staff have declared this one, and they withdraw it."))
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        interests.withdraw(interest_id=pk, **form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("Withdrawn. The declaration stays in the record."))
        return redirect("assessments:interests")
    return render(request, "assessments/interest_withdraw.html", {"interest": interest, "form": form})
