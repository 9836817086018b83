from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import AcceptForm
from accounts.invitations import HasAccount, NotUsable, WrongPerson, accept_as, accept_as_new_person, account_of, find
from accounts.models import Invitation
from accounts.people import CasesApart, HasHouseRole
from accounts.views.profile import in_language


REFUSALS = {
    HasHouseRole: gettext_lazy("You have a role of the buyer already. An administrator can change it; an invitation cannot."),
    CasesApart: gettext_lazy(
        "Nobody acts for a supplier and reads grievances: one may be about the supplier. Ask to be invited by another address."
    ),
}


@login_not_required  # the link itself is the key
@sensitive_post_parameters()
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invitation = find(token, at=timezone.now())
        if account_of(invitation):
            return _accept_with_account(request, invitation, token)
        return _accept_as_new_person(request, invitation, token)
    except NotUsable:
        return render(request, "accounts/invitation_not_usable.html", status=410)


def _accept_as_new_person(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    initial = {"name": invitation.name, "language": translation.get_language()}
    form = AcceptForm(request.POST or None, email=invitation.email, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = {key: form.cleaned_data[key] for key in ("name", "password", "language")}
        try:
            user = accept_as_new_person(token=token, at=timezone.now(), **given)
        except HasAccount:
            return redirect(request.path)
        login(request, user, backend="accounts.backends.MembershipBackend")
        translation.activate(user.language)
        messages.success(request, _("Welcome. Your account is ready."))
        return in_language(redirect("accounts:home"), user.language)
    return render(request, "accounts/invitation_accept.html", {"form": form, "invitation": invitation})


def _accept_with_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    user = request.user
    if request.method == "POST" and user.is_authenticated:
        try:
            accept_as(user, token=token, at=timezone.now())
        except WrongPerson:
            return redirect(request.path)
        except (HasHouseRole, CasesApart) as refusal:
            messages.error(request, REFUSALS[type(refusal)])
            return redirect(request.path)
        messages.success(request, _("The invitation is accepted: you now act in your new role."))
        return redirect("accounts:home")
    is_owner = user.is_authenticated and user.email == invitation.email
    return render(request, "accounts/invitation_accept_with_account.html", {"invitation": invitation, "is_owner": is_owner})
