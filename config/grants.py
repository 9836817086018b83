"""What the application's database roles may do: read rows and write some, but only add to the tables that record what happened, and never
past their triggers.

Sessions of the buyer's people and of the system write every other table. Those of suppliers and of the case team write what they have pages
for, which is named here: whatever is asked in such a session, no score, rule, schedule or catalogue changes.
"""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from psycopg import sql

from accounts.scope import BUYER_ROLE, CASES_ROLE, SCOPE_ROLES, SUPPLIER_ROLE, SYSTEM_ROLE
from audit.append_only import append_only_tables
from config.row_security import tracked


_ACCOUNT = {
    *("account.EmailAddress", "accounts.Consent", "accounts.User", "audit.Event", "mfa.Authenticator", "usersessions.UserSession"),
}
# By role, the models whose rows such a session writes, or locks; their histories with them.
WRITTEN_BY = {
    CASES_ROLE: _ACCOUNT | {"grievances.Case", "grievances.CaseLook", "grievances.CaseMessage"},
    SUPPLIER_ROLE: {
        *_ACCOUNT,
        *("accounts.Invitation", "accounts.Membership"),
        *("assessments.Amendment", "assessments.Answer", "assessments.AreaTask", "assessments.Assessment", "assessments.ComeBack"),
        *("assessments.Comment", "assessments.CommentNotice", "assessments.EvidenceUse", "assessments.Finding"),
        *("assessments.FindingAction", "assessments.FindingEvidence", "assessments.FindingStep", "assessments.Presence"),
        *("assessments.QueryMessage", "assessments.QueryNotice", "assessments.Return", "assessments.Signature"),
        *("assessments.Standing", "assessments.WorkbookUpload"),
        *("emissions.Abatement", "emissions.ActivityImport", "emissions.ActivityRecord", "emissions.DataReply", "emissions.Inventory"),
        *("emissions.MeterPeriod", "emissions.RenewableInstrument", "emissions.Scope3Entry"),
        "labels.Publication",
        *("pilots.Agreement", "pilots.Agreement_sites", "pilots.AgreementPaper", "pilots.AgreementSignature", "pilots.Amendment"),
        *("pilots.Appraisal", "pilots.JointAction", "pilots.ReportedYear", "pilots.Target"),
        "reports.Export",
        *("suppliers.Contact", "suppliers.Document", "suppliers.PublicRecord", "suppliers.RecordEvidence", "suppliers.Site"),
        *("suppliers.Supplier", "suppliers.Upload", "suppliers.UploadPart"),
        # By triggers, which act for whoever changed what they watch: what is to be scored and evaluated anew.
        *("assessments.ScoreMark", "labels.EvaluationMark"),
    },
}


# Each trigger asks it whether to sleep. The library's own (django-pgtrigger) says yes to whoever sets `pgtrigger.ignore` in a session, and
# comes back with each migration of a trigger. Here nobody but the tables' owner is heard: the application keeps history and guards always.
TRIGGERS_SLEEP = """
    CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN session_user = {owner}
            THEN coalesce(trigger_name = ANY (nullif(current_setting('pgtrigger.ignore', true), '')::text[]), false)
            ELSE false
        END
    $$
"""


def grant_rights(*, using: str = "default") -> None:
    """Runs after each migration, as the tables' owner. Whoever migrates as the application has nothing to grant."""
    connection = connections[using]
    # At once: what runs meanwhile is never without the rights it had.
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        owner = cursor.fetchone()[0]
        if owner == settings.DATABASE_APP_ROLE:
            return
        cursor.execute(triggers_sleep(for_owner=owner))
        existing = set(connection.introspection.table_names(cursor))
        for statement in _statements(existing):
            cursor.execute(statement)


def _statements(existing: set[str]) -> Iterator[sql.Composed]:
    # The role that signs in, and those it takes on: which rows each has is for config/row_security.py.
    roles = _names(settings.DATABASE_APP_ROLE, *SCOPE_ROLES)
    some = _names(*WRITTEN_BY)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {roles}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {roles}",
        "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {others}",
        "REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM {some}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles}",
        "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {roles}",
    ):
        others = _names(settings.DATABASE_APP_ROLE, SYSTEM_ROLE, BUYER_ROLE)
        yield sql.SQL(statement).format(roles=roles, some=some, others=others)
    for role in WRITTEN_BY:
        tables = sorted(set(written_by(role)) & existing)
        if tables:
            yield sql.SQL("GRANT INSERT, UPDATE, DELETE ON {tables} TO {role}").format(tables=_names(*tables), role=sql.Identifier(role))
    for table in sorted(set(append_only_tables()) & existing):
        yield sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {roles}").format(table=sql.Identifier(table), roles=roles)


def triggers_sleep(*, for_owner: str) -> sql.Composed:
    return sql.SQL(TRIGGERS_SLEEP).format(owner=sql.Literal(for_owner))


def written_by(role: str) -> Iterator[str]:
    for model in apps.get_models(include_auto_created=True):
        if tracked(model)._meta.label in WRITTEN_BY[role]:
            yield model._meta.db_table


def _names(*names: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
