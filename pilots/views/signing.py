from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from pilots.agreements import AlreadySigned, TermsChanged, sign_agreement
from pilots.forms import SignForm
from pilots.models import Agreement
from pilots.progress import progress_of
from pilots.views.agreements import find, own_side


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@confirmed("POST")
def sign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    side = own_side(request)
    if side is None:
        raise PermissionDenied
    if agreement.status != Agreement.Status.OFFERED:
        messages.error(request, _("This agreement is not open for signatures."))
        return redirect(agreement)
    form = SignForm(request.POST or None, user=request.user, sha256=agreement.content_sha256)
    if request.method == "POST" and form.is_valid():
        try:
            sign_agreement(agreement_id=pk, side=side, by=request.user, at=timezone.now(), **form.signature())
            messages.success(request, _("Your signature is recorded."))
        except AlreadySigned:
            messages.info(request, _("Your side has signed this agreement already."))
        except TermsChanged:
            messages.error(request, _("The terms were changed meanwhile. Nothing was signed; please read them again."))
        except Agreement.IllegalTransition:
            messages.error(request, _("This agreement is not open for signatures."))
        return redirect(agreement)
    context = {"form": form, "agreement": agreement, "progress": progress_of(agreement), "sites": agreement.sites.order_by("name", "pk")}
    return render(request, "pilots/sign.html", context, status=422 if request.method == "POST" else 200)
