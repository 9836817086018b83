"""Whether anything that the page of an agreement shows has changed since it was drawn: one statement instead of a dozen.

Of each table the number of the agreement's rows and the newest transaction that wrote one (`xmin`): a row that is added, changed or
deleted moves one of the two. What is not of the agreement, such as a person's name, is at most a day old.
"""

from accounts.prepared import run_prepared
from pilots.models import Agreement


_TABLES = (
    "pilots_target",
    "pilots_milestone",
    "pilots_reportedyear",
    "pilots_agreementsignature",
    "pilots_jointaction",
    "pilots_amendment",
    "pilots_agreementpaper",
    "pilots_appraisal",
    "pilots_agreement_sites",
)
_ROWS = ", (SELECT count(*) || ':' || coalesce(max(xmin::text::bigint), 0) FROM {table} WHERE agreement_id = %(agreement)s::bigint)"
_OF_AGREEMENT = "".join(_ROWS.format(table=table) for table in _TABLES)
_STAMP = f"""
    SELECT (SELECT xmin::text FROM pilots_agreement WHERE id = %(agreement)s::bigint),
           (SELECT xmin::text FROM suppliers_supplier WHERE id = %(supplier)s::bigint),
           (SELECT count(*) || ':' || coalesce(max(xmin::text::bigint), 0) FROM emissions_activityrecord
            WHERE supplier_id = %(supplier)s::bigint)
           {_OF_AGREEMENT}
"""  # noqa: S608 - of our own names


def stamp_of(agreement: Agreement) -> tuple[str, ...]:
    [row] = run_prepared(_STAMP, {"agreement": agreement.pk, "supplier": agreement.supplier_id})
    return row
