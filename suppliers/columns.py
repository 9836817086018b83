"""The columns an imported list may have, what they are called (headings.yaml), and how their cells are cleaned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

from suppliers import cells, identifiers, places
from suppliers.models import Import
from suppliers.tables import heading_keys, normal_heading


# Numbers whose form depends on the country are cleaned with the whole row, see import_rows.
cleaned_later = cells.text_of(200)

OWNER: dict[str, cells.Cleaner] = {
    "supplier_reference": cells.number_text(64),
    "supplier_uscc": identifiers.clean_uscc,
    "supplier_lei": identifiers.clean_lei,
    "supplier_duns": identifiers.clean_duns,
    "supplier_company_number": cleaned_later,
    "supplier_country": places.find_country,
    "supplier_name": cells.text_of(300),
}
CLEANERS: dict[str, dict[str, cells.Cleaner]] = {
    Import.Kind.SUPPLIERS: {
        "reference": cells.number_text(64),
        "name_zh": cells.text_of(300),
        "name_en": cells.text_of(300),
        "name": cells.text_of(300),
        "uscc": identifiers.clean_uscc,
        "lei": identifiers.clean_lei,
        "duns": identifiers.clean_duns,
        "company_number": cleaned_later,
        "country": places.find_country,
        "region": cells.text_of(80),
        "address": cells.text_of(1000),
        "postcode": cells.number_text(20),
        "category": cells.clean_category,
        "industry_scheme": cells.text_of(20),
        "industry_code": cells.number_text(200),
        "headcount_band": cells.clean_headcount,
        "fiscal_year_start": cells.clean_month,
        "website": cells.clean_website,
    },
    Import.Kind.SITES: OWNER
    | {
        "reference": cells.text_of(64),
        "name": cells.text_of(200),
        "type": cells.clean_site_type,
        "country": places.find_country,
        "region": cells.text_of(80),
        "address": cells.text_of(1000),
        "headcount": cells.clean_whole_number,
        "closed_on": cells.clean_date,
    },
    Import.Kind.CONTACTS: OWNER
    | {
        "name": cells.text_of(150),
        "email": cells.clean_email,
        "phone": cells.number_text(40),
        "job_title": cells.text_of(120),
        "language": cells.clean_language,
        "is_primary": cells.clean_yes_no,
    },
    # An authority knows the company by its code, or else by its name.
    Import.Kind.RECORDS: {
        "supplier_uscc": identifiers.clean_uscc,
        "supplier_name": cells.text_of(300),
        "kind": cells.clean_record_kind,
        "authority": cells.text_of(200),
        "reference": cells.text_of(120),
        "decided_on": cells.clean_date,
        "description": cells.text_of(4000),
        "legal_basis": cells.text_of(2000),
        "penalty": cells.text_of(2000),
        "fine_cny": cells.clean_amount,
        "rating": cells.clean_rating,
        "source_url": cells.clean_website,
    },
}
DEFAULTS: dict[str, frozenset[str]] = {
    Import.Kind.SUPPLIERS: frozenset({"country", "region", "category", "industry_scheme", "headcount_band", "fiscal_year_start"}),
    Import.Kind.SITES: frozenset({"supplier_country", "type", "country"}),
    Import.Kind.CONTACTS: frozenset({"supplier_country", "language"}),
    Import.Kind.RECORDS: frozenset({"kind", "authority"}),
}


@dataclass(frozen=True)
class Column:
    name: str
    en: str
    zh: str
    also: tuple[str, ...]
    clean: cells.Cleaner
    may_default: bool

    @property
    def label(self) -> str:
        return self.zh if (get_language() or "en").startswith("zh") else self.en

    @property
    def heading(self) -> str:
        """As our template file has it: in both languages, so that everybody can read it."""
        return f"{self.en} {self.zh}"

    def headings(self) -> list[str]:
        """All known headings, normalised; the heading of our own template first."""
        return list(dict.fromkeys(map(normal_heading, (self.heading, *self.also, self.en, self.zh, self.name))))


@cache
def by_name(kind: str) -> dict[str, Column]:
    words = yaml.safe_load((Path(__file__).parent / "headings.yaml").read_text())
    called = words[kind] if kind == Import.Kind.SUPPLIERS else words["owner"] | words[kind]
    return {
        name: Column(name, called[name]["en"], called[name]["zh"], tuple(called[name].get("also", ())), clean, name in DEFAULTS[kind])
        for name, clean in CLEANERS[kind].items()
    }


def columns_of(kind: str) -> list[Column]:
    return list(by_name(kind).values())


@cache
def known_headings(kind: str) -> frozenset[str]:
    return frozenset(heading for column in columns_of(kind) for heading in column.headings())


def recognise(headings: Sequence[str], kind: str) -> dict[str, str]:
    """Our columns -> the file's headings, as far as they are known. Each heading is used once, for the column it fits best."""
    ranks = {key: (order, rank, column.name) for order, column in enumerate(columns_of(kind)) for rank, key in enumerate(column.headings())}
    bids = sorted(
        (is_bare, rank, order, position, name, heading)
        for position, heading in enumerate(headings)
        for is_bare, key in enumerate(heading_keys(heading))
        if key in ranks
        for order, rank, name in [ranks[key]]
    )
    found: dict[str, str] = {}
    for *_rank, name, heading in bids:
        if name not in found and heading not in found.values():
            found[name] = heading
    return {name: found[name] for name in by_name(kind) if name in found}


def positions(headings: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Our columns -> index in the row; headings the file does not have are left out."""
    return {name: headings.index(heading) for name, heading in mapping.items() if heading in headings}
