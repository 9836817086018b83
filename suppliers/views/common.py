from django.core.exceptions import PermissionDenied

from accounts.http import AuthenticatedHttpRequest
from suppliers.models import Supplier


def own_supplier(request: AuthenticatedHttpRequest) -> Supplier:
    """The company the person acts for; the buyer's people have none."""
    if request.user.supplier_id is None:
        raise PermissionDenied
    return Supplier.objects.get(pk=request.user.supplier_id)
