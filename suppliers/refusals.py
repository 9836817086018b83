"""Why a file is not kept, in words for the person who uploaded it: what is the matter, and what to do instead."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from runs import disk
from suppliers.inspecting.unfit import Unfit


class FileRefused(ValidationError):
    """The file is not one we keep; the message says why, in words for the person who uploaded it."""


REASONS: dict[str, StrOrPromise] = {
    "file_kind": _(
        "Files of this kind cannot be uploaded. "
        "Take a PDF, a picture (JPEG, PNG, WebP, HEIC), a Word, Excel or PowerPoint file, OFD, CSV or plain text."
    ),
    "file_content": _("The content of the file is not what its name says (.%(extension)s)."),
    "file_archive": _("Archives such as ZIP, RAR or 7z are not taken. Unpack it and upload the files in it, several at once if you like."),
    "file_size": _("The file is larger than %(limit)s MB."),
    "file_empty": _("The file is empty."),
    "file_damaged": _("The file is damaged or incomplete and cannot be opened. Save it again and upload the new file."),
    "file_encrypted": _("The file is locked with a password or against changes, so it cannot be checked. Save it without protection."),
    "file_macros": _("The file contains macros. Save it without macros (as .docx, .xlsx or .pptx) or as a PDF."),
    "file_controls": _("The file contains ActiveX controls, which act when it is opened. Save it as a PDF."),
    "file_remote": _("The file fetches a template or a part of itself from another computer. Save it as a PDF."),
    "file_parts": _("Another file is packed into this one (%(part)s). Take it out and upload it by itself."),
    "file_bomb": _("The file unpacks to far more than its size, or is made to overload computers."),
    "file_polyglot": _("Something else is put before or behind the content of the file. Save it again with a usual program."),
    "file_program": _("The file is a web page or a program, not a text. Print it as a PDF."),
    "file_formula": _("The table contains a formula that starts another program. Take it out and save the table again."),
    "file_old_office": _("PowerPoint files of the older kind (.ppt) cannot be checked for macros. Save it as .pptx or as a PDF."),
    "pdf_script": _("The PDF contains scripts or a form that acts. Print it as a new PDF and upload that."),
    "pdf_launch": _("The PDF starts another program or reads another file when it is opened. Print it as a new PDF and upload that."),
    "pdf_attachment": _("The PDF has other files attached to it. Upload those by themselves, and print the PDF as a new one without them."),
    "picture_huge": _("The picture is %(width)s × %(height)s pixels large. At most 100 million pixels, and 30,000 on a side, are taken."),
    "too_many": _("Too many files are on their way at once. Wait until some of them are done."),
    "virus": _("The virus scanner found something in the file (%(name)s). It was not kept."),
    "scan_unavailable": _("The file cannot be checked for viruses at the moment, so it was not kept. Please try again in a few minutes."),
    "disk_full": _("The file was not kept: there is no room left on the portal's disk. Please try again later."),
    "disk_read_only": _("The file was not kept: the portal's disk can only be read at the moment. Please try again later."),
}
# Not the file's fault: the same one may be given again.
PASSING = frozenset({"scan_unavailable", "disk_full", "disk_read_only"})


def refused(code: str, **params: str | int) -> FileRefused:
    return FileRefused(REASONS[code], code=code, params=params)


def refusal_of(unfit: Unfit) -> FileRefused:
    return refused(unfit.code, **unfit.params)


@contextmanager
def refused_by_disk() -> Iterator[None]:
    """Where a file is put on disk: that there is no room for it is said as every other reason is."""
    try:
        yield
    except OSError as error:
        if code := disk.trouble(error):
            raise refused(code) from error
        raise
