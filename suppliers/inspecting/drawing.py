"""Pages of a PDF as pictures: `python -m suppliers.inspecting.drawing count < file`, and `… 3 < file > page.webp` for page 3.

A process of its own, as for inspecting: PDFium is written in C++ and meets files that strangers made.
"""

import resource
import sys

import pypdfium2

from suppliers.inspecting.child import MEMORY, SECONDS


# Pixels. Wide enough to read a bill on half a screen.
WIDTH = 1200
TALLEST = 4 * WIDTH
# An A0 drawing is not drawn at the scale of a letter.
LARGEST_SCALE = 4.0
QUALITY = 80


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    if sys.argv[1] == "count":
        sys.stdout.write(str(len(document)))
    else:
        draw(document[int(sys.argv[1]) - 1])


def draw(page: pypdfium2.PdfPage) -> None:
    width, height = page.get_size()
    scale = min(WIDTH / max(width, 1), TALLEST / max(height, 1), LARGEST_SCALE)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    picture.save(sys.stdout.buffer, "WEBP", quality=QUALITY, method=2)


if __name__ == "__main__":
    main()
