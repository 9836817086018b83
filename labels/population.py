"""Campaigns may be limited to suppliers by the state of their label."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.campaigns.narrowing import Narrowing, narrows_population
from labels.models import LabelState
from suppliers.models import Supplier, SupplierQuerySet


def suppliers_with(states: Sequence[str]) -> SupplierQuerySet:
    """A supplier whose ledger has not begun has no label."""
    wanted = Q(label__state__in=states)
    return Supplier.objects.filter(wanted | Q(label=None) if LabelState.NONE in states else wanted)


narrows_population(Narrowing("label", _("Green label"), LabelState.choices, suppliers_with))
