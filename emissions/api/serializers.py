from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from emissions.activity import Entry
from emissions.forms import LARGEST, PLACES
from emissions.models import ActivityRecord, Inventory, Substance
from emissions.sources import UNITS, Source
from suppliers.models import Site


MOST_VALUES = 5_000


class ActivitySerializer(serializers.ModelSerializer[ActivityRecord]):
    class Meta:
        model = ActivityRecord
        fields: ClassVar[tuple[str, ...]] = (
            "id", "supplier", "site", "month", "source", "substance", "quantity", "unit", "is_measured", "is_from_periods", "reported_at",
        )  # fmt: skip


class InventorySerializer(serializers.ModelSerializer[Inventory]):
    class Meta:
        model = Inventory
        fields: ClassVar[tuple[str, ...]] = (
            "id", "supplier", "year", "basis", "factor_set", "scope1", "scope2_location", "scope2_market", "scope3", "electricity_kwh",
            "renewable_kwh", "it_energy_kwh", "pue", "tonnes_per_million_cny", "months_covered", "created_at",
        )  # fmt: skip


class ValueSerializer(serializers.Serializer[Any]):
    """A month of a source at one of the own sites. `quantity` null empties it."""

    site = serializers.IntegerField(min_value=1)
    month = serializers.DateField(help_text="first day of the month")
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]  # a field; the attribute is a Field's own
    substance = serializers.ChoiceField(choices=Substance.choices, required=False, allow_blank=True, default="")
    quantity = serializers.DecimalField(
        max_digits=18, decimal_places=PLACES, min_value=Decimal(0), max_value=LARGEST, allow_null=True, coerce_to_string=False
    )
    unit = serializers.CharField(max_length=10)
    is_measured = serializers.BooleanField(default=True)

    def validate_month(self, month: date) -> date:
        if month.day != 1 or month.year < 2015 or month > self.context["today"]:
            raise serializers.ValidationError(_("Give the first day of a month from 2015 to this one."))
        return month

    def validate_site(self, pk: int) -> Site:
        site: Site | None = self.context["sites"].get(pk)
        if site is None:
            raise serializers.ValidationError(_("This is none of your sites."))
        return site

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["unit"] not in UNITS[attrs["source"]]:
            units = ", ".join(UNITS[attrs["source"]])
            raise serializers.ValidationError({"unit": _("Give one of these units: %(units)s.") % {"units": units}})
        if (attrs["source"] == Source.REFRIGERANT) != bool(attrs["substance"]):
            raise serializers.ValidationError({"substance": _("Refrigerants name their substance; nothing else does.")})
        return attrs

    @staticmethod
    def entry(values: dict[str, Any]) -> Entry:
        return Entry(**{name: value for name, value in values.items() if name != "site"})


class ValuesSerializer(serializers.Serializer[Any]):
    values = ValueSerializer(many=True, allow_empty=False)

    def validate_values(self, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(values) > MOST_VALUES:
            raise serializers.ValidationError(_("Give at most %(count)s values at once.") % {"count": MOST_VALUES})
        cells = [(each["site"].pk, each["month"], each["source"], each["substance"]) for each in values]
        if len(set(cells)) < len(cells):
            raise serializers.ValidationError(_("A month of a source is given twice."))
        return values


class WrittenSerializer(serializers.Serializer[Any]):
    written = serializers.IntegerField()
