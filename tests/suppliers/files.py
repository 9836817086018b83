"""Files people upload, made small, and identifiers made valid."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from stdnum.cn import uscc
from stdnum.iso7064 import mod_97_10


def valid_uscc(number: int = 1) -> str:
    body = f"91330100{number:09d}"
    return body + uscc.calc_check_digit(body)


def valid_lei(number: int = 1) -> str:
    body = f"5299{number:014d}"
    return body + mod_97_10.calc_check_digits(body)


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def pdf(name: str = "certificate.pdf", content: bytes = b"a certificate") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.7\n" + content, content_type="application/pdf")


def package(member: str, *more: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in (member, *more):
            archive.writestr(name, "<x/>")
    return file.getvalue()
