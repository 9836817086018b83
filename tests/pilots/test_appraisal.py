from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.urls import reverse

from accounts.models import Message, Role, User
from accounts.tasks import deliver_message
from labels.facts import AGREEMENTS, FactReader
from labels.models import EvaluationMark
from pilots import appraisal, appraising, late_data
from pilots.appraisal import (
    AlreadyConfirmed,
    SamePerson,
    StillToBeHeard,
    calculate_appraisals,
    load_schemes,
    newest_scheme,
    to_appraise,
)
from pilots.appraising import Part, State
from pilots.models import Agreement, Appraisal, JointAction
from pilots.papers import unprinted
from reports.agreement_pdf import print_agreement
from runs import engine
from runs.models import Run
from suppliers.models import Site, Supplier
from tests.archive import against_pdf_a
from tests.emissions.support import create_record
from tests.factories import NOW, create_site, create_user
from tests.pilots.support import active, report


D = Decimal


@pytest.fixture
def second(db: None) -> User:
    return create_user(role=Role.ESG_STAFF, email="second@buyer.example", name="Sam Second")


@pytest.fixture
def hall(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, type="data_centre")


def fill(site: Site, months: list[date], *, kwh: int, renewable: int = 0, it: int = 0, at: datetime | None = None) -> None:
    for month in months:
        for source, quantity in (("electricity", kwh), ("renewable_electricity", renewable), ("it_energy", it)):
            if quantity:
                record = create_record(site, source, quantity, "kWh", month)
                type(record).objects.filter(pk=record.pk).update(reported_at=at or datetime.combine(month, NOW.timetz()))


def months(year: int, *numbers: int) -> list[date]:
    return [date(year, number, 1) for number in numbers]


def by_quarter(supplier: Supplier, staff: User, owner: User, **fields: Any) -> Agreement:
    load_schemes(at=NOW)
    # 25 % of 900 t in each quarter of 2024.
    return active(supplier, staff, owner, reporting_cycle="quarter", **fields)


# --- the score --------------------------------------------------------------------------------------------------------


def part(key: str, weight: int, share: str | None, state: State = State.SCORED) -> Part:
    return Part(key, D(weight), state, None if share is None else D(share), {})


def test_the_first_scheme_has_the_weights_of_the_programme(db: None) -> None:
    load_schemes(at=NOW)
    load_schemes(at=NOW)

    assert newest_scheme().weights == {"reduction": 40, "renewable_share": 20, "pue": 15, "data_quality": 15, "actions": 10}


def test_the_score_is_the_weighted_mean_of_what_is_known() -> None:
    full = [part("reduction", 40, "0.5"), part("renewable_share", 20, "1"), part("pue", 15, "0"), part("data_quality", 15, "1")]
    without_pue = [*full[:2], part("pue", 15, None, State.MISSING), full[3]]

    assert appraising.score(full) == D("61.11")
    assert appraising.score(without_pue) == D("73.33")


def test_without_the_reduction_there_is_no_score() -> None:
    parts = [part("reduction", 40, None, State.MISSING), part("renewable_share", 20, "1")]

    assert appraising.score(parts) is None
    assert appraising.grade(None, {"A": "85", "D": "0"}) == ""


@pytest.mark.parametrize(("score", "grade"), [("85", "A"), ("84.99", "B"), ("50", "C"), ("0", "D")])
def test_grades_begin_at_their_thresholds(score: str, grade: str) -> None:
    assert appraising.grade(D(score), {"A": "85", "B": "70", "C": "50", "D": "0"}) == grade


def test_shares_are_cut_to_zero_and_one() -> None:
    assert appraising.share_of(D(5), D(10)) == D("0.5")
    assert appraising.share_of(D(-5), D(10)) == 0
    assert appraising.share_of(D(50), D(10)) == 1
    assert appraising.pue_share(D("1.4"), D("1.3"), D("1.5")) == D("0.5")
    assert appraising.pue_share(D("1.4"), D("1.3"), None) == 0


# --- calculating ------------------------------------------------------------------------------------------------------


def test_a_quarter_is_appraised_from_its_activity_data(supplier: Supplier, staff: User, owner: User, hall: Site) -> None:
    agreement = by_quarter(supplier, staff, owner, renewable_share_target=D(50), pue_target=D("1.3"))
    # 400,000 kWh x 0.6096 kg less a quarter of renewable power, three times: 548.64 t
    fill(hall, months(2024, *range(1, 13)), kwh=400_000, renewable=100_000, it=320_000)

    calculate_appraisals(agreement_id=agreement.pk, at=NOW)

    first = Appraisal.objects.get(year=2024, quarter=1)
    parts = {each["key"]: each for each in first.parts}
    assert parts["reduction"]["figures"]["target"] == "225"
    assert D(parts["reduction"]["figures"]["actual"]) == D("548.64")
    assert (D(parts["reduction"]["share"]), D(parts["renewable_share"]["share"]), D(parts["pue"]["share"])) == (0, D("0.5"), 1)
    assert parts["actions"]["state"] == "not_agreed"
    assert first.grade == "D"


def test_late_data_are_appraised_as_missing_not_as_zero(supplier: Supplier, staff: User, owner: User, hall: Site) -> None:
    agreement = by_quarter(supplier, staff, owner)
    fill(hall, months(2024, 1, 2), kwh=1000)

    calculate_appraisals(agreement_id=agreement.pk, at=NOW)

    first = Appraisal.objects.get(year=2024, quarter=1)
    assert (first.score, first.grade) == (None, "")
    assert first.parts[0]["state"] == "missing"
    assert first.parts[0]["figures"] == {"months_covered": "2", "months": "3"}


def test_data_after_their_day_cost_quality(supplier: Supplier, staff: User, owner: User, hall: Site) -> None:
    agreement = by_quarter(supplier, staff, owner)
    fill(hall, months(2024, 1, 2), kwh=1000)
    fill(hall, months(2024, 3), kwh=1000, at=NOW)

    calculate_appraisals(agreement_id=agreement.pk, at=NOW)

    quality = Appraisal.objects.get(year=2024, quarter=1).parts[3]
    assert quality["figures"] == {"on_time": "66.6667", "measured": "100"}


def test_a_year_counts_what_was_reported_verification_and_actions(supplier: Supplier, staff: User, owner: User) -> None:
    load_schemes(at=NOW)
    agreement = active(supplier, staff, owner, verification="limited")
    report(agreement, 2024, 950, by=owner, is_verified=True, offsets=D(900), removals=D(50))
    for status in ("delivered", "under_way", "dropped"):
        JointAction.objects.create(agreement=agreement, year=2024, title=status, status=status)

    calculate_appraisals(agreement_id=agreement.pk, at=NOW)

    parts = {each["key"]: each for each in Appraisal.objects.get(year=2024).parts}
    # Half of the 100 t due; the offsets take no part.
    assert D(parts["reduction"]["share"]) == D("0.5")
    assert parts["actions"]["figures"] == {"delivered": "1", "due": "2"}
    assert parts["data_quality"]["figures"]["verified"] == "100"


def test_only_periods_whose_data_are_due_are_appraised(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = by_quarter(supplier, staff, owner)

    calculate_appraisals(agreement_id=agreement.pk, at=datetime(2024, 4, 29, 12, tzinfo=NOW.tzinfo))
    before = Appraisal.objects.count()
    calculate_appraisals(agreement_id=agreement.pk, at=datetime(2024, 4, 30, 12, tzinfo=NOW.tzinfo))

    assert (before, Appraisal.objects.count()) == (0, 1)


def test_a_run_appraises_all_that_is_due(supplier: Supplier, staff: User, owner: User, django_capture_on_commit_callbacks: Any) -> None:
    agreement = by_quarter(supplier, staff, owner)
    assert to_appraise(at=NOW) == [agreement.pk]

    run = engine.start("appraise_pilots", by=staff, at=NOW)
    engine.work_off(run.pk)

    # By the day the test runs, at least nine quarters and two years are over.
    assert Appraisal.objects.count() >= 11
    assert Run.objects.get(pk=run.pk).result["appraisals"] == Appraisal.objects.count()


# --- two people -------------------------------------------------------------------------------------------------------


@pytest.fixture
def calculated(supplier: Supplier, staff: User, owner: User) -> Appraisal:
    load_schemes(at=NOW)
    agreement = active(supplier, staff, owner)
    report(agreement, 2024, 900, by=owner)
    calculate_appraisals(agreement_id=agreement.pk, at=NOW)
    return Appraisal.objects.get(year=2024)


def propose(each: Appraisal, by: User, at: datetime = NOW, consequence: str = "incentive") -> None:
    appraisal.propose(appraisal_id=each.pk, reasons="On its trajectory.", consequence=consequence, by=by, at=at)


def test_one_proposes_the_supplier_comments_and_another_confirms(calculated: Appraisal, staff: User, second: User, owner: User) -> None:
    propose(calculated, staff)
    with pytest.raises(StillToBeHeard):
        appraisal.confirm(appraisal_id=calculated.pk, by=second, at=NOW)
    appraisal.comment(appraisal_id=calculated.pk, text="We agree.", by=owner, at=NOW)
    with pytest.raises(SamePerson):
        appraisal.confirm(appraisal_id=calculated.pk, by=staff, at=NOW)

    confirmed = appraisal.confirm(appraisal_id=calculated.pk, by=second, at=NOW)

    assert (confirmed.status, confirmed.grade, len(confirmed.content_sha256)) == ("confirmed", "B", 64)
    assert Agreement.objects.get().appraised_at == NOW
    with pytest.raises(AlreadyConfirmed):
        propose(calculated, staff)


def test_without_a_comment_it_is_confirmed_after_a_week(calculated: Appraisal, staff: User, second: User) -> None:
    propose(calculated, staff)

    appraisal.confirm(appraisal_id=calculated.pk, by=second, at=NOW + timedelta(days=7))

    assert Appraisal.objects.get(pk=calculated.pk).status == "confirmed"


def test_the_database_knows_that_two_people_are_two(calculated: Appraisal, staff: User) -> None:
    propose(calculated, staff)

    with pytest.raises(IntegrityError), transaction.atomic():
        Appraisal.objects.filter(pk=calculated.pk).update(status="confirmed", confirmed_by=staff, confirmed_at=NOW, content_sha256="0" * 64)


def test_a_confirmed_appraisal_never_changes(calculated: Appraisal, staff: User, second: User) -> None:
    propose(calculated, staff)
    appraisal.confirm(appraisal_id=calculated.pk, by=second, at=NOW + timedelta(days=7))

    with pytest.raises(DatabaseError), transaction.atomic():
        Appraisal.objects.filter(pk=calculated.pk).update(grade="D")


def test_an_appraisal_can_take_the_pilot_out_of_the_label(calculated: Appraisal, staff: User, second: User) -> None:
    def counted() -> int:
        reader = FactReader.__new__(FactReader)
        reader.parameters = {"suppliers": None, "on": date(2026, 7, 1), "at": NOW + timedelta(days=30)}
        return len(reader.rows(AGREEMENTS))

    before = counted()
    EvaluationMark.objects.all().delete()
    propose(calculated, staff, consequence="label")
    appraisal.confirm(appraisal_id=calculated.pk, by=second, at=NOW + timedelta(days=7))

    assert (before, counted()) == (1, 0)
    assert EvaluationMark.objects.filter(supplier_id=calculated.agreement.supplier_id).exists()


def test_a_confirmed_appraisal_is_printed_in_both_languages(calculated: Appraisal, staff: User, second: User) -> None:
    print_agreement(calculated.agreement_id, at=NOW)
    propose(calculated, staff)
    appraisal.confirm(appraisal_id=calculated.pk, by=second, at=NOW + timedelta(days=7))

    assert list(unprinted()) == [calculated.agreement_id]
    assert print_agreement(calculated.agreement_id, at=NOW) == 2
    assert list(unprinted()) == []
    for paper in calculated.agreement.papers.filter(kind="appraisal"):
        with paper.file.open("rb") as file:
            assert against_pdf_a(file.read()) == []


def test_the_way_of_an_appraisal_over_its_pages(
    client: Client, calculated: Appraisal, staff: User, second: User, owner: User, stranger: User
) -> None:
    page = calculated.get_absolute_url()
    client.force_login(owner)
    assert client.get(page).status_code == 404
    client.force_login(staff)
    assert client.get(reverse("pilots:appraisal_list"), {"status": "calculated"}).status_code == 200
    refused = client.post(reverse("pilots:appraisal_propose", args=[calculated.pk]), {"reasons": "", "consequence": "none"})
    assert refused.status_code == 422
    client.post(reverse("pilots:appraisal_propose", args=[calculated.pk]), {"reasons": "On track", "consequence": "incentive"})
    client.force_login(owner)
    assert "On track" in client.get(page).content.decode()
    empty = client.post(reverse("pilots:appraisal_comment", args=[calculated.pk]), {"text": ""})
    assert empty.status_code == 422
    client.post(reverse("pilots:appraisal_comment", args=[calculated.pk]), {"text": "We agree."})
    client.force_login(second)
    assert "We agree." in client.get(page).content.decode()
    client.post(reverse("pilots:appraisal_confirm", args=[calculated.pk]))

    calculated.refresh_from_db()
    assert calculated.status == "confirmed"
    detail = client.get(reverse("pilots:detail", args=[calculated.agreement_id])).content.decode()
    assert page in detail
    client.force_login(stranger)
    assert client.get(page).status_code == 404


# --- late data --------------------------------------------------------------------------------------------------------


def told(agreement: Agreement, on: date) -> list[str]:
    before = set(Message.objects.values_list("pk", flat=True))
    late_data.remind([agreement.pk], on=on)
    return sorted(Message.objects.exclude(pk__in=before).values_list("email", flat=True))


def test_late_data_are_asked_for_and_then_told_of(
    supplier: Supplier, staff: User, owner: User, colleague: User, hall: Site, mailoutbox: list[Any]
) -> None:
    agreement = by_quarter(supplier, staff, owner)

    assert told(agreement, date(2024, 4, 5)) == []
    assert told(agreement, date(2024, 4, 7)) == [colleague.email, owner.email]
    assert told(agreement, date(2024, 4, 8)) == []
    assert told(agreement, date(2024, 4, 30)) == [colleague.email, owner.email]
    assert told(agreement, date(2024, 5, 15)) == [owner.email, staff.email]
    for message_id in Message.objects.values_list("pk", flat=True):
        deliver_message(message_id=message_id)
    assert "due on" in mailoutbox[0].subject
    assert "Overdue" in mailoutbox[-1].subject
    assert "Quarter 1 of 2024" in mailoutbox[0].body


def test_whoever_has_all_months_is_not_reminded(supplier: Supplier, staff: User, owner: User, hall: Site) -> None:
    agreement = by_quarter(supplier, staff, owner)
    fill(hall, months(2024, *range(1, 13)), kwh=1000)

    assert told(agreement, date(2024, 4, 30)) == []
