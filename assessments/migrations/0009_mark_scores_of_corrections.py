from django.db import migrations


# An answer changes after it was handed in only where the guard was told to look away: a correction, a repair. Answers of an open
# assessment set no mark: they are scored when they are handed in. So a save pays for one look at its assessment, no more.
FORWARD = """
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

    -- Also what was handed in and could not be scored: a site that is opened may be what it lacked.
    CREATE OR REPLACE FUNCTION assessments_mark_scores(assessments bigint[]) RETURNS void LANGUAGE sql AS $$
        INSERT INTO assessments_scoremark (assessment_id, marked_at)
        SELECT id, clock_timestamp() FROM assessments_assessment
        WHERE id = ANY(assessments) AND (scored_at IS NOT NULL OR submitted_at IS NOT NULL) ORDER BY id
        ON CONFLICT (assessment_id) DO UPDATE SET marked_at = excluded.marked_at
    $$;
"""

BACK = """
    DROP FUNCTION assessments_mark_answers, assessments_mark_assessment, assessments_mark_questionnaire CASCADE;
    CREATE OR REPLACE FUNCTION assessments_mark_scores(assessments bigint[]) RETURNS void LANGUAGE sql AS $$
        INSERT INTO assessments_scoremark (assessment_id, marked_at)
        SELECT id, clock_timestamp() FROM assessments_assessment WHERE id = ANY(assessments) AND scored_at IS NOT NULL ORDER BY id
        ON CONFLICT (assessment_id) DO UPDATE SET marked_at = excluded.marked_at
    $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0008_back_tests'),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACK),
    ]
