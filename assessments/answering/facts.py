"""What the score needs to know about suppliers, read from their rows."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from accounts.prepared import run_prepared
from assessments.questionnaires.names import Facts
from suppliers.models import Site, Supplier


# A site that has a closing date no longer counts, whatever the date: facts do not depend on the day they are read.
_FACTS = """
    SELECT supplier.id, supplier.category, supplier.country, supplier.headcount_band,
           (SELECT array_agg(DISTINCT site.type || ' ' || site.country)
            FROM suppliers_site site WHERE site.supplier_id = supplier.id AND site.closed_on IS NULL)
    FROM suppliers_supplier supplier
    WHERE supplier.id = ANY(%(suppliers)s::bigint[])
"""


_SITES = "SELECT id, type, country FROM suppliers_site WHERE supplier_id = %(supplier)s::bigint AND closed_on IS NULL ORDER BY id"


class OpenSite(NamedTuple):
    """Of a site, what scores look at."""

    pk: int
    type: str
    country: str


def open_sites(supplier_id: int) -> list[Site]:
    return list(Site.objects.filter(supplier=supplier_id, closed_on=None).order_by("name", "pk"))


def sites_as_scored(supplier_id: int) -> list[OpenSite]:
    return [OpenSite(*row) for row in run_prepared(_SITES, {"supplier": supplier_id})]


def facts_from(supplier: Supplier, sites: Iterable[Site | OpenSite]) -> Facts:
    """Of a supplier whose open sites have been read. No query."""
    pairs = [f"{site.type} {site.country}" for site in sites]
    return Facts(supplier.category, supplier.country, supplier.headcount_band, _sites(list(dict.fromkeys(pairs))))


def site_types_for(supplier_ids: Iterable[int]) -> Mapping[int, dict[int, str]]:
    """Supplier -> the types of its open sites. One query for any number of suppliers."""
    found: dict[int, dict[int, str]] = {}
    rows = Site.objects.filter(supplier__in=list(supplier_ids), closed_on=None).order_by("pk")
    for supplier_id, site_id, kind in rows.values_list("supplier_id", "pk", "type"):
        found.setdefault(supplier_id, {})[site_id] = kind
    return found


def facts_for(supplier_ids: Iterable[int]) -> Mapping[int, Facts]:
    """One query for any number of suppliers."""
    rows = run_prepared(_FACTS, {"suppliers": list(supplier_ids)})
    return {pk: Facts(category, country, headcount, _sites(sites)) for pk, category, country, headcount, sites in rows}


def _sites(pairs: list[str] | None) -> tuple[tuple[str, str], ...]:
    return tuple((kind, country) for kind, _, country in (pair.partition(" ") for pair in sorted(pairs or ())))
