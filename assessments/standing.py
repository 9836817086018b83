"""Where each supplier stands, derived from its assessments and findings in one statement.

Call `refresh()` in the transaction that changes an assessment's state or score, or a finding. A supplier's first row is
written by a database trigger when the supplier is added (migration 0002), so every supplier has one.
"""

from collections.abc import Iterable

from django.db import connection


# The newest assessment says what is going on; the newest *submitted* one with a score says how good the supplier is:
# a questionnaire that has only just been begun must not pull a supplier's score down.
_TRUTH = """
    SELECT supplier.id AS supplier_id, newest.id AS newest_id, coalesce(newest.status, '') AS status, newest.due_on,
           scored.id AS scored_id, scored.declared, scored.evidenced, scored.verified, score.evidence_coverage,
           coalesce(scored.area_scores, '{}'::jsonb) AS area_scores,
           EXISTS (
               SELECT FROM assessments_finding finding
               WHERE finding.supplier_id = supplier.id AND finding.severity = 'critical' AND finding.closed_at IS NULL
           ) AS has_critical_finding
    FROM suppliers_supplier supplier
    LEFT JOIN LATERAL (
        SELECT id, status, due_on FROM assessments_assessment
        WHERE supplier_id = supplier.id ORDER BY created_at DESC, id DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
        SELECT id, declared, evidenced, verified, area_scores FROM assessments_assessment
        WHERE supplier_id = supplier.id AND declared IS NOT NULL AND submitted_at IS NOT NULL
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) scored ON true
    LEFT JOIN assessments_score score ON score.assessment_id = scored.id AND score.is_current
"""
_COLUMNS = "newest_id, status, due_on, scored_id, declared, evidenced, verified, evidence_coverage, area_scores, has_critical_finding"
_OLD = ", ".join(f"old.{name}" for name in _COLUMNS.split(", "))
_NEW = ", ".join(f"excluded.{name}" for name in _COLUMNS.split(", "))

# Rows that are already true are left alone: a nightly refresh of ten thousand writes only what changed.
_REFRESH_ALL = f"""
    INSERT INTO assessments_standing AS old (supplier_id, {_COLUMNS})
    {_TRUTH}
    ON CONFLICT (supplier_id) DO UPDATE SET ({_COLUMNS}) = ROW({_NEW})
    WHERE ({_OLD}) IS DISTINCT FROM ({_NEW})
"""
_REFRESH = _REFRESH_ALL.replace(_TRUTH, f"{_TRUTH} WHERE supplier.id = ANY(%s)")

_DIFFERENCES = f"""
    SELECT truth.supplier_id FROM ({_TRUTH}) truth
    LEFT JOIN assessments_standing old USING (supplier_id)
    WHERE old.supplier_id IS NULL
       OR ({_OLD}) IS DISTINCT FROM ({_NEW.replace("excluded.", "truth.")})
    ORDER BY truth.supplier_id
"""  # noqa: S608 - made of the constants above


def refresh(supplier_ids: Iterable[int]) -> int:
    """Derive the standing of these suppliers again; says how many rows changed."""
    ids = list(supplier_ids)
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, [ids])
        return int(cursor.rowcount)


def refresh_all() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH_ALL)
        return int(cursor.rowcount)


def differences() -> list[int]:
    """Suppliers whose stored standing is not what their assessments and findings say. Empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return [row[0] for row in cursor]
