from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.http import AuthenticatedHttpRequest
from suppliers.documents import store
from suppliers.library_forms import FromLibraryForm
from suppliers.models import Document, Supplier


def own_supplier(request: AuthenticatedHttpRequest) -> Supplier:
    """The company the person acts for; the buyer's people have none."""
    if request.user.supplier_id is None:
        raise PermissionDenied
    return Supplier.objects.get(pk=request.user.supplier_id)


def documents_of(request: AuthenticatedHttpRequest, supplier: Supplier, form: FromLibraryForm) -> list[Document]:
    """Those chosen, and the new one, which is kept now. Raises `FileRefused`."""
    documents = list(form.cleaned_data["documents"])
    if (file := form.cleaned_data["upload"]) is not None:
        documents.append(store(supplier=supplier, file=file, by=request.user, at=timezone.now()))
    return documents
