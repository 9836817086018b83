"""Labels follow at once what they rest on: triggers mark the supplier, and every minute a worker evaluates those that are marked.

Whatever a standard looks at sets a mark: a new score, a closed review, a finding, a document, a public record, an agreement, the
supplier's own particulars. What only time changes (grace, validity, the end of a document) is the nightly evaluation's.
"""

from datetime import datetime

from django.db import connection

from labels import evaluation, standards
from labels.dates import ledger_day
from labels.models import EvaluationMark


EVALUATED_AT_ONCE = 1_000

_UNMARK = """
    DELETE FROM labels_evaluationmark mark USING unnest(%s::bigint[], %s::timestamptz[]) AS done (supplier_id, marked_at)
    WHERE mark.supplier_id = done.supplier_id AND mark.marked_at = done.marked_at
"""


def evaluate_marked(*, at: datetime, limit: int = EVALUATED_AT_ONCE) -> int:
    """How many suppliers were evaluated. A mark that is set again meanwhile stays for the next time."""
    marks = list(EvaluationMark.objects.order_by("marked_at", "pk").values_list("pk", "marked_at")[:limit])
    if not marks:
        return 0
    try:
        evaluation.evaluate([pk for pk, _ in marks], on=ledger_day(at), at=at)
    except standards.NoStandardInForce:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_UNMARK, [[pk for pk, _ in marks], [marked_at for _, marked_at in marks]])
    return len(marks)
