"""The accounts of the demo: the published sign-ins, the buyer's other reviewers, and one person for each supplier in business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db.models import OuterRef, Subquery

from accounts import demo
from accounts.models import SUPPLIER_ROLES, Membership, Role, User
from config.demo.copying import copy_rows, move_sequences
from config.demo.world import DemoSupplier


OTHER_REVIEWERS = ("何若水 He Ruoshui", "罗一鸣 Luo Yiming", "Mara Fable", "Jonas Tale")


@dataclass(slots=True)
class Cast:
    by_role: dict[str, User]
    reviewers: list[int]
    # The other pair of eyes of the ESG staff.
    second_staff: User


def create_cast(showcase_id: int) -> Cast:
    password = make_password(demo.PASSWORD)
    by_role = {}
    for person in demo.PEOPLE:
        supplier_id = showcase_id if person.role in SUPPLIER_ROLES else None
        by_role[str(person.role)] = _create(person.email, person.name, person.role, password, supplier_id)
    others = [
        _create(f"reviewer{number}@demo.example", name, Role.REVIEWER, make_password(None), None)
        for number, name in enumerate(OTHER_REVIEWERS, start=2)
    ]
    second = _create("staff2@demo.example", "夏若兰 Xia Ruolan", Role.ESG_STAFF, make_password(None), None)
    return Cast(by_role, [by_role[Role.REVIEWER].pk, *(user.pk for user in others)], second)


def _create(email: str, name: str, role: Role, password: str, supplier_id: int | None) -> User:
    user = User.objects.create(email=email, name=name, password=password, is_demo=True)
    user.active_membership = Membership.objects.create(user=user, role=role, supplier_id=supplier_id)
    user.save(update_fields=["active_membership"])
    return user


def create_supplier_people(suppliers: Sequence[DemoSupplier], *, showcase_signatory: int, at: datetime) -> None:
    """A signatory each, who cannot sign in: the password is unusable."""
    first = User.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    first_membership = Membership.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    suppliers[0].user_id = showcase_signatory
    others = suppliers[1:]
    for number, supplier in enumerate(others):
        supplier.user_id = first + number
    copy_rows(
        "accounts_user",
        (
            "id",
            "password",
            "email",
            "name",
            "phone",
            "language",
            "timezone",
            "is_active",
            "is_demo",
            "date_joined",
        ),
        ((s.user_id, "!", s.contact_email, s.contact_name, "", _language(s), "Asia/Shanghai", True, True, at) for s in others),
    )
    copy_rows(
        "accounts_membership",
        ("id", "user_id", "role", "supplier_id", "created_at"),
        ((first_membership + number, s.user_id, str(Role.SUPPLIER_SIGNATORY), s.id, at) for number, s in enumerate(others)),
    )
    move_sequences(["accounts_user", "accounts_membership"])
    held = Membership.objects.filter(user=OuterRef("pk")).values("pk")[:1]
    User.objects.filter(active_membership__isnull=True, is_demo=True).update(active_membership_id=Subquery(held))


def _language(supplier: DemoSupplier) -> str:
    return "zh-hans" if supplier.country in {"CN", "HK", "TW"} else "en"
