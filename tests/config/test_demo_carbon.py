from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from accounts.copying import copied_into
from accounts.models import Membership, Role, User
from config.demo import carbon, world
from config.demo.people import Cast
from emissions.models import ActivityRecord, Inventory
from pilots.models import Agreement, Amendment, Appraisal, JointAction, JointProgramme
from pilots.terms import is_as_offered
from suppliers.models import Site, Supplier


AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def write(suppliers: list[world.DemoSupplier]) -> None:
    """What the loader writes by COPY as the tables' owner."""
    Supplier.objects.bulk_create(
        Supplier(
            pk=s.id,
            name_en=s.name_en,
            name_zh=s.name_zh,
            country=s.country,
            region=s.region,
            category=s.category,
            uscc=s.uscc,
            state=s.state,
            fiscal_year_start=4 if s.id == 1 else 1,
        )
        for s in suppliers
    )
    Site.objects.bulk_create(
        Site(pk=site.id, supplier_id=s.id, name=site.name, type=site.type, country=site.country, region=site.region)
        for s in suppliers
        for site in s.sites
    )
    for s in suppliers:
        s.user_id = person(s.contact_email, Role.SUPPLIER_SIGNATORY, s.id).pk


def person(email: str, role: Role, supplier_id: int | None = None) -> User:
    user = User.objects.create(email=email, name=email, password="!")
    user.active_membership = Membership.objects.create(user=user, role=role, supplier_id=supplier_id)
    user.save(update_fields=["active_membership"])
    return user


def copied(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """What the loader copies as the owner, the application copies by way of a table of its own."""
    with copied_into(table, columns) as copy:
        for row in rows:
            copy.write_row(row)


def test_forty_pilots_stand_in_every_state_and_on_every_track(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carbon, "copy_rows", copied)
    everybody = world.suppliers(Random(7), count=1_500, areas=("E1",))
    suppliers = [s for s in everybody if s.category in {"cloud_dc", "logistics"}]
    write(suppliers)
    staff = person("staff@buyer.example", Role.ESG_STAFF)
    cast = Cast(by_role={"esg_staff": staff}, reviewers=[], second_staff=staff)

    records = carbon.create(suppliers, cast, Random(7), AT)

    rows = list(Agreement.objects.with_track().order_by("pk"))
    tracks = Counter(row.track for row in rows if row.has_track)
    assert Counter(row.status for row in rows) == {"active": 27, "signed": 3, "offered": 3, "draft": 3, "closed": 2, "terminated": 2}
    assert tracks["on_track"] >= 14
    assert tracks["at_risk"] >= 5
    assert tracks["off_track"] >= 5
    assert tracks["no_data"] == 0
    assert ActivityRecord.objects.count() == records > 7_000
    assert Inventory.objects.filter(months_covered=12).count() >= 110
    showcase = Agreement.objects.get(supplier_id=1)
    assert (showcase.status, showcase.verdict().track) == ("active", "on_track")
    assert all(is_as_offered(row) for row in rows if row.offered_terms)
    assert Counter(Amendment.objects.values_list("status", flat=True)) == {"in_force": 1, "offered": 1}
    assert Appraisal.objects.filter(status="proposed").exists()
    assert JointProgramme.objects.count() == 4
    assert JointAction.objects.filter(status="delivered", delivered_reduction__gt=0).count() > 10


def test_the_fates_are_forty() -> None:
    assert len(carbon.FATES) == carbon.CLOUD + carbon.LOGISTICS == 40
