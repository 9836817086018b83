"""The tables, by subject; everybody else imports them from here."""

from reports.models.exports import Export, ExportQuerySet
from reports.models.risks import Risk


__all__ = ["Export", "ExportQuerySet", "Risk"]
