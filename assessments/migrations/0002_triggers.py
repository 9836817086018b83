"""Triggers that no model declares: rows of one table that follow from changes of others, some of them in the suppliers' app."""

from django.db import migrations


# So that every supplier has a standing, however it was added.
STANDING = """
    CREATE FUNCTION assessments_standing_of_new_suppliers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO assessments_standing (supplier_id, status, area_scores, has_critical_finding)
        SELECT id, '', '{}', false FROM added
        ON CONFLICT (supplier_id) DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_standing_of_new_suppliers
        AFTER INSERT ON suppliers_supplier
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION assessments_standing_of_new_suppliers();
"""
NO_STANDING = "DROP FUNCTION assessments_standing_of_new_suppliers CASCADE;"

# Statement by statement: an import of ten thousand suppliers fires each of these once.
MARKS = """
    -- Also what was handed in and could not be scored: a site that is opened may be what it lacked.
    CREATE FUNCTION assessments_mark_scores(assessments bigint[]) RETURNS void LANGUAGE sql AS $$
        INSERT INTO assessments_scoremark (assessment_id, marked_at)
        SELECT id, clock_timestamp() FROM assessments_assessment
        WHERE id = ANY(assessments) AND (scored_at IS NOT NULL OR submitted_at IS NOT NULL) ORDER BY id
        ON CONFLICT (assessment_id) DO UPDATE SET marked_at = excluded.marked_at
    $$;
    CREATE FUNCTION assessments_of_suppliers(suppliers bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
        SELECT array(SELECT id FROM assessments_assessment WHERE supplier_id = ANY(suppliers))
    $$;
    CREATE FUNCTION assessments_of_answers(answers bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
        SELECT array(SELECT DISTINCT assessment_id FROM assessments_answer WHERE id = ANY(answers))
    $$;

    CREATE FUNCTION assessments_mark_changed_suppliers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(assessments_of_suppliers(array(
            SELECT now.id FROM after now JOIN before was ON was.id = now.id
            WHERE (now.category, now.country, now.headcount_band) IS DISTINCT FROM (was.category, was.country, was.headcount_band))));
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_changed_suppliers AFTER UPDATE ON suppliers_supplier
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_changed_suppliers();

    CREATE FUNCTION assessments_mark_changed_sites() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(assessments_of_suppliers(array(
            SELECT unnest(ARRAY[now.supplier_id, was.supplier_id]) FROM after now JOIN before was ON was.id = now.id
            WHERE (now.type, now.country, now.closed_on, now.supplier_id)
                  IS DISTINCT FROM (was.type, was.country, was.closed_on, was.supplier_id))));
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_changed_sites AFTER UPDATE ON suppliers_site
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_changed_sites();

    CREATE FUNCTION assessments_mark_other_sites() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(assessments_of_suppliers(array(SELECT supplier_id FROM touched)));
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_new_sites AFTER INSERT ON suppliers_site
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_other_sites();
    CREATE TRIGGER assessments_mark_deleted_sites AFTER DELETE ON suppliers_site
        REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_other_sites();

    CREATE FUNCTION assessments_mark_verdicts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(assessments_of_answers(array(SELECT answer_id FROM touched)));
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_new_verdicts AFTER INSERT ON assessments_verdict
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_verdicts();
    CREATE TRIGGER assessments_mark_changed_verdicts AFTER UPDATE ON assessments_verdict
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_verdicts();
    CREATE TRIGGER assessments_mark_deleted_verdicts AFTER DELETE ON assessments_verdict
        REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_verdicts();

    CREATE FUNCTION assessments_mark_campaigns() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(array(
            SELECT assessment.id FROM assessments_assessment assessment
            JOIN after now ON now.id = assessment.campaign_id JOIN before was ON was.id = now.id
            WHERE now.questionnaire_id <> was.questionnaire_id));
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_campaigns AFTER UPDATE ON assessments_campaign
        REFERENCING OLD TABLE AS before NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_campaigns();

    -- An answer changes after it was handed in only where the guard was told to look away: a correction, a repair. Answers of an open
    -- assessment set no mark: they are scored when they are handed in. So a save pays for one look at its assessment, no more.
    CREATE FUNCTION assessments_mark_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE corrected bigint[]; BEGIN
        corrected := array(
            SELECT DISTINCT assessment.id FROM touched
            JOIN assessments_assessment assessment ON assessment.id = touched.assessment_id
            WHERE assessment.status NOT IN ('not_started', 'in_progress', 'returned'));
        IF cardinality(corrected) > 0 THEN PERFORM assessments_mark_scores(corrected); END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_new_answers AFTER INSERT ON assessments_answer
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_answers();
    CREATE TRIGGER assessments_mark_changed_answers AFTER UPDATE ON assessments_answer
        REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_answers();
    CREATE TRIGGER assessments_mark_deleted_answers AFTER DELETE ON assessments_answer
        REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION assessments_mark_answers();

    -- Row by row, because only so can a trigger name its columns: whoever writes scores into the assessments does not fire it.
    CREATE FUNCTION assessments_mark_assessment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(ARRAY[NEW.id]);
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_assessment AFTER UPDATE OF status, campaign_id, supplier_id ON assessments_assessment
        FOR EACH ROW WHEN ((OLD.status = 'closed', OLD.campaign_id, OLD.supplier_id)
                           IS DISTINCT FROM (NEW.status = 'closed', NEW.campaign_id, NEW.supplier_id))
        EXECUTE FUNCTION assessments_mark_assessment();

    CREATE FUNCTION assessments_mark_questionnaire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM assessments_mark_scores(array(
            SELECT assessment.id FROM assessments_assessment assessment JOIN assessments_campaign campaign
            ON campaign.id = assessment.campaign_id WHERE campaign.questionnaire_id = NEW.id));
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_mark_questionnaire AFTER UPDATE OF sha256 ON assessments_questionnaireversion
        FOR EACH ROW WHEN (OLD.sha256 <> NEW.sha256) EXECUTE FUNCTION assessments_mark_questionnaire();
"""
NO_MARKS = """
    DROP FUNCTION assessments_mark_changed_suppliers, assessments_mark_changed_sites, assessments_mark_other_sites,
                  assessments_mark_verdicts, assessments_mark_campaigns, assessments_mark_answers, assessments_mark_assessment,
                  assessments_mark_questionnaire CASCADE;
    DROP FUNCTION assessments_mark_scores, assessments_of_suppliers, assessments_of_answers;
"""

# Evidence counts until its document has ended. The answers are locked in one order, so that two documents at once cannot wait
# for each other.
EVIDENCE = """
    CREATE FUNCTION assessments_count_evidence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM FROM assessments_answer WHERE id IN (SELECT answer_id FROM assessments_evidenceuse WHERE document_id = NEW.id)
        ORDER BY id FOR NO KEY UPDATE;
        UPDATE assessments_answer SET evidence_count = (
            SELECT count(*) FROM assessments_evidenceuse use JOIN suppliers_document document ON document.id = use.document_id
            WHERE use.answer_id = assessments_answer.id AND NOT document.has_ended
        ) WHERE id IN (SELECT answer_id FROM assessments_evidenceuse WHERE document_id = NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER assessments_count_evidence AFTER UPDATE OF has_ended ON suppliers_document
        FOR EACH ROW WHEN (OLD.has_ended <> NEW.has_ended) EXECUTE FUNCTION assessments_count_evidence();
"""
NO_EVIDENCE = "DROP FUNCTION assessments_count_evidence CASCADE;"


class Migration(migrations.Migration):

    replaces = [
        ('assessments', '0002_standing_of_new_suppliers'),
        ('assessments', '0009_mark_scores_of_corrections'),
    ]

    dependencies = [
        ('assessments', '0001_tables'),
        ('suppliers', '0001_tables'),
    ]

    operations = [
        migrations.RunSQL(STANDING, NO_STANDING),
        migrations.RunSQL(MARKS, NO_MARKS),
        migrations.RunSQL(EVIDENCE, NO_EVIDENCE),
    ]
