"""Company identifiers: brought to their official form and checked. Pure: no database. Raises `Problem` with a code of `problems`.

Sources: GB 32100-2015 (Unified Social Credit Code), ISO 17442 (LEI); check digits by python-stdnum.
"""

import re
import unicodedata
from functools import cache
from importlib import import_module
from typing import Any

from stdnum.cn import uscc as stdnum_uscc
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.iso7064 import mod_97_10

from suppliers.problems import Problem


USCC_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
# Registering authority: A for the military, N for agriculture, Y for others (GB 32100-2015, table 1).
USCC_AUTHORITIES = frozenset("123456789ANY")
SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
WRITTEN_AS_DECIMAL = re.compile(r"(\d+)\.0+")
COMPANY_NUMBER = re.compile(r"[0-9A-Z](?:[0-9A-Z./-]*[0-9A-Z])?")

# Countries whose register number has a check digit or a fixed form, and the modules of python-stdnum that know it.
NATIONAL: dict[str, tuple[str, ...]] = {
    "AU": ("au.acn", "au.abn"),
    "BE": ("be.vat",),
    "BR": ("br.cnpj",),
    "CH": ("ch.uid",),
    "DK": ("dk.cvr",),
    "FI": ("fi.ytunnus",),
    "FR": ("fr.siren", "fr.siret"),
    "JP": ("jp.cn",),
    "NO": ("no.orgnr",),
    "SE": ("se.orgnr",),
    "SG": ("sg.uen",),
    "TW": ("tw.ubn",),
}


def compact(text: str) -> str:
    """Capital letters and half-width digits without blanks; numbers as spreadsheets write them brought back to digits."""
    number = re.sub(r"[\s'’`]", "", unicodedata.normalize("NFKC", text)).upper()
    number = re.sub(r"[\u2010-\u2015\u2212]", "-", number)
    if SHORTENED.fullmatch(number):
        raise Problem("number_shortened")
    decimal = WRITTEN_AS_DECIMAL.fullmatch(number)
    return decimal[1] if decimal else number


def clean_uscc(text: str) -> str:
    """The 18 characters of a Unified Social Credit Code, check digit verified."""
    number = compact(text).replace("-", "")
    if len(number) != 18:
        raise Problem("uscc_length", length=len(number))
    if not USCC_ALPHABET.issuperset(number):
        raise Problem("uscc_characters")
    if number[0] not in USCC_AUTHORITIES or not is_digits(number[2:8]):
        raise Problem("uscc_form")
    if number[17] != stdnum_uscc.calc_check_digit(number[:17]):
        raise Problem("uscc_check_digit")
    return number


def clean_lei(text: str) -> str:
    """The 20 characters of a Legal Entity Identifier, check digits verified."""
    number = compact(text).replace("-", "")
    if len(number) != 20:
        raise Problem("lei_length", length=len(number))
    if not re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", number):
        raise Problem("lei_characters")
    if not mod_97_10.is_valid(number):
        raise Problem("lei_check_digit")
    return number


def clean_duns(text: str) -> str:
    """Nine digits. D-U-N-S numbers have had no check digit since 2006."""
    number = re.sub(r"[-.]", "", compact(text))
    if len(number) != 9 or not is_digits(number):
        raise Problem("duns_form")
    return number


def clean_company_number(text: str, country: str) -> str:
    """A number in the national register of companies of `country` (ISO 3166-1), verified where the country has a check digit."""
    number = compact(text)
    if not COMPANY_NUMBER.fullmatch(number):
        raise Problem("company_number_form")
    if len(number) > 40:
        raise Problem("too_long", length=len(number), limit=40)
    if country == "GB" and is_digits(number):
        return number.zfill(8)  # Companies House prints eight digits; people and spreadsheets drop the zeros
    validators = national_validators(country)
    for validator in validators:
        try:
            return str(validator.validate(number))
        except StdnumError:
            continue
    if validators:
        raise Problem("company_number_check", country=country)
    return number


def is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


@cache
def national_validators(country: str) -> tuple[Any, ...]:
    return tuple(import_module(f"stdnum.{name}") for name in NATIONAL.get(country, ()))
