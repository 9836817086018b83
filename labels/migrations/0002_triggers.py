"""Triggers that no model declares: what a label depends on stands in tables of other apps."""

from django.db import migrations


# Statement by statement: an import of ten thousand suppliers, or a night's scores, fire each of these once a batch.
FORWARD = """
    CREATE FUNCTION labels_mark(suppliers bigint[]) RETURNS void LANGUAGE sql AS $$
        INSERT INTO labels_evaluationmark (supplier_id, marked_at)
        SELECT id, clock_timestamp() FROM unnest(suppliers) AS id WHERE id IS NOT NULL GROUP BY id ORDER BY id
        ON CONFLICT (supplier_id) DO UPDATE SET marked_at = excluded.marked_at
    $$;

    CREATE FUNCTION labels_mark_scores() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM labels_mark(array(
            SELECT assessment.supplier_id FROM touched JOIN assessments_assessment assessment ON assessment.id = touched.assessment_id
            WHERE assessment.submitted_at IS NOT NULL));
        RETURN NULL;
    END $$;
    CREATE TRIGGER labels_mark_scores AFTER INSERT ON assessments_score
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_scores();

    CREATE FUNCTION labels_mark_owners() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM labels_mark(array(SELECT supplier_id FROM touched));
        RETURN NULL;
    END $$;
    CREATE TRIGGER labels_mark_new_findings AFTER INSERT ON assessments_finding
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_changed_findings AFTER UPDATE ON assessments_finding
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_new_documents AFTER INSERT ON suppliers_document
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_changed_documents AFTER UPDATE ON suppliers_document
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_deleted_documents AFTER DELETE ON suppliers_document
        REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_new_records AFTER INSERT ON suppliers_publicrecord
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_changed_records AFTER UPDATE ON suppliers_publicrecord
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();
    CREATE TRIGGER labels_mark_changed_agreements AFTER UPDATE ON pilots_agreement
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_owners();

    CREATE FUNCTION labels_mark_suppliers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM labels_mark(array(
            SELECT now.id FROM after now JOIN before was ON was.id = now.id
            WHERE (now.category, now.state, now.headcount_band) IS DISTINCT FROM (was.category, was.state, was.headcount_band)));
        RETURN NULL;
    END $$;
    CREATE TRIGGER labels_mark_suppliers AFTER UPDATE ON suppliers_supplier
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION labels_mark_suppliers();
"""

BACK = """
    DROP FUNCTION labels_mark_scores, labels_mark_owners, labels_mark_suppliers CASCADE;
    DROP FUNCTION labels_mark;
"""


class Migration(migrations.Migration):

    replaces = [('labels', '0003_mark_labels_of_changed_facts')]

    dependencies = [
        ('assessments', '0001_tables'),
        ('labels', '0001_tables'),
        ('pilots', '0001_tables'),
        ('suppliers', '0001_tables'),
    ]

    operations = [migrations.RunSQL(FORWARD, BACK)]
