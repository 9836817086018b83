import re
import smtplib
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts import messages
from accounts.messages import NewMessage, compose, deliver, deliver_batch, queue, queue_many
from accounts.models import Message, User
from accounts.tasks import sweep_messages
from tests.factories import create_user


@pytest.fixture
def sent_wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(messages.current_app, "send_task", lambda name, **_options: sent.append(name))
    return sent


def queue_one(user: User, key: str = "key-1") -> int | None:
    return queue("password_reset", email=user.email, name=user.name, language=user.language, dedupe_key=key, context={"reset_for": user.pk})


def test_a_message_is_sent_once_however_often_it_is_delivered(db: None) -> None:
    message_id = queue_one(create_user())
    assert message_id

    assert deliver(message_id) is True
    assert deliver(message_id) is False
    assert deliver_batch() == 0

    assert len(mail.outbox) == 1
    assert Message.objects.get().status == Message.Status.SENT


def test_the_same_dedupe_key_never_queues_a_second_message(db: None) -> None:
    user = create_user()

    assert queue_one(user) is not None
    assert queue_one(user) is None

    assert Message.objects.count() == 1


def test_many_messages_are_queued_in_one_statement(db: None, django_assert_num_queries: Any) -> None:
    user = create_user()
    queue_one(user, key="invite:3")
    many = [NewMessage(email=f"P{n}@x.example", dedupe_key=f"invite:{n}", language="en", context={"n": n}) for n in range(500)]

    with django_assert_num_queries(1):
        ids = queue_many("invitation", many)

    assert len(ids) == 499
    message = Message.objects.get(dedupe_key="invite:4")
    assert (message.email, message.context, message.status) == ("p4@x.example", {"n": 4}, Message.Status.QUEUED)


def test_workers_are_woken_after_the_commit(db: None, sent_wakes: list[str], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queue_one(create_user())
        queue_one(create_user(), key="key-1")
        assert sent_wakes == []

    assert sent_wakes == ["accounts.tasks.deliver_message"]


def test_a_mail_speaks_the_language_of_its_reader(db: None) -> None:
    user = create_user(language="en", name="Wei")
    queue_one(user)

    written = compose(Message.objects.get())

    assert written.subject == "Choose a new password for the supplier ESG portal"
    assert "Dear Wei," in written.body
    assert "/password-reset/" in written.body
    assert "&#" not in written.body


def test_every_process_knows_what_mails_contain() -> None:
    """A worker never looks at the URLs, so what pages import is not yet there when it writes a mail."""
    source = "".join(path.read_text() for app in settings.BASE_APPS for path in (settings.BASE_DIR / app).rglob("*.py"))
    asked = "import django; django.setup(); from accounts.messages import _secrets; print(*_secrets)"
    fresh = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR)

    assert set(fresh.stdout.split()) == set(re.findall(r'^@adds_context\("(\w+)"\)', source, re.MULTILINE))


def test_names_are_safe_in_html_and_plain_in_text(db: None) -> None:
    queue_one(create_user(name="<b>Tom & Jerry</b>"))

    written = compose(Message.objects.get())

    html = str(written.alternatives[0].content)
    assert "&lt;b&gt;Tom &amp; Jerry&lt;/b&gt;" in html
    assert "<b>Tom & Jerry</b>" in written.body


def test_secrets_of_a_mail_are_not_in_the_database(db: None) -> None:
    queue_one(create_user())
    message = Message.objects.get()

    assert "/password-reset/" in compose(message).body
    assert list(message.context) == ["reset_for"]


class DeafServer(EmailMultiAlternatives):
    error: Exception = OSError("connection refused")

    def send(self, fail_silently: bool = False) -> int:
        raise self.error


def test_a_mail_server_that_does_not_answer_gets_the_mail_again_later(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = queue_one(create_user())
    assert message_id
    with monkeypatch.context() as patch:
        patch.setattr(messages, "EmailMultiAlternatives", DeafServer)
        assert deliver(message_id) is False

    assert deliver(message_id) is False, "not at once"
    Message.objects.update(claimed_at=timezone.now() - timedelta(minutes=6))
    assert deliver(message_id) is True
    assert Message.objects.get().attempts == 2


def test_a_mail_server_that_never_answers_makes_the_message_fail(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = queue_one(create_user())
    assert message_id
    monkeypatch.setattr(messages, "EmailMultiAlternatives", DeafServer)

    for _attempt in range(messages.MOST_ATTEMPTS):
        Message.objects.update(claimed_at=None)
        deliver(message_id)

    message = Message.objects.get()
    assert (message.status, message.error) == (Message.Status.FAILED, "OSError: connection refused")


def test_an_address_the_server_refuses_fails_at_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(DeafServer):
        error = smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")})

    message_id = queue_one(create_user())
    assert message_id
    monkeypatch.setattr(messages, "EmailMultiAlternatives", Refusing)

    deliver(message_id)

    assert Message.objects.get().status == Message.Status.FAILED


def test_a_kind_without_templates_fails_and_holds_up_nobody(db: None) -> None:
    queue("no_such_kind", email="a@x.example", dedupe_key="a", context={}, language="en")
    queue_one(create_user(), key="b")

    assert deliver_batch() == 2

    assert list(Message.objects.order_by("pk").values_list("status", flat=True)) == ["failed", "sent"]


def test_a_message_whose_worker_died_while_sending_is_never_sent_by_itself_again(db: None) -> None:
    queue_one(create_user())
    Message.objects.update(status=Message.Status.SENDING, claimed_at=timezone.now() - timedelta(minutes=11))

    sweep_messages()

    message = Message.objects.get()
    assert message.status == Message.Status.FAILED
    assert "not known" in message.error
    assert mail.outbox == []


def test_the_sweep_delivers_what_nobody_was_woken_for(db: None) -> None:
    queue_one(create_user(), key="a")
    queue_one(create_user(), key="b")

    sweep_messages()

    assert len(mail.outbox) == 2


def test_a_full_batch_hands_over_to_the_next_task(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import tasks

    handed_over: list[bool] = []
    monkeypatch.setattr(messages, "BATCH", 2)
    monkeypatch.setattr(messages.deliver_batch, "__kwdefaults__", {"size": 2})
    monkeypatch.setattr(tasks.deliver_waiting, "delay", lambda: handed_over.append(True))
    for key in "abc":
        queue_one(create_user(), key=key)

    tasks.deliver_waiting()

    assert len(mail.outbox) == 2
    assert handed_over == [True]
