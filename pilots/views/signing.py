"""Signatures under an agreement and under an amendment: here, or by a PDF that was signed elsewhere (`?way=upload`)."""

from collections.abc import Mapping
from typing import Any

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
from pilots.amendments import sign_amendment
from pilots.models import Agreement, Amendment
from pilots.signing_forms import SignForm, UploadedSignForm
from pilots.terms_page import terms_page
from pilots.views.agreements import find, note_look, own_side
from pilots.views.amending import find_amendment


def side_of(request: AuthenticatedHttpRequest) -> str:
    side = own_side(request)
    if side is None:
        raise PermissionDenied
    return side


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@confirmed("POST")
def sign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    side = side_of(request)
    if agreement.status != Agreement.Status.OFFERED:
        messages.error(request, _("This agreement is not open for signatures."))
        return redirect(agreement)
    form = form_of(request, agreement, agreement)
    if request.method == "POST" and form.is_valid():
        try:
            sign_agreement(agreement_id=pk, signing=form.signing(side), by=request.user, at=timezone.now())
            messages.success(request, _("Your signature is recorded."))
        except Agreement.IllegalTransition:
            messages.error(request, _("This agreement is not open for signatures."))
        except (AlreadySigned, TermsChanged) as refusal:
            tell(request, refusal)
        finally:
            form.close()
        return redirect(agreement)
    form.close()
    return page(request, form, agreement, agreement, agreement.offered_terms or {})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@confirmed("POST")
def amendment_sign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    amendment = find_amendment(request, pk)
    side = side_of(request)
    if amendment.status != Amendment.Status.OFFERED or not amendment.agreement.is_in_force:
        messages.error(request, _("This amendment is not open for signatures."))
        return redirect(amendment)
    form = form_of(request, amendment, amendment.agreement)
    if request.method == "POST" and form.is_valid():
        try:
            sign_amendment(amendment_id=pk, signing=form.signing(side), by=request.user, at=timezone.now())
            messages.success(request, _("Your signature is recorded."))
        except Amendment.IllegalTransition:
            messages.error(request, _("This amendment is not open for signatures."))
        except (AlreadySigned, TermsChanged) as refusal:
            tell(request, refusal)
        finally:
            form.close()
        return redirect(amendment)
    form.close()
    return page(request, form, amendment.agreement, amendment, amendment.terms)


def form_of(request: AuthenticatedHttpRequest, signed: Agreement | Amendment, agreement: Agreement) -> SignForm:
    sent = request.POST if request.method == "POST" else None
    who: dict[str, Any] = {"user": request.user, "sha256": signed.content_sha256}
    if request.GET.get("way") != "upload":
        return SignForm(sent, **who)
    offered_on = timezone.localdate(signed.offered_at) if signed.offered_at else timezone.localdate()
    when = {"today": timezone.localdate(), "offered_on": offered_on}
    return UploadedSignForm(sent, request.FILES or None, agreement=agreement, **when, **who)


def tell(request: AuthenticatedHttpRequest, refusal: Exception) -> None:
    if isinstance(refusal, AlreadySigned):
        messages.info(request, _("Your side has signed this already."))
    else:
        messages.error(request, _("The terms were changed meanwhile. Nothing was signed; please read them again."))


def page(
    request: AuthenticatedHttpRequest, form: SignForm, agreement: Agreement, signed: Agreement | Amendment, content: Mapping[str, Any]
) -> HttpResponse:
    note_look(request, agreement)
    context = {
        "form": form,
        "agreement": agreement,
        "signed": signed,
        "amendment": signed if isinstance(signed, Amendment) else None,
        "terms": terms_page(content) if content else None,
        "is_upload": isinstance(form, UploadedSignForm),
        "papers": agreement.papers.filter(content_sha256=signed.content_sha256).order_by("pk"),
    }
    return render(request, "pilots/sign.html", context, status=422 if request.method == "POST" else 200)
