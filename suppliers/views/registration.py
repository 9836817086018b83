from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import limits
from accounts.confirmation import confirmed
from accounts.even_timing import taking_at_least
from accounts.http import AuthenticatedHttpRequest, ask_again_later, network_of
from accounts.permissions import Permission, require
from accounts.seek import page_by
from suppliers import registration
from suppliers.forms import RefusalForm, RegistrationForm
from suppliers.models import Registration


PAGE_SIZE = 50


@login_not_required  # a company that wants to become a supplier has no account yet
def register(request: HttpRequest) -> HttpResponse:
    form = RegistrationForm(request.POST if request.method == "POST" else None, initial={"country": "CN"})
    if request.method != "POST" or not form.is_valid():
        return render(request, "suppliers/register.html", {"form": form})
    at = timezone.now()
    if wait := limits.take(limits.REGISTRATIONS_FROM_A_PLACE, network_of(request), at=at):
        return ask_again_later(request, "suppliers/register.html", form, wait)
    # Whether the company is known already is nobody's business but the staff's: everybody gets the same answer after the same time.
    with taking_at_least(1.0):
        if not form.is_from_a_program:
            registration.apply(data=form.application(), language=get_language() or "en", at=at)
    return redirect("suppliers:register_thanks")


@login_not_required  # as above
def register_thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "suppliers/register_thanks.html")


def registration_queue(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REGISTRATION_DECIDE)
    status = request.GET.get("status", Registration.Status.WAITING)
    registrations = Registration.objects.select_related("possible_duplicate", "decided_by", "supplier")
    if status in Registration.Status.values:
        registrations = registrations.filter(status=status)
    # Those who wait longest come first; decided ones newest first.
    order = "pk" if status == Registration.Status.WAITING else "-pk"
    page = page_by(registrations, order, request.GET, size=PAGE_SIZE)
    context = {"page": page, "registrations": page.rows, "status": status, "statuses": Registration.Status.choices}
    return render(request, "suppliers/registration_queue.html", context)


def registration_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REGISTRATION_DECIDE)
    return show(request, pk, RefusalForm())


def show(request: AuthenticatedHttpRequest, pk: int, form: RefusalForm) -> HttpResponse:
    found = get_object_or_404(Registration.objects.select_related("possible_duplicate", "decided_by", "supplier"), pk=pk)
    others = registration.others_of_the_company(found) if found.status == Registration.Status.WAITING else []
    return render(request, "suppliers/registration_detail.html", {"registration": found, "form": form, "others": others})


@require_POST
@confirmed("POST")
def registration_approve(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REGISTRATION_DECIDE)
    found = get_object_or_404(Registration, pk=pk)
    try:
        supplier = registration.approve(registration_id=found.pk, by=request.user, at=timezone.now())
    except registration.AlreadyDecided:
        messages.info(request, _("This application was decided already."))
    except registration.IdentifierTaken as taken:
        known = taken.supplier
        text = _(
            "A supplier with this identifier is in the register already: %(name)s. Invite its people there, and refuse this application."
        )
        messages.error(request, text % {"name": f"{known} ({known.identifier})" if known else "?"})
    else:
        words = _("%(name)s is a supplier now. An invitation is on its way to %(email)s.")
        messages.success(request, words % {"name": supplier, "email": found.contact_email})
    return redirect(found)


@require_POST
def registration_refuse(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REGISTRATION_DECIDE)
    found = get_object_or_404(Registration, pk=pk)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return show(request, pk, form)
    try:
        registration.refuse(registration_id=found.pk, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
    except registration.AlreadyDecided:
        messages.info(request, _("This application was decided already."))
        return redirect(found)
    messages.success(request, _("The application is refused. The applicant gets your reason by e-mail."))
    return redirect("suppliers:registration_queue")
