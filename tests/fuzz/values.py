"""What nobody should send and somebody will: bad values for fields, addresses and files, drawn from a seed."""

import io
import zipfile
from functools import cache
from random import Random

from tests.suppliers.files import pdf_bytes


# Comes back as it is where a page forgets to escape.
TAG = "<fuzz onload=x>"
OTHER_SITE = "https://evil.example/"

TEXTS = (
    "",
    " \t\r\n ",
    "\x00",
    "a\x00b",
    "\x1b[31m\x07\x08\x7f",
    "\u202egpj.exe",
    "\u200b\u2060\ufeff",
    "\ud800",
    "a\udfff\ud83d",
    "\ufffe\uffff",
    "e" + "\u0301" * 300,
    "😀" * 200,
    "x" * 300,
    "x" * 5_001,
    "x" * 120_000,
    "\n" * 2_000,
    TAG,
    f'"{TAG}',
    "' OR 1=1 --",
    "%00%s%n%(x)s",
    "{0.__class__}{{ 7|add:7 }}{% debug %}",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: fuzz=1",
    "../../../../etc/passwd",
    "javascript:alert(1)",
    OTHER_SITE,
    "//evil.example/",
    "https:\\\\evil.example",
    "file:///etc/passwd",
    "http://[::1",
    "a@b",
    f"{'a' * 300}@example.com",
    "null",
    "true",
    "[]",
    "[[{",
    '{"$ne": 1}',
    "undefined",
)
NUMBERS = (
    *("0", "-0", "-1", "1.5", "9" * 30, "9" * 5_000, "-" + "9" * 400, "1e400", "1e-400", "1E+9999999", "NaN", "-Infinity", "sNaN"),
    *("2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "0x10", "1_000", "1,000.00", "1.", "."),
    *("²", "٣", "１２", "½", "+1", "1 2", "0.1" + "0" * 400, "on"),
)
DATES = (
    *("2026-02-31", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "-2026-01-01", "2026-13", "2026-W60", "26-1-1", "2026-1-1"),
    *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "25:61", "２０２６-01-01", "9" * 20),
)
IDS = ("0", "-1", "9223372036854775807", "9" * 40, "1.0", "1e3", "abc", "", "None", "1,2", "00000000-0000-0000-0000-000000000000")
EVERYTHING = (*TEXTS, *NUMBERS, *DATES, *IDS)

# What stands in an address between two slashes.
SEGMENTS = ("\x00", "\u202e", "x" * 3_000, "..", "%2e%2e%2f", "²", "A\n", "😀", TAG, "{0}", "' --", "\ud800")


def text(draw: Random) -> str:
    return draw.choice(EVERYTHING)


def for_kind(kind: str, draw: Random) -> str:
    """Half of the time of the field's own kind: what is nearly right comes further than what is plainly wrong."""
    own = {"number": NUMBERS, "date": DATES, "month": DATES, "datetime-local": DATES, "select": IDS, "radio": IDS, "hidden": IDS}
    return draw.choice(own.get(kind, TEXTS)) if draw.random() < 0.5 else text(draw)


# --- files ------------------------------------------------------------------------------------------------------------

NAMES = (
    "a.pdf",
    "../../a.pdf",
    "\u202efdp.exe",
    "x" * 400 + ".pdf",
    "a\x00.pdf",
    ".pdf",
    "",
    "CON.pdf",
    "a.pdf.html",
    'a;b".csv',
    "a\r\nb.xlsx",
)
KINDS = ("application/pdf", "text/html", "image/png", "application/octet-stream", "", "x/" + "y" * 300, "text/csv; charset=utf-99")


@cache
def contents() -> tuple[bytes, ...]:
    return (
        b"",
        b"\x00" * 64,
        b"%PDF-1.7\n%%EOF",
        pdf_bytes(),
        pdf_bytes()[:200],
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40,
        b"PK\x03\x04" + b"\xff" * 60,
        _zip({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
        _zip({"../../evil": b"x", "a" * 300: b"y"}),
        _zip({"big.xml": b"0" * 5_000_000}),
        "Name,Country\n\x00,\udc80\n".encode(errors="surrogatepass"),
        b"\xff\xfe\x00\xd8",
        ("site,source,month,quantity,unit\n" + "=1+1,NaN,2026-13,1e999,²\n" * 50).encode(),
        b'"' * 3_000,
        b"a: &a [*a, *a]\n",
        b"!!python/object/apply:os.system ['true']",
        ("[" * 20_000).encode(),
        b"key: x\nversion: 1\nareas: 7\nquestions: {}\n",
    )


def _zip(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def file(draw: Random) -> tuple[str, str, bytes]:
    """Name, kind as the browser says it, content."""
    return draw.choice(NAMES), draw.choice(KINDS), draw.choice(contents())
