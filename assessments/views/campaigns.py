"""Campaigns: drafting with a preview of the population, launching, following, closing."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.campaigns import steps
from assessments.campaigns.invitations import mail_counts
from assessments.campaigns.narrowing import narrowings
from assessments.campaigns.participation import HANDED_IN, area_averages, averages_chart, averages_of, participation_of
from assessments.campaigns.steps import Population, population_size
from assessments.models import Campaign
from assessments.staff_forms import CampaignForm, PopulationForm
from runs import engine
from runs.models import Run
from suppliers.models import BuyingUnit, Category, HeadcountBand, SiteType, Supplier


@require_GET
def campaign_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.CAMPAIGN_VIEW)
    handed_in = Count("assessments", filter=Q(assessments__status__in=HANDED_IN))
    found = Campaign.objects.select_related("questionnaire").defer("questionnaire__content")
    found = found.annotate(asked=Count("assessments"), handed_in=handed_in).order_by("-cycle", "-pk")[:100]
    context = {"campaigns": found, "today": timezone.localdate(), "may_launch": has(request.user, Permission.CAMPAIGN_LAUNCH)}
    return render(request, "assessments/campaign_list.html", context)


def find(request: AuthenticatedHttpRequest, pk: int) -> Campaign:
    require(request.user, Permission.CAMPAIGN_VIEW)
    found = Campaign.objects.select_related("questionnaire", "created_by", "launched_by").defer("questionnaire__content")
    return get_object_or_404(found, pk=pk)


@require_GET
def campaign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    population = Population.from_json(found.population)
    participation = participation_of(found)
    averages = area_averages(found)
    context = {
        "campaign": found,
        "participation": participation,
        "averages": averages,
        "averages_of_all": averages_of(found) if averages else None,
        "averages_chart": averages_chart(averages) if averages else "",
        "mails": mail_counts(pk),
        "runs": runs_of(found),
        "population": population_in_words(population),
        "size": population_size(population) if found.status == Campaign.Status.DRAFT else participation.whole.total,
        "may_launch": has(request.user, Permission.CAMPAIGN_LAUNCH),
        "may_score": has(request.user, Permission.SCORING_RUN),
        "today": timezone.localdate(),
    }
    return render(request, "assessments/campaign.html", context)


def runs_of(found: Campaign) -> list[Run]:
    return list(Run.objects.filter(parameters__campaign=found.pk).order_by("-created_at", "-pk")[:10])


def population_in_words(population: Population) -> list[tuple[str, str]]:
    """The filter as staff chose it, in the language in use."""
    lists: list[tuple[str, list[str], dict[str, Any]]] = [
        (_("Categories"), population.categories, dict(Category.choices)),
        (_("Headcount"), population.headcounts, dict(HeadcountBand.choices)),
        (_("Has a site of this type"), population.site_types, dict(SiteType.choices)),
        (_("State of the supplier"), population.states, dict(Supplier.State.choices)),
        (_("Countries of registration"), population.countries, {}),
    ]
    lists += [(str(each.label), population.others.get(each.key, []), dict(each.choices)) for each in narrowings()]
    words = [(label, _(", ").join(str(names.get(key, key)) for key in chosen)) for label, chosen, names in lists if chosen]
    if population.units:
        units = BuyingUnit.objects.filter(pk__in=population.units).order_by("code")
        words.append((_("Used by these buying units"), _(", ").join(map(str, units))))
    if population.search:
        words.append((_("Words in name or identifier"), population.search))
    return words


# --- drafting ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def campaign_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.CAMPAIGN_LAUNCH)
    return edit(request, None)


@require_http_methods(["GET", "POST"])
def campaign_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.CAMPAIGN_LAUNCH)
    if found.status != Campaign.Status.DRAFT:
        messages.error(request, _("A campaign that was launched is not changed any more."))
        return redirect(found)
    return edit(request, found)


def edit(request: AuthenticatedHttpRequest, found: Campaign | None) -> HttpResponse:
    today = timezone.localdate()
    form = CampaignForm(request.POST or None, instance=found, initial={} if found else {"cycle": today.year, "opens_on": today})
    stored = {"initial": PopulationForm.initial_of(Population.from_json(found.population))} if found else {}
    population_form = PopulationForm(request.POST or None, prefix="population", **stored)
    if request.method == "POST" and form.is_valid() & population_form.is_valid():
        try:
            saved = save(request, form, population_form.population, found)
        except steps.IllegalTransition:
            messages.error(request, _("A campaign that was launched is not changed any more."))
            return redirect("assessments:campaign_list")
        messages.success(request, _("The draft is saved. Look at it once more, then launch it."))
        return redirect(saved)
    context = {"campaign": found, "form": form, "population_form": population_form, "size": previewed(population_form, found)}
    return render(request, "assessments/campaign_form.html", context, status=422 if request.method == "POST" else 200)


def save(request: AuthenticatedHttpRequest, form: CampaignForm, population: Population, found: Campaign | None) -> Campaign:
    fields, at = form.cleaned_data, timezone.now()
    if found is None:
        return steps.create_draft(**fields, population=population, by=request.user, at=at)
    return steps.change_draft(campaign_id=found.pk, fields=fields, population=population, by=request.user, at=at)


def previewed(form: PopulationForm, found: Campaign | None) -> int:
    if form.is_bound and form.is_valid():
        return population_size(form.population)
    return population_size(Population.from_json(found.population) if found else Population())


@require_GET
def campaign_preview(request: AuthenticatedHttpRequest) -> HttpResponse:
    """How many suppliers the population on the form holds, while it is being chosen."""
    require(request.user, Permission.CAMPAIGN_LAUNCH)
    form = PopulationForm(request.GET, prefix="population")
    context = {"size": population_size(form.population) if form.is_valid() else None}
    return render(request, "assessments/_campaign_size.html", context)


# --- launching, inviting, closing -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def campaign_launch(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.CAMPAIGN_LAUNCH)
    if request.method == "GET":
        context = {"campaign": found, "size": population_size(Population.from_json(found.population))}
        return render(request, "assessments/campaign_launch.html", context)
    try:
        steps.launch(campaign_id=pk, by=request.user, at=timezone.now())
    except steps.NotReady as refusal:
        messages.error(request, _(str(refusal)))
    except steps.IllegalTransition:
        messages.error(request, _("A closed campaign cannot be launched."))
    else:
        asked = found.assessments.count()
        done = ngettext("%(count)s supplier is asked.", "%(count)s suppliers are asked.", asked) % {"count": asked}
        messages.success(request, f"{done} {_('The invitations are on their way.')}")
    return redirect(found)


@require_POST
def campaign_invite(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Those who got no mail yet, for example because their contact was added later."""
    found = find(request, pk)
    require(request.user, Permission.CAMPAIGN_LAUNCH)
    if found.status != Campaign.Status.OPEN:
        messages.error(request, _("Only an open campaign sends invitations."))
        return redirect(found)
    steps.send_invitations(campaign_id=pk, by=request.user, at=timezone.now())
    messages.success(request, _("Everybody who has no invitation yet gets one. Nobody gets a second one."))
    return redirect(found)


@require_http_methods(["GET", "POST"])
def campaign_close(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.CAMPAIGN_LAUNCH)
    if request.method == "GET":
        unfinished = found.assessments.filter(status__in=["not_started", "in_progress", "returned"]).count()
        return render(request, "assessments/campaign_close.html", {"campaign": found, "unfinished": unfinished})
    try:
        lapsed = steps.close(campaign_id=pk, by=request.user, at=timezone.now())
    except steps.IllegalTransition:
        messages.error(request, _("This campaign is not open."))
    else:
        done = ngettext(
            "The campaign is closed; %(count)s assessment lapsed.", "The campaign is closed; %(count)s assessments lapsed.", lapsed
        )
        messages.success(request, done % {"count": lapsed})
    return redirect(found)


@require_POST
def campaign_score(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.SCORING_RUN)
    run = engine.start_or_join("score_portfolio", parameters={"campaign": pk}, by=request.user, at=timezone.now(), title=found.title)
    return redirect(run)
