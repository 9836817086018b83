"""Joint actions of several suppliers: the buyer plans and invites, each supplier replies and reports, the page adds up."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from pilots import joint_actions
from pilots.joint_forms import DeliveryForm, InviteForm, ProgrammeForm, ReplyForm
from pilots.models import Agreement, JointAction, JointProgramme


# Two a year: these are all there will ever be.
SHOWN = 100


def find_programme(request: AuthenticatedHttpRequest, pk: int) -> JointProgramme:
    return get_object_or_404(JointProgramme.objects.visible_to(request.user), pk=pk)


@require_GET
def programme_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.PILOT_VIEW)
    programmes = joint_actions.with_totals(JointProgramme.objects.visible_to(request.user)).order_by("-year", "-place")
    context = {"programmes": programmes[:SHOWN], "may_edit": has(request.user, Permission.PILOT_EDIT)}
    return render(request, "pilots/programme_list.html", context)


@require_GET
def programme(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """A supplier sees what is done together and its own part, not the others'."""
    found = find_programme(request, pk)
    actions = list(
        JointAction.objects.visible_to(request.user).filter(programme=found).select_related("agreement__supplier").order_by("pk")
    )
    if request.user.is_buyer:
        owners = sorted({action.agreement.supplier_id for action in actions})
        trail.record_each("joint_action.viewed", supplier_ids=owners, actor=request.user, at=timezone.now())
    may_edit = has(request.user, Permission.PILOT_EDIT)
    is_open = found.status == JointProgramme.Status.OPEN
    context = {
        "programme": found,
        "actions": actions,
        "totals": joint_actions.totals_of(actions),
        "may_edit": may_edit,
        "may_reply": is_open and not request.user.is_buyer and has(request.user, Permission.ACTIVITY_EDIT),
        "invite_form": invite_form(request, found) if may_edit and is_open else None,
    }
    return render(request, "pilots/programme.html", context)


def invite_form(request: AuthenticatedHttpRequest, found: JointProgramme) -> InviteForm:
    sent = request.POST if request.method == "POST" else None
    return InviteForm(sent, programme=found, visible=Agreement.objects.visible_to(request.user))


@require_http_methods(["GET", "POST"])
def programme_edit(request: AuthenticatedHttpRequest, pk: int | None = None) -> HttpResponse:
    found = find_programme(request, pk) if pk is not None else None
    require(request.user, Permission.PILOT_EDIT)
    initial = {} if found else {"year": timezone.localdate().year, "place": 1}
    form = ProgrammeForm(request.POST if request.method == "POST" else None, instance=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = joint_actions.save_programme(programme=form.programme(), by=request.user, at=timezone.now(), programme_id=pk)
        except joint_actions.PlaceTaken:
            form.add_error("place", _("This year has a joint action in this place already."))
        else:
            messages.success(request, _("The joint action is saved."))
            return redirect(saved)
    return render(request, "pilots/programme_form.html", {"form": form, "programme": found}, status=422 if form.errors else 200)


@require_POST
def programme_invite(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find_programme(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    form = invite_form(request, found)
    if form.is_valid():
        chosen = [agreement.pk for agreement in form.cleaned_data["agreements"]]
        count = joint_actions.invite(programme_id=pk, agreement_ids=chosen, by=request.user, at=timezone.now())
        messages.success(request, _("Suppliers invited: %(count)s") % {"count": count})
    else:
        messages.error(request, _("Choose at least one supplier."))
    return redirect(found)


@require_http_methods(["GET", "POST"])
def action_reply(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The supplier's own part: a reply to the invitation, and with `?delivered` what came of it."""
    visible = JointAction.objects.visible_to(request.user).filter(programme__isnull=False).select_related("agreement", "programme")
    action = get_object_or_404(visible, pk=pk)
    if request.user.is_buyer or not has(request.user, Permission.ACTIVITY_EDIT):
        raise PermissionDenied
    is_delivery = "delivered" in request.GET
    sent = request.POST if request.method == "POST" else None
    form = delivery_form(action, sent) if is_delivery else reply_form(action, sent)
    if sent is not None and form.is_valid():
        try:
            reply(request, action, form)
            messages.success(request, _("Your reply is saved."))
        except JointAction.IllegalTransition:
            messages.error(request, _("This step is not possible any more: the joint action is over, or you have not committed to it."))
        return redirect(action.programme or action.agreement)
    context = {"form": form, "action": action, "programme": action.programme, "is_delivery": is_delivery}
    return render(request, "pilots/action_reply.html", context, status=422 if form.errors else 200)


def reply_form(action: JointAction, sent: object) -> ReplyForm:
    is_new = action.status == JointAction.Status.INVITED
    takes_part = "" if is_new else "no" if action.status == JointAction.Status.DECLINED else "yes"
    initial = {"takes_part": takes_part, "tonnes": action.expected_reduction, "words": "" if is_new else action.description}
    return ReplyForm(sent, initial=initial)  # type: ignore[arg-type]  # what was posted, or None


def delivery_form(action: JointAction, sent: object) -> DeliveryForm:
    is_delivered = action.status == JointAction.Status.DELIVERED
    initial = {"tonnes": action.delivered_reduction, "words": action.description if is_delivered else ""}
    return DeliveryForm(sent, initial=initial)  # type: ignore[arg-type]  # what was posted, or None


def reply(request: AuthenticatedHttpRequest, action: JointAction, form: ReplyForm | DeliveryForm) -> None:
    data, at = form.cleaned_data, timezone.now()
    if isinstance(form, DeliveryForm):
        joint_actions.deliver(action_id=action.pk, tonnes=data["tonnes"], words=data["words"], by=request.user, at=at)
    elif data["takes_part"]:
        joint_actions.commit_to(action_id=action.pk, tonnes=data["tonnes"], words=data["words"], by=request.user, at=at)
    else:
        joint_actions.decline(action_id=action.pk, words=data["words"], by=request.user, at=at)
