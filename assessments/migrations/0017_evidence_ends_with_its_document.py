import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


# The documents that have ended by the day of the migration are marked at its end; the scores that lean on them are computed again.
FORWARD = """
    CREATE FUNCTION assessments_count_evidence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE assessments_answer SET evidence_count = (
            SELECT count(*) FROM assessments_evidenceuse use JOIN suppliers_document document ON document.id = use.document_id
            WHERE use.answer_id = assessments_answer.id AND NOT document.has_ended
        ) WHERE id IN (SELECT answer_id FROM assessments_evidenceuse WHERE document_id = NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_count_evidence AFTER UPDATE OF has_ended ON suppliers_document
        FOR EACH ROW WHEN (OLD.has_ended <> NEW.has_ended) EXECUTE FUNCTION assessments_count_evidence();

    WITH RECURSIVE ended AS (
        SELECT id, replaces_id FROM suppliers_document newest WHERE valid_to < current_date
          AND NOT EXISTS (SELECT FROM suppliers_document later WHERE later.replaces_id = newest.id)
        UNION ALL
        SELECT earlier.id, earlier.replaces_id FROM suppliers_document earlier JOIN ended ON ended.replaces_id = earlier.id
    )
    UPDATE suppliers_document SET has_ended = true WHERE id IN (SELECT id FROM ended);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
"""
BACK = "DROP FUNCTION assessments_count_evidence CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('suppliers', '0005_documents_that_have_ended'),
        ('assessments', '0016_standing_knows_evidence_coverage'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='answer',
            name='handed_in_stays',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='evidenceuse',
            name='count_added',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='evidenceuse',
            name='count_removed',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='answer',
            trigger=pgtrigger.compiler.Trigger(name='handed_in_stays', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE stands text; is_opened boolean;', func="\n    SELECT assessment.status, assessment.opened_questions IS NULL OR assessment.opened_questions ? coalesce(OLD.question, NEW.question)\n    INTO stands, is_opened FROM assessments_assessment assessment WHERE assessment.id = coalesce(OLD.assessment_id, NEW.assessment_id) FOR KEY SHARE OF assessment;\n    IF stands NOT IN ('not_started', 'in_progress', 'returned') THEN\n        RAISE EXCEPTION 'this assessment is not open for answers' USING ERRCODE = 'integrity_constraint_violation';\n    END IF;\n    IF NOT is_opened THEN\n        RAISE EXCEPTION 'this question was not opened by the return' USING ERRCODE = 'integrity_constraint_violation';\n    END IF;\n    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n    RETURN NEW;\n", hash='27796b05754c5251b29dd5915b9b9843558bb362', operation='INSERT OR UPDATE OF "assessment_id", "question", "site_id", "value", "note", "version", "updated_by_id", "updated_at", "carried_from_id" OR DELETE', pgid='pgtrigger_handed_in_stays_99133', table='assessments_answer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidenceuse',
            trigger=pgtrigger.compiler.Trigger(name='count_added', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    UPDATE assessments_answer SET evidence_count = (\n        SELECT count(*) FROM assessments_evidenceuse use JOIN suppliers_document document ON document.id = use.document_id\n        WHERE use.answer_id = assessments_answer.id AND NOT document.has_ended\n    ) WHERE id = NEW.answer_id;\n    RETURN NULL;\n', hash='c51e7a98db55e2efa0a42f1cc22844744c7bf31c', operation='INSERT', pgid='pgtrigger_count_added_c3ed7', table='assessments_evidenceuse', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidenceuse',
            trigger=pgtrigger.compiler.Trigger(name='count_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n    UPDATE assessments_answer SET evidence_count = (\n        SELECT count(*) FROM assessments_evidenceuse use JOIN suppliers_document document ON document.id = use.document_id\n        WHERE use.answer_id = assessments_answer.id AND NOT document.has_ended\n    ) WHERE id = OLD.answer_id;\n    RETURN NULL;\n', hash='532869197e3f0b4f6601b75859f326a8b6b6bab7', operation='DELETE', pgid='pgtrigger_count_removed_ba1bf', table='assessments_evidenceuse', when='AFTER')),
        ),
        migrations.RunSQL(FORWARD, BACK),
    ]
