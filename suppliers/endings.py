"""Documents that have ended: what they proved is proved no longer, so they count as evidence no more.

The newest revision decides, also for those it replaced: who renews a permit in time keeps what leans on it, and who renews it late has
it back. The mark is set when the day begins, and whenever a date is put right or a revision comes; nothing else looks at a clock.
"""

from datetime import date

from django.db import connection


_MARK = """
    WITH RECURSIVE ended AS (
        SELECT id, replaces_id FROM suppliers_document newest
        WHERE valid_to < %(on)s AND (%(supplier)s::bigint IS NULL OR supplier_id = %(supplier)s)
          AND NOT EXISTS (SELECT FROM suppliers_document later WHERE later.replaces_id = newest.id)
        UNION ALL
        SELECT earlier.id, earlier.replaces_id FROM suppliers_document earlier JOIN ended ON ended.replaces_id = earlier.id
    )
    UPDATE suppliers_document document SET has_ended = NOT has_ended
    WHERE (%(supplier)s::bigint IS NULL OR supplier_id = %(supplier)s)
      AND has_ended <> (document.id IN (SELECT id FROM ended))
"""


def mark_ended(*, on: date, supplier_id: int | None = None) -> int:
    """Of one supplier or of all; how many documents have ended or are valid again. Answers and scores follow by triggers."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"on": on, "supplier": supplier_id})
        return int(cursor.rowcount)
