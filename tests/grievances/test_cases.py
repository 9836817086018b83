"""The grievance channel: told by anybody, read by the case team alone, answered in time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts import limits
from accounts.limits import Limit
from accounts.messages import deliver_batch
from accounts.models import Role, User
from audit.models import Event
from grievances import handling, reporting
from grievances.codes import LETTERS, code_for, hash_of
from grievances.models import Case, CaseLook, CaseMessage
from grievances.periods import months_after
from grievances.reminding import remind
from tests.factories import create_user


AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET_WORDS = "The exits of hall two are locked at night."


def filled(**fields: Any) -> dict[str, Any]:
    content = {"topic": "safety", "company": "Bamboo Bridge Ltd", "place": "Hall two", "text": SECRET_WORDS, "contact": ""}
    return {"number": str(uuid4()), **content, **fields}


def tell(client: Client, **fields: Any) -> str:
    """The code that the page shows."""
    page = client.post("/grievance/", filled(**fields)).content.decode()
    found = re.search(r'id="case-code">([\w-]+)<', page)
    assert found, page
    return found[1]


def create_case(at: datetime = AT, **content: str) -> Case:
    case, _code = reporting.report(content={"text": SECRET_WORDS, "company": "Bamboo", **content}, number=uuid4(), language="en", at=at)
    return case


def everything_kept(*tables: str) -> str:
    with connection.cursor() as cursor:
        texts = []
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            texts += [row[0] for row in cursor.fetchall()]
    return "\n".join(texts)


# --- whoever reports --------------------------------------------------------------------------------------------------


def test_anybody_reports_without_a_name_and_follows_by_a_code(client: Client, db: None) -> None:
    code = tell(client)
    assert re.fullmatch(rf"(?:[{LETTERS}]{{4}}-){{3}}[{LETTERS}]{{4}}", code)

    page = Client().post("/grievance/case/", {"code": code.lower().replace("-", " ")}).content.decode()

    assert "My case" in page
    assert "Received" in page


def test_the_database_alone_tells_neither_words_nor_company_nor_code(client: Client, db: None) -> None:
    code = tell(client)
    client.post("/grievance/case/", {"code": code, "once": str(uuid4()), "text": "And the lamps are broken."})

    kept = everything_kept("grievances_case", "grievances_casemessage", "accounts_message", "audit_event", "accounts_throttle")

    for word in ("exits", "Bamboo", "Hall two", "lamps", code, code.replace("-", ""), "127.0.0.1"):
        assert word not in kept, word


def test_a_form_that_is_sent_twice_is_one_case_with_one_code(client: Client, db: None) -> None:
    form = filled()
    first = client.post("/grievance/", form).content.decode()
    second = client.post("/grievance/", form).content.decode()

    assert Case.objects.count() == 1
    assert re.findall(r'id="case-code">([\w-]+)<', first) == re.findall(r'id="case-code">([\w-]+)<', second)


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_kept(client: Client, db: None) -> None:
    response = client.post("/grievance/", filled(text="", topic="invented", number="x"))

    assert response.status_code == 422
    assert not Case.objects.exists()


@pytest.mark.parametrize("code", ["", "ABCD", "2222-2222-2222-2222", "\x00", "9" * 5000, "😀" * 16])
def test_a_wrong_code_opens_nothing_and_breaks_nothing(client: Client, db: None, code: str) -> None:
    create_case()

    assert client.post("/grievance/case/", {"code": code}).status_code == 422


def test_codes_cannot_be_guessed_and_the_channel_cannot_be_flooded(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CODES_FROM_A_PLACE", "REPORTS_FROM_A_PLACE"):
        monkeypatch.setattr(limits, name, Limit(name, 2, timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=1)))

    guesses = [client.post("/grievance/case/", {"code": "2222-2222-2222-2222"}).status_code for _guess in range(3)]
    reports = [client.post("/grievance/", filled()).status_code for _report in range(3)]

    assert guesses == [422, 422, 429]
    assert reports == [200, 200, 429]


def test_who_has_to_wait_loses_no_word_and_is_told_how_long(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REPORTS_FROM_A_PLACE", Limit("one", 1, timedelta(minutes=3), timedelta(minutes=3), timedelta(hours=1)))
    client.post("/grievance/", filled())

    response = client.post("/grievance/", filled())

    page = response.content.decode()
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) <= 180
    assert SECRET_WORDS in page
    assert "in 3 minutes" in page


def test_false_codes_of_others_in_the_network_keep_no_worker_out(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tell(client)
    monkeypatch.setattr(limits, "CODES_FROM_A_PLACE", Limit("two", 2, timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=1)))
    for _guess in range(4):
        client.post("/grievance/case/", {"code": "2222-2222-2222-2222"})

    assert client.post("/grievance/case/", {"code": code}).status_code == 200


def test_the_pages_are_kept_by_no_cache_and_name_no_code_in_an_address(client: Client, db: None) -> None:
    code = tell(client)
    for response in (client.get("/grievance/"), client.post("/grievance/case/", {"code": code})):
        assert "no-store" in response.headers["Cache-Control"]
    assert code not in "".join(re.findall(r'(?:href|action)="([^"]*)"', response.content.decode()))


def test_the_page_speaks_chinese(client: Client, db: None) -> None:
    assert client.get("/grievance/", headers={"accept-language": "zh-CN"}).status_code == 200


# --- the case team ----------------------------------------------------------------------------------------------------


def test_both_sides_write_by_the_code(client: Client, case_worker: User) -> None:
    code = tell(client)
    case = Case.objects.get()
    client.force_login(case_worker)
    assert SECRET_WORDS in client.get(f"/cases/{case.pk}/").content.decode()
    client.post(f"/cases/{case.pk}/", {"once": str(uuid4()), "text": "Which nights?"})

    worker = Client()
    page = worker.post("/grievance/case/", {"code": code}).content.decode()
    assert "Which nights?" in page
    assert "Cleo" not in page, "the team answers as a team"
    message = {"code": code, "once": str(uuid4()), "text": "Every night since May."}
    worker.post("/grievance/case/", message)
    worker.post("/grievance/case/", message)

    assert client.get(f"/cases/{case.pk}/").content.decode().count("Every night since May.") == 1


def test_whoever_is_signed_in_reports_as_anybody_does(client: Client, owner: User, staff: User) -> None:
    """The page acts for the channel: in the database neither a supplier's session nor the buyer's has a case."""
    for person in (owner, staff):
        client.force_login(person)
        assert client.post("/grievance/case/", {"code": tell(client)}).status_code == 200
    assert Case.objects.count() == 2


def test_nobody_but_the_case_team_learns_that_there_is_a_case(client: Client, owner: User, colleague: User, administrator: User) -> None:
    case = create_case()
    others = [owner, colleague, administrator, *(create_user(role=role) for role in (Role.REVIEWER, Role.ESG_STAFF, Role.AUDITOR))]

    for person in others:
        client.force_login(person)
        assert client.get(f"/cases/{case.pk}/").status_code == 404, person.role
        assert client.get("/cases/").status_code == 403
        assert "Cases" not in client.get("/account/").content.decode()


def test_the_case_team_sees_no_supplier(client: Client, case_worker: User, owner: User) -> None:
    client.force_login(case_worker)

    for path in (
        "/reports/portfolio/",
        "/reports/dashboard/",
        f"/reports/suppliers/{owner.supplier_id}/",
        "/users/",
        "/reports/audit-trail/",
    ):
        assert client.get(path).status_code in (403, 404), path
    assert client.get("/api/suppliers/").json()["results"] == []


def test_each_opening_is_noted_where_only_the_team_reads_it(client: Client, case_worker: User) -> None:
    case = create_case()
    client.force_login(case_worker)
    client.post(f"/cases/{case.pk}/", {"once": str(uuid4()), "text": "Read."})
    client.get(f"/cases/{case.pk}/")

    assert CaseLook.objects.get().by == case_worker
    assert not Event.objects.filter(target_type__startswith="grievances").exists()
    for rows in (CaseLook.objects.all(), CaseMessage.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(at=AT)


def test_the_list_says_nothing_of_what_was_written(client: Client, case_worker: User) -> None:
    case = create_case(topic="children")
    handling.acknowledge(case_id=case.pk, by=case_worker, at=AT)
    client.force_login(case_worker)

    page = client.get("/cases/?state=all").text

    assert case.number in page
    assert "Cleo Case" in page
    for word in ("Bamboo", "Child labor", SECRET_WORDS):
        assert word not in page
    assert not CaseLook.objects.exists()


def test_a_case_goes_from_received_to_closed_and_never_without_feedback(case_worker: User) -> None:
    case = create_case()
    handling.acknowledge(case_id=case.pk, by=case_worker, at=AT)
    with pytest.raises(Case.IllegalTransition):
        handling.acknowledge(case_id=case.pk, by=case_worker, at=AT)
    with pytest.raises(Case.IllegalTransition):
        handling.close(case_id=case.pk, by=case_worker, at=AT)
    handling.write(case_id=case.pk, text="Found and mended.", is_feedback=True, once=uuid4(), by=case_worker, at=AT)
    handling.close(case_id=case.pk, by=case_worker, at=AT)
    case.refresh_from_db()

    assert (case.state, case.closed_by) == (Case.State.CLOSED, case_worker)
    with pytest.raises(Case.IllegalTransition):
        reporting.write(case=case, text="More", once=uuid4(), at=AT)


def test_the_first_answer_acknowledges(case_worker: User) -> None:
    case = handling.write(case_id=create_case().pk, text="Read.", is_feedback=False, once=uuid4(), by=case_worker, at=AT)

    assert case.acknowledged_at == AT
    assert case.feedback_at is None


def test_the_list_costs_the_same_for_one_case_and_for_many(client: Client, case_worker: User, django_assert_num_queries: Any) -> None:
    client.force_login(case_worker)
    create_case()
    with django_assert_num_queries(3):  # session, person, cases
        client.get("/cases/")
    for _case in range(20):
        create_case()
    with django_assert_num_queries(3):
        client.get("/cases/?state=all")


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_report_is_acknowledged_within_seven_days_and_answered_within_three_months(db: None) -> None:
    case = create_case()

    assert (case.acknowledge_by, case.feedback_by) == (AT + timedelta(days=7), datetime(2026, 6, 2, 9, 0, tzinfo=UTC))
    assert not case.is_late(AT + timedelta(days=7))
    assert case.is_late(AT + timedelta(days=7, seconds=1))


@pytest.mark.parametrize(
    ("begin", "end"), [((2026, 11, 30), (2027, 2, 28)), ((2027, 11, 30), (2028, 2, 29)), ((2026, 12, 31), (2027, 3, 31))]
)
def test_three_months_end_on_a_day_there_is(begin: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    assert months_after(datetime(*begin, tzinfo=UTC), 3) == datetime(*end, tzinfo=UTC)


def test_the_team_is_reminded_each_morning_and_never_twice(case_worker: User, staff: User) -> None:
    create_case()

    queued = [remind(at=AT + timedelta(days=day)) for day in (1, 6, 6, 8)]

    assert queued == [0, 1, 0, 1]
    deliver_batch()
    assert {message.to[0] for message in mail.outbox} == {case_worker.email}
    assert "exits" not in str([message.body for message in mail.outbox])


def test_feedback_is_reminded_of_too(case_worker: User) -> None:
    case = create_case()
    handling.acknowledge(case_id=case.pk, by=case_worker, at=AT)

    assert remind(at=AT + timedelta(days=60)) == 0
    assert remind(at=AT + timedelta(days=80)) == 1


def test_the_team_is_told_of_a_report_at_once(client: Client, case_worker: User) -> None:
    tell(client)
    deliver_batch()

    assert re.search(r"G-\d{5}", str(mail.outbox[0].subject))


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_new_key_seals_and_the_one_before_still_opens(client: Client, case_worker: User, settings: Any) -> None:
    settings.GRIEVANCE_KEYS = ["a" * 32]
    code = tell(client)
    settings.GRIEVANCE_KEYS = ["b" * 32, "a" * 32]

    assert Client().post("/grievance/case/", {"code": code}).status_code == 200
    client.force_login(case_worker)
    assert SECRET_WORDS in client.get(f"/cases/{Case.objects.get().pk}/").content.decode()


def test_without_its_key_a_report_is_not_read_and_the_page_says_why(client: Client, case_worker: User, settings: Any) -> None:
    settings.GRIEVANCE_KEYS = ["a" * 32]
    case = create_case()
    settings.GRIEVANCE_KEYS = ["b" * 32]
    client.force_login(case_worker)

    page = client.get(f"/cases/{case.pk}/").content.decode()

    assert "No key of the portal opens this report" in page
    assert client.get("/cases/").status_code == 200


def test_codes_differ_by_form_and_by_key(settings: Any) -> None:
    number = uuid4()
    settings.GRIEVANCE_KEYS = ["a" * 32]
    one, hashed = code_for(number), hash_of("2222")
    settings.GRIEVANCE_KEYS = ["b" * 32]

    assert len({one, code_for(number), code_for(uuid4())}) == 3
    assert hashed != hash_of("2222")
