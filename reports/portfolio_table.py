"""The portfolio as a table to take along: the columns of the page in its order, then what the page has no room for."""

from django.utils.translation import gettext_lazy as _

from suppliers.table_files import Column


COLUMNS = (
    Column(_("Supplier"), lambda row: row.name, 40),
    Column(_("Identifier"), lambda row: row.identifier, 22),
    Column(_("Category"), lambda row: row.category_label, 20),
    Column(_("Place"), lambda row: row.place),
    Column(_("Assessment"), lambda row: row.status_label),
    Column(_("Open critical finding"), lambda row: row.has_critical_finding),
    Column(_("Declared"), lambda row: row.declared, 11),
    Column(_("Evidenced"), lambda row: row.evidenced, 11),
    Column(_("Evidence coverage"), lambda row: row.evidence_coverage, 11),
    Column(_("Verified"), lambda row: row.verified, 11),
    Column(_("Label"), lambda row: row.label_state_label if row.has_label else ""),
    Column(_("Level"), lambda row: row.label_level_label if row.has_label else ""),
    Column(_("At risk"), lambda row: row.score_risk_on or row.label_risk_on, 12),
    Column(_("Score before"), lambda row: row.score_risk_before, 11),
    Column(_("Score then"), lambda row: row.score_risk_after, 11),
    Column(_("Label at risk on"), lambda row: row.label_risk_on, 12),
    Column(_("Label then"), lambda row: (row.label_risk or str(_("No label"))) if row.label_risk_on else ""),
    # Beyond the page.
    Column(_("Supplier number"), lambda row: row.reference),
    Column(_("Chinese name"), lambda row: row.name_zh, 34),
    Column(_("English name"), lambda row: row.name_en, 40),
    Column(_("Country"), lambda row: row.country_label),
    Column(_("Province or region"), lambda row: row.place if row.region else ""),
    Column(_("Supplier state"), lambda row: row.state_label),
    Column(_("Due on"), lambda row: row.due_on, 12),
    Column(_("Label valid to"), lambda row: row.label_valid_to if row.has_label else None, 12),
)
