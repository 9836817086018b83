import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import keep_history


class Role(models.TextChoices):
    SUPPLIER_CONTRIBUTOR = "supplier_contributor", _("Supplier contributor")
    SUPPLIER_SIGNATORY = "supplier_signatory", _("Supplier signatory")
    REVIEWER = "reviewer", _("Procurement reviewer")
    ESG_STAFF = "esg_staff", _("ESG staff")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    CASE_TEAM = "case_team", _("Case team")


SUPPLIER_ROLES = (Role.SUPPLIER_CONTRIBUTOR, Role.SUPPLIER_SIGNATORY)
BUYER_ROLES = (Role.REVIEWER, Role.ESG_STAFF, Role.AUDITOR, Role.ADMINISTRATOR)
# Hats of the house. The case team reads grievances and nothing else: about suppliers it sees what any passer-by does.
HOUSE_ROLES = (*BUYER_ROLES, Role.CASE_TEAM)


# Each in its own words, so that everybody finds theirs.
LANGUAGE_CHOICES = [("en", "English"), ("zh-hans", "简体中文")]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


# Without what says who it is: a person who was made nameless must not live on in the history.
@keep_history(
    exclude=["password", "last_login", "email", "name", "phone"],
    former={"is_staff": models.BooleanField(null=True), "is_superuser": models.BooleanField(null=True)},
)
class User(AbstractBaseUser):
    """A person who signs in. What the person may do comes from the membership in use, never from the account."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=150)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans", choices=LANGUAGE_CHOICES)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demo account"), default=False)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)
    active_membership = models.ForeignKey(
        "accounts.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("acting as")
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique", violation_error_message=_("This e-mail address is in use.")),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(condition=Q(language__in=["en", "zh-hans"]), name="user_language_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def role(self) -> str:
        return self.active_membership.role if self.active_membership else ""

    @property
    def supplier_id(self) -> int | None:
        """The supplier this person acts for; None for the buyer's people."""
        return self.active_membership.supplier_id if self.active_membership else None

    @property
    def is_buyer(self) -> bool:
        return self.role in BUYER_ROLES

    @property
    def is_case_team(self) -> bool:
        return self.role == Role.CASE_TEAM

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


@keep_history()
class Membership(models.Model):
    """One hat of a person: a role, for a supplier or for the buyer. A person may hold several and wears one at a time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)
    supplier = models.ForeignKey(
        "suppliers.Supplier", on_delete=models.CASCADE, null=True, blank=True, related_name="memberships", verbose_name=_("supplier")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
            models.CheckConstraint(
                condition=Q(role__in=SUPPLIER_ROLES, supplier__isnull=False) | Q(role__in=HOUSE_ROLES, supplier__isnull=True),
                name="membership_supplier_for_supplier_roles_only",
            ),
            models.UniqueConstraint(fields=["user", "supplier"], nulls_distinct=False, name="membership_one_role_each_side"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="cases_apart",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.role = 'case_team' OR NEW.supplier_id IS NOT NULL"),
                func="""
                    IF EXISTS (
                        SELECT FROM accounts_membership other
                        WHERE other.user_id = NEW.user_id AND other.id <> NEW.id
                          AND (other.role = 'case_team' OR other.supplier_id IS NOT NULL)
                          AND (other.role = 'case_team') <> (NEW.role = 'case_team')
                    ) THEN
                        RAISE EXCEPTION 'nobody acts for a supplier and reads grievances';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self, at: datetime) -> Self:
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at)

    def on_side(self, supplier_id: int | None) -> Self:
        """Of one supplier, or (None) of the buyer."""
        return self.filter(supplier__isnull=True) if supplier_id is None else self.filter(supplier_id=supplier_id)

    def for_token(self, token: str) -> Self:
        return self.filter(token_sha256=hash_token(token))


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@keep_history(exclude=["email", "name"])
class Invitation(models.Model):
    """A link that lets one e-mail address in, once, for a while. Only the token's hash is kept."""

    VALID_FOR = timedelta(days=30)

    key = models.UUIDField(
        default=uuid.uuid4,
        db_default=Func(function="gen_random_uuid"),
        unique=True,
        editable=False,
        help_text="the link's token is derived from it",
    )
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)
    supplier = models.ForeignKey("suppliers.Supplier", on_delete=models.CASCADE, null=True, blank=True, related_name="invitations")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True) | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(role__in=SUPPLIER_ROLES, supplier__isnull=False) | Q(role__in=HOUSE_ROLES, supplier__isnull=True),
                name="invitation_supplier_for_supplier_roles_only",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def is_usable(self, at: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > at


class MessageQuerySet(models.QuerySet["Message"]):
    def queued(self) -> Self:
        return self.filter(status=Message.Status.QUEUED)

    def ready(self, at: datetime) -> Self:
        """Queued, and not refused by the mail server a moment ago."""
        return self.queued().filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - Message.RETRY_AFTER))

    def stuck(self, before: datetime) -> Self:
        return self.filter(status=Message.Status.SENDING, claimed_at__lt=before)


class Message(models.Model):
    """An e-mail to one person, rendered when it is sent, in the person's language. The dedupe key makes "never twice" a database rule."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    RETRY_AFTER = timedelta(minutes=5)

    kind = models.CharField(_("kind"), max_length=40, help_text="templates/emails/<kind>.txt and .html")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=150, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    context = models.JSONField(default=dict, blank=True)
    dedupe_key = models.CharField(max_length=150, unique=True)
    supplier = models.ForeignKey("suppliers.Supplier", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [models.Index(fields=["status", "id"], name="message_waiting", condition=~Q(status="sent"))]
        constraints = [models.CheckConstraint(condition=Q(status__in=["queued", "sending", "sent", "failed"]), name="message_status_known")]

    def __str__(self) -> str:
        return f"{self.kind} → {self.email}"
