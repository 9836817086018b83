from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection

from accounts.models import User
from audit.models import Event
from emissions.inventory import calculate_inventory
from pilots import agreements
from pilots.actuals import NotCalculable
from pilots.agreements import (
    AlreadySigned,
    Incomplete,
    TargetsRise,
    TermsChanged,
    change_draft,
    close_agreement,
    offer_agreement,
    put_due_into_force,
    set_targets,
    terminate_agreement,
    withdraw_offer,
)
from pilots.models import Agreement, JointAction, ReportedYear
from pilots.reporting import (
    ActionPlan,
    Figures,
    QuantityMissing,
    YearOutside,
    YearReport,
    report_year,
    save_joint_action,
)
from pilots.terms import YearsDoNotFit, hash_of, is_as_offered
from pilots.trajectory import Track
from suppliers.models import Supplier
from tests.emissions.support import create_record, history_of
from tests.factories import NOW, create_site, create_supplier
from tests.pilots.support import active, drafted, offered, report, sign, terms


Status = Agreement.Status


def targets_of(agreement: Agreement) -> dict[int, Decimal]:
    return dict(agreement.targets.values_list("year", "emissions"))


# --- drafting ---------------------------------------------------------------------------------------------------------


def test_a_draft_makes_its_yearly_targets(supplier: Supplier, staff: User) -> None:
    agreement = drafted(supplier, staff)

    assert agreement.number == f"CP-2024-{agreement.pk:04d}"
    assert targets_of(agreement) == {2024: 900, 2025: 800, 2026: 700, 2027: 600, 2028: 500}


def test_tonnes_are_suggested_to_the_kilogram_and_never_above_the_path(supplier: Supplier, staff: User) -> None:
    agreement = drafted(supplier, staff, path="compounding")

    suggested = ["870.550", "757.858", "659.753", "574.349", "500"]
    assert targets_of(agreement) == dict(zip(range(2024, 2029), map(Decimal, suggested), strict=True))


def test_the_years_are_the_suppliers_fiscal_years(staff: User) -> None:
    supplier = create_supplier(fiscal_year_start=4)

    agreement = drafted(supplier, staff, starts_on=date(2024, 4, 1), ends_on=date(2026, 3, 31))

    assert sorted(targets_of(agreement)) == [2024, 2025]


def test_an_intensity_agreement_has_targets_per_unit(supplier: Supplier, staff: User) -> None:
    agreement = drafted(supplier, staff, measure="intensity", intensity_unit="MWh IT", base_denominator=Decimal(2000))

    assert agreement.base_figure == Decimal("0.5")
    assert targets_of(agreement)[2028] == Decimal("0.25")


def test_a_base_year_after_the_start_is_refused(supplier: Supplier, staff: User) -> None:
    with pytest.raises(YearsDoNotFit):
        drafted(supplier, staff, base_year=2024)
    assert not Agreement.objects.exists()


def test_changing_words_keeps_targets_that_were_edited_and_changing_figures_makes_them_anew(supplier: Supplier, staff: User) -> None:
    agreement = drafted(supplier, staff)
    set_targets(agreement_id=agreement.pk, targets={**targets_of(agreement), 2025: Decimal(850)}, by=staff, at=NOW)

    change_draft(agreement_id=agreement.pk, changes=terms(boundary="Hall 1 only").changes(), by=staff, at=NOW)
    edited = targets_of(agreement)
    change_draft(agreement_id=agreement.pk, changes=terms(base_emissions=Decimal(2000)).changes(), by=staff, at=NOW)

    assert edited[2025] == 850
    assert targets_of(agreement)[2025] == 1600


def test_targets_must_not_rise(supplier: Supplier, staff: User) -> None:
    agreement = drafted(supplier, staff)

    with pytest.raises(TargetsRise):
        set_targets(agreement_id=agreement.pk, targets={**targets_of(agreement), 2026: Decimal(801)}, by=staff, at=NOW)
    with pytest.raises(Incomplete):
        set_targets(agreement_id=agreement.pk, targets={2024: Decimal(900)}, by=staff, at=NOW)


# --- offering and signing ---------------------------------------------------------------------------------------------


def test_an_offer_freezes_the_terms_under_a_hash(supplier: Supplier, staff: User) -> None:
    agreement = offered(supplier, staff)

    assert agreement.status == Status.OFFERED
    assert agreement.offered_terms is not None
    assert hash_of(agreement.offered_terms) == agreement.content_sha256
    assert agreement.offered_terms["targets"]["2028"] == "500"
    assert is_as_offered(Agreement.objects.get(pk=agreement.pk))


def test_a_term_that_differs_from_the_offer_is_seen(supplier: Supplier, staff: User) -> None:
    agreement = offered(supplier, staff)
    Agreement.objects.filter(pk=agreement.pk).update(remedy="none at all")

    assert not is_as_offered(Agreement.objects.get(pk=agreement.pk))


def test_an_offer_is_changed_by_nobody(supplier: Supplier, staff: User) -> None:
    agreement = offered(supplier, staff)

    for attempt in (
        lambda: change_draft(agreement_id=agreement.pk, changes=terms().changes(), by=staff, at=NOW),
        lambda: set_targets(agreement_id=agreement.pk, targets=targets_of(agreement), by=staff, at=NOW),
        lambda: offer_agreement(agreement_id=agreement.pk, by=staff, at=NOW),
    ):
        with pytest.raises(Agreement.IllegalTransition):
            attempt()


def test_two_signatures_put_it_into_force(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = offered(supplier, staff)

    after_one = sign(agreement, "supplier", owner)
    after_both = sign(agreement, "buyer", staff)

    assert after_one.status == Status.OFFERED
    assert after_both.status == Status.ACTIVE
    actions = list(Event.objects.about_supplier(supplier.pk).order_by("pk").values_list("action", flat=True))
    assert actions == ["agreement.offered", "agreement.signed", "agreement.signed", "agreement.activated"]


def test_before_its_first_day_it_is_signed_and_then_comes_into_force_by_itself(supplier: Supplier, staff: User, owner: User) -> None:
    start = NOW.date() + timedelta(days=30)
    agreement = active(supplier, staff, owner, starts_on=start, base_year=2023, ends_on=date(2030, 12, 31))
    assert agreement.status == Status.SIGNED

    assert put_due_into_force(at=NOW) == 0
    assert put_due_into_force(at=NOW + timedelta(days=31)) == 1
    assert put_due_into_force(at=NOW + timedelta(days=31)) == 0
    assert Agreement.objects.get().status == Status.ACTIVE


def test_a_side_signs_once(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = offered(supplier, staff)
    sign(agreement, "supplier", owner)

    with pytest.raises(AlreadySigned):
        sign(agreement, "supplier", owner)
    assert agreement.signatures.count() == 1


def test_what_changed_since_it_was_read_is_not_signed(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = offered(supplier, staff)
    sign(agreement, "supplier", owner)
    withdraw_offer(agreement_id=agreement.pk, by=staff, at=NOW)
    again = offer_agreement(agreement_id=agreement.pk, by=staff, at=NOW + timedelta(minutes=1))

    with pytest.raises(TermsChanged):
        sign(agreement, "buyer", staff)
    after = sign(again, "buyer", staff)

    # The supplier's signature was under the first offer.
    assert again.content_sha256 != agreement.content_sha256
    assert after.status == Status.OFFERED


def test_a_draft_is_not_signed(supplier: Supplier, staff: User) -> None:
    with pytest.raises(Agreement.IllegalTransition):
        sign(drafted(supplier, staff), "buyer", staff)


def test_a_signature_is_never_changed(supplier: Supplier, staff: User, owner: User) -> None:
    from django.db import transaction
    from django.db.utils import DatabaseError

    sign(offered(supplier, staff), "supplier", owner)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE pilots_agreementsignature SET name = 'Somebody else'")


def test_the_trail_stands_or_falls_with_the_step(supplier: Supplier, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement = drafted(supplier, staff)

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(agreements.trail, "record", fail)
    with pytest.raises(RuntimeError):
        offer_agreement(agreement_id=agreement.pk, by=staff, at=NOW)

    assert Agreement.objects.get().status == Status.DRAFT


# --- ending -----------------------------------------------------------------------------------------------------------


def test_it_ends_with_a_reason(supplier: Supplier, staff: User, owner: User) -> None:
    closed = close_agreement(agreement_id=active(supplier, staff, owner).pk, reason="Its time is over.", by=staff, at=NOW)
    terminated = terminate_agreement(agreement_id=offered(supplier, staff).pk, reason="The halls were sold.", by=staff, at=NOW)

    assert (closed.status, closed.ended_at) == (Status.CLOSED, NOW)
    assert (terminated.status, terminated.ended_reason) == (Status.TERMINATED, "The halls were sold.")
    with pytest.raises(Agreement.IllegalTransition):
        terminate_agreement(agreement_id=closed.pk, reason="again", by=staff, at=NOW)
    with pytest.raises(Agreement.IllegalTransition):
        close_agreement(agreement_id=drafted(supplier, staff).pk, reason="a draft", by=staff, at=NOW)


# --- reporting --------------------------------------------------------------------------------------------------------


def test_a_year_is_calculated_from_the_sites_of_the_agreement(supplier: Supplier, staff: User, owner: User) -> None:
    inside, outside = create_site(supplier=supplier, type="data_centre"), create_site(supplier=supplier, type="office")
    agreement = active(supplier, staff, owner, sites=[inside])
    for month in range(1, 13):
        create_record(inside, "electricity", 100_000, "kWh", date(2024, month, 1))
        create_record(inside, "renewable_electricity", 25_000, "kWh", date(2024, month, 1))
        create_record(inside, "it_energy", 80_000, "kWh", date(2024, month, 1))
        create_record(outside, "electricity", 5_000, "kWh", date(2024, month, 1))

    reported = report_year(agreement_id=agreement.pk, report=YearReport(2024, offsets=Decimal(50)), by=owner, at=NOW)

    assert reported.emissions == Decimal(900_000) * Decimal("0.6096") / 1000
    assert (reported.renewable_share, reported.pue, reported.months_covered) == (25, Decimal("1.250"), 12)
    assert reported.basis == ReportedYear.Basis.CALCULATED
    assert reported.residual == reported.emissions - 50
    inventory = calculate_inventory(supplier_id=supplier.pk, year=2024, at=NOW)
    assert inventory
    assert inventory.scope2_market > reported.emissions


def test_location_based_agreements_take_the_location_based_figure(supplier: Supplier, staff: User, owner: User) -> None:
    site = create_site(supplier=supplier, type="data_centre")
    agreement = active(supplier, staff, owner, scope2_method="location")
    for month in range(1, 13):
        create_record(site, "electricity", 1000, "kWh", date(2023 + 1, month, 1))

    reported = report_year(agreement_id=agreement.pk, report=YearReport(2024), by=owner, at=NOW)

    assert reported.emissions != Decimal(12_000) * Decimal("0.6096") / 1000


def test_without_data_nothing_is_made_up(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)

    with pytest.raises(NotCalculable):
        report_year(agreement_id=agreement.pk, report=YearReport(2024), by=owner, at=NOW)
    assert not ReportedYear.objects.exists()


def test_years_outside_and_agreements_not_in_force_are_refused(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)

    with pytest.raises(YearOutside):
        report(agreement, 2023, 900, by=owner)
    with pytest.raises(Agreement.IllegalTransition):
        report(offered(supplier, staff), 2024, 900, by=owner)


def test_an_intensity_needs_its_quantity(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner, measure="intensity", intensity_unit="MWh", base_denominator=Decimal(2000))

    with pytest.raises(QuantityMissing):
        report(agreement, 2024, 900, by=owner)
    report(agreement, 2024, 900, by=owner, denominator=Decimal(2100))

    verdict = agreement.verdict()
    assert (verdict.track, verdict.actual, verdict.target) == (Track.ON_TRACK, Decimal("0.428571"), Decimal("0.45"))


def test_offsets_and_removals_never_change_the_verdict(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    report(agreement, 2024, 1000, by=owner)
    before = agreement.verdict()
    report(agreement, 2024, 1000, by=owner, offsets=Decimal(1000), removals=Decimal(500))

    assert agreement.verdict() == before
    assert before.track == Track.OFF_TRACK


def test_a_correction_keeps_what_was_said_before(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    report(agreement, 2024, 1000, by=owner)
    report(agreement, 2024, 890, by=owner)

    assert agreement.reported_years.get().emissions == 890
    assert history_of(ReportedYear).get().emissions == 1000
    assert Event.objects.filter(action="agreement.year_reported").count() == 2


def test_joint_actions_are_planned_and_followed_until_the_end(supplier: Supplier, staff: User, owner: User) -> None:
    agreement = active(supplier, staff, owner)
    action = save_joint_action(agreement_id=agreement.pk, plan=ActionPlan(2024, "Liquid cooling"), by=staff, at=NOW)
    again = save_joint_action(agreement_id=agreement.pk, plan=ActionPlan(2024, "Liquid cooling"), by=staff, at=NOW)
    assert again == action  # a form sent twice
    plan = ActionPlan(2024, "Liquid cooling", status=JointAction.Status.DELIVERED)

    save_joint_action(agreement_id=agreement.pk, plan=plan, by=staff, at=NOW, action_id=action.pk)

    assert agreement.joint_actions.get().status == "delivered"
    close_agreement(agreement_id=agreement.pk, reason="over", by=staff, at=NOW)
    with pytest.raises(Agreement.IllegalTransition):
        save_joint_action(agreement_id=agreement.pk, plan=plan, by=staff, at=NOW)


# --- the track in SQL and in Python -----------------------------------------------------------------------------------


def test_lists_judge_as_the_page_does(supplier: Supplier, staff: User, owner: User) -> None:
    random = Random(7)
    for number in range(24):
        intensity = {"measure": "intensity", "intensity_unit": "MWh", "base_denominator": Decimal(random.randint(50, 5000))}
        agreement = active(supplier, staff, owner, **(intensity if number % 2 else {}))
        for year in (2024, 2025, 2026):
            if random.random() < 0.7:
                quantity = {"denominator": Decimal(random.randint(50, 5000))} if number % 2 else {}
                actual = random.choice([900, 925, 800, 850, 851, 700, 1100])
                report(agreement, year, actual, by=owner, months=random.choice([12, 12, 7]), **quantity)

    for row in Agreement.objects.with_track():
        assert row.track_verdict == row.verdict(), row.number


def test_filters_by_track_leave_out_what_is_not_in_force(supplier: Supplier, staff: User, owner: User) -> None:
    off = active(supplier, staff, owner)
    report(off, 2024, 1000, by=owner)
    unreported = active(supplier, staff, owner)
    drafted(supplier, staff)

    rows = Agreement.objects.with_track()

    assert list(rows.tracked_as("off_track")) == [off]
    assert list(rows.tracked_as("no_data")) == [unreported]


def test_figures_are_what_was_given() -> None:
    assert Figures(Decimal(1), 12).pue is None
