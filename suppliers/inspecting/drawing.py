"""Pages of a PDF as pictures: `python -m suppliers.inspecting.drawing count < file`, and `… 3 < file > page.webp` for page 3.
A telephone's photograph, which browsers do not show: `… heic < file > photo.webp`.

A process of its own, as for inspecting: PDFium and libheif are written in C++ and meet files that strangers made.
"""

import resource
import sys

import pi_heif
import pypdfium2
from PIL import Image

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
    what, data = sys.argv[1], sys.stdin.buffer.read()
    if what == "heic":
        write(photo(data))
        return
    document = pypdfium2.PdfDocument(data)
    if what == "count":
        sys.stdout.write(str(len(document)))
    else:
        write(drawn(document[int(what) - 1]))


def drawn(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    scale = min(WIDTH / max(width, 1), TALLEST / max(height, 1), LARGEST_SCALE)
    picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
    return picture


def photo(data: bytes) -> Image.Image:
    """Turned as it was held: libheif does so itself."""
    picture: Image.Image = pi_heif.open_heif(data).to_pillow()
    picture.thumbnail((WIDTH, TALLEST))
    return picture.convert("RGB")


def write(picture: Image.Image) -> None:
    picture.save(sys.stdout.buffer, "WEBP", quality=QUALITY, method=2)


if __name__ == "__main__":
    main()
