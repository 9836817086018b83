"""People who answer without a pause while the portal falls and rises, each with a log of what was sent and what was acknowledged.

They do what the page's script does (static/js/answers.js): a save names the version it is written over, waits until it is
acknowledged, and is sent again, unchanged, when the answer does not come. Now and then one hangs up before the answer.
"""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

from assessments.answering.inputs import name_of
from benchmarks.clients import Browser, Refused, Request


QUESTIONS = 6  # of each client: few, so that each is answered over and over
# Seconds between one acknowledged save and the next, and between two attempts.
PAUSE, RETRY = (0.4, 1.6), 0.3
HANGS_UP = 0.05  # share of the saves
PATIENCE = 180  # seconds until a save that is still not acknowledged counts as unanswered
# A password takes a server a good part of a second: few at a time sign in, or the last would wait too long for an answer.
_sign_in_door = threading.Semaphore(6)


@dataclass(frozen=True)
class Paper:
    """An assessment, who answers it, and the yes-or-no questions to answer: code and field."""

    pk: int
    email: str
    questions: Sequence[tuple[str, str]]


@dataclass
class Save:
    """One answer given. `mark` is in its note, and in no other answer's."""

    code: str
    mark: str
    base: int
    attempts: int = 0
    version: int | None = None  # as acknowledged
    seconds: float = 0.0  # from the first attempt to the acknowledgement
    refused: str = ""


@dataclass
class Client:
    number: int
    paper: Paper
    port: int
    log: list[Save] = field(default_factory=list)
    failure: str = ""

    def __post_init__(self) -> None:
        self.random = Random(self.number)
        self.versions = dict.fromkeys((code for code, _ in self.paper.questions), 0)
        self.browser = Browser(self.port)

    def run(self, start: threading.Barrier, over: threading.Event) -> None:
        try:
            with _sign_in_door:
                self.browser.sign_in(self.paper.email)
            start.wait(timeout=600)
            while not over.wait(self.random.uniform(*PAUSE)):
                self.answer()
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            start.abort()

    def answer(self) -> None:
        code, key = self.random.choice(self.paper.questions)
        save = Save(code, f"client {self.number} save {len(self.log)}", self.versions[code])
        self.log.append(save)
        body = {
            name_of(code, key): self.random.choice(["yes", "no"]),
            name_of(code, "note"): save.mark,
            name_of(code, "-base"): save.base,
            name_of(code, "-strict"): 1,
        }
        self._send_until_acknowledged(save, Request(f"/assessments/{self.paper.pk}/answers/{code}/", urlencode(body)))

    def _send_until_acknowledged(self, save: Save, request: Request) -> None:
        started = time.monotonic()
        while save.version is None and not save.refused and time.monotonic() - started < PATIENCE:
            save.attempts += 1
            try:
                if save.attempts == 1 and self.random.random() < HANGS_UP:
                    self.browser.begin(request)
                    self.browser.connection.close()
                else:
                    self._take(save, *self.browser.exchange(request))
            except (OSError, http.client.HTTPException):
                self.browser.connection.close()
                time.sleep(RETRY)
        save.seconds = time.monotonic() - started

    def _take(self, save: Save, status: int, body: bytes) -> None:
        if status == 200:
            save.version = self.versions[save.code] = json.loads(body)["version"]
        elif status < 500:
            save.refused = f"{status} {body[:200]!r}"
            raise Refused(save.refused)
        else:
            time.sleep(RETRY)


# --- suppliers --------------------------------------------------------------------------------------------------------


def papers(count: int) -> list[Paper]:
    """So many suppliers, each with an assessment and a signatory who has the demo's password."""
    from datetime import timedelta

    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.demo import PASSWORD
    from accounts.models import Membership, Role, User
    from assessments.models import Assessment, Campaign
    from assessments.publication import publishing
    from assessments.rules import loading, rulesets
    from config.demo.code import QUESTIONNAIRE
    from runs.calendar import buyers_day
    from suppliers.models import Category, Supplier

    now = timezone.now()
    version = loading.load_questionnaire(QUESTIONNAIRE, by=None, at=now)
    publishing.announce(version_id=version.pk, in_force_from=buyers_day(now), by=None, at=now)
    due = now.date() + timedelta(days=30)
    campaign = Campaign.objects.create(
        title_en="Faults",
        title_zh="故障",
        questionnaire=version,
        cycle=now.year,
        opens_on=now.date(),
        due_on=due,
        status="open",
        launched_at=now,
    )
    asked = rulesets.for_version(version.pk).questionnaire.questions
    questions = [(each.code, each.fields[0].key) for each in asked if [part.type for part in each.fields] == ["yes_no"]][:QUESTIONS]
    password, made = make_password(PASSWORD), []
    for number in range(count):
        supplier = Supplier.objects.create(
            name_en=f"Supplier {number}",
            name_zh=f"供应商{number}",
            country="CN",
            category=Category.SERVICES,
            headcount_band="medium",
            state="active",
        )
        user = User.objects.create(email=f"signatory{number}@faults.example", name=f"Signatory {number}", password=password)
        user.active_membership = Membership.objects.create(user=user, role=Role.SUPPLIER_SIGNATORY, supplier=supplier)
        user.save(update_fields=["active_membership"])
        assessment = Assessment.objects.create(supplier=supplier, campaign=campaign, due_on=due, created_at=now)
        made.append(Paper(assessment.pk, user.email, questions))
    return made
