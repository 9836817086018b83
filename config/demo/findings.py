"""Findings of the demo at every stage of their way: with plans, evidence, and the steps that led there."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

from assessments import standing
from assessments.findings import states
from assessments.models import Assessment, Campaign, Finding, FindingAction, FindingEvidence, FindingStep
from config.demo.people import Cast
from suppliers.models import Document


# How far findings came: of last cycle's most are closed, of this one's hardly any.
FATES_LAST = (("open", 4), ("action_planned", 5), ("plan_agreed", 10), ("action_done", 6), ("closed", 75))
FATES_NEW = (("open", 46), ("action_planned", 22), ("plan_agreed", 20), ("action_done", 8), ("closed", 4))
WAY = ("action_planned", "plan_agreed", "action_done", "closed")
CAUSES = (
    "岗位职责未写入环保要求，更换处置单位时无人核对许可证。",
    "制度只在总部执行，现场班组未接受培训。",
    "台账由一人维护，离职后无人接替，数据中断。",
)
ACTIONS = (
    ("更换为持证处置单位，并补办转移联单", "环保主管 周岚"),
    ("对现场班组开展培训并留存签到与考核记录", "人力资源部 顾宁"),
    ("每月由内审抽查台账，发现问题三日内闭环", "内审负责人 唐越"),
    ("修订供应商准入程序，增加许可证核验步骤", "采购经理 沈航"),
)
TAKEN = ("已更换处置单位，补办联单并完成首次内审抽查。", "培训已完成，考核合格率100%，台账按月复核。")
VERIFIED = "已核对联单、合同与培训记录，整改有效。"
# Of the company the demo's supplier people work for, one finding for each thing there is to do.
SHOWCASE = (
    ("E2-01", "minor", "open", "环境管理体系内审计划缺少数据中心机房的抽样。"),
    ("E3-05", "major", "plan_agreed", "UPS蓄电池更换产生的废铅酸电池未列入危险废物台账。"),
    ("E4-05", "minor", "action_done", "柴油发电机的用油量按采购量估算，没有实际消耗记录。"),
    ("E5-01", "minor", "closed", "冷却水取水量没有分表计量。"),
)


def work_on(campaigns: Sequence[Campaign], cast: Cast, random: Random, at: datetime) -> None:
    """Expects the triggers of the table asleep: what is written here never happened."""
    worker = _Worker(cast, random, at)
    for campaign, fates in zip(campaigns, (FATES_LAST, FATES_NEW), strict=True):
        names, shares = [name for name, _share in fates], [share for _name, share in fates]
        for finding in Finding.objects.filter(assessment__campaign=campaign).select_related("assessment").order_by("pk"):
            if campaign == campaigns[-1]:
                finding.opened_at = at - timedelta(days=random.randint(1, 70))
            worker.bring(finding, random.choices(names, shares)[0])
    for finding, fate in _showcase(campaigns[0], cast, at):
        worker.bring(finding, fate)
    worker.write()


def _showcase(campaign: Campaign, cast: Cast, at: datetime) -> Iterator[tuple[Finding, str]]:
    assessment = Assessment.objects.get(campaign=campaign, supplier=1)
    for number, (question, severity, fate, text) in enumerate(SHOWCASE):
        opened = at - timedelta(days=12 + 30 * number)
        by = cast.by_role["reviewer"]
        yield (
            Finding.objects.create(
                supplier_id=1, assessment=assessment, question=question, severity=severity, text=text, opened_at=opened, opened_by=by
            ),
            fate,
        )


class _Worker:
    def __init__(self, cast: Cast, random: Random, at: datetime) -> None:
        self.cast, self.random, self.at = cast, random, at
        self.findings: list[Finding] = []
        self.actions: list[FindingAction] = []
        self.evidence: list[FindingEvidence] = []
        self.steps: list[FindingStep] = []
        # The first document of each supplier, which shows whatever was done.
        self.documents = dict(Document.objects.filter(kind="other").order_by("-pk").values_list("supplier_id", "pk"))
        self.people = dict(Assessment.objects.filter(submitted_by__isnull=False).values_list("supplier_id", "submitted_by"))

    def bring(self, finding: Finding, fate: str) -> None:
        """From its opening to where fate takes it, some days a step."""
        reviewer, verifier = self.random.sample(self.cast.reviewers, 2)
        finding.status = "open"
        finding.moved_at = finding.opened_at
        if finding.opened_by_id:
            self._step(finding, "raised", "", finding.opened_by_id)
        for status in WAY[: WAY.index(fate) + 1] if fate != "open" else ():
            before = finding.status
            latest = states.next_due(before, finding.severity, finding.moved_at.date(), finding.due_on) or self.at.date()
            pause = max(1, (latest - finding.moved_at.date()).days - self.random.randint(1, 6))
            finding.moved_at = min(finding.moved_at + timedelta(days=pause), self.at - timedelta(hours=2))
            finding.status = status
            self._move(finding, status, before, reviewer, verifier)
        self._look_at_the_clock(finding)
        self.findings.append(finding)

    def _move(self, finding: Finding, status: str, before: str, reviewer: int, verifier: int) -> None:
        person = self.people.get(finding.supplier_id) or finding.assessment.submitted_by_id or reviewer
        match status:
            case "action_planned":
                finding.cause = self.random.choice(CAUSES)
                self._plan(finding)
                self._step(finding, "action_planned", before, person)
            case "plan_agreed":
                finding.agreed_at, finding.agreed_by_id = finding.moved_at, reviewer
                self._step(finding, "plan_agreed", before, reviewer)
            case "action_done":
                finding.action_taken = self.random.choice(TAKEN)
                document = self.documents[finding.supplier_id]
                self.evidence.append(FindingEvidence(finding=finding, document_id=document, added_by_id=person, added_at=finding.moved_at))
                self._step(finding, "action_reported", before, person)
            case "closed":
                finding.closed_at, finding.closed_by_id, finding.closing_reason = finding.moved_at, verifier, VERIFIED
                self._step(finding, "closed", before, verifier, VERIFIED)

    def _plan(self, finding: Finding) -> None:
        chosen = self.random.sample(ACTIONS, self.random.choice((1, 2, 2, 3)))
        last: date = finding.moved_at.date()
        for place, (what, owner) in enumerate(chosen, start=1):
            last += timedelta(days=self.random.randint(10, 25))
            self.actions.append(FindingAction(finding=finding, place=place, what=what, owner=owner, due_on=last))
        finding.due_on = last

    def _step(self, finding: Finding, kind: str, before: str, by: int, reason: str = "") -> None:
        self.steps.append(
            FindingStep(
                finding=finding, kind=kind, status_before=before, status=finding.status, reason=reason, by_id=by, at=finding.moved_at
            )
        )

    def _look_at_the_clock(self, finding: Finding) -> None:
        finding.next_due_on = states.next_due(finding.status, finding.severity, finding.moved_at.date(), finding.due_on)
        if finding.next_due_on is None:
            return
        finding.escalation = states.level((self.at.date() - finding.next_due_on).days)
        for level in range(1, finding.escalation + 1):
            day = finding.next_due_on + timedelta(days=states.ESCALATES_AFTER[level - 1])
            at = self.at.replace(year=day.year, month=day.month, day=day.day)
            step = {"status_before": finding.status, "status": finding.status, "detail": {"level": level}}
            self.steps.append(FindingStep(finding=finding, kind="escalated", at=at, **step))

    def write(self) -> None:
        fields = [
            "status", "cause", "action_taken", "due_on", "moved_at", "next_due_on", "escalation", "opened_at", "agreed_at", "agreed_by",
            "closed_at", "closed_by", "closing_reason",
        ]  # fmt: skip
        FindingAction.objects.bulk_create(self.actions, batch_size=2000)
        FindingEvidence.objects.bulk_create(self.evidence, batch_size=2000)
        FindingStep.objects.bulk_create(sorted(self.steps, key=lambda step: step.at), batch_size=2000)
        Finding.objects.bulk_update(self.findings, fields, batch_size=500)
        standing.refresh({finding.supplier_id for finding in self.findings})
