"""Whether a document of ours stands in an archive, asked of an independent validator.

It knows PDF/A-3b, level b for "basic"; that ours are of level a, tagged, is asked in tests/reports/test_archive.py. It approves what it
recognises and nothing else, and so stops at the form field that holds a signature: behind it only what breaks the standard counts.
"""

import io

from pikepdf.pdfa import Report, validate_written


LEVEL = "pdfaid:conformance is 'A', expected 'B'"
# WeasyPrint names the resources that a page may have, also where it has none of them.
NOT_KNOWN = {"patterns are not supported", "shadings are not supported"}
END = b"%%EOF\n"


def against_pdf_a(pdf: bytes) -> list[str]:
    """What speaks against the document as it is, and as it was before it was signed."""
    signed = [str(finding) for finding in _report(pdf).violations if finding.message != LEVEL]
    unsigned = [str(finding) for finding in _report(before_signature(pdf)).findings if finding.message not in {LEVEL, *NOT_KNOWN}]
    return signed + unsigned


def before_signature(pdf: bytes) -> bytes:
    """A signature is appended: what stands before it is the document as it was printed."""
    return pdf[: pdf.index(END) + len(END)]


def _report(pdf: bytes) -> Report:
    return validate_written(io.BytesIO(pdf), "3b")
