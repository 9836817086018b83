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
from suppliers.models.records import HeldRecord, PublicRecord, RecordEvidence


__all__ = [
    "BuyingUnit",
    "Category",
    "Contact",
    "Document",
    "DocumentQuerySet",
    "ExpiryWarning",
    "HeadcountBand",
    "HeldRecord",
    "Import",
    "ImportRow",
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
]
