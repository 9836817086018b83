"""PDF: whole, not encrypted, one file, and nothing in it that acts. qpdf reads it, which also unfolds what object streams hide."""

import re
from typing import IO, BinaryIO

import pikepdf

from suppliers.inspecting.tails import refuse_hidden_archive
from suppliers.inspecting.unfit import Unfit, read_at, size_of


# An object stream that unfolds to more than this is a bomb.
MOST_UNFOLDED = 200 * 1024 * 1024
END = re.compile(rb"startxref\s+\d+\s+%%EOF[\s\x00]*\Z")
# Inside strings a name is only text.
STRINGS = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
ACTIVE = re.compile(
    rb"/(?P<name>JavaScript|JS|Launch|ImportData|EmbeddedFiles?|EF|GoToE|RichMedia|XFA)(?=[\s/<>\[\]()%]|\Z)",
)
CODES = {
    b"JavaScript": "pdf_script",
    b"JS": "pdf_script",
    b"XFA": "pdf_script",
    b"RichMedia": "pdf_script",
    b"Launch": "pdf_launch",
    b"ImportData": "pdf_launch",
    b"EmbeddedFile": "pdf_attachment",
    b"EmbeddedFiles": "pdf_attachment",
    b"EF": "pdf_attachment",
    b"GoToE": "pdf_attachment",
}


def check(stream: BinaryIO) -> None:
    refuse_hidden_archive(stream)
    _refuse_appended(stream)
    pikepdf.settings.set_qpdf_limits(flate_max_memory=MOST_UNFOLDED, run_length_max_memory=MOST_UNFOLDED, doc_max_warnings=1000)
    stream.seek(0)
    try:
        with pikepdf.open(stream) as pdf:
            if pdf.is_encrypted:
                raise Unfit("file_encrypted")
            if not len(pdf.pages):
                raise Unfit("file_damaged")
            _refuse_active(pdf)
    except pikepdf.PasswordError as error:
        raise Unfit("file_encrypted") from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise Unfit("file_damaged") from error


def _refuse_appended(stream: IO[bytes]) -> None:
    """The last thing in a PDF is the mark of its end. What has none was cut off on the way; what goes on after it is more than a PDF."""
    tail = read_at(stream, max(0, size_of(stream) - 65_536), 65_536)
    if END.search(tail):
        return
    raise Unfit("file_polyglot" if b"%%EOF" in tail and _goes_on(tail) else "file_damaged")


def _goes_on(tail: bytes) -> bool:
    return bool(tail.rpartition(b"%%EOF")[2].strip(b"\x00\r\n\t "))


def _refuse_active(pdf: pikepdf.Pdf) -> None:
    # Every object of the file, also those no page refers to: qpdf writes names without their #-escapes.
    for each in pdf.objects:
        said = each.stream_dict if isinstance(each, pikepdf.Stream) else each
        if found := ACTIVE.search(STRINGS.sub(b"()", said.unparse(resolved=True))):
            raise Unfit(CODES[found["name"]])
