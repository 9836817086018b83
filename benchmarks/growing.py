"""Lets the answered campaign grow in the database: each of its suppliers stands there again, with its sites and every answer."""

import psycopg
from psycopg import sql


TIMES = 10
# Between the numbers of a row and of its doubles.
STEP = 1_000_000_000

_CAMPAIGN = "(SELECT id FROM assessments_campaign ORDER BY id DESC LIMIT 1)"
_PAPERS = f"(SELECT id FROM assessments_assessment WHERE campaign_id = {_CAMPAIGN} AND id < {STEP})"  # noqa: S608 - constants
_SUPPLIERS = f"(SELECT supplier_id FROM assessments_assessment WHERE campaign_id = {_CAMPAIGN})"  # noqa: S608 - constants
# Table -> which rows, and the columns that a double does not share.
_DOUBLED = {
    "suppliers_supplier": (f"id IN {_SUPPLIERS} AND id < {STEP}", {"reference": "NULL", "uscc": "NULL", "lei": "NULL", "duns": "NULL"}),
    "suppliers_site": (f"supplier_id IN {_SUPPLIERS} AND id < {STEP}", {"supplier_id": f"supplier_id + time * {STEP}"}),
    "assessments_assessment": (f"id IN {_PAPERS}", {"supplier_id": f"supplier_id + time * {STEP}"}),
    "assessments_answer": (f"assessment_id IN {_PAPERS} AND id < {STEP}", {"assessment_id": f"assessment_id + time * {STEP}"}),
}
_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def grow(connection: "psycopg.Connection[tuple[str]]") -> None:
    """As the superuser: no trigger and no foreign key is asked, for rows like those that stand there already."""
    connection.execute("SET session_replication_role = replica")
    for table, (where, changed) in _DOUBLED.items():
        # Numbers of their own where the country registers them: nobody asks for these here.
        own = {"id": f"id + time * {STEP}", **({"company_number": "NULL"} if table == "suppliers_supplier" else {}), **changed}
        columns = [row[0] for row in connection.execute(_COLUMNS, [table]).fetchall()]
        statement = sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, generate_series(1::bigint, {times}) time WHERE {where}"
        )
        connection.execute(
            statement.format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                values=sql.SQL(", ").join(sql.SQL(own[name]) if name in own else sql.Identifier(name) for name in columns),
                times=sql.Literal(TIMES - 1),
                where=sql.SQL(where),
            )
        )
    connection.execute("VACUUM (ANALYZE)")
