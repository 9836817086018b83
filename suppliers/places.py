"""Countries and the provinces of China, recognised in English and Chinese however people write them. Pure: no database."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from django.utils import translation
from django_countries import countries

from suppliers.problems import Problem


@dataclass(frozen=True)
class Province:
    """`code` is the second half of ISO 3166-2; `name_en` is what the region field of suppliers and sites holds."""

    code: str
    name_en: str
    name_zh: str
    full_zh: str


PROVINCES = tuple(
    Province(*line.split("|"))
    for line in (
        "BJ|Beijing|北京|北京市",
        "TJ|Tianjin|天津|天津市",
        "HE|Hebei|河北|河北省",
        "SX|Shanxi|山西|山西省",
        "NM|Inner Mongolia|内蒙古|内蒙古自治区",
        "LN|Liaoning|辽宁|辽宁省",
        "JL|Jilin|吉林|吉林省",
        "HL|Heilongjiang|黑龙江|黑龙江省",
        "SH|Shanghai|上海|上海市",
        "JS|Jiangsu|江苏|江苏省",
        "ZJ|Zhejiang|浙江|浙江省",
        "AH|Anhui|安徽|安徽省",
        "FJ|Fujian|福建|福建省",
        "JX|Jiangxi|江西|江西省",
        "SD|Shandong|山东|山东省",
        "HA|Henan|河南|河南省",
        "HB|Hubei|湖北|湖北省",
        "HN|Hunan|湖南|湖南省",
        "GD|Guangdong|广东|广东省",
        "GX|Guangxi|广西|广西壮族自治区",
        "HI|Hainan|海南|海南省",
        "CQ|Chongqing|重庆|重庆市",
        "SC|Sichuan|四川|四川省",
        "GZ|Guizhou|贵州|贵州省",
        "YN|Yunnan|云南|云南省",
        "XZ|Tibet|西藏|西藏自治区",
        "SN|Shaanxi|陕西|陕西省",
        "GS|Gansu|甘肃|甘肃省",
        "QH|Qinghai|青海|青海省",
        "NX|Ningxia|宁夏|宁夏回族自治区",
        "XJ|Xinjiang|新疆|新疆维吾尔自治区",
        "TW|Taiwan|台湾|台湾省",
        "HK|Hong Kong|香港|香港特别行政区",
        "MO|Macao|澳门|澳门特别行政区",
    )
)
PROVINCE_ALIASES = {
    "xizang": "XZ",
    "neimenggu": "NM",
    "neimongol": "NM",
    "內蒙古": "NM",
    "hongkong": "HK",
    "macau": "MO",
    "peking": "BJ",
    "canton": "GD",
    "臺灣": "TW",
    "guangxizhuang": "GX",
    "ningxiahui": "NX",
    "xinjianguygur": "XJ",
    "xinjianguyghur": "XJ",
}
PROVINCE_SUFFIX = re.compile(
    r"(autonomousregion|specialadministrativeregion|municipality|province|sheng|city|shi|sar|维吾尔自治区|回族自治区|壮族自治区"
    r"|特别行政区|自治区|省|市)$"
)

# After decomposition accents stand alone, as marks: they are not alphanumeric either.
NOT_ALPHANUMERIC = re.compile(r"[\W_]+")

# Names that django-countries does not list: common short forms, former and official names.
COUNTRY_ALIASES = {
    "CN": "prc|pr china|p.r. china|p.r.c.|people's republic of china|the people's republic of china|mainland china|china mainland"
    "|chinese mainland|中华人民共和国|中国大陆|大陆|中國|中国内地|cn-china",
    "HK": "hong kong sar|hong kong, china|china hong kong|hong kong (china)|中国香港|香港特别行政区|中国香港特别行政区|hksar|hongkong",
    "MO": "macau|macao sar|macau sar|macao, china|china macao|中国澳门|澳门特别行政区|中国澳门特别行政区",
    "TW": "taiwan, china|taiwan province of china|china taiwan|chinese taipei|中国台湾|台湾省|中国台湾省|臺灣",
    "GB": "uk|u.k.|great britain|britain|england|scotland|wales|northern ireland|united kingdom of great britain and northern ireland"
    "|大不列颠及北爱尔兰联合王国|英格兰|苏格兰|威尔士|北爱尔兰",
    "US": "us|u.s.|usa|u.s.a.|united states|america|the united states|美利坚合众国|美國",
    "KR": "korea|republic of korea|korea, republic of|korea, south|s. korea|大韩民国|南韩|韓國",
    "KP": "dprk|democratic people's republic of korea",
    "JP": "日本国|nippon",
    "DE": "deutschland|federal republic of germany|德意志联邦共和国",
    "NL": "holland|the netherlands|尼德兰",
    "RU": "russian federation|俄罗斯联邦|俄国",
    "VN": "viet nam|越南社会主义共和国",
    "CZ": "czech republic|捷克共和国",
    "TR": "turkey|土耳其共和国",
    "AE": "uae|u.a.e.|emirates|阿联酋",
    "SA": "ksa|kingdom of saudi arabia|沙特",
    "CH": "schweiz|suisse|瑞士联邦",
    "AT": "österreich|osterreich",
    "ES": "españa|espana",
    "IT": "italia|意大利共和国",
    "FR": "法兰西|法兰西共和国|法國",
    "SG": "republic of singapore|新加坡共和国|星加坡",
    "MY": "马来西亚联邦|大马",
    "LA": "lao|lao pdr|lao people's democratic republic",
    "MM": "burma|缅甸联邦",
    "IR": "islamic republic of iran|iran, islamic republic of",
    "TZ": "tanzania, united republic of",
    "VE": "bolivarian republic of venezuela",
    "BO": "plurinational state of bolivia",
    "MD": "republic of moldova",
    "MK": "macedonia",
    "CI": "ivory coast|象牙海岸",
    "CV": "cape verde",
    "SZ": "swaziland",
    "BN": "brunei darussalam|文莱达鲁萨兰国",
    "NZ": "aotearoa|新西兰|纽西兰",
    "AU": "commonwealth of australia|澳洲",
    "BR": "brasil",
    "AS": "美属萨摩亚",
    "WS": "萨摩亚|西萨摩亚",
    "IE": "republic of ireland|eire",
}


def key(text: str) -> str:
    """Letters and digits only, without accents and letter case: what two spellings of one name have in common."""
    folded = text.casefold()
    return NOT_ALPHANUMERIC.sub("", folded if folded.isascii() else unicodedata.normalize("NFKD", folded))


@cache
def country_keys() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for code, name in countries:
                found.setdefault(key(str(name)), code)
    for code in countries.countries:
        found[key(code)] = code
        found[key(countries.alpha3(code))] = code
    for code, aliases in COUNTRY_ALIASES.items():
        found.update({key(alias): code for alias in aliases.split("|")})
    return found


def find_country(text: str) -> str:
    """The ISO 3166-1 code of "CN", "CHN", "China", "中国", "P.R. China" …"""
    code = country_keys().get(key(text))
    if code is None:
        raise Problem("country_unknown", value=text[:80])
    return code


def country_name(code: str) -> str:
    """The country in the language in use."""
    return str(countries.name(code)) or code


def country_choices() -> list[tuple[str, str]]:
    """Codes and names for a select, by name in the language in use; China first, because most suppliers are there."""
    listed = [(str(code), str(name)) for code, name in countries]
    return [choice for choice in listed if choice[0] == "CN"] + [choice for choice in listed if choice[0] != "CN"]


@cache
def province_keys() -> dict[str, Province]:
    found = {alias: province for alias, code in PROVINCE_ALIASES.items() for province in PROVINCES if province.code == code}
    for province in PROVINCES:
        names = (province.name_en, province.name_zh, province.full_zh, f"CN-{province.code}", province.code)
        found.update({key(name): province for name in names})
    return found


def find_province(text: str) -> Province:
    """A province, municipality or region of China by its pinyin, English or Chinese name or its code."""
    wanted = key(text)
    province = province_keys().get(wanted) or province_keys().get(PROVINCE_SUFFIX.sub("", wanted))
    if province is None:
        raise Problem("region_unknown", value=text[:80])
    return province


def clean_region(text: str, country: str) -> str:
    """For China the province's English name, which the region field holds; elsewhere the text as it is."""
    return find_province(text).name_en if country == "CN" and text else text


def region_name(region: str, country: str = "CN") -> str:
    """The region in the language in use."""
    province = province_keys().get(key(region)) if country == "CN" else None
    if province is None:
        return region
    return province.name_zh if (translation.get_language() or "en").startswith("zh") else province.name_en
