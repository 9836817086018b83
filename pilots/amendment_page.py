"""What an amendment changes, term by term, and the former series beside the new one."""

from dataclasses import dataclass
from decimal import Decimal

from pilots.models import Amendment
from pilots.terms_page import terms_page


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class SeriesRow:
    year: int
    former_target: Decimal | None
    target: Decimal | None
    # As it was reported under the former terms.
    former_actual: Decimal | None


def changed_terms(amendment: Amendment) -> list[Change]:
    """The rows that read otherwise, in the language in use."""
    before = {row.label: row.text for row in terms_page(amendment.former_terms, is_exact=True).rows}
    after = {row.label: row.text for row in terms_page(amendment.terms, is_exact=True).rows}
    labels = [*before, *(label for label in after if label not in before)]
    return [Change(label, before.get(label, "–"), after.get(label, "–")) for label in labels if before.get(label) != after.get(label)]


def series_of(amendment: Amendment) -> list[SeriesRow]:
    former, now = amendment.former_terms["targets"], amendment.terms["targets"]
    reported = {row["year"]: Decimal(row["emissions"]) for row in amendment.former["reported"]}
    return [
        SeriesRow(int(year), _number(former.get(year)), _number(now.get(year)), reported.get(int(year))) for year in sorted({*former, *now})
    ]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
