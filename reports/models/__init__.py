"""The tables, by subject; everybody else imports them from here."""

from reports.models.exports import BOTH, Export, ExportQuerySet
from reports.models.facts import DailyFact
from reports.models.issued import IssuedDocument
from reports.models.risks import Risk


__all__ = ["BOTH", "DailyFact", "Export", "ExportQuerySet", "IssuedDocument", "Risk"]
