"""What people decide today for a later day: told at once, in effect on its day, and called off until then."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message, User
from labels import announcing, appealing, deciding, evaluation, explaining, ledger, notices
from labels.api.serializers import LabelEventSerializer
from labels.dates import ledger_day
from labels.models import Announcement, Appeal, Label, LabelEvent
from labels.transitions import IllegalStep
from suppliers.models import Supplier
from tests.factories import NOW, create_user
from tests.labels.support import TODAY, create_critical_finding, create_green_supplier, create_standard


REASON = "The photographs of the treatment plant were taken elsewhere."
DAY = TODAY + timedelta(days=14)


@pytest.fixture
def labelled(supplier: Supplier) -> Supplier:
    create_standard()
    create_green_supplier(supplier)
    evaluation.evaluate_all(on=TODAY, at=NOW)
    return supplier


@pytest.fixture
def second(db: None) -> User:
    return create_user(name="Sara Second")


def noon(day: date) -> datetime:
    return NOW + (day - TODAY)


def suspend(supplier: Supplier, by: User, day: date = DAY) -> LabelEvent:
    return deciding.suspend(supplier_id=supplier.pk, reason=REASON, by=by, at=NOW, effective_on=day)


def label_of(supplier: Supplier) -> Label:
    return Label.objects.get(supplier=supplier)


def steps(supplier: Supplier) -> list[str]:
    return list(LabelEvent.objects.filter(supplier=supplier).in_order().values_list("kind", flat=True))


# --- until the day, and on it -----------------------------------------------------------------------------------------


def test_a_label_stays_what_it_is_until_the_announced_day_and_then_moves(labelled: Supplier, staff: User) -> None:
    told = suspend(labelled, staff)
    assert (told.kind, told.notice_on, told.reason, label_of(labelled).state) == ("announced", TODAY, REASON, "awarded")

    for day in (TODAY, DAY - timedelta(days=1)):
        evaluation.evaluate_all(on=day, at=noon(day))
        assert announcing.take_due(at=noon(day)) == 0
    assert announcing.take_due(at=noon(DAY)) == 1
    assert announcing.take_due(at=noon(DAY)) == 0

    label = label_of(labelled)
    step = label.last_event
    assert step is not None
    assert (label.state, label.is_held) == ("suspended", True)
    assert (step.notice_on, step.effective_on, step.actor, step.reason) == (TODAY, DAY, staff, REASON)
    assert step.snapshot["criteria"] == told.snapshot["criteria"] != []
    assert steps(labelled) == ["awarded", "announced", "suspended"]
    evaluation.evaluate_all(on=DAY, at=noon(DAY))
    assert label_of(labelled).state == "suspended"
    assert ledger.differences() == []


def test_the_cooling_off_counts_from_the_day_and_two_people_stand_behind_it(labelled: Supplier, staff: User, second: User) -> None:
    proposal = deciding.propose_revocation(supplier_id=labelled.pk, ground="ethics", reason=REASON, by=staff, at=NOW, effective_on=DAY)
    told = deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=NOW)
    assert (told.kind, label_of(labelled).state) == ("announced", "awarded")

    announcing.take_due(at=noon(DAY))

    label = label_of(labelled)
    assert label.last_event is not None
    assert (label.state, label.until) == ("revoked", date(DAY.year + 5, DAY.month, DAY.day))
    assert (label.last_event.actor, label.last_event.second_actor) == (staff, second)


def test_a_revocation_that_is_confirmed_after_its_day_counts_at_once(labelled: Supplier, staff: User, second: User) -> None:
    proposal = deciding.propose_revocation(supplier_id=labelled.pk, ground="ethics", reason=REASON, by=staff, at=NOW, effective_on=DAY)

    deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=noon(DAY + timedelta(days=1)))

    assert label_of(labelled).state == "revoked"
    assert not Announcement.objects.exists()


def test_a_suspension_is_lifted_on_a_chosen_day_if_the_criteria_are_met_then(labelled: Supplier, staff: User) -> None:
    deciding.suspend(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW)
    lift: Mapping[str, Any] = {"supplier_id": labelled.pk, "reason": "The audit is over.", "by": staff, "at": NOW}
    deciding.lift_suspension(**lift, effective_on=DAY)
    create_critical_finding(labelled)
    evaluation.evaluate_all(on=DAY, at=noon(DAY))

    announcing.take_due(at=noon(DAY))

    assert label_of(labelled).state == "suspended"
    assert steps(labelled)[-2:] == ["announced", "called_off"]
    [ended] = Announcement.objects.all()
    assert (ended.state, ended.end) == ("lapsed", label_of(labelled).last_event)
    assert ended.end is not None
    assert "in no state for it" in explaining.happening(ended.end).detail


def test_what_a_label_overtook_comes_to_nothing(labelled: Supplier, staff: User) -> None:
    suspend(labelled, staff)
    deciding.suspend(supplier_id=labelled.pk, reason="Now, after all.", by=staff, at=NOW)

    announcing.take_due(at=noon(DAY))

    assert steps(labelled) == ["awarded", "announced", "suspended", "called_off"]
    assert ledger.differences() == []


# --- what is refused --------------------------------------------------------------------------------------------------


def test_the_same_step_is_announced_once_and_no_step_that_is_impossible(labelled: Supplier, staff: User) -> None:
    suspend(labelled, staff)

    with pytest.raises(announcing.AlreadyAnnounced):
        suspend(labelled, staff, DAY + timedelta(days=1))
    with pytest.raises(IllegalStep):
        deciding.lift_suspension(supplier_id=labelled.pk, reason=REASON, by=staff, at=NOW, effective_on=DAY)


def test_what_is_announced_is_not_proposed_again(labelled: Supplier, staff: User, second: User) -> None:
    wanted: Mapping[str, Any] = {"supplier_id": labelled.pk, "ground": "ethics", "reason": REASON, "at": NOW}
    proposal = deciding.propose_revocation(**wanted, by=staff, effective_on=DAY)
    deciding.confirm_revocation(proposal_id=proposal.pk, by=second, at=NOW)

    with pytest.raises(announcing.AlreadyAnnounced):
        deciding.propose_revocation(**wanted, by=staff)


def test_the_database_keeps_announcements(labelled: Supplier, staff: User) -> None:
    waiting = Announcement.objects.filter(event=suspend(labelled, staff))
    for change in ({"effective_on": TODAY}, {"state": "taken"}, {"step": "raised"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            waiting.update(**change)
    announcing.take_due(at=noon(DAY))
    with pytest.raises(Exception, match="Cannot update rows"), transaction.atomic():
        waiting.update(effective_on=DAY + timedelta(days=1))
    with pytest.raises(Exception, match="Cannot delete rows"), transaction.atomic():
        waiting.delete()


@pytest.mark.parametrize(("days", "said"), [(-1, "This day has passed."), (400, "within a year")])
def test_a_day_that_makes_no_sense_is_said_beside_the_field(client: Client, labelled: Supplier, staff: User, days: int, said: str) -> None:
    client.force_login(staff)
    day = ledger_day(timezone.now()) + timedelta(days=days)

    page = client.post(reverse("labels:suspend", args=[labelled.pk]), {"reason": REASON, "effective_on": day.isoformat()})

    assert said in page.text
    assert not Announcement.objects.exists()


# --- pages, mails, calling off, appeals -------------------------------------------------------------------------------


def test_people_announce_read_and_call_off_in_the_browser(client: Client, labelled: Supplier, staff: User, owner: User) -> None:
    client.force_login(staff)
    day = ledger_day(timezone.now()) + timedelta(days=10)
    done = client.post(reverse("labels:suspend", args=[labelled.pk]), {"reason": REASON, "effective_on": day.isoformat()}, follow=True)
    assert "Announced for" in done.text
    assert "To be suspended on" in done.text
    again = client.post(reverse("labels:suspend", args=[labelled.pk]), {"reason": REASON, "effective_on": day.isoformat()}, follow=True)
    assert "This step is announced already." in again.text

    client.force_login(owner)
    told = LabelEvent.objects.get(kind="announced")
    step_page = client.get(told.get_absolute_url()).text
    assert "Announced: Suspension" in step_page
    assert f"To take effect on</dt><dd>{explaining.day(day)}" in step_page
    [listed] = [each for each in client.get(reverse("api_label_event_list")).json()["results"] if each["kind"] == "announced"]
    assert listed["announces"] == {"step": "suspended", "effective_on": day.isoformat()}
    mine = client.get(reverse("labels:mine")).text
    assert "To be suspended on" in mine
    assert REASON in mine
    assert "Appeal against it" in mine
    assert "Call it off" not in mine
    notices.tell(at=timezone.now())
    assert Message.objects.filter(kind="label_steps", email=owner.email).exists()

    client.force_login(staff)
    announcement = Announcement.objects.get()
    url = reverse("labels:announcement_call_off", args=[announcement.pk])
    assert "This field is required." in client.post(url, {"reason": " "}).text
    assert "Called off. The supplier is told." in client.post(url, {"reason": "It was another plant."}, follow=True).text
    assert "This is not announced any more." in client.post(url, {"reason": "It was another plant."}, follow=True).text
    assert announcing.take_due(at=timezone.now() + timedelta(days=20)) == 0
    client.force_login(owner)
    assert "To be suspended on" not in client.get(reverse("labels:mine")).text
    assert "It was another plant." in client.get(reverse("labels:mine")).text


def test_an_upheld_appeal_against_an_announcement_calls_it_off(labelled: Supplier, owner: User, staff: User, second: User) -> None:
    told = suspend(labelled, staff)
    appeal = appealing.lodge(event_id=told.pk, text="It is another company's plant.", documents=[], by=owner, at=NOW)

    appealing.decide(appeal_id=appeal.pk, upheld=True, answer="So it is.", by=second, at=NOW)

    assert (Appeal.objects.get().state, Announcement.objects.get().state) == ("upheld", "called_off")
    assert announcing.take_due(at=noon(DAY)) == 0
    assert label_of(labelled).state == "awarded"


def test_the_time_to_appeal_runs_from_the_day_and_a_lifting_takes_nothing(labelled: Supplier, staff: User) -> None:
    suspend(labelled, staff)
    announcing.take_due(at=noon(DAY))
    step = LabelEvent.objects.get(kind="suspended")
    told = deciding.lift_suspension(
        supplier_id=labelled.pk, reason="The audit is over.", by=staff, at=noon(DAY), effective_on=DAY + timedelta(days=3)
    )

    last_day = appealing.last_day_to_appeal(step)
    assert last_day is not None
    assert last_day - DAY == last_day - step.effective_on > timedelta(days=7)
    assert appealing.last_day_to_appeal(told) is None


def test_the_api_says_when_an_announced_step_takes_effect_in_one_statement(
    labelled: Supplier, staff: User, django_assert_num_queries: Any
) -> None:
    suspend(labelled, staff)

    with django_assert_num_queries(1):
        rows = LabelEventSerializer(LabelEvent.objects.visible_to(staff).for_api().order_by("number"), many=True).data

    assert [(row["kind"], row["notice_on"], row["effective_on"]) for row in rows] == [
        ("awarded", str(TODAY), TODAY), ("announced", str(TODAY), DAY),
    ]  # fmt: skip
    assert rows[1]["announces"] == {"step": "suspended", "effective_on": str(DAY)}
