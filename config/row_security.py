"""Row-level security: a policy for every table that belongs to suppliers, made after each migration.

Whose a row is, is found by its foreign keys: `supplier` itself, or the first one that leads to a row which belongs to a supplier. So a new
model is covered as soon as it is migrated. The tables below say where that is not the whole answer.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pghistory.models
from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from django.db.models import ForeignKey, Model
from psycopg import sql

from accounts.scope import BUYER_ROLE, CASES_ROLE, SUPPLIER_ROLE, SYSTEM_ROLE


ORGANISATION = "(SELECT nullif(current_setting('portal.organisation', true), '')::bigint)"
PERSON = "(SELECT nullif(current_setting('portal.person', true), '')::bigint)"

# A shorter way than the first foreign key.
OWNED_THROUGH = {"assessments.Verdict": "assessment"}

# Nobody's but those who are trusted with them: reports of workers are for the case team.
OF_THE_CASE_TEAM = {"grievances.Case", "grievances.CaseMessage", "grievances.CaseLook"}

# The buyer's alone, whether a key leads to a supplier or not: what is deliberated, tried out, or held back until it is known whose it is;
# and what opens accounts.
NOT_FOR_SUPPLIERS = OF_THE_CASE_TEAM | {
    "accounts.Message",
    "assessments.BackTest",
    "assessments.BackTestScore",
    "assessments.SecondReview",
    "assessments.SecondVerdict",
    "labels.Proposal",
    "labels.StandardTest",
    "labels.StandardTestRow",
    "privacy.Disposal",
    "privacy.LegalHold",
    "reports.DailyFact",
    "reports.Risk",
    "sessions.Session",
    "suppliers.HeldRecord",
    "suppliers.Import",
    "suppliers.ImportRow",
    "suppliers.Interest",
}

_OWN = "user_id = {person}"
# Conditions of their own: {organisation} and {person} are who asks.
OTHERWISE = {
    # What happened to the company, and what the person did.
    "audit.Event": "supplier_id = {organisation} OR actor_id = {person}",
    # The colleagues, the buyer's people, and one's own other hats.
    "accounts.Membership": "supplier_id = {organisation} OR supplier_id IS NULL OR user_id = {person}",
    # A table that a person took along is of no supplier.
    "reports.Export": "supplier_id = {organisation} OR made_by_id = {person}",
    # Those that are seen to do what somebody of the company asked for.
    "runs.Run": "started_by_id = {person} OR id IN (SELECT run_id FROM reports_export UNION SELECT run_id FROM assessments_workbookupload)",
    "runs.Chunk": "run_id IN (SELECT id FROM runs_run)",
    # Of several suppliers: those it has an action of.
    "pilots.JointProgramme": "id IN (SELECT programme_id FROM pilots_jointaction)",
    "pilots.JointProgrammeEvent": "pgh_obj_id IN (SELECT programme_id FROM pilots_jointaction)",
    # A person's own, of which colleagues have nothing either.
    "account.EmailAddress": _OWN,
    "account.EmailConfirmation": "email_address_id IN (SELECT id FROM account_emailaddress)",
    "accounts.Consent": _OWN,
    "mfa.Authenticator": _OWN,
    "socialaccount.SocialAccount": _OWN,
    "socialaccount.SocialToken": "account_id IN (SELECT id FROM socialaccount_socialaccount)",
    "usersessions.UserSession": _OWN,
}

# What a session that has more rows than its own may write: nobody's password but one's own, no hat of the buyer.
WRITTEN = {
    "accounts.User": "{key} = {person}",
    "accounts.Membership": "supplier_id = {organisation}",
}

# Reads what the one who asks may not: whether a person has, or had, to do with other suppliers and neither with this one nor the buyer.
IS_STRANGER = """
    CREATE OR REPLACE FUNCTION portal_is_stranger(asked bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        WITH hats AS (
            SELECT supplier_id FROM accounts_membership WHERE user_id = asked
            UNION ALL SELECT supplier_id FROM accounts_membershipevent WHERE user_id = asked
        )
        SELECT coalesce(bool_and(
            supplier_id IS NOT NULL
            AND supplier_id IS DISTINCT FROM nullif(current_setting('portal.organisation', true), '')::bigint
        ), false) FROM hats
    $$
"""

# Whoever holds the key of a session is the person whose session it is: who that is is asked before there is a scope, with whichever the
# connection has. In the types of its tables, so that they may change.
WHOSE_SESSION = """
    CREATE OR REPLACE FUNCTION portal_whose_session(asked text, moment timestamptz)
    RETURNS TABLE (
        session django_session, owner usersessions_usersession, person accounts_user, hat accounts_membership, company suppliers_supplier
    )
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
        SELECT session, owner, person, hat, company
        FROM django_session session
        LEFT JOIN usersessions_usersession owner ON owner.session_key = session.session_key
        LEFT JOIN accounts_user person ON person.id = owner.user_id
        LEFT JOIN accounts_membership hat ON hat.id = person.active_membership_id AND hat.user_id = person.id
        LEFT JOIN suppliers_supplier company ON company.id = hat.supplier_id
        WHERE session.session_key = asked AND session.expire_date > moment
    $$
"""


@dataclass(frozen=True)
class Secured:
    table: str
    # Which rows a supplier's session has. That of the case team, which is in no organisation, has no more of suppliers' tables.
    condition: str
    # Which of them it may write; empty for all.
    written: str
    # The roles that have every row.
    open_to: tuple[str, ...]

    @property
    def mark(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()


def secured() -> Iterator[Secured]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and (condition := condition_of(model)):
            other = CASES_ROLE if tracked(model)._meta.label in OF_THE_CASE_TEAM else BUYER_ROLE
            named = {"key": _key(model), "organisation": ORGANISATION, "person": PERSON}
            written = WRITTEN.get(tracked(model)._meta.label, "")
            yield Secured(model._meta.db_table, condition.format(**named), written.format(**named), (SYSTEM_ROLE, other))


def condition_of(model: type[Model]) -> str:
    """Empty for a table that is no supplier's."""
    label = tracked(model)._meta.label
    if label in NOT_FOR_SUPPLIERS:
        return "false"
    if model._meta.label in OTHERWISE:
        return OTHERWISE[model._meta.label]
    if label == "suppliers.Supplier":
        return f"{_key(model)} = {{organisation}}"
    if label == "accounts.User":
        # Everybody but the people of other suppliers.
        return f"{_key(model)} = {{person}} OR NOT portal_is_stranger({_key(model)})"
    field = owner_field(model)
    return _leads_to(model, field) if field else ""


def tracked(model: type[Model]) -> type[Model]:
    """Of a history, the model whose rows it keeps; any other is itself."""
    if not issubclass(model, pghistory.models.Event):
        return model
    kept: type[Model] = model._meta.get_field("pgh_obj").related_model  # type: ignore[misc]  # each history has it
    return kept


def _key(model: type[Model]) -> str:
    return "pgh_obj_id" if issubclass(model, pghistory.models.Event) else str(model._meta.pk.column)


@cache
def owner_field(model: type[Model]) -> "ForeignKey[Model, Model] | None":
    """The foreign key that says whose a row is."""
    named = OWNED_THROUGH.get(tracked(model)._meta.label)
    keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey) and field.name != "pgh_obj"]
    if named and any(field.name == named for field in keys):
        return next(field for field in keys if field.name == named)
    direct = [field for field in keys if field.related_model._meta.label == "suppliers.Supplier" and field.name == "supplier"]
    return next(iter([*direct, *(field for field in keys if _belongs_to_suppliers(field, model))]), None)


def _belongs_to_suppliers(field: ForeignKey[Model, Model], model: type[Model]) -> bool:
    # A person who did something with a row does not own it.
    parent: type[Model] = field.related_model
    if parent is model or parent._meta.label in ("accounts.User", "accounts.Membership"):
        return False
    return parent._meta.label == "suppliers.Supplier" or owner_field(parent) is not None


def _leads_to(model: type[Model], field: "ForeignKey[Model, Model]") -> str:
    parent: type[Model] = field.related_model
    table, column = model._meta.db_table, field.column
    if parent._meta.label == "suppliers.Supplier":
        return f"{column} = {{organisation}}"
    above = owner_field(parent)
    # The policy of the table above says which rows there are: of one that names the supplier, few, which are found once.
    if above and above.related_model._meta.label == "suppliers.Supplier":
        return f"{column} IN (SELECT id FROM {parent._meta.db_table})"  # noqa: S608 - our own names
    return f"EXISTS (SELECT FROM {parent._meta.db_table} above WHERE above.id = {table}.{column})"


def secure_rows(*, using: str = "default") -> None:
    """Runs after each migration, as the tables' owner. A table whose policy stands is left alone: changing one locks it."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        if cursor.fetchone()[0] == settings.DATABASE_APP_ROLE:
            return
        tables = list(secured())
        if not {each.table for each in tables} <= set(connection.introspection.table_names(cursor)):
            return  # migrated half way, or backwards: the tables that conditions and functions read are not all there
        cursor.execute(IS_STRANGER)
        cursor.execute(WHOSE_SESSION)
        cursor.execute(
            "SELECT polrelid::regclass::text, obj_description(oid, 'pg_policy') FROM pg_policy WHERE polname = 'of_the_supplier'"
        )
        standing = dict(cursor.fetchall())
        for each in tables:
            if standing.get(each.table) != each.mark:
                for statement in _statements(each):
                    cursor.execute(statement)


def _statements(table: Secured) -> Iterator[sql.Composed]:
    names = {
        "table": sql.Identifier(table.table),
        "some": sql.SQL(", ").join(map(sql.Identifier, (SUPPLIER_ROLE, CASES_ROLE))),
        "all": sql.SQL(", ").join(map(sql.Identifier, table.open_to)),
        "mark": sql.Literal(table.mark),
        # Made above, from names of our own.
        "condition": sql.SQL(table.condition),
        "written": sql.SQL(table.written),
    }
    policies = (
        ("CREATE POLICY of_the_supplier ON {table} TO {some} USING ({condition}) WITH CHECK ({condition})",)
        if not table.written
        else (
            "CREATE POLICY of_the_supplier ON {table} FOR SELECT TO {some} USING ({condition})",
            "CREATE POLICY written_by_the_supplier ON {table} TO {some} USING ({written}) WITH CHECK ({written})",
        )
    )
    for statement in (
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        "DROP POLICY IF EXISTS of_all ON {table}",
        "CREATE POLICY of_all ON {table} TO {all} USING (true) WITH CHECK (true)",
        "DROP POLICY IF EXISTS of_the_supplier ON {table}",
        "DROP POLICY IF EXISTS written_by_the_supplier ON {table}",
        *policies,
        "COMMENT ON POLICY of_the_supplier ON {table} IS {mark}",
    ):
        yield sql.SQL(statement).format(**names)
