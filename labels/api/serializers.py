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

    announces = serializers.SerializerMethodField(help_text="of an announcement: the step, and the day on which it is to take effect")

    class Meta:
        model = LabelEvent
        fields = (
            "id", "supplier", "number", "kind", "level", "standard", "reason_code", "reason", "notice_on", "effective_on", "valid_from",
            "valid_to", "until", "announces", "at",
        )  # fmt: skip

    def get_announces(self, event: LabelEvent) -> dict[str, str] | None:
        announces: dict[str, str] | None = event.snapshot.get("announces")
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
