from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from pilots.joint_actions import PlaceTaken, Programme, commit_to, decline, deliver, invite, save_programme, with_totals
from pilots.models import Agreement, JointAction, JointProgramme
from suppliers.models import Supplier
from tests.factories import NOW, create_supplier, create_user
from tests.pilots.support import active, drafted


PROGRAMME: dict[str, Any] = {
    "year": 2026,
    "place": 1,
    "title_en": "Liquid cooling",
    "title_zh": "液冷",
    "description": "We try it together.",
    "reply_by": date(2026, 9, 1),
    "ends_on": date(2026, 12, 31),
}


def planned(staff: User, **fields: Any) -> JointProgramme:
    return save_programme(programme=Programme(**PROGRAMME | fields), by=staff, at=NOW)


def test_there_are_one_or_two_a_year(staff: User) -> None:
    planned(staff)
    planned(staff, place=2)

    with pytest.raises(PlaceTaken):
        planned(staff, place=2)
    assert JointProgramme.objects.count() == 2


def test_commitments_and_savings_are_added_up(supplier: Supplier, staff: User, owner: User) -> None:
    other = create_supplier()
    other_owner = create_user(role=Role.SUPPLIER_SIGNATORY, supplier=other)
    agreements = [active(supplier, staff, owner), active(other, staff, other_owner), drafted(create_supplier(), staff)]
    programme = planned(staff)

    invited = invite(programme_id=programme.pk, agreement_ids=[each.pk for each in agreements], by=staff, at=NOW)
    again = invite(programme_id=programme.pk, agreement_ids=[each.pk for each in agreements], by=staff, at=NOW)
    first, second = JointAction.objects.order_by("pk")
    commit_to(action_id=first.pk, tonnes=Decimal(120), words="Two halls", by=owner, at=NOW)
    decline(action_id=second.pk, words="No room", by=other_owner, at=NOW)
    deliver(action_id=first.pk, tonnes=Decimal(95), words="By the meters", by=owner, at=NOW)

    # The draft is not in force.
    assert (invited, again) == (2, 0)
    totals = with_totals(JointProgramme.objects.all()).get()
    assert (totals.invited, totals.committed, totals.promised, totals.saved) == (2, 1, 120, 95)


def test_only_who_committed_delivers_and_nobody_after_its_end(supplier: Supplier, staff: User, owner: User) -> None:
    programme = planned(staff)
    invite(programme_id=programme.pk, agreement_ids=[active(supplier, staff, owner).pk], by=staff, at=NOW)
    action = JointAction.objects.get()

    with pytest.raises(JointAction.IllegalTransition):
        deliver(action_id=action.pk, tonnes=Decimal(1), words="", by=owner, at=NOW)
    save_programme(programme=Programme(**PROGRAMME, status="done"), by=staff, at=NOW, programme_id=programme.pk)
    with pytest.raises(JointAction.IllegalTransition):
        commit_to(action_id=action.pk, tonnes=Decimal(1), words="", by=owner, at=NOW)


def test_the_way_of_a_joint_action_over_its_pages(client: Client, supplier: Supplier, staff: User, owner: User, stranger: User) -> None:
    agreement = active(supplier, staff, owner)
    client.force_login(staff)
    data = {name: str(value) for name, value in PROGRAMME.items()} | {"status": "open"}
    for wrong, field in (
        ({"ends_on": "2026-08-01"}, "ends_on"),
        ({"place": "3"}, "place"),
        ({"year": "26"}, "year"),
        ({"title_zh": ""}, "title_zh"),
    ):
        refused = client.post(reverse("pilots:programme_new"), data | wrong)
        assert field in refused.context["form"].errors
    client.post(reverse("pilots:programme_new"), data)
    taken = client.post(reverse("pilots:programme_new"), data)
    assert "place" in taken.context["form"].errors
    programme = JointProgramme.objects.get()
    client.post(reverse("pilots:programme_invite", args=[programme.pk]), {"agreements": [agreement.pk]})
    action = JointAction.objects.get()

    client.force_login(owner)
    reply = reverse("pilots:action_reply", args=[action.pk])
    assert "Liquid cooling" in client.get(programme.get_absolute_url()).content.decode()
    for wrong, field in (({"tonnes": ""}, "tonnes"), ({"tonnes": "-1"}, "tonnes"), ({"takes_part": ""}, "takes_part")):
        refused = client.post(reply, {"takes_part": "yes", "tonnes": "120", "words": "Two halls", **wrong})
        assert (refused.status_code, field in refused.context["form"].errors) == (422, True)
    client.post(reply, {"takes_part": "yes", "tonnes": "120", "words": "Two halls"})
    client.post(f"{reply}?delivered=1", {"tonnes": "95", "words": "By the meters"})

    client.force_login(staff)
    shown = client.get(programme.get_absolute_url()).content.decode()
    assert "By the meters" in shown
    assert client.get(reverse("pilots:programme_list")).status_code == 200
    client.force_login(stranger)
    assert client.get(programme.get_absolute_url()).status_code == 404
    assert client.get(reply).status_code == 404
    assert Agreement.objects.get().joint_actions.get().delivered_reduction == 95
