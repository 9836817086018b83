"""Which criteria of the green standard a document meets, and what the label would be without it: judged twice by the pure rules."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from labels import facts, standards
from labels.dates import ledger_day
from labels.evaluation import decide
from labels.explaining import in_language, level_title
from suppliers.models import Document
from suppliers.reliance import Section, leans_on_documents


@dataclass(frozen=True)
class LeaningCriterion:
    title: str
    # The levels that would be missed, in words.
    misses: list[str]


@leans_on_documents
def label_section(document: Document, viewer: User, at: datetime) -> Section | None:
    """Nothing where no criterion looks at the document, or where another one lasts longer and would do as well."""
    on = ledger_day(at)
    try:
        standard = standards.in_force(on)
    except standards.NoStandardInForce:
        return None
    rules = standards.rules_of(standard)
    if document.kind not in rules.paper_kinds:
        return None
    standing = next(facts.read(rules, supplier_ids=[document.supplier_id], on=on, at=at), None)
    if standing is None:
        return None
    now = standing.facts
    then = now._replace(papers=[paper for paper in now.papers if paper.document_id != document.pk])
    before, after = decide(rules, now, on), decide(rules, then, on)
    leaning = [
        LeaningCriterion(
            in_language(rules.rule_of[check.key].title),
            [level_title(rules, level) for level in without.missed if level not in check.missed],
        )
        for check, without in zip(before.checks, after.checks, strict=True)
        if document.pk in check.refs and check.source == "documents"
    ]
    if not leaning:
        return None
    context = {
        "criteria": leaning,
        "standard": standard,
        "now": level_title(rules, before.level) if before.level else "",
        "then": level_title(rules, after.level) if after.level else "",
        "label": standing.label,
    }
    return Section("labels/_reliance.html", context)
