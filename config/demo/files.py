"""The few small PDF files all demo documents share: each says on its face that it is fictional."""

import hashlib
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


KINDS = {
    "discharge_permit": "Pollutant discharge permit",
    "iso_14001": "ISO 14001 certificate",
    "iso_50001": "ISO 50001 certificate",
    "iso_45001": "ISO 45001 certificate",
    "fsc_pefc": "FSC or PEFC certificate",
    "energy_label": "Energy label",
    "green_building": "Green building certificate",
    "pue_report": "PUE metering report",
    "renewable_energy": "Renewable energy certificate",
    "code_of_conduct": "Signed supplier code",
    "other": "Record",
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    path: str
    size: int
    sha256: str


def store_all() -> dict[str, StoredFile]:
    return {kind: _store(kind, title) for kind, title in KINDS.items()}


def _store(kind: str, title: str) -> StoredFile:
    content = _one_page_pdf(f"{title} - DEMO, FICTIONAL")
    path = f"documents/demo/{kind}.pdf"
    # The name is fixed so that a load that was broken off leaves nothing behind for the next one.
    if default_storage.exists(path):
        default_storage.delete(path)
    default_storage.save(path, ContentFile(content))
    return StoredFile(path, len(content), hashlib.sha256(content).hexdigest())


def _one_page_pdf(line: str) -> bytes:
    """The smallest honest PDF: one page, one line, a standard font."""
    stream = f"BT /F1 22 Tf 72 720 Td ({line}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer
