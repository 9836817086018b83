"""Finished HTML becomes PDF/A-3a: tagged, with our own fonts, with data inside of it, and without a look at anything outside.

All documents share one style sheet (`static/css/document-pdf.css`) and the frame and parts below `templates/reports/pdf/`.
"""

import gc
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher


STYLESHEETS = ("fonts-pdf.css", "document-pdf.css")


@dataclass(frozen=True)
class Enclosed:
    """A file that travels inside a document: the data the pages were made from."""

    name: str
    text: str
    description: str


def as_pdf(html: str, *, files: Iterable[Enclosed] = (), at: datetime | None = None) -> bytes:
    """The same HTML and files at the same time give the same bytes. `at` is when the document says it was made."""
    try:
        return _drawn(printable(html), files, at)
    finally:
        # The boxes of a document point at each other, ten megabytes of them, and the collector comes by too seldom (config.garbage).
        gc.collect()


def _drawn(html: str, files: Iterable[Enclosed], at: datetime | None) -> bytes:
    sheets = _sheets()
    document = HTML(string=html, base_url=str(settings.BASE_DIR), url_fetcher=_own_files)
    enclosed = [
        Attachment(string=file.text, name=file.name, description=file.description, relationship="Data", created=at, modified=at)
        for file in files
    ]
    pdf = document.write_pdf(
        stylesheets=sheets.styles,
        font_config=sheets.fonts,
        pdf_variant="pdf/a-3a",
        pdf_tags=True,
        pdf_identifier=hashlib.sha256(html.encode()).digest()[:16],
        attachments=enclosed,
    )
    assert isinstance(pdf, bytes)  # noqa: S101 - without a target the library returns the bytes
    return pdf


class _Sheets(NamedTuple):
    fonts: Any
    styles: list[Any]


@lru_cache(maxsize=1)
def _sheets() -> _Sheets:
    """Read once a process: the fonts are 25 MB, and reading them anew takes longer than many a document."""
    fonts = FontConfiguration()
    return _Sheets(fonts, [CSS(filename=str(_css(name)), font_config=fonts, url_fetcher=_own_files) for name in STYLESHEETS])


def _css(name: str) -> Path:
    return settings.BASE_DIR / "static" / "css" / name


def content_key(html: str, files: Iterable[Enclosed]) -> str:
    """The name of a content: pages that say the same, drawn in the same way, with the same files in them, have the same."""
    digest = hashlib.sha256(f"{_makers_mark()}\n{html}".encode())
    for file in files:
        digest.update(f"\n{file.name}\n{file.text}".encode())
    return digest.hexdigest()


@cache
def _makers_mark() -> str:
    """What besides the HTML decides how a page looks: style sheets and library. A change of it makes every document new."""
    from weasyprint import __version__

    styles = b"".join(_css(name).read_bytes() for name in STYLESHEETS)
    return f"{__version__} {hashlib.sha256(styles).hexdigest()}"


class _OwnFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """A document never reaches outside: only files under static/ may be read."""

    def fetch(self, url: str, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
        address = urlsplit(url)
        path = Path(unquote(address.path)).resolve()
        if address.scheme != "file" or not path.is_relative_to(settings.BASE_DIR / "static"):
            raise ValueError(f"a document may not fetch {url}")
        return super().fetch(url, headers)


_own_files = _OwnFiles()


# --- characters -------------------------------------------------------------------------------------------------------

# Joiners, marks of direction and variants of emoji: they have no shape of their own.
_SHAPELESS = {"Cf", "Zl", "Zp", "Zs"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def printable(text: str) -> str:
    """An archived page holds no character that cannot be read: control characters go, one without a shape is named instead."""
    text = _CONTROL.sub("", text)
    unknown = {ord(sign) for sign in set(text) if not sign.isspace()} - _shapes()
    unknown = {code for code in unknown if unicodedata.category(chr(code)) not in _SHAPELESS}
    return text.translate({code: f"[{unicodedata.name(chr(code), f'U+{code:04X}').lower()}]" for code in unknown}) if unknown else text


@cache
def _shapes() -> frozenset[int]:
    return frozenset().union(*(_shapes_of(path) for path in (settings.BASE_DIR / "static" / "fonts").glob("*-Regular.ttf")))


def _shapes_of(path: Path) -> Iterable[int]:
    with TTFont(path, lazy=True) as font:
        shapes: dict[int, str] = font.getBestCmap()
    return shapes
