"""What a supplier says to the questions its data raise. A reply stays; a second one stands after it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from audit import trail
from emissions.models import DataReply
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def reply(*, supplier: Supplier, year: int, question: str, text: str, by: "User", at: datetime) -> DataReply:
    """The same words to the same question once more are the form sent twice: nothing is added."""
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
    newest = DataReply.objects.filter(supplier=supplier, year=year, question=question).order_by("-at", "-pk").first()
    if newest is not None and (newest.text, newest.by_id) == (text, by.pk):
        return newest
    said = DataReply.objects.create(supplier=supplier, year=year, question=question, text=text, by=by, at=at)
    trail.record(
        "data_question.replied", actor=by, target=said, supplier_id=supplier.pk, detail={"year": year, "question": question}, at=at
    )
    return said
