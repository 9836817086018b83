"""Marks in what belongs to somebody, so that a page which shows it to another gives itself away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import CharField, Model, TextField
from django.db.models.signals import pre_save

from tests.world import World


# What people write, and what a page might therefore show.
SPOKEN = frozenset(
    "address answer authority baseline boundary cause comment decision description explanation first_reason function incentive issuer"  # noqa: SIM905 - a list of words
    " job_title judgement legal_basis meter method name note original_name owner penalty phone plant project published_name reason reasons"
    " remedy returned_reason serial special_terms statement text title title_en title_zh what".split()
)
# Ways from a row to the supplier whose it is.
OWNERS = ("assessment", "agreement", "answer", "finding", "second_review", "document", "record")
# The buyer's own deliberations: no supplier learns of them, not even the one they are about.
BUYERS_OWN = frozenset({"Proposal", "Interest", "SecondVerdict", "SecondReview", "Absence", "HeldRecord", "Registration", "LegalHold"})
CASE = "The exits are locked."
MARK = re.compile(r"cnry(\d+)z")
BUYERS_MARK = "cnry0z"
NAMES_OF_WORLD = ("Bamboo Bridge", "竹桥")


def owner_of(row: Any) -> int | None:
    if (supplier := getattr(row, "supplier_id", None)) is not None:
        return int(supplier)
    return next((owner_of(near) for name in OWNERS if (near := getattr(row, name, None)) is not None), None)


def mark(sender: type[Model], instance: Model, **_rest: Any) -> None:
    whose = 0 if sender.__name__ in BUYERS_OWN else owner_of(instance)
    if whose is None:
        return
    for field in sender._meta.fields:
        if field.name in SPOKEN and isinstance(field, CharField | TextField) and not field.choices:
            said = getattr(instance, field.name)
            marked = f"{said} cnry{whose}z"
            if said and "cnry" not in said and len(marked) <= (field.max_length or 1000):
                setattr(instance, field.name, marked)


@contextmanager
def marking() -> Iterator[None]:
    pre_save.connect(mark)
    try:
        yield
    finally:
        pre_save.disconnect(mark)


def leaks(text: str, *, role: str, world: World, names_are_public: bool) -> set[str]:
    """Marks on a page of this role that are not for it."""
    found = {match[0] for match in MARK.finditer(text)}
    if CASE in text and role != "case_team":
        found.add(CASE)
    if role in ("reviewer", "staff", "auditor", "administrator"):
        return found & {CASE}
    own = world.people[role].supplier_id if role in ("contributor", "signatory", "stranger") else None
    foreign = {each for each in found if each != f"cnry{own}z"}
    if own != world.supplier.pk and not names_are_public:
        foreign |= {name for name in NAMES_OF_WORLD if name in text and role != "case_team"}
    return foreign
