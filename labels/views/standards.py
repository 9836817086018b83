"""The green standards, for everybody who signs in: what is asked of a supplier must be there to read."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has
from labels import criteria_table, standards
from labels.dates import ledger_day
from labels.models import Standard
from suppliers.models import Category, Supplier


@require_GET
def standard_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    visible = Standard.objects.visible_to(request.user)
    in_force = visible.in_force(ledger_day(timezone.now()))
    context = {"standards": visible.for_list(), "in_force": in_force, "may_edit": has(request.user, Permission.STANDARD_EDIT)}
    return render(request, "labels/standard_list.html", context)


@require_GET
def standard_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    standard = get_object_or_404(Standard.objects.visible_to(request.user), pk=pk)
    category = request.GET.get("category", "")
    if category not in Category.values:
        category = _own_category(request.user.supplier_id) or Category.MEDIA.value
    rules = standards.rules_of(standard)
    context = {
        "standard": standard,
        "rules": rules,
        "levels": criteria_table.levels_of(rules),
        "groups": criteria_table.groups_of(rules, category),
        "categories": Category.choices,
        "category": category,
        "category_title": Category(category).label,
        "summary": criteria_table.summary_of(rules),
        "may_edit": has(request.user, Permission.STANDARD_EDIT),
    }
    return render(request, "labels/standard_detail.html", context)


def _own_category(supplier_id: int | None) -> str | None:
    if supplier_id is None:
        return None
    return Supplier.objects.values_list("category", flat=True).get(pk=supplier_id)
