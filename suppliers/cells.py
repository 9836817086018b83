"""Brings one cell of an imported list to the value we keep. Pure: no database. Each cleaner raises `Problem`."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db.models import TextChoices

from accounts.visible_text import INVISIBLE
from suppliers import identifiers, places
from suppliers.models import Category, HeadcountBand, PublicRecord, SiteType
from suppliers.problems import Problem


Cleaner = Callable[[str], Any]

# What people write into a cell that has no value.
BLANKS = frozenset(
    ("-", "--", "—", "–", "/", "n/a", "na", "n.a.", "#n/a", "none", "null", "unknown", "tbc", "tbd", "not provided", "not applicable")
) | frozenset(("无", "暂无", "未知", "不适用", "未提供", "空", "没有"))
ERRORS = re.compile(r"#(REF|VALUE|NAME|DIV/0|NUM|NULL|SPILL|CALC|GETTING_DATA)[!?]?", re.IGNORECASE)
PROTECTED = re.compile(r'="([^"]*)"')
CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def plain(raw: str) -> str:
    """One line without stray blanks; "" for a cell that says "nothing here"."""
    text = raw if raw.isascii() else unicodedata.normalize("NFC", INVISIBLE.sub("", raw))
    text = " ".join(text.split())
    if not text or text.lower() in BLANKS:
        return ""
    if not text.isprintable() and any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise Problem("control_characters")
    if text[0] in "=@#":
        return unprotected(text)
    return text


def unprotected(text: str) -> str:
    # Spreadsheets export ="0012" to keep the zeros; any other formula would run when somebody opens our export.
    protected = PROTECTED.fullmatch(text)
    if protected:
        return protected[1].strip()
    if text[0] in "=@":
        raise Problem("formula")
    if ERRORS.fullmatch(text):
        raise Problem("spreadsheet_error", value=text)
    return text


# Spreadsheets run a cell that begins with one of these (OWASP, "CSV injection"); tab and return hide one from a first look.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def text_of(limit: int) -> Cleaner:
    def clean(text: str) -> str:
        if len(text) > limit:
            raise Problem("too_long", length=len(text), limit=limit)
        return text

    return clean


def number_text(limit: int) -> Cleaner:
    """A number of somebody's own, kept as text; a spreadsheet's decimal ending is not part of it."""

    def clean(text: str) -> str:
        if identifiers.SHORTENED.fullmatch(text):
            raise Problem("number_shortened")
        decimal = identifiers.WRITTEN_AS_DECIMAL.fullmatch(text)
        return str(text_of(limit)(decimal[1] if decimal else text))

    return clean


def choice_of(choices: type[TextChoices], aliases: Mapping[Any, str]) -> Cleaner:
    """A choice by its code, its label, or an alias in either language."""
    known = {places.key(alias): str(code) for code, names in aliases.items() for alias in names.split("|")}
    known |= {places.key(value): value for value in choices.values}

    def clean(text: str) -> str:
        code = known.get(places.key(text))
        if code is None:
            raise Problem("choice_unknown", value=text[:80], choices=", ".join(choices.values))
        return code

    return clean


CATEGORY_ALIASES = {
    Category.MEDIA: "media|advertising|marketing|media and advertising|媒体|传媒|广告|媒介|媒体广告|传媒广告",
    Category.EVENTS: "events|event|exhibitions|活动|会展|展会|活动会展|会议活动|赛事",
    Category.SERVICES: "services|service|professional services|general services|服务|综合服务|专业服务|行政服务|服务类|服务采购",
    Category.ENGINEERING: "engineering|construction|fit-out|engineering and construction|工程|建筑|施工|装修|工程建设|基建|工程类",
    Category.OFFICE_IT: "office it|it|office|office equipment|office and it|it equipment"
    "|办公it|办公及it|办公设备|it设备|办公用品|办公|办公it设备",
    Category.LOGISTICS: "logistics|transport|transportation|freight|logistics and transport|物流|运输|仓储物流|货运|物流运输|快递",
    Category.CLOUD_DC: "cloud and data centre|cloud|data centre|data center|cloud and data center|cloud dc|idc|cloud services|hosting"
    "|云与数据中心|云和数据中心|云计算|数据中心|云服务|云及数据中心|云与idc|云数据中心",
}
SITE_TYPE_ALIASES = {
    SiteType.OFFICE: "office|headquarters|hq|办公室|办公|办公楼|总部|办公场所",
    SiteType.FACTORY: "factory|plant|manufacturing|工厂|厂区|生产基地|车间",
    SiteType.WAREHOUSE: "warehouse|distribution centre|distribution center|depot|仓库|仓储|物流中心|配送中心",
    SiteType.DATA_CENTRE: "data centre|data center|idc|数据中心|机房",
    SiteType.CONSTRUCTION_SITE: "construction site|building site|工地|施工现场|建筑工地|施工工地",
    SiteType.FLEET: "fleet|vehicle fleet|车队|运输车队",
    SiteType.VENUE: "venue|event venue|场馆|活动场馆|展馆|会展场馆|活动场地",
}

RECORD_KIND_ALIASES = {
    PublicRecord.Kind.WATER: "water|water pollution|wastewater|水|水污染|废水|超标排放水污染物|水污染物超标|违反水污染防治管理制度",
    PublicRecord.Kind.AIR: "air|air pollution|waste gas|大气|大气污染|废气|超标排放大气污染物|大气污染物超标|违反大气污染防治管理制度|扬尘",
    PublicRecord.Kind.SOLID_WASTE: "solid waste|固废|固体废物|固体废物污染|一般固废|违反固体废物管理制度",
    PublicRecord.Kind.HAZARDOUS_WASTE: "hazardous waste|危废|危险废物|违反危险废物管理制度|危险废物污染",
    PublicRecord.Kind.NOISE: "noise|噪声|噪声污染|环境噪声",
    PublicRecord.Kind.NO_PERMIT: "no permit|discharge without permit|无证排污|未取得排污许可证|违反排污许可管理制度|未按证排污|排污许可",
    PublicRecord.Kind.NO_ASSESSMENT: "no eia|built without approval|未批先建|违反环评制度|违反环境影响评价制度|环评",
    PublicRecord.Kind.NO_ACCEPTANCE: "no acceptance|未验先投|违反三同时制度|三同时|久试未验",
    PublicRecord.Kind.BYPASS: "bypass|hidden pipe|暗管|旁路|私设暗管|偷排|逃避监管排污|以逃避监管的方式排放污染物",
    PublicRecord.Kind.FALSE_DATA: "false data|falsified monitoring|篡改数据|监测数据造假|篡改伪造监测数据|弄虚作假",
    PublicRecord.Kind.REPORTING: "reporting|record keeping|台账|未按规定报告|未公开环境信息|信息公开|未提交执行报告|违反环境信息公开制度",
    PublicRecord.Kind.EMERGENCY: "emergency|accident|突发环境事件|环境应急|应急预案",
    PublicRecord.Kind.CREDIT_RATING: "credit rating|environmental credit|环境信用评价|企业环境信用评价|信用评价|环保信用评价",
    PublicRecord.Kind.OTHER: "other|other violation|其他|其它|其他违法|其他环境违法",
}
RATING_ALIASES = {
    PublicRecord.Rating.GREEN: "green|绿|绿色|绿牌|环保诚信企业|环保诚信|绿标",
    PublicRecord.Rating.BLUE: "blue|蓝|蓝色|蓝牌|环保良好企业|环保良好|蓝标",
    PublicRecord.Rating.YELLOW: "yellow|黄|黄色|黄牌|环保警示企业|环保警示|黄标",
    PublicRecord.Rating.RED: "red|红|红色|红牌|环保不良企业|环保不良|红标",
    PublicRecord.Rating.BLACK: "black|黑|黑色|黑牌|黑标",
}

clean_record_kind = choice_of(PublicRecord.Kind, RECORD_KIND_ALIASES)
clean_rating = choice_of(PublicRecord.Rating, RATING_ALIASES)
clean_category = choice_of(Category, CATEGORY_ALIASES)
clean_site_type = choice_of(SiteType, SITE_TYPE_ALIASES)


# --- headcount --------------------------------------------------------------------------------------------------------

BANDS = ((0, 9, "micro"), (10, 49, "small"), (50, 249, "medium"), (250, 999, "large"), (1000, 10**9, "xlarge"))
BELOW = re.compile(
    r"(?:less than|fewer than|under|below|up to|<|≤|少于|不足|小于|以下)\s*(\d+)"
    r"|(\d+)\s*(?:人)?\s*(?:以下|以内)",
    re.IGNORECASE,
)
ABOVE = re.compile(
    r"(?:more than|over|above|at least|>|≥|超过|大于|不少于)\s*(\d+)"
    r"|(\d+)\s*(?:人)?\s*(?:\+|or more|and more|and over|以上|及以上)",
    re.IGNORECASE,
)
RANGE = re.compile(r"(\d+)\s*(?:-|–|—|~|～|to|至|到)\s*(\d+)", re.IGNORECASE)


def clean_headcount(text: str) -> str:
    """The band of a number ("320"), a range ("250 to 499", "100-299人") or a band of ours. A range that lies in no single
    band ("Less than 250") says nothing we could keep: ""."""
    if text.lower() in HeadcountBand.values:
        return text.lower()
    bare = re.sub(r"(?<=\d)[,，](?=\d{3})", "", unicodedata.normalize("NFKC", text)).replace(".0", "")
    low, high = headcount_range(bare, text)
    return next((band for least, most, band in BANDS if least <= low and high <= most), "")


def headcount_range(bare: str, text: str) -> tuple[int, int]:
    if found := RANGE.search(bare):
        return int(found[1]), int(found[2])
    if found := BELOW.search(bare):
        return 0, int(found[1] or found[2]) - 1
    if found := ABOVE.search(bare):
        return int(found[1] or found[2]), int(found[1] or found[2])
    if found := re.fullmatch(r"(?:about|约|ca\.?)?\s*(\d{1,8})\s*(?:人|people|employees|staff)?", bare.strip(), re.IGNORECASE):
        return int(found[1]), int(found[1])
    raise Problem("headcount_unknown", value=text[:80])


# --- other values -----------------------------------------------------------------------------------------------------

MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, start=1)}
CHINESE_MONTH_NAMES = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
CHINESE_MONTHS = {name: number for number, name in enumerate(CHINESE_MONTH_NAMES, start=1)}
YES = frozenset(("yes", "y", "true", "1", "x", "✓", "√", "是", "有", "主要", "primary", "first"))
NO = frozenset(("no", "n", "false", "0", "✗", "×", "否", "非"))
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%d %b %Y", "%d %B %Y")
LANGUAGES = {"en": "en", "english": "en", "英文": "en", "英语": "en"} | dict.fromkeys(
    ("zh", "zhhans", "zhcn", "chinese", "simplifiedchinese", "中文", "简体中文", "汉语", "华语"), "zh-hans"
)


def clean_month(text: str) -> int:
    word = text.lower().removesuffix("月").removesuffix("份").removesuffix("月")
    number = int(word) if identifiers.is_digits(word) else MONTHS.get(word[:3]) or CHINESE_MONTHS.get(word, 0)
    if not 1 <= number <= 12:
        raise Problem("month_unknown", value=text[:80])
    return number


def clean_whole_number(text: str) -> int:
    bare = re.sub(r"[,，\s]", "", text).removesuffix(".0").removesuffix("人")
    if not identifiers.is_digits(bare) or len(bare) > 9:
        raise Problem("number_unknown", value=text[:80])
    return int(bare)


def clean_amount(text: str) -> Decimal:
    """Yuan; "2万元" and "20,000元" are understood."""
    bare = re.sub(r"[,，\s￥¥]", "", unicodedata.normalize("NFKC", text)).removeprefix("CNY").removeprefix("RMB").removesuffix("元")
    factor = 10_000 if bare.endswith("万") else 1
    if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", bare.removesuffix("万")):
        raise Problem("amount_unknown", value=text[:80])
    amount = Decimal(bare.removesuffix("万")) * factor
    if amount >= Decimal(10) ** 12:
        raise Problem("amount_unknown", value=text[:80])
    return amount.quantize(Decimal("0.01"))


def clean_date(text: str) -> date:
    for form in DATES:
        try:
            return datetime.strptime(text[:40], form).date()  # noqa: DTZ007 - a day of the calendar has no time zone
        except ValueError:
            continue
    raise Problem("date_unknown", value=text[:80])


def clean_yes_no(text: str) -> bool:
    word = text.lower()
    if word in YES or word in NO:
        return word in YES
    raise Problem("yes_no_unknown", value=text[:80])


def clean_language(text: str) -> str:
    code = LANGUAGES.get(places.key(text))
    if code is None:
        raise Problem("choice_unknown", value=text[:80], choices="en, zh-hans")
    return code


def clean_email(text: str) -> str:
    address = text.lower().removeprefix("mailto:").strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Problem("email_form") from error
    return str(text_of(254)(address))


check_url = URLValidator(schemes=["http", "https"])
# Nearly all addresses are this plain, and ten times faster to recognise than to validate.
PLAIN_URL = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}/?", re.IGNORECASE)


def clean_website(text: str) -> str:
    address = text if "://" in text else f"https://{text}"
    if not PLAIN_URL.fullmatch(address):
        try:
            check_url(address)
        except ValidationError as error:
            raise Problem("website_form") from error
    return str(text_of(200)(address))
