"""Every supplier has a standing from the moment it exists, however it is added (form, import, registration, COPY): the portfolio
can then read standings without asking which suppliers have none. A statement trigger: one insert for a whole import.

Not a pgtrigger of the model: the table is the suppliers app's, which must not know of assessments.
"""

from django.db import migrations

CREATE = """
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
    INSERT INTO assessments_standing (supplier_id, status, area_scores, has_critical_finding)
    SELECT id, '', '{}', false FROM suppliers_supplier
    ON CONFLICT (supplier_id) DO NOTHING;
"""
DROP = """
    DROP TRIGGER assessments_standing_of_new_suppliers ON suppliers_supplier;
    DROP FUNCTION assessments_standing_of_new_suppliers();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0003_scores_outside_history_and_finding_texts"),
        ("suppliers", "0001_initial"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
