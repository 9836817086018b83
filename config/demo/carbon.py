"""Forty carbon-neutral pilots with three years of monthly activity data, calculated, signed and reported by the product's own code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from accounts.models import User
from config.demo import pilot_years
from config.demo.copying import copy_rows
from config.demo.cycles import noon
from config.demo.people import Cast
from config.demo.world import DemoSite, DemoSupplier
from emissions.abating import submit_abatement
from emissions.calculation import Ledger
from emissions.coverage import fiscal_months, fiscal_year_of
from emissions.factors import default_factor_set, load_factor_sets
from emissions.instruments import save_instrument
from emissions.inventory import calculate_inventory, year_of_data
from emissions.models import Abatement, FactorSet, RenewableInstrument, Scope3Entry
from emissions.scope3 import CategoryValue, save_scope3
from pilots import agreements, reporting
from pilots.actuals import Period, actual_of
from pilots.agreements import Signing
from pilots.appraisal import load_schemes
from pilots.models import Agreement, AgreementSignature
from pilots.reporting import YearReport
from pilots.terms import Terms
from pilots.wordings import first_milestones, load_templates, newest_templates
from suppliers.models import Document, Site, Supplier


YEARS_OF_DATA = 3
CLOUD, LOGISTICS = 24, 16
REPORTING_SITES = {"data_centre", "office", "warehouse", "fleet"}
# How the forty stand: the first is the showcase's. "active on" and the like say what its reports will come to.
FATES = (
    *["active on"] * 14,
    *["active risk"] * 6,
    *["active off"] * 5,
    *["active gap"] * 2,
    *["signed"] * 3,
    *["offered"] * 3,
    *["draft"] * 3,
    *["closed on", "closed off"],
    *["terminated"] * 2,
)
# What share of the reduction due is achieved: the total reduction agreed on is chosen so that the real figures come to it.
ACHIEVED = {"on": (1.08, 1.5), "risk": (0.8, 0.95), "off": (0.25, 0.65), "gap": (1.05, 1.3)}
BOUNDARY = (
    "协议所列场地，范围一与范围二，全部温室气体，运营控制权法。\n"
    "The sites named here, scope 1 and scope 2, all greenhouse gases, by operational control."
)
INCENTIVE = "达标年度优先推荐绿色标签并纳入优先采购名录。\nIn a year on track: first choice for the green label and preferred sourcing."
REMEDY = (
    "偏离轨迹时三个月内提交纠正计划，连续两年偏离可终止协议。\n"
    "Off track: a corrective plan within three months; after two such years either side may end the agreement."
)
CLOSED = "协议期满，评价结果已通报双方。 The term is over and both sides know the appraisal."
TERMINATED = {
    "cloud_dc": "数据中心已转让，协议终止。 The data centre was sold.",
    "logistics": "供应商退出该业务线。 The supplier left this line of business.",
}


@dataclass
class Pilot:
    supplier: DemoSupplier
    fate: str
    fiscal_year_start: int
    base_year: int
    # Share by which the emissions fall from the first year of data to the third.
    reduction: float
    is_intensity: bool = False
    site_ids: list[int] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.fate.split()[0]

    @property
    def outcome(self) -> str:
        return self.fate.partition(" ")[2] or "on"

    @property
    def years(self) -> range:
        return range(self.base_year, self.base_year + YEARS_OF_DATA)


def create(suppliers: Sequence[DemoSupplier], cast: Cast, random: Random, at: datetime) -> int:
    """Returns how many activity records there are."""
    load_factor_sets(at=at)
    load_templates(at=at)
    load_schemes(at=at)
    pilots = list(_pilots(suppliers, random, at.date()))
    records = [row for pilot in pilots for row in _records(pilot, random, at)]
    columns = ("supplier_id", "site_id", "month", "source", "substance", "quantity", "unit", "is_measured", "reported_by_id", "reported_at")
    copy_rows("emissions_activityrecord", columns, records)
    people = User.objects.select_related("active_membership").in_bulk([pilot.supplier.user_id for pilot in pilots])
    for pilot in pilots:
        signatory = people[pilot.supplier.user_id]
        for year in pilot.years if pilot.supplier.id != 1 else range(pilot.base_year, pilot.base_year + YEARS_OF_DATA + 1):
            done = min(at, noon(fiscal_months(year, pilot.fiscal_year_start)[-1]) + timedelta(days=70))
            calculate_inventory(supplier_id=pilot.supplier.id, year=year, by=signatory, at=done)
        if pilot.supplier.id == 1:
            _show_reports(pilot, signatory, at)
    factor_set = default_factor_set()
    drafts = [(pilot, _agree(pilot, factor_set, people[pilot.supplier.user_id], cast, random, at)) for pilot in pilots]
    for starts_on in sorted({agreement.starts_on for _pilot, agreement in drafts if agreement.starts_on <= at.date()}):
        agreements.put_due_into_force(at=noon(starts_on))
    for pilot, agreement in drafts:
        _live(pilot, agreement, people[pilot.supplier.user_id], cast, random, at)
    signatories = {pilot.supplier.id: people[pilot.supplier.user_id] for pilot in pilots}
    pilot_years.live([agreement for _pilot, agreement in drafts], signatories, cast, random, at)
    return len(records)


def _pilots(suppliers: Sequence[DemoSupplier], random: Random, today: date) -> Iterator[Pilot]:
    fit = [s for s in suppliers if s.in_business and s.country == "CN" and s.user_id and {site.type for site in s.sites} & REPORTING_SITES]
    cloud = [s for s in fit if s.category == "cloud_dc" and any(site.type == "data_centre" for site in s.sites)][:CLOUD]
    logistics = [s for s in fit if s.category == "logistics" and any(site.type == "fleet" for site in s.sites)][:LOGISTICS]
    fates = list(FATES[1:])
    random.shuffle(fates)
    for number, supplier in enumerate([*cloud, *logistics]):
        start = 4 if supplier.id == 1 else 1
        fate = FATES[0] if supplier.id == 1 else fates.pop()
        yield Pilot(
            supplier=supplier,
            fate=fate,
            fiscal_year_start=start,
            base_year=fiscal_year_of(today, start) - YEARS_OF_DATA,
            reduction=0.15 if supplier.id == 1 else random.uniform(0.04, 0.07) if fate.endswith("off") else random.uniform(0.1, 0.16),
            is_intensity=supplier.category == "cloud_dc" and supplier.id != 1 and number % 5 == 2,
            site_ids=[site.id for site in supplier.sites if site.type in REPORTING_SITES],
        )


# --- activity data ----------------------------------------------------------------------------------------------------


def _records(pilot: Pilot, random: Random, at: datetime) -> Iterator[tuple[object, ...]]:
    """Three full years, and for the showcase the months of this year that are over."""
    size = random.uniform(0.6, 2.5)
    net_share, growth = random.uniform(0.65, 0.9), random.uniform(0.0, 0.05)
    months = [(year, month) for year in pilot.years for month in fiscal_months(year, pilot.fiscal_year_start)]
    if pilot.supplier.id == 1:
        current = pilot.base_year + YEARS_OF_DATA
        months += [(current, m) for m in fiscal_months(current, pilot.fiscal_year_start) if m < at.date().replace(day=1)][:-1]
    # Two whose last year lacks two months of electricity: it is reported as it is, and not judged.
    gaps = {month for _year, month in months[-5:-3]} if pilot.outcome == "gap" else set()
    for year, month in months:
        left = 1 - pilot.reduction * min(year - pilot.base_year, 2) / 2
        grown = (1 + growth) ** (year - pilot.base_year)
        reported = min(at, noon(month) + timedelta(days=40))
        for site in pilot.supplier.sites:
            if site.type not in REPORTING_SITES:
                continue
            for source, substance, quantity, unit in _quantities(site, month, size, left, net_share, grown, random):
                if month in gaps and source in {"electricity", "renewable_electricity", "it_energy"}:
                    continue
                measured = random.random() > 0.06
                owner = pilot.supplier
                yield owner.id, site.id, month, source, substance, round(quantity, 1), unit, measured, owner.user_id, reported
        head = next(site for site in pilot.supplier.sites if site.type in REPORTING_SITES)
        revenue = round(900 * size * grown * (1 + 0.04 * (month.month % 3)), 1)
        yield pilot.supplier.id, head.id, month, "revenue", "", revenue, "10k CNY", True, pilot.supplier.user_id, reported


def _show_reports(pilot: Pilot, by: User, at: datetime) -> None:
    """What the showcase reports beside its months: certificates, scope 3 and an abatement."""
    supplier = Supplier.objects.get(pk=pilot.supplier.id)
    for year in pilot.years:
        months = fiscal_months(year, pilot.fiscal_year_start)
        claimed = year_of_data(supplier, year).calculation.renewable_kwh or Decimal(0)
        certificate = RenewableInstrument(
            supplier=supplier,
            kind=RenewableInstrument.Kind.GEC,
            serial=f"GEC-DEMO-{year}-000417",
            mwh=(claimed / 1000 * (Decimal("0.8") if year == pilot.years[-1] else 1)).quantize(Decimal("0.001")),
            generated_from=months[0],
            generated_to=months[-1] + timedelta(days=27),
            plant="示例风电场 Example wind farm",
            plant_year=year - 3,
        )
        save_instrument(instrument=certificate, by=by, at=min(at, noon(months[-1]) + timedelta(days=60)))
    year = pilot.years[-1]
    methods = Scope3Entry.Method
    values = [
        CategoryValue(Scope3Entry.Category.PURCHASED_GOODS, Decimal(8400), methods.SPEND_BASED, "Servers and spare parts, by spend."),
        CategoryValue(Scope3Entry.Category.FUEL_AND_ENERGY, Decimal(2150), methods.AVERAGE_DATA, "Upstream of electricity and diesel."),
        CategoryValue(Scope3Entry.Category.COMMUTING, Decimal(96), methods.AVERAGE_DATA, "By a survey of the staff."),
    ]
    save_scope3(supplier=supplier, year=year, values=values, by=by, at=at)
    if (evidence := Document.objects.filter(supplier=supplier).order_by("pk").first()) is not None:
        abatement = Abatement(
            supplier=supplier,
            kind=Abatement.Kind.ENABLED,
            year=year,
            title="Servers of customers moved into the cloud",
            function="The computing of 1,200 customer servers for a year",
            baseline="1,200 servers in the customers' own rooms: 5,256 MWh at PUE 1.9, national grid factor.",
            baseline_tonnes=Decimal(5299),
            project="The same computing on shared servers of the hall: 2,102 MWh at PUE 1.24, provincial grid factor.",
            project_tonnes=Decimal(1296),
            method="ISO 14064-2; GHG Protocol for Project Accounting",
            evidence=evidence,
        )
        submit_abatement(abatement=abatement, by=by, at=at)


def _quantities(
    site: DemoSite, month: date, size: float, left: float, net_share: float, grown: float, random: Random
) -> Iterator[tuple[str, str, float, str]]:
    """`left` is what is left of the base year's emissions; the load grows all the same."""
    summer = 1 + 0.09 * (1 - abs(month.month - 7.5) / 6)
    noise = random.uniform(0.985, 1.015)
    if site.type == "data_centre":
        load = 2_400_000 * size * grown * noise
        # Efficiency brings the sites nearer to their IT load; renewable power covers the rest of the way down.
        electricity = load * (1.14 + 0.12 * left) * summer
        grid = 2_400_000 * size * 1.26 * net_share * left * summer * noise
        yield "it_energy", "", load, "kWh"
        yield "electricity", "", electricity, "kWh"
        yield "renewable_electricity", "", max(0.0, electricity - grid), "kWh"
        yield "diesel", "", random.uniform(0.4, 1.8) * size * left, "t"
        if month.month in {5, 8}:
            yield "refrigerant", "hfc134a", random.uniform(20, 45) * size * left, "kg"
    elif site.type == "fleet":
        yield "diesel", "", 130 * size * left * noise * (2 - summer), "t"
        yield "petrol", "", 3.2 * size * left * noise, "t"
    elif site.type == "warehouse":
        electricity = 160_000 * size * grown * noise * summer
        yield "electricity", "", electricity, "kWh"
        yield "renewable_electricity", "", max(0.0, electricity - 160_000 * size * 0.9 * left * noise * summer), "kWh"
        yield "lpg", "", 0.6 * size * left * noise, "t"
    else:
        yield "electricity", "", 21_000 * size * left * noise * summer, "kWh"


# --- agreements -------------------------------------------------------------------------------------------------------


def _agree(pilot: Pilot, factor_set: FactorSet, signatory: User, cast: Cast, random: Random, at: datetime) -> Agreement:
    """Draft, offer and sign as far as the pilot's state goes, in the weeks before its first day."""
    staff = cast.by_role["esg_staff"]
    supplier = Supplier.objects.get(pk=pilot.supplier.id)
    terms = _terms(pilot, supplier, factor_set, random, at.date())
    offered = min(noon(terms.starts_on) - timedelta(days=random.randint(30, 50)), at - timedelta(days=random.randint(6, 12)))
    drafted = agreements.draft_agreement(supplier_id=supplier.pk, terms=terms, by=staff, at=offered - timedelta(days=9))
    total = drafted.total_reduction or Decimal(0)
    suggested = (
        first_milestones(terms.template, starts_on=terms.starts_on, ends_on=terms.ends_on, total_reduction=total) if terms.template else []
    )
    agreements.set_milestones(agreement_id=drafted.pk, milestones=suggested, by=staff, at=offered - timedelta(days=9))
    if pilot.state == "draft":
        return drafted
    agreement = agreements.offer_agreement(agreement_id=drafted.pk, by=staff, at=offered)
    sides = [(AgreementSignature.Side.SUPPLIER, signatory, "总经理"), (AgreementSignature.Side.BUYER, staff, "ESG总监")]
    if pilot.state == "offered":
        sides = sides[: random.randint(0, 1)]
    for days, (side, by, job_title) in enumerate(sides, start=2):
        signing = Signing(side, agreement.content_sha256, by.name, job_title)
        agreements.sign_agreement(agreement_id=agreement.pk, signing=signing, by=by, at=offered + timedelta(days=days))
    return agreement


def _terms(pilot: Pilot, supplier: Supplier, factor_set: FactorSet, random: Random, today: date) -> Terms:
    data_centre = supplier.category == "cloud_dc"
    waiting = pilot.state in {"draft", "offered", "signed"}
    base_year = pilot.years[-1] if waiting else pilot.base_year
    length = 2 if pilot.state == "closed" else 7 if pilot.supplier.id == 1 else random.choice((5, 6, 7))
    first = fiscal_months(base_year + 1, pilot.fiscal_year_start)[0] if not waiting else _next_quarter(today)
    # The same calculation that the reports will use.
    probe = Agreement(supplier=supplier, factor_set=factor_set, base_year=base_year)
    figures = {year: _figure(probe, pilot, year) for year in pilot.years}
    base, quantity = figures[base_year]
    reduction = 42 if waiting else _total_reduction(pilot, figures, length, random)
    templates = {template.key: template for template in newest_templates()}
    template = templates["leased-data-centre" if data_centre else "carbon-neutral-pilot"]
    name_en, name_zh = supplier.name_en or supplier.name_zh, supplier.name_zh or supplier.name_en
    return Terms(
        title_en=f"Carbon-neutral pilot agreement: {name_en}"[:200],
        title_zh=f"碳中和试点行动协议：{name_zh}"[:200],
        starts_on=first,
        ends_on=fiscal_months(base_year + length + 1, pilot.fiscal_year_start)[0] - timedelta(days=1),
        base_year=base_year,
        base_emissions=base,
        total_reduction=Decimal(reduction),
        boundary=BOUNDARY,
        template=template,
        measure=Agreement.Measure.INTENSITY if pilot.is_intensity else Agreement.Measure.ABSOLUTE,
        intensity_unit="MWh IT" if pilot.is_intensity else "",
        base_denominator=quantity if pilot.is_intensity else None,
        path=Agreement.Path.LINEAR,
        factor_set=factor_set,
        reporting_cycle=Agreement.Cycle.QUARTER if data_centre else Agreement.Cycle.YEAR,
        verification=Agreement.Verification.LIMITED,
        renewable_share_target=Decimal(random.choice((60, 80, 100))) if data_centre else None,
        pue_target=Decimal("1.30") if data_centre else None,
        incentive=INCENTIVE,
        remedy=REMEDY,
        sites=list(Site.objects.filter(pk__in=pilot.site_ids)),
    )


def _next_quarter(today: date) -> date:
    month = (today.month - 1) // 3 * 3 + 4
    return date(today.year + month // 12, month % 12, 1)


def _figure(probe: Agreement, pilot: Pilot, year: int) -> tuple[Decimal, Decimal | None]:
    """Tonnes, and MWh of the IT load."""
    calculation = year_of_data(probe.supplier, year, factor_set=probe.factor_set, site_ids=pilot.site_ids).calculation
    it_energy = calculation.it_energy_kwh
    tonnes = calculation.total(Ledger.SCOPE1) + calculation.total(Ledger.SCOPE2_MARKET)
    return tonnes, it_energy and round(it_energy / 1000, 1)


def _total_reduction(pilot: Pilot, figures: dict[int, tuple[Decimal, Decimal | None]], length: int, random: Random) -> int:
    """Per cent over the whole run, so that the last judged year achieves the share its fate says."""
    judged = pilot.years[-2] if pilot.outcome == "gap" else pilot.years[-1]
    first, last = (_in_measure(pilot, figures[year]) for year in (pilot.base_year, judged))
    done = 1 - last / first
    due = done / (1.06 if pilot.supplier.id == 1 else random.uniform(*ACHIEVED[pilot.outcome]))
    return max(2, min(95, round(100 * due * length / (judged - pilot.base_year))))


def _in_measure(pilot: Pilot, figure: tuple[Decimal, Decimal | None]) -> float:
    emissions, quantity = figure
    return float(emissions / quantity) if pilot.is_intensity and quantity else float(emissions)


# --- its years --------------------------------------------------------------------------------------------------------


def _live(pilot: Pilot, agreement: Agreement, signatory: User, cast: Cast, random: Random, at: datetime) -> None:
    """Yearly reports and, for some, the end."""
    staff = cast.by_role["esg_staff"]
    if pilot.state in {"active", "closed", "terminated"}:
        years = pilot.years[1:2] if pilot.state == "terminated" else pilot.years[1:]
        for year in years:
            _report(pilot, agreement, year, signatory, random, at)
    if pilot.state == "closed":
        agreements.close_agreement(agreement_id=agreement.pk, reason=CLOSED, by=staff, at=at - timedelta(days=20))
    if pilot.state == "terminated":
        ended = at - timedelta(days=random.randint(30, 200))
        agreements.terminate_agreement(agreement_id=agreement.pk, reason=TERMINATED[pilot.supplier.category], by=staff, at=ended)


def _report(pilot: Pilot, agreement: Agreement, year: int, signatory: User, random: Random, at: datetime) -> None:
    it_energy = actual_of(agreement, Period(year)).calculation.it_energy_kwh if pilot.is_intensity else None
    offsets = Decimal(random.choice((0, 0, 0, 200, 500))) if pilot.supplier.id != 1 else Decimal(400)
    report = YearReport(
        year=year,
        denominator=it_energy and round(it_energy / 1000, 1),
        offsets=offsets,
        is_verified=random.random() < 0.4 or pilot.supplier.id == 1,
    )
    reported = noon(fiscal_months(year, pilot.fiscal_year_start)[-1]) + timedelta(days=random.randint(60, 90))
    reporting.report_year(agreement_id=agreement.pk, report=report, by=signatory, at=min(at, reported))
