from suppliers.models.companies import (
    BuyingUnit,
    Category,
    Contact,
    HeadcountBand,
    Import,
    ImportRow,
    OwnedQuerySet,
    Registration,
    Site,
    SiteType,
    Supplier,
    SupplierOwned,
    SupplierQuerySet,
)
from suppliers.models.documents import Document, DocumentQuerySet, ExpiryWarning, Upload, UploadPart
from suppliers.models.interests import Interest
from suppliers.models.records import HeldRecord, PublicRecord, RecordEvidence
from suppliers.models.walls import ConflictOfInterest, WalledQuerySet


__all__ = [
    "BuyingUnit",
    "Category",
    "ConflictOfInterest",
    "Contact",
    "Document",
    "DocumentQuerySet",
    "ExpiryWarning",
    "HeadcountBand",
    "HeldRecord",
    "Import",
    "ImportRow",
    "Interest",
    "OwnedQuerySet",
    "PublicRecord",
    "RecordEvidence",
    "Registration",
    "Site",
    "SiteType",
    "Supplier",
    "SupplierOwned",
    "SupplierQuerySet",
    "Upload",
    "UploadPart",
    "WalledQuerySet",
]
