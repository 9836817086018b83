from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from suppliers.table_files import CONTENT_TYPES, Column, table_bytes


def table_response(form: str, name: str, columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> HttpResponse:
    response = HttpResponse(table_bytes(form, columns, rows, title=title), content_type=CONTENT_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
