from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from emissions.worksheets import Cell, csv_of, xlsx_of


FORMS = {
    "csv": (csv_of, "text/csv; charset=utf-8"),
    "xlsx": (xlsx_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def table_response(form: str, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    make, content_type = FORMS[form]
    response = HttpResponse(make(headings, rows), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
