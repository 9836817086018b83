"""What the pages of a PDF say: `python -m suppliers.inspecting.wording < file > pages.json`.

For laying one paper beside another. A process of its own, as for inspecting. Of each page its text, how many pictures (drawn lines among
them) and how many notes (annotations that are neither links nor fields) lie on it, and whether one picture covers it, as in a scan.
"""

import json
import resource
import sys
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from suppliers.inspecting.child import MEMORY, SECONDS


MOST_PAGES = 300
LONGEST_PAGE = 50_000
# Part of a page under one picture from which on its text is what a scanner guessed, or hides.
COVERED = 0.5
DRAWINGS = [pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_SHADING]
NO_NOTES = {pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_POPUP}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    count = len(document)
    json.dump({"count": count, "pages": [_page(document[number]) for number in range(min(count, MOST_PAGES))]}, sys.stdout)


def _page(page: pypdfium2.PdfPage) -> dict[str, Any]:
    width, height = page.get_size()
    areas = [_area(picture.get_bounds()) for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])]
    drawn = sum(1 for _each in page.get_objects(filter=DRAWINGS))
    return {
        "text": page.get_textpage().get_text_bounded()[:LONGEST_PAGE],
        "pictures": len(areas) + drawn,
        "is_scan": any(area >= COVERED * width * height for area in areas),
        "notes": sum(kind not in NO_NOTES for kind in _annotations(page)),
    }


def _area(bounds: tuple[float, float, float, float]) -> float:
    left, bottom, right, top = bounds
    return (right - left) * (top - bottom)


def _annotations(page: pypdfium2.PdfPage) -> list[int]:
    kinds = []
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        if annotation := pdfium.FPDFPage_GetAnnot(page, index):
            kinds.append(pdfium.FPDFAnnot_GetSubtype(annotation))
            pdfium.FPDFPage_CloseAnnot(annotation)
    return kinds


if __name__ == "__main__":
    main()
