from rest_framework import serializers

from assessments.models import Assessment, Score


class AssessmentSerializer(serializers.ModelSerializer[Assessment]):
    cycle = serializers.IntegerField(source="campaign.cycle", read_only=True)
    evidence_coverage = serializers.DecimalField(max_digits=5, decimal_places=2, read_only=True, allow_null=True)

    class Meta:
        model = Assessment
        fields = (
            "id", "supplier", "campaign", "cycle", "status", "due_on", "created_at", "started_at", "submitted_at", "closed_at",
            "declared", "evidenced", "verified", "evidence_coverage", "area_scores", "scored_at",
        )  # fmt: skip


class ScoreSerializer(serializers.ModelSerializer[Score]):
    supplier = serializers.IntegerField(source="assessment.supplier_id", read_only=True)

    class Meta:
        model = Score
        fields = (
            "id", "assessment", "supplier", "is_current", "declared", "evidenced", "verified", "evidence_coverage", "areas",
            "triggers_hit", "ruleset_sha256", "inputs_sha256", "computed_at",
        )  # fmt: skip
