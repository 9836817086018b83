"""Loads the demo, all in one transaction: a load that is broken off leaves nothing behind, and the next start begins again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import translation

from assessments import standing
from assessments.models import Campaign, QuestionnaireVersion
from assessments.rules import rulesets
from assessments.scores import keeping
from audit import trail
from config.demo import (
    awards,
    carbon,
    carried,
    code,
    cycles,
    files,
    findings,
    grievances,
    people,
    records,
    reviews,
    signing,
    talks,
    teamwork,
    world,
)
from config.demo.answers import AnswerPools
from config.demo.copying import copy_rows, move_sequences
from reports import bulk
from runs import engine
from runs.calendar import NIGHT_ZONE
from suppliers.models import Supplier


SEED = 20220507
SUPPLIERS = 10_400
# Loading writes what never happened: no history of it is kept, and derived columns are written directly.
QUIET_TABLES = (
    "suppliers_supplier",
    "suppliers_site",
    "assessments_answer",
    "assessments_evidenceuse",
    "assessments_verdict",
    "assessments_assessment",
    "assessments_finding",
)

Progress = Callable[[str, int, int], None]


def is_loaded() -> bool:
    return Supplier.objects.exists()


@transaction.atomic
def load_demo(*, at: datetime, progress: Progress, count: int = SUPPLIERS) -> None:
    """Needs the tables' owner: triggers are put to sleep for the bulk rows."""
    at = at.astimezone(NIGHT_ZONE)  # every day of the demo is one of the buyer's calendar, as the portal counts
    today = at.date()
    random = Random(SEED)  # noqa: S311 - the same demo every time is the point
    versions = code.load_both(at)
    rules = rulesets.for_version(versions[-1].pk)
    with _triggers_asleep():
        progress("suppliers", 0, count)
        suppliers = list(world.suppliers(random, count=count, areas=tuple(area.code for area in rules.questionnaire.areas)))
        _write_suppliers(suppliers, at)
        reviews.create_units(suppliers)
        cast = people.create_cast(showcase_id=1)
        people.create_supplier_people(suppliers, showcase_signatory=cast.by_role["supplier_signatory"].pk, at=at)
        counters = cycles.Counters()
        _write_documents(suppliers, counters, random, today)
        progress("suppliers", count, count)
        records.write(suppliers, random, today, cast)
        campaigns = _write_cycles(versions, suppliers, cast, random, counters, today, progress)
        carried.confirm_some(campaigns[1], campaigns[0], *(rulesets.for_version(version.pk) for version in reversed(versions)))
        standing.refresh_all()
        for campaign in campaigns:
            _score(campaign, at=min(at, cycles.noon(campaign.due_on)), progress=progress)
        signing.sign(showcase_id=1)
        talks.create()
        findings.work_on(campaigns, cast, random, at)
        teamwork.create(suppliers[0].id, cast, at=at)
        reviews.arrange(campaigns[1], campaigns[0], cast, at=at)
        progress("pilots", 0, 1)
        carbon.create(suppliers, cast, random, at)
        progress("pilots", 1, 1)
        progress("labels", 0, 1)
        awards.create(cast, at=at)
        code.draft_weights(versions[-1], by=cast.second_staff, at=at)
        # Workers do it once they are up.
        engine.start("forecast_risks", by=None, at=at)
        _print_some_reports(cast, at=at)
        progress("labels", 1, 1)
    grievances.create(cast, at=at)
    records.import_list(suppliers, cast, at=at)
    trail.record("demo.loaded", detail={"suppliers": count, "answers": counters.answer}, at=at)


# A filter of the portfolio that finds a few suppliers, so that the demo's first ZIP of reports is there soon.
FEW_SUPPLIERS = {"category": "cloud_dc", "region": "Fujian"}


def _print_some_reports(cast: people.Cast, *, at: datetime) -> None:
    with suppress(bulk.NothingToPrint), translation.override("zh-hans"):
        bulk.request_audit_pdfs(query=FEW_SUPPLIERS, language="zh-hans", why={"purpose": "audit"}, by=cast.by_role["esg_staff"], at=at)


@contextmanager
def _triggers_asleep() -> Iterator[None]:
    with connection.cursor() as cursor:
        # Foreign keys are checked with each statement, so that nothing is pending when the triggers wake up.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in QUIET_TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in QUIET_TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _write_suppliers(suppliers: Sequence[world.DemoSupplier], at: datetime) -> None:
    copy_rows(
        "suppliers_supplier",
        (
            "id",
            "name_zh",
            "name_en",
            "reference",
            "uscc",
            "company_number",
            "country",
            "region",
            "address",
            "postcode",
            "category",
            "industry_scheme",
            "industry_code",
            "headcount_band",
            "fiscal_year_start",
            "website",
            "state",
            "created_at",
            "updated_at",
        ),
        (
            (
                s.id,
                s.name_zh,
                s.name_en,
                f"S{s.id:06d}",
                s.uscc,
                s.company_number,
                s.country,
                s.region,
                "",
                "",
                s.category,
                "GB/T 4754-2017",
                world.INDUSTRY_CODES[s.category],
                s.headcount,
                4 if s.id == 1 else 1,
                "",
                s.state,
                at - timedelta(days=s.known_for_days),
                at - timedelta(days=s.known_for_days),
            )
            for s in suppliers
        ),
    )
    copy_rows(
        "suppliers_site",
        ("id", "supplier_id", "reference", "name", "type", "country", "region", "address"),
        ((site.id, s.id, "", site.name, site.type, site.country, site.region, "") for s in suppliers for site in s.sites),
    )
    copy_rows(
        "suppliers_contact",
        ("supplier_id", "name", "email", "phone", "job_title", "language", "is_primary"),
        ((s.id, s.contact_name, s.contact_email, "", "", "zh-hans" if s.country in {"CN", "HK", "TW"} else "en", True) for s in suppliers),
    )
    move_sequences(["suppliers_supplier", "suppliers_site"])


def _write_documents(suppliers: Sequence[world.DemoSupplier], counters: cycles.Counters, random: Random, today: date) -> None:
    stored = files.store_all()
    rows = []
    number = 0
    for supplier in suppliers:
        for kind in _document_kinds(supplier, random):
            number += 1
            counters.documents.setdefault(supplier.id, {})[kind] = number
            valid_from, valid_to = _validity(kind, supplier, today, random)
            if supplier.id == 1 and kind == "iso_50001":
                valid_to = today + timedelta(days=26)  # so that the people of the demo see a warning
            has_ended = valid_to is not None and valid_to < today
            if has_ended:
                counters.ended.add(number)
            file = stored[kind]
            rows.append(
                (
                    number,
                    supplier.id,
                    kind,
                    files.KINDS[kind],
                    "",
                    f"DEMO-{number:06d}",
                    valid_from,
                    valid_to,
                    has_ended,
                    file.path,
                    f"{kind}.pdf",
                    "application/pdf",
                    file.size,
                    file.sha256,
                    supplier.user_id or None,
                    cycles.noon(valid_from),
                )
            )
    copy_rows(
        "suppliers_document",
        (
            "id",
            "supplier_id",
            "kind",
            "title",
            "issuer",
            "number",
            "valid_from",
            "valid_to",
            "has_ended",
            "file",
            "original_name",
            "content_type",
            "size",
            "sha256",
            "uploaded_by_id",
            "uploaded_at",
        ),
        rows,
    )
    move_sequences(["suppliers_document"])


def _document_kinds(supplier: world.DemoSupplier, random: Random) -> Iterator[str]:
    """What a company like this has on file: better ones hold more certificates."""
    yield "code_of_conduct"
    yield "other"
    good = supplier.quality
    types = {site.type for site in supplier.sites}
    chances = {
        "iso_14001": good * 0.9,
        "iso_45001": good * 0.5,
        "discharge_permit": 0.75 if types & {"factory", "data_centre", "warehouse"} else 0.0,
        "iso_50001": good * 0.9 if "data_centre" in types else 0.05,
        "pue_report": good if "data_centre" in types else 0.0,
        "renewable_energy": good * 0.6,
        "fsc_pefc": good * 0.8 if supplier.category in {"media", "events"} else 0.0,
        "energy_label": good * 0.7 if supplier.category == "office_it" else 0.0,
        "green_building": good * 0.5 if supplier.category == "engineering" else 0.0,
    }
    for kind, chance in chances.items():
        if chance > 0 and (supplier.id == 1 or random.random() < chance):
            yield kind


def _validity(kind: str, supplier: world.DemoSupplier, today: date, random: Random) -> tuple[date, date | None]:
    """Most certificates run for three years and are in date; one in twelve has run out."""
    if kind in {"code_of_conduct", "other", "pue_report"}:
        return today - timedelta(days=random.randint(60, 400)), None
    left = random.randint(-200, -5) if supplier.id != 1 and random.random() < 1 / 12 else random.randint(20, 900)
    years = 5 if kind == "discharge_permit" else 3
    return today + timedelta(days=left - 365 * years), today + timedelta(days=left)


def _write_cycles(
    versions: Sequence[QuestionnaireVersion],
    suppliers: Sequence[world.DemoSupplier],
    cast: people.Cast,
    random: Random,
    counters: cycles.Counters,
    today: date,
    progress: Progress,
) -> list[Campaign]:
    staff = cast.by_role["esg_staff"].pk
    year = today.year if today.month >= 4 else today.year - 1
    plans = (
        (year - 1, today - timedelta(days=500), today - timedelta(days=410), True),
        (year, today - timedelta(days=75), today + timedelta(days=25), False),
    )
    campaigns = []
    for version, (cycle, opens, due, closed) in zip(versions, plans, strict=True):
        rules = rulesets.for_version(version.pk)
        pools = AnswerPools(rules, random)
        campaign = cycles.create_campaign(version, cycle=cycle, opens=opens, due=due, by_id=staff, closed=closed)
        assessments = cycles.create_assessments(campaign, suppliers, cast, random, counters, today=today)
        for done in cycles.create_answers(assessments, rules, pools, random, counters):
            progress(f"answers FY{cycle}", done, len(assessments))
        campaigns.append(campaign)
    return campaigns


def _score(campaign: Campaign, *, at: datetime, progress: Progress) -> None:
    ids = list(campaign.assessments.exclude(started_at=None).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), 1000):
        keeping.keep_scores(ids[start : start + 1000], at=at)
        progress(f"scores FY{campaign.cycle}", min(start + 1000, len(ids)), len(ids))
