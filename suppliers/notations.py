"""Numbers and dates as people write them in Chinese, English and German.

What can be read in one way only is taken. What can be read in two is refused, with both readings: a factor of a thousand, or a
day taken for a month, is never guessed. The portal itself writes a point for decimals, in all its languages, so a single point
is one.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal


class Unreadable(ValueError):
    pass


class Ambiguous(ValueError):
    """`readings`: the two things it may mean, in the portal's own notation."""

    def __init__(self, typed: str, *readings: str) -> None:
        super().__init__(typed)
        self.typed = typed
        self.readings = readings


# Marks that steer the direction of writing. Invisible, they come along with what is copied, and can turn a text around.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST = 60


def simplified(text: str) -> str:
    """Full-width characters as plain ones, no invisible ones: ＋１２３ is +123."""
    if len(text) > _LONGEST:
        # Longer than any number or date; characters may fold to several, so it is cut before they are.
        raise Unreadable(text[:_LONGEST])
    plain = unicodedata.normalize("NFKC", text)
    return "".join(each for each in plain if unicodedata.category(each) not in ("Cf", "Cs")).strip()


# --- numbers ------------------------------------------------------------------------------------------------------

_GROUPS_BY_SPACE = re.compile(r"[1-9]\d{0,2}(?:[ '\u2019]\d{3})+(?=[.,]?\d*\Z)")
_GROUPS_BY_COMMA = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?\Z")
_GROUPS_BY_POINT = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?\Z")
_DECIMAL_COMMA = re.compile(r"\d*,\d+\Z")
_PLAIN = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)\Z")
_ONE_GROUP = re.compile(r"[1-9]\d{0,2},\d{3}\Z")


def number(text: str) -> Decimal | None:
    """None for nothing. Raises Unreadable and Ambiguous."""
    body = simplified(text).replace("\u2212", "-")
    if not body:
        return None
    sign = body[0] if body[0] in "+-" else ""
    digits = body[len(sign) :].lstrip()
    if grouped := _GROUPS_BY_SPACE.match(digits):
        # With spaces between the thousands, a comma can only stand before decimals: 1 234,567.
        whole = re.sub(r"\D", "", grouped.group())
        digits = whole + digits[grouped.end() :].replace(",", ".")
    elif _ONE_GROUP.match(digits):
        raise Ambiguous(body, sign + digits.replace(",", ""), sign + digits.replace(",", "."))
    elif _GROUPS_BY_COMMA.match(digits):
        digits = digits.replace(",", "")
    elif ("," in digits or digits.count(".") > 1) and _GROUPS_BY_POINT.match(digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif _DECIMAL_COMMA.match(digits):
        digits = digits.replace(",", ".")
    if not _PLAIN.match(digits):
        raise Unreadable(body)
    return Decimal(sign + digits)


# --- dates --------------------------------------------------------------------------------------------------------

_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))\Z")
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4})\Z")


def day(text: str) -> date:
    """Raises Unreadable and Ambiguous."""
    body = re.sub(r"\s", "", simplified(text))
    if found := _YEAR_FIRST.match(body):
        year, month, day_ = (int(part) for part in found.groups() if part is not None and part.isdecimal())
        return _date(body, year, month, day_)
    if found := _GERMAN.match(body):
        day_, month, year = (int(part) for part in found.groups())
        return _date(body, year, month, day_)
    if found := _YEAR_LAST.match(body):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if first <= 12 and second <= 12 and first != second:
            # The 3rd of April in Europe, the 4th of March in America.
            raise Ambiguous(body, _date(body, year, second, first).isoformat(), _date(body, year, first, second).isoformat())
        return _date(body, year, min(first, second), max(first, second))
    raise Unreadable(body)


def _date(body: str, year: int, month: int, day_: int) -> date:
    try:
        return date(year, month, day_)
    except ValueError:
        raise Unreadable(body) from None
