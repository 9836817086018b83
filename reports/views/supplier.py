from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from reports.exporting import PRINTABLE
from reports.supplier_page import supplier_page
from suppliers.models import Supplier
from suppliers.places import country_name, region_name


@require_GET
def supplier(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The buyer's view of a supplier. That it was looked at is written down, and the supplier can read it."""
    found = get_object_or_404(Supplier.objects.visible_to(request.user).select_related("standing"), pk=pk)
    require(request.user, Permission.SUPPLIER_VIEW)
    trail.record("supplier.viewed", actor=request.user, target=found, supplier_id=found.pk)
    context = {
        "page": supplier_page(found, request.user),
        "supplier": found,
        "country": country_name(found.country),
        "region": region_name(found.region, found.country) if found.region else "",
        "may_edit": has(request.user, Permission.SUPPLIER_EDIT),
        "may_export": has(request.user, Permission.DOCUMENT_EXPORT),
        "printable": PRINTABLE,
    }
    return render(request, "reports/supplier.html", context)
