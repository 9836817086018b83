"""What a public record does, or would do, to the label: the standard in force judges the facts with it upheld, and without it."""

from datetime import datetime

from accounts.models import User
from labels import facts, standards
from labels.dates import ledger_day
from labels.evaluation import decide
from labels.explaining import in_language, level_title
from suppliers.models import PublicRecord
from suppliers.record_sections import speaks_of_records
from suppliers.reliance import Section


@speaks_of_records
def label_section(record: PublicRecord, viewer: User, at: datetime) -> Section | None:
    on = ledger_day(at)
    try:
        standard = standards.in_force(on)
    except standards.NoStandardInForce:
        return None
    rules = standards.rules_of(standard)
    standing = next(facts.read(rules, supplier_ids=[record.supplier_id], on=on, at=at), None)
    if standing is None:
        return None
    others = [violation for violation in standing.facts.violations if violation[0] != record.pk]
    counted = record.is_violation
    upheld = standing.facts._replace(violations=[*others, (record.pk, record.decided_on)] if counted else others)
    without = standing.facts._replace(violations=others)
    after, before = decide(rules, upheld, on), decide(rules, without, on)
    context = {
        "record": record,
        "standard": standard,
        "upheld": level_title(rules, after.level) if after.level else "",
        "without": level_title(rules, before.level) if before.level else "",
        "criteria": [
            in_language(rules.rule_of[each.key].title)
            for each, spared in zip(after.checks, before.checks, strict=True)
            if each.missed != spared.missed
        ],
        "is_upheld": record.status == PublicRecord.Status.UPHELD,
    }
    return Section("labels/_record_effect.html", context)
