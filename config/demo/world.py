"""Who there is: suppliers, their sites, contacts and people, drawn from the seed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from stdnum.cn import uscc

from config.demo import names


# Shares of the seven categories and of the countries, in per mille.
CATEGORY_SHARES = {"services": 260, "media": 170, "events": 150, "engineering": 130, "office_it": 140, "logistics": 110, "cloud_dc": 40}
COUNTRIES = (
    "HK", "TW", "SG", "JP", "KR", "VN", "TH", "MY", "ID", "PH", "IN", "AE", "SA", "TR", "DE", "FR", "GB", "IT", "ES", "NL",
    "BE", "PL", "SE", "CH", "US", "CA", "MX", "BR", "AU", "ZA",
)  # fmt: skip
SHARE_OF_CHINA = 0.86
PROVINCES = {
    "Zhejiang": ("330100", 24), "Guangdong": ("440100", 15), "Beijing": ("110100", 12), "Shanghai": ("310100", 11),
    "Jiangsu": ("320100", 10),
    "Hebei": ("130100", 4), "Sichuan": ("510100", 4), "Hubei": ("420100", 3), "Fujian": ("350100", 3), "Shandong": ("370100", 3),
    "Henan": ("410100", 2), "Anhui": ("340100", 2), "Hunan": ("430100", 2), "Chongqing": ("500100", 1), "Shaanxi": ("610100", 1),
    "Liaoning": ("210100", 1), "Guizhou": ("520100", 1), "Inner Mongolia": ("150100", 1), "Tianjin": ("120100", 1),
    "Ningxia": ("640100", 1),
}  # fmt: skip
SITE_TYPES = {
    "media": (("office", 1.0), ("venue", 0.1)),
    "events": (("office", 1.0), ("venue", 0.7), ("warehouse", 0.5)),
    "services": (("office", 1.0), ("fleet", 0.2), ("warehouse", 0.1)),
    "engineering": (("office", 1.0), ("construction_site", 0.95), ("factory", 0.3), ("fleet", 0.2)),
    "office_it": (("office", 1.0), ("warehouse", 0.8), ("factory", 0.35)),
    "logistics": (("office", 0.9), ("warehouse", 1.0), ("fleet", 0.95)),
    "cloud_dc": (("office", 0.8), ("data_centre", 1.0)),
}
SITE_NAMES = {
    "office": ("Head office", "总部办公室"),
    "factory": ("Works", "工厂"),
    "warehouse": ("Warehouse", "仓库"),
    "data_centre": ("Data centre", "数据中心"),
    "construction_site": ("Construction site", "施工现场"),
    "fleet": ("Vehicle depot", "车队基地"),
    "venue": ("Event venue", "活动场馆"),
}
HEADCOUNTS = ("micro", "small", "medium", "large", "xlarge")
HEADCOUNT_SHARES = (12, 33, 34, 15, 6)
# One of so many suppliers came within the year; the others have been known for so long.
NEW_SHARE, DAYS_KNOWN = 40, 900
STATES = (("active", 80), ("registered", 8), ("invited", 8), ("suspended", 2), ("offboarded", 2))
INDUSTRY_CODES = {
    "media": "72", "events": "72", "services": "72", "engineering": "48", "office_it": "51", "logistics": "59", "cloud_dc": "64",
}  # fmt: skip


@dataclass(slots=True)
class DemoSite:
    id: int
    supplier_id: int
    type: str
    name: str
    country: str
    region: str


@dataclass(slots=True)
class DemoSupplier:
    id: int
    name_en: str
    name_zh: str
    category: str
    country: str
    region: str
    headcount: str
    state: str
    uscc: str | None
    company_number: str | None
    # How well the company does, 0 to 1, and how much better or worse in each area: what its answers are drawn from.
    quality: float
    evidence_habit: float
    leaning: dict[str, float] = field(default_factory=dict)
    sites: list[DemoSite] = field(default_factory=list)
    contact_name: str = ""
    contact_email: str = ""
    user_id: int = 0
    # The last ones came this year: they were not asked in the cycle before.
    known_for_days: int = DAYS_KNOWN

    @property
    def is_new(self) -> bool:
        return self.known_for_days < DAYS_KNOWN

    @property
    def in_business(self) -> bool:
        return self.state not in {"suspended", "offboarded"}


def credit_code(number: int, province_code: str) -> str:
    """A Unified Social Credit Code with a right check digit and an organisation number that spells MADE: plainly made up."""
    body = f"91{province_code}MADE{number:05d}"
    return body + uscc.calc_check_digit(body)


def _weighted(random: Random, shares: dict[str, int] | tuple[tuple[str, int], ...]) -> str:
    pairs = list(shares.items()) if isinstance(shares, dict) else list(shares)
    return random.choices([key for key, _ in pairs], cum_weights=list(accumulate(weight for _, weight in pairs)))[0]


def suppliers(random: Random, *, count: int, areas: tuple[str, ...]) -> Iterator[DemoSupplier]:
    """`count` suppliers; the first is the showcase: the company the demo's supplier people work for."""
    pairs = names.company_names(random)
    provinces = {name: share for name, (_, share) in PROVINCES.items()}
    site_id = 0
    in_category: Counter[str] = Counter()
    for number in range(1, count + 1):
        showcase = number == 1
        category = "cloud_dc" if showcase else _weighted(random, CATEGORY_SHARES)
        country = "CN" if showcase or random.random() < SHARE_OF_CHINA else random.choice(COUNTRIES)
        region = "Zhejiang" if showcase else (_weighted(random, provinces) if country == "CN" else "")
        # The list of pairs serves each category, and within it each line of business, once: 4,800 names a category.
        line, pair = divmod(in_category[category], len(pairs))
        in_category[category] += 1
        name_en, name_zh = names.company_name(pairs[pair], category=category, line=line, country=country)
        supplier = DemoSupplier(
            id=number,
            name_en=name_en if country != "CN" or random.random() < 0.55 or showcase else "",
            name_zh=name_zh if country in {"CN", "HK", "TW"} else "",
            category=category,
            country=country,
            region=region,
            headcount="large" if showcase else random.choices(HEADCOUNTS, weights=HEADCOUNT_SHARES)[0],
            state="active" if showcase else _weighted(random, STATES),
            uscc=credit_code(number, PROVINCES[region][0]) if country == "CN" else None,
            company_number=None if country == "CN" else f"{country}-{random.randrange(10**7, 10**8)}",
            quality=0.86 if showcase else random.betavariate(4, 2.4),
            evidence_habit=0.92 if showcase else random.betavariate(4, 1.6),
            leaning={area: random.gauss(0, 0.13) for area in areas},
            known_for_days=DAYS_KNOWN if number <= count - count // NEW_SHARE else 90 + number * 37 % 240,
        )
        for kind, share in SITE_TYPES[category]:
            if showcase or random.random() < share:
                site_id += 1
                supplier.sites.append(_site(site_id, supplier, kind))
        supplier.contact_name, local = names.person_name(random, country=country)
        supplier.contact_email = f"{local}@s{number:05d}.example"
        yield supplier


def _site(site_id: int, supplier: DemoSupplier, kind: str) -> DemoSite:
    english, chinese = SITE_NAMES[kind]
    return DemoSite(
        id=site_id,
        supplier_id=supplier.id,
        type=kind,
        name=chinese if supplier.country == "CN" else english,
        country=supplier.country,
        region=supplier.region,
    )
