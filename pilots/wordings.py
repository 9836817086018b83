"""The templates agreements are drafted from: read from their files, published once, and what a draft begins with."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from assessments import canonical
from pilots.models import AgreementTemplate, Milestone


FOLDER = Path(__file__).parent / "agreement_templates"


class TemplateChanged(Exception):
    """A published version was changed in its file: a correction is a new version."""


@transaction.atomic
def load_templates(*, at: datetime, folder: Path = FOLDER) -> list[AgreementTemplate]:
    """Publishes the versions that are not there yet and returns them. Raises `TemplateChanged`."""
    known = {(each.key, each.version): each.sha256 for each in AgreementTemplate.objects.all()}
    loaded = []
    for path in sorted(folder.glob("*.yaml")):
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
        name, sha256 = (declared["key"], declared["version"]), canonical.sha256(declared)
        if name not in known:
            loaded.append(_publish(declared, sha256, at))
        elif known[name] != sha256:
            raise TemplateChanged(" ".join(name))
    return loaded


def _publish(declared: dict[str, Any], sha256: str, at: datetime) -> AgreementTemplate:
    return AgreementTemplate.objects.create(
        key=declared["key"],
        version=declared["version"],
        title_en=declared["title"]["en"],
        title_zh=declared["title"]["zh"],
        content={"clauses": declared["clauses"], "defaults": declared["defaults"]},
        sha256=sha256,
        published_at=at,
    )


def newest_templates() -> list[AgreementTemplate]:
    """The newest version of each, by key."""
    newest = {each.key: each for each in AgreementTemplate.objects.order_by("key", "published_at", "pk")}
    return list(newest.values())


def begins_with(template: AgreementTemplate) -> dict[str, Any]:
    """The columns of a draft that the template fills in."""
    defaults = template.defaults
    decimals = ("total_reduction", "recalculation_threshold", "renewable_share_target", "pue_target")
    plain = ("path", "measure", "reporting_cycle", "verification")
    texts = ("boundary", "incentive", "remedy")
    return {
        **{name: Decimal(defaults[name]) for name in decimals if name in defaults},
        **{name: defaults[name] for name in plain if name in defaults},
        **{name: f"{defaults[name]['zh']}\n{defaults[name]['en']}" for name in texts if name in defaults},
    }


def first_milestones(template: AgreementTemplate, *, starts_on: date, ends_on: date, total_reduction: Decimal) -> list[Milestone]:
    """As the template suggests them; none that lies behind the last day."""
    found = []
    for each in template.defaults.get("milestones", []):
        # The last day of so many years.
        due_on = date(starts_on.year + int(each["after_years"]), starts_on.month, 1) - timedelta(days=1)
        value = Decimal(each["value"]) if "value" in each else total_reduction * Decimal(each["share"])
        if due_on <= ends_on:
            found.append(Milestone(due_on=due_on, kind=each["kind"], value=round(value, 3)))
    return found
