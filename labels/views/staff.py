"""What the buyer's people see and do: the ledger, one supplier's label, the decisions of people, the directory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_stubs_ext import StrOrPromise

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from labels import announcing, deciding, evaluation, explaining, lists, standards
from labels.committee import committee_size
from labels.dates import ledger_day
from labels.filters import LabelFilter
from labels.forms import DecisionForm, ReasonForm, RevocationForm
from labels.independence import Conflict
from labels.models import Announcement, Appeal, Decision, Label, LabelEvent, Proposal
from labels.steps_by_people import CriteriaMissed
from labels.transitions import IllegalStep
from runs import engine
from suppliers.models import Supplier


# --- lists --------------------------------------------------------------------------------------------------------------


@require_GET
def label_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.LABEL_VIEW)
    chosen = LabelFilter(request.GET, queryset=Supplier.objects.visible_to(request.user))
    found = chosen.qs if chosen.is_valid() else Supplier.objects.none()
    context = {
        "filter": chosen,
        "page": lists.page_of(found, request.GET.dict()),
        "total": found.count(),
        "counts": lists.counts(Label.objects.visible_to(request.user)),
        "last_run": lists.last_run(),
        "waiting": committee_size(request.user),
        "may_run": has(request.user, Permission.LABEL_RUN),
    }
    return render(request, "labels/_label_table.html" if _wants_part(request) else "labels/label_list.html", context)


def _wants_part(request: AuthenticatedHttpRequest) -> bool:
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


# --- one supplier -------------------------------------------------------------------------------------------------------


@require_GET
def label_detail(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    require(request.user, Permission.LABEL_VIEW)
    trail.record("label.viewed", actor=request.user, target=supplier, supplier_id=supplier.pk)
    label = Label.objects.filter(supplier=supplier).select_related("standard").first()
    decision = Decision.objects.filter(supplier=supplier).select_related("standard").first()
    events = LabelEvent.objects.filter(supplier=supplier).select_related("standard", "actor", "second_actor").order_by("-number")
    proposals = Proposal.objects.visible_to(request.user).for_queue().filter(supplier=supplier)
    revocation = next((one for one in proposals if one.kind == Proposal.Kind.REVOKE), None)
    context = {
        "supplier": supplier,
        "label": label,
        "explanation": explaining.explain(decision) if decision else None,
        "history": explaining.happenings(list(events)),
        "proposals": proposals,
        "appeals": Appeal.objects.visible_to(request.user).for_queue().filter(supplier=supplier),
        "announcements": Announcement.objects.visible_to(request.user).for_pages().filter(supplier=supplier),
        "may_decide": has(request.user, Permission.LABEL_DECIDE),
        "today": ledger_day(timezone.now()),
        "last_run": lists.last_run(),
        "verbs": _verbs_for(label, revocation) if has(request.user, Permission.LABEL_DECIDE) else [],
        "may_except": has(request.user, Permission.LABEL_DECIDE) and (label is None or label.state in ("none", "expired")),
        "may_run": has(request.user, Permission.LABEL_RUN),
    }
    return render(request, "labels/label_detail.html", context)


@dataclass(frozen=True)
class Verb:
    """Something a person decides about a label, with the page that asks for the reason."""

    name: str
    title: StrOrPromise
    text: StrOrPromise
    button: StrOrPromise
    done: StrOrPromise
    act: Callable[..., Any]
    form: type[DecisionForm]
    is_hard: bool = True


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "suspend",
            gettext_lazy("Suspend the label"),
            gettext_lazy("The label stops counting at once, or on the day you choose. It stays suspended until a person lifts it."),
            gettext_lazy("Suspend the label"),
            gettext_lazy("The label is suspended."),
            deciding.suspend,
            DecisionForm,
        ),
        Verb(
            "reinstate",
            gettext_lazy("Lift the suspension"),
            gettext_lazy("The label counts again, and the next evaluation holds it against the standard as usual."),
            gettext_lazy("Lift the suspension"),
            gettext_lazy("The suspension is lifted."),
            deciding.lift_suspension,
            DecisionForm,
            is_hard=False,
        ),
        Verb(
            "revoke",
            gettext_lazy("Propose to revoke the label"),
            gettext_lazy(
                "A second person has to confirm. Once revoked, no label can be awarded for three years, for five after a breach of ethics."
            ),
            gettext_lazy("Propose the revocation"),
            gettext_lazy("The revocation is proposed. A second person has to confirm it."),
            deciding.propose_revocation,
            RevocationForm,
        ),
    )
}


def _verbs_for(label: Label | None, proposal: Proposal | None) -> list[Verb]:
    names = []
    if label and label.state in Label.LIVE:
        names.append("suspend")
    if label and label.is_held:
        names.append("reinstate")
    if label and label.state in (*Label.LIVE, "suspended") and proposal is None:
        names.append("revoke")
    return [VERBS[name] for name in names]


@require_http_methods(["GET", "POST"])
def label_decide(request: AuthenticatedHttpRequest, supplier_id: int, verb: str) -> HttpResponse:
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    require(request.user, Permission.LABEL_DECIDE)
    asked = VERBS[verb]
    now, back = timezone.now(), reverse("labels:detail", args=[supplier.pk])
    form = asked.form(request.POST or None, today=ledger_day(now))
    if request.method == "POST" and form.is_valid():
        try:
            done = asked.act(supplier_id=supplier.pk, by=request.user, at=now, **form.cleaned_data)
        except announcing.AlreadyAnnounced:
            messages.error(request, _("This step is announced already. Call it off first, if another day is wanted."))
        except IllegalStep:
            messages.error(request, _("The label is not in a state in which this is possible. Nothing was changed."))
        except Conflict:
            messages.error(request, _("You also act for this supplier, so somebody else has to decide."))
        except CriteriaMissed:
            messages.error(request, _("The supplier misses the criteria of every level now, so the suspension cannot be lifted."))
        else:
            messages.success(request, announced_words(done) or asked.done)
        return redirect(back)
    return render(request, "labels/label_decide.html", {"supplier": supplier, "verb": asked, "form": form, "cancel_url": back})


def announced_words(done: LabelEvent | Proposal) -> str:
    """Empty for what takes effect at once."""
    if not isinstance(done, LabelEvent) or done.kind != LabelEvent.Kind.ANNOUNCED:
        return ""
    return _("Announced for %(date)s. The supplier is told, and the label stays as it is until then.") % {
        "date": explaining.day(done.snapshot["announces"]["effective_on"])
    }


@require_http_methods(["GET", "POST"])
def announcement_call_off(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    announcement = get_object_or_404(Announcement.objects.visible_to(request.user).select_related("supplier"), pk=pk)
    require(request.user, Permission.LABEL_DECIDE)
    form = ReasonForm(request.POST or None)
    back = reverse("labels:detail", args=[announcement.supplier_id])
    if request.method == "POST" and form.is_valid():
        try:
            announcing.call_off(announcement_id=pk, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Conflict:
            messages.error(request, _("You also act for this supplier, so somebody else has to decide."))
        except IllegalStep:
            messages.error(request, _("This is not announced any more."))
        else:
            messages.success(request, _("Called off. The supplier is told."))
        return redirect(back)
    return render(request, "labels/announcement_call_off.html", {"announcement": announcement, "form": form, "cancel_url": back})


# --- the run ------------------------------------------------------------------------------------------------------------


@require_POST
def evaluate(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.LABEL_RUN)
    run = engine.start_or_join("evaluate_labels", by=request.user, at=timezone.now())
    messages.success(request, _("The evaluation is under way. This page shows how far it is."))
    return redirect(run)


@require_POST
def evaluate_one(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    """One supplier takes no time worth a run."""
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    require(request.user, Permission.LABEL_RUN)
    now = timezone.now()
    try:
        tally = evaluation.evaluate([supplier.pk], on=ledger_day(now), at=now)
    except standards.NoStandardInForce:
        messages.error(request, _("No green standard is in force today, so there is nothing to hold the supplier against."))
    else:
        taken = sum(tally.steps.values())
        words = ngettext("Evaluated. %(count)s step was taken.", "Evaluated. %(count)s steps were taken.", taken) % {"count": taken}
        messages.success(request, words if taken else _("Evaluated. The label stays as it is."))
    return redirect("labels:detail", supplier.pk)
