from datetime import date
from typing import ClassVar

from rest_framework import serializers

from labels.models import Decision, Label, LabelEvent, Standard


class LabelSerializer(serializers.ModelSerializer[Label]):
    verification_url = serializers.CharField(source="get_verification_url", read_only=True)

    class Meta:
        model = Label
        fields = (
            "id", "supplier", "state", "level", "standard", "valid_from", "valid_to", "until", "changed_at", "verification_url",
        )  # fmt: skip


class LabelEventSerializer(serializers.ModelSerializer[LabelEvent]):
    """A step of the ledger; who decided stays with the buyer."""

    effective_on = serializers.SerializerMethodField(help_text="of an announcement, the day on which what it announces is to take effect")
    announces = serializers.SerializerMethodField(help_text="of an announcement: the step, and the day on which it is to take effect")

    class Meta:
        model = LabelEvent
        fields = (
            "id", "supplier", "number", "kind", "level", "standard", "reason_code", "reason", "notice_on", "effective_on", "valid_from",
            "valid_to", "until", "announces", "at",
        )  # fmt: skip

    def get_effective_on(self, event: LabelEvent) -> date:
        """In the ledger an announcement counts from its notice on, for it changes nothing; here stands the day that readers plan by."""
        announces = self.get_announces(event)
        if announces and event.kind == LabelEvent.Kind.ANNOUNCED:
            return date.fromisoformat(announces["effective_on"])
        return event.effective_on

    def get_announces(self, event: LabelEvent) -> dict[str, str] | None:
        """As `LabelEventQuerySet.for_api` reads it."""
        announces: dict[str, str] | None = event.announces  # type: ignore[attr-defined]  # as `for_api` annotates it
        return announces


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    criteria = serializers.JSONField(read_only=True)

    class Meta:
        model = Decision
        fields = ("id", "supplier", "standard", "outcome", "criteria", "evaluated_at")


class StandardSerializer(serializers.ModelSerializer[Standard]):
    class Meta:
        model = Standard
        fields: ClassVar[tuple[str, ...]] = (
            "id", "key", "version", "title_en", "title_zh", "status", "published_at", "in_force_from", "sha256",
        )  # fmt: skip


class StandardDetailSerializer(StandardSerializer):
    content = serializers.JSONField(read_only=True)

    class Meta(StandardSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*StandardSerializer.Meta.fields, "content")
