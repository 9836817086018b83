from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import people
from accounts.confirmation import confirmed
from accounts.forms import InviteForm
from accounts.http import AuthenticatedHttpRequest
from accounts.invitations import invite, revoke, waiting_for
from accounts.models import SUPPLIER_ROLES, Invitation, Membership, Role
from accounts.permissions import Permission, has, require


@confirmed("POST")
def colleagues(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Everybody who acts for the same supplier. Signatories invite and remove."""
    supplier_id = own_supplier(request)
    form = InviteForm(request.POST or None, roles=SUPPLIER_ROLES, initial={"language": request.user.language})
    if request.method == "POST":
        require(request.user, Permission.COLLEAGUE_INVITE)
        if form.is_valid():
            return _invite(request, form, supplier_id)
    context = {
        "form": form,
        "may_invite": has(request.user, Permission.COLLEAGUE_INVITE),
        "memberships": Membership.objects.filter(supplier_id=supplier_id).select_related("user").order_by("user__name", "pk"),
        "invitations": waiting_for(supplier_id=supplier_id, at=timezone.now()),
    }
    return render(request, "accounts/colleagues.html", context)


def own_supplier(request: AuthenticatedHttpRequest) -> int:
    if request.user.supplier_id is None:
        raise PermissionDenied
    return request.user.supplier_id


def _invite(request: AuthenticatedHttpRequest, form: InviteForm, supplier_id: int) -> HttpResponse:
    data = form.cleaned_data
    if Membership.objects.filter(supplier_id=supplier_id, user__email=data["email"]).exists():
        messages.info(request, _("%(email)s already acts for your company.") % {"email": data["email"]})
        return redirect("accounts:colleagues")
    invite(
        email=data["email"],
        name=data["name"],
        role=Role(data["role"]),
        language=data["language"],
        supplier_id=supplier_id,
        by=request.user,
        at=timezone.now(),
    )
    messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": data["email"]})
    return redirect("accounts:colleagues")


@require_POST
@confirmed("POST")
def colleague_remove(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("user"), pk=pk, supplier_id=own_supplier(request))
    require(request.user, Permission.COLLEAGUE_INVITE)
    try:
        people.remove_membership(membership=membership, by=request.user, at=timezone.now())
    except people.NotYourself:
        messages.error(request, _("You cannot remove yourself. Ask another signatory."))
    except people.LastSignatory:
        messages.error(request, _("This is the last signatory of your company. Invite another one first."))
    else:
        messages.success(request, _("%(name)s no longer acts for your company.") % {"name": membership.user.name})
    return redirect("accounts:colleagues")


@require_POST
def colleague_invitation_revoke(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    usable = Invitation.objects.usable(timezone.now()).filter(supplier_id=own_supplier(request))
    invitation = get_object_or_404(usable, pk=pk)
    require(request.user, Permission.COLLEAGUE_INVITE)
    revoke(invitation_id=invitation.pk, by=request.user, at=timezone.now())
    messages.success(request, _("The link sent to %(email)s no longer works.") % {"email": invitation.email})
    return redirect("accounts:colleagues")
