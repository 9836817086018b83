from rest_framework import serializers

from suppliers.models import Contact, Site, Supplier


class SupplierSerializer(serializers.ModelSerializer[Supplier]):
    class Meta:
        model = Supplier
        fields = (
            "id", "name_zh", "name_en", "reference", "uscc", "lei", "duns", "company_number", "country", "region", "category",
            "industry_scheme", "industry_code", "headcount_band", "fiscal_year_start", "state", "created_at", "updated_at",
        )  # fmt: skip


class SiteSerializer(serializers.ModelSerializer[Site]):
    class Meta:
        model = Site
        fields = ("id", "reference", "name", "type", "country", "region", "address", "headcount", "closed_on")


class ContactSerializer(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = ("id", "name", "email", "phone", "job_title", "language", "is_primary")


class SupplierDetailSerializer(SupplierSerializer):
    sites = SiteSerializer(many=True, read_only=True)
    contacts = ContactSerializer(many=True, read_only=True)

    class Meta(SupplierSerializer.Meta):
        fields = (*SupplierSerializer.Meta.fields, "address", "postcode", "website", "sites", "contacts")  # type: ignore[assignment]
