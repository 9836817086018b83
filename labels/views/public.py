"""The public page behind the QR code: whether a label is in force. Never a score, never an answer.

It is the same for everybody: no session, no cookie, no token of a form, so that caches may keep it. Its language comes from the address
or from the browser.
"""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header
from django.views.decorators.http import require_safe

from labels import certificates
from labels.dates import ledger_day
from labels.models import Label, LabelEvent, LabelState, Publication
from labels.rate_limit import seconds_to_wait
from suppliers.models import Document, Supplier
from suppliers.places import country_name, region_name


# How old the page may be: as long as a revocation may go unnoticed.
MAX_AGE = 300


@login_not_required  # anybody who holds the certificate, by its unguessable address
@require_safe
def verify(request: HttpRequest, public_id: UUID) -> HttpResponse:
    if wait := seconds_to_wait(request.META.get("REMOTE_ADDR", ""), "verify", per_minute=settings.LABEL_PAGES_PER_MINUTE):
        return _too_many(wait)
    # A label that is proposed anew was awarded before: its certificate still hangs somewhere.
    awarded = Label.objects.filter(valid_to__isnull=False).select_related("supplier", "supplier__label_publication", "standard")
    # The criteria of the standard are long, and none is shown.
    label = get_object_or_404(awarded.defer("standard__content"), public_id=public_id)
    with translation.override(language_of(request)):
        response = HttpResponse(_page(label))
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    response["Vary"] = "Accept-Language"
    return response


def _page(label: Label) -> str:
    """Drawn once for what it says: another state, another consent or another day is another page."""
    today, language = ledger_day(timezone.now()), translation.get_language()
    agreed: Publication | None = getattr(label.supplier, "label_publication", None)
    moments = "-".join(str(at.timestamp()) for at in (label.changed_at, agreed.agreed_at if agreed else None) if at)
    key = f"label-page:{label.pk}:{moments}:{today}:{language}"
    if (page := cache.get(key)) is None:
        context = {
            "label": label,
            "supplier": label.supplier,
            "status": (status := status_of(label)),
            "since": _since(label, status),
            "today": today,
            "shown": published_facts(label.supplier),
            "agreed": agreed,
            "language": language,
        }
        page = render_to_string("labels/verify.html", context)
        cache.set(key, page, timeout=MAX_AGE)
    return str(page)


def language_of(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    if asked in dict(settings.LANGUAGES):
        return asked
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def _too_many(wait: int) -> HttpResponse:
    text = _("Too many requests from your network. Please try again in %(seconds)s seconds.") % {"seconds": wait}
    response = HttpResponse(text, status=429, content_type="text/plain; charset=utf-8")
    response["Retry-After"], response["Cache-Control"] = str(wait), "no-store"
    return response


def published_facts(supplier: Supplier) -> list[tuple[str, str]]:
    """What the supplier agreed to show, and nothing else."""
    agreed: Publication | None = getattr(supplier, "label_publication", None)
    if agreed is None:
        return []
    facts = []
    if agreed.identifier:
        facts.append((_("Register number"), supplier.identifier))
    if agreed.place:
        place = [region_name(supplier.region, supplier.country) if supplier.region else "", country_name(supplier.country)]
        facts.append((_("Place"), ", ".join(part for part in place if part)))
    if agreed.website:
        facts.append((_("Website"), supplier.website))
    if agreed.qualifications:
        facts.append((_("Green qualifications"), _(", ").join(_qualifications(supplier))))
    return [(title, value) for title, value in facts if value]


def _qualifications(supplier: Supplier) -> list[str]:
    documents = Document.objects.current().in_date(ledger_day(timezone.now())).filter(supplier=supplier)
    kinds = documents.exclude(kind__in=[Document.Kind.OTHER, Document.Kind.CODE_OF_CONDUCT]).values_list("kind", flat=True)
    return [str(Document.Kind(kind).label) for kind in sorted(set(kinds))]


def status_of(label: Label) -> str:
    """live, suspended, expired or revoked. A warning is between the buyer and the supplier: the label still holds."""
    if label.state in (LabelState.SUSPENDED, LabelState.REVOKED):
        return label.state
    return "live" if label.is_live(ledger_day(timezone.now())) else "expired"


def _since(label: Label, status: str) -> date | None:
    """The day from which a suspended or revoked label does not count; that of an expired one is its end."""
    steps = LabelEvent.objects.filter(supplier=label.supplier_id, kind=status).order_by("-number")
    return steps.values_list("effective_on", flat=True).first() if status in (LabelState.SUSPENDED, LabelState.REVOKED) else None


@login_not_required  # whoever checks a certificate offline needs it
@require_safe
def public_key(request: HttpRequest) -> HttpResponse:
    """The public keys that sign certificates, the one in use first."""
    text = "\n".join(certificates.as_pem(key) for key in certificates.public_keys())
    response = HttpResponse(text, content_type="application/x-pem-file")
    patch_cache_control(response, public=True, max_age=24 * 60 * 60)
    return response
