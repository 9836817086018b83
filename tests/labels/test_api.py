import time
from typing import Any

import pytest
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.models import User
from labels import evaluation
from labels.api import views
from labels.models import Label, Standard
from suppliers.models import Supplier
from tests.factories import NOW, create_supplier
from tests.labels.support import TODAY, create_green_supplier, create_standard


@pytest.fixture
def labelled(supplier: Supplier) -> Supplier:
    create_standard()
    create_green_supplier(supplier)
    create_green_supplier(create_supplier())
    evaluation.evaluate_all(on=TODAY, at=NOW)
    return supplier


def read(view: Any, user: User | None, query: dict[str, str] | None = None, **kwargs: Any) -> Any:
    request = APIRequestFactory().get("/", query or {})
    request.session = {"confirmed_at": time.time()}
    if user:
        force_authenticate(request, user)
    return view.as_view()(request, **kwargs)


LISTS = [views.LabelList, views.LabelEventList, views.DecisionList]


@pytest.mark.parametrize("view", LISTS)
def test_the_buyer_reads_every_row_and_a_supplier_its_own(view: Any, staff: User, owner: User, labelled: Supplier) -> None:
    everything = read(view, staff).data["results"]
    own = read(view, owner).data["results"]

    assert len(everything) == 2
    assert [row["supplier"] for row in own] == [labelled.pk]


def test_a_stranger_reads_no_label_of_others(stranger: User, labelled: Supplier) -> None:
    label = Label.objects.get(supplier=labelled)

    assert read(views.LabelDetail, stranger, pk=label.pk).status_code == 404
    assert read(views.LabelList, stranger).data["results"] == []


def test_labels_are_filtered(staff: User, labelled: Supplier) -> None:
    assert len(read(views.LabelList, staff, {"level": "green_leader"}).data["results"]) == 2
    assert read(views.LabelList, staff, {"level": "green"}).data["results"] == []
    assert read(views.LabelList, staff, {"level": "gold"}).status_code == 400


def test_the_ledger_does_not_say_who_decided(owner: User, labelled: Supplier) -> None:
    row = read(views.LabelEventList, owner).data["results"][0]

    assert row["kind"] == "awarded"
    assert not {"actor", "second_actor"} & set(row)


def test_the_standard_is_read_with_its_criteria_and_drafts_are_the_buyers(owner: User, staff: User, labelled: Supplier) -> None:
    create_standard(version="2027", status="draft", published_at=None, in_force_from=None)
    standard = Standard.objects.get(status="published")

    assert len(read(views.StandardList, owner).data["results"]) == 1
    assert len(read(views.StandardList, staff).data["results"]) == 2
    assert read(views.StandardDetail, owner, pk=standard.pk).data["content"] == standard.content


@pytest.mark.parametrize("view", [*LISTS, views.StandardList])
def test_without_signing_in_nothing_is_read(db: None, view: Any) -> None:
    assert read(view, None).status_code == 403
