"""Inviting the people of a campaign's suppliers: one mail an address, however many suppliers it stands for, and never twice.

People with an account get a link to their assessment; a supplier nobody signs in for is reached through its first contact, who gets
a link to open an account. The links are made when the mail is written.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.invitations import Invitee, accept_url, invite_many
from accounts.messages import NewMessage, absolute_url, adds_context, queue_many
from accounts.models import Invitation, Message, Role
from assessments.models import Assessment, Campaign


KIND = "campaign_invitation"

# The key that makes "never twice" a rule of the database; a very long address is represented by its digest.
_KEY = "'campaign:' || %(campaign)s::bigint || ':' || CASE WHEN length(email) > 120 THEN md5(email) ELSE email END"

_RECIPIENTS = """
    WITH asked AS (
        SELECT id, supplier_id FROM assessments_assessment
        WHERE campaign_id = %(campaign)s AND status IN ('not_started', 'in_progress', 'returned')
    ), member AS (
        SELECT asked.id, asked.supplier_id, lower(person.email) AS email, person.name, person.language
        FROM asked
        JOIN accounts_membership membership ON membership.supplier_id = asked.supplier_id
        JOIN accounts_user person ON person.id = membership.user_id AND person.is_active
    ), recipient AS (
        SELECT id, supplier_id, email, name, language, true AS has_account FROM member
        UNION ALL
        SELECT asked.id, asked.supplier_id, lower(contact.email), contact.name, contact.language, false
        FROM asked
        JOIN LATERAL (
            SELECT email, name, language FROM suppliers_contact
            WHERE supplier_id = asked.supplier_id ORDER BY is_primary DESC, id LIMIT 1
        ) contact ON true
        WHERE NOT EXISTS (SELECT FROM member WHERE member.supplier_id = asked.supplier_id)
    )
"""

_COUNT = f"{_RECIPIENTS} SELECT count(DISTINCT email) FROM recipient"  # noqa: S608 - made of the constant above

_PART = f"""
    {_RECIPIENTS}
    SELECT email, {_KEY}, (array_agg(name ORDER BY id))[1], (array_agg(language ORDER BY id))[1],
           array_agg(id ORDER BY id), array_agg(supplier_id ORDER BY id), array_agg(has_account ORDER BY id)
    FROM recipient
    WHERE abs(hashtext(email)::bigint) %% %(of)s = %(part)s
      AND NOT EXISTS (SELECT FROM accounts_message WHERE dedupe_key = {_KEY})
    GROUP BY email
    ORDER BY email
"""  # noqa: S608 - made of the constants above


def parts(campaign_id: int, *, size: int) -> Iterator[tuple[int, int, int]]:
    """(part, of, size): the addresses of a campaign cut by their hash, so that no chunk needs a list of them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"campaign": campaign_id})
        [total] = cursor.fetchone()
    of = -(-total // size)
    for part in range(of):
        yield part, of, total // of + (part < total % of)


@transaction.atomic
def queue_part(campaign_id: int, *, part: int, of: int) -> dict[str, int]:
    campaign = Campaign.objects.select_related("launched_by").get(pk=campaign_id)
    if campaign.status != Campaign.Status.OPEN:
        return {"queued": 0, "invited": 0}
    at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_PART, {"campaign": campaign_id, "part": part, "of": of})
        rows = cursor.fetchall()
    newcomers = [
        Invitee(email, Role.SUPPLIER_SIGNATORY, supplier_id, name)
        for email, _key, name, _language, _ids, supplier_ids, have_account in rows
        for supplier_id, has_account in zip(supplier_ids, have_account, strict=True)
        if not has_account
    ]
    invited = {(i.email, i.supplier_id): i.pk for i in invite_many(newcomers, by=campaign.launched_by, at=at)}
    messages = [
        NewMessage(
            email,
            key,
            language,
            {
                "campaign_id": campaign_id,
                # Pairs of an assessment and the invitation for its supplier, if one is needed.
                "asked": [[pk, invited.get((email, supplier))] for pk, supplier in zip(ids, supplier_ids, strict=True)],
            },
            name,
            supplier_ids[0],
        )
        for email, key, name, language, ids, supplier_ids, _have_account in rows
    ]
    return {"queued": len(queue_many(KIND, messages)), "invited": len(newcomers)}


def mail_counts(campaign_id: int) -> dict[str, int]:
    """How far the invitations are: state of the message -> how many."""
    with connection.cursor() as cursor:
        # From "campaign:7:" up to the next character after the colon: a range the unique index answers.
        cursor.execute(
            "SELECT status, count(*) FROM accounts_message WHERE dedupe_key >= %s AND dedupe_key < %s GROUP BY status",
            [f"campaign:{campaign_id}:", f"campaign:{campaign_id};"],
        )
        return dict(cursor.fetchall())


@adds_context("campaign_id")
def _write(message: Message) -> dict[str, Any]:
    """What the templates of `campaign_invitation` show, in the reader's language."""
    campaign = Campaign.objects.get(pk=message.context["campaign_id"])
    asked: dict[int, int | None] = dict(message.context["asked"])
    assessments = Assessment.objects.filter(pk__in=asked).select_related("supplier").order_by("pk")
    invitations = Invitation.objects.in_bulk([pk for pk in asked.values() if pk])
    return {
        "campaign_title": campaign.title,
        "due_on": campaign.due_on,
        "asked_suppliers": [_asked_supplier(assessment, invitations.get(asked[assessment.pk] or 0)) for assessment in assessments],
    }


def _asked_supplier(assessment: Assessment, invitation: Invitation | None) -> dict[str, Any]:
    return {
        "name": assessment.supplier.name,
        "is_newcomer": invitation is not None,
        "url": accept_url(invitation) if invitation else absolute_url(reverse("assessments:overview", args=[assessment.pk])),
        "valid_until": _day(invitation.expires_at) if invitation else None,
    }


def _day(moment: datetime) -> date:
    return timezone.localdate(moment)
