from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts import people, second_factor
from accounts.confirmation import confirmed
from accounts.forms import InviteForm, RoleForm, UserFilterForm
from accounts.http import AuthenticatedHttpRequest
from accounts.invitations import invite, revoke, waiting_for
from accounts.models import HOUSE_ROLES, Invitation, Membership, Role, User
from accounts.password_reset import send_reset_link
from accounts.permissions import Permission, require
from accounts.seek import page_by


PAGE_SIZE = 50
REFUSALS = {
    people.LastAdministrator: gettext_lazy("This is the last administrator. Make somebody else one first."),
    people.NotYourself: gettext_lazy("You cannot change your own access. Ask another administrator."),
    people.HasHouseRole: gettext_lazy("This person has a role of the buyer already. Change it on the person's page, under Users."),
    people.CasesApart: gettext_lazy("This person acts for a supplier. Nobody of a supplier reads grievances: one may be about it."),
}


def user_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    form = UserFilterForm(request.GET)
    found = _found(form).prefetch_related(Prefetch("memberships", Membership.objects.select_related("supplier").order_by("pk")))
    page = page_by(found, "email", request.GET, size=PAGE_SIZE)
    context = {
        "form": form,
        "users": page.rows,
        "page": page,
        "invitations": waiting_for(supplier_id=None, at=timezone.now()),
        "is_filtered": any(form.data.get(name) for name in form.fields),
    }
    return render(request, "accounts/user_list.html", context)


def _found(form: UserFilterForm) -> QuerySet[User]:
    users = User.objects.all()
    data = form.cleaned_data if form.is_valid() else {}
    if text := data.get("q"):
        users = users.filter(Q(email__icontains=text) | Q(name__icontains=text))
    if role := data.get("role"):
        # A subquery, not a join: a person with two such hats is one line.
        users = users.filter(pk__in=Membership.objects.filter(role=role).values("user"))
    if state := data.get("state"):
        users = users.filter(is_active=state == "open")
    return users


def user_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    person = get_object_or_404(User, pk=pk)
    memberships = list(person.memberships.select_related("supplier").order_by("pk"))
    own = next((membership for membership in memberships if membership.role in HOUSE_ROLES), None)
    context = {
        "person": person,
        "memberships": memberships,
        "role_form": RoleForm(initial={"role": own.role}) if own else None,
        "is_self": person.pk == request.user.pk,
        "has_second_factor": second_factor.has_one(person),
    }
    return render(request, "accounts/user_detail.html", context)


@require_POST
@confirmed("POST")
def user_role(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    membership = get_object_or_404(Membership.objects.select_related("user"), user_id=pk, role__in=HOUSE_ROLES)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            people.change_role(membership=membership, role=Role(form.cleaned_data["role"]), by=request.user, at=timezone.now())
        except (people.LastAdministrator, people.NotYourself, people.CasesApart) as refusal:
            messages.error(request, REFUSALS[type(refusal)])
        else:
            messages.success(request, _("The role of %(name)s is changed.") % {"name": membership.user.name})
    return redirect("accounts:user_detail", pk=pk)


@require_POST
@confirmed("POST")
def user_deactivate(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return _set_active(request, pk, active=False, said=_("The account is closed. Its sessions end now."))


@require_POST
@confirmed("POST")
def user_reactivate(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return _set_active(request, pk, active=True, said=_("The account is open again."))


def _set_active(request: AuthenticatedHttpRequest, pk: int, *, active: bool, said: str) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    person = get_object_or_404(User, pk=pk)
    try:
        people.set_active(user=person, active=active, by=request.user, at=timezone.now())
    except (people.LastAdministrator, people.NotYourself) as refusal:
        messages.error(request, REFUSALS[type(refusal)])
    else:
        messages.success(request, said)
    return redirect("accounts:user_detail", pk=pk)


@require_POST
@confirmed("POST")
def user_remove_factors(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    person = get_object_or_404(User, pk=pk)
    try:
        people.remove_second_factors(user=person, by=request.user, at=timezone.now())
    except people.NotYourself as refusal:
        messages.error(request, REFUSALS[type(refusal)])
    else:
        messages.success(request, _("The second factors are removed, and the sessions are ended."))
    return redirect("accounts:user_detail", pk=pk)


@require_POST
@confirmed("POST")
def user_send_reset(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    person = get_object_or_404(User, pk=pk, is_active=True)
    send_reset_link(person, at=timezone.now())
    messages.success(request, _("A link to choose a new password is on its way to %(email)s.") % {"email": person.email})
    return redirect("accounts:user_detail", pk=pk)


@confirmed("POST")
def staff_invite(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    form = InviteForm(request.POST or None, roles=HOUSE_ROLES, initial={"language": request.user.language, "role": Role.REVIEWER})
    if request.method == "POST" and form.is_valid() and _was_invited(request, form):
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": form.cleaned_data["email"]})
        return redirect("accounts:user_list")
    return render(request, "accounts/staff_invite.html", {"form": form})


def _was_invited(request: AuthenticatedHttpRequest, form: InviteForm) -> bool:
    data = form.cleaned_data
    role = Role(data["role"])
    try:
        invite(email=data["email"], name=data["name"], role=role, language=data["language"], by=request.user, at=timezone.now())
    except (people.NotYourself, people.HasHouseRole, people.CasesApart) as refusal:
        form.add_error("email", REFUSALS[type(refusal)])
    return not form.errors


@require_POST
def staff_invitation_revoke(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.USER_MANAGE)
    invitation = get_object_or_404(Invitation.objects.usable(timezone.now()), pk=pk, supplier__isnull=True)
    revoke(invitation_id=invitation.pk, by=request.user, at=timezone.now())
    messages.success(request, _("The link sent to %(email)s no longer works.") % {"email": invitation.email})
    return redirect("accounts:user_list")
