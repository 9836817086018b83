"""Reading a parsed document part by part: what is wrong is noted with its path, and the reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.questions import Text


_KEY = re.compile(r"[a-z0-9_]+\Z")
# No text of PostgreSQL holds NUL, and half of a pair of surrogates is no character.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse: an English sentence with parameters, translated by `assessments.questionnaires.messages`."""

    path: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None
    # Where it stands in a spreadsheet, such as "questions!C4".
    cell: str = ""

    @property
    def reason(self) -> str:
        return self.message % self.params if self.params else self.message

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else self.cell
        return ": ".join(part for part in (line, self.path, self.reason) if part)


def word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@dataclass(frozen=True, slots=True)
class Node:
    value: Any
    path: str
    problems: list[Problem]
    texts: bool

    def complain(self, message: str, **params: object) -> None:
        self.problems.append(Problem(self.path, message, params))

    def at(self, key: str) -> Node:
        path = f"{self.path}.{key}" if self.path else key
        value = self.value.get(key) if isinstance(self.value, Mapping) else None
        return Node(value, path, self.problems, self.texts)

    @property
    def missing(self) -> bool:
        return self.value is None

    def has(self, key: str) -> bool:
        return isinstance(self.value, Mapping) and key in self.value

    def only(self, *keys: str) -> None:
        """This is a mapping with no other keys than these: a misspelt key would silently lose a rule."""
        if not isinstance(self.value, Mapping):
            self.complain(gettext_noop("A group of named values is needed here."))
            return
        for key in self.value:
            if key not in keys:
                self.at(key).complain(gettext_noop("Unknown key; known here: %(known)s."), known=", ".join(keys))

    def items(self, required: bool = False) -> list[Node]:
        if self.missing or not isinstance(self.value, list):
            if required or not self.missing:
                self.complain(gettext_noop("A list is needed here."))
            return []
        if required and not self.value:
            self.complain(gettext_noop("The list is empty."))
        return [Node(item, f"{self.path}[{n}]", self.problems, self.texts) for n, item in enumerate(self.value)]

    def string(self, default: str | None = None, *, longest: int | None = None) -> str:
        if self.missing and default is not None:
            return default
        if not isinstance(self.value, str) or not self.value.strip():
            self.complain(gettext_noop("A text in quotes is needed here."))
            return default or ""
        if _UNSTORABLE.search(self.value):
            self.complain(gettext_noop("This text holds a character that cannot be kept."))
            return default or ""
        text = self.value.strip()
        if longest is not None and len(text) > longest:
            self.complain(gettext_noop("At most %(longest)s characters fit here."), longest=longest)
        return text

    def key(self) -> str:
        value = word(self.value) if isinstance(self.value, bool) else self.value
        if not isinstance(value, str) or not _KEY.match(value):
            self.complain(gettext_noop("A key of lower-case letters, digits and underscores is needed here."))
            return ""
        return value

    def choice(self, allowed: Iterable[str], default: str | None = None) -> str:
        if self.missing and default is not None:
            return default
        allowed = tuple(allowed)
        if self.value not in allowed:
            self.complain(gettext_noop("“%(value)s” is not one of: %(allowed)s."), value=self.value, allowed=", ".join(allowed))
            return default if default is not None else allowed[0]
        return str(self.value)

    def choices(self, allowed: Iterable[str]) -> tuple[str, ...] | None:
        return None if self.missing else tuple(item.choice(allowed) for item in self.items(required=True))

    def number(self, default: Decimal | None = None, low: str | None = None, high: str | None = None) -> Decimal:
        number = self.optional_number()
        if number is None:
            if default is None and self.missing:
                self.complain(gettext_noop("A number is needed here."))
            return default if default is not None else Decimal(0)
        if (low is not None and number < Decimal(low)) or (high is not None and number > Decimal(high)):
            self.complain(gettext_noop("%(number)s is not between %(low)s and %(high)s."), number=number, low=low, high=high)
        return number

    def shares(self, codes: Sequence[str]) -> dict[str, Decimal]:
        """A number for each code, left out where it is 0; together 100."""
        self.only(*codes)
        found = {code: self.at(code).number(Decimal(0), "0", "100") for code in codes}
        total = sum(found.values(), Decimal(0))
        if total != 100:
            self.complain(gettext_noop("The shares add up to %(total)s, not to 100."), total=total)
        return found

    def optional_number(self) -> Decimal | None:
        if self.missing:
            return None
        value = self.value
        # A float has already lost the digits its author wrote; a whole number has not.
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            try:
                number = Decimal(value)
            except InvalidOperation:
                number = Decimal("NaN")
            if number.is_finite() and abs(number) < Decimal("1e18") and len(number.as_tuple().digits) <= 28:
                return number
        self.complain(gettext_noop('“%(value)s” is not a number in quotes, such as "0.5".'), value=value)
        return None

    def count(self, default: int, low: int = 0, high: int = 10_000) -> int:
        value = self.value
        if self.missing:
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.complain(gettext_noop("A whole number from %(low)s to %(high)s is needed here."), low=low, high=high)
            return default
        return value

    def flag(self, default: bool) -> bool:
        if self.missing:
            return default
        if not isinstance(self.value, bool):
            self.complain(gettext_noop("true or false is needed here."))
            return default
        return self.value

    def text(self, required: bool = True, *, longest: int | None = None) -> Text:
        if not self.texts:
            return Text("", "")
        if self.missing:
            if required:
                self.complain(gettext_noop("A text in English (en) or Chinese (zh) is needed here."))
            return Text("", "")
        self.only("en", "zh")
        text = Text(self.at("en").string("", longest=longest), self.at("zh").string("", longest=longest))
        if required and not text:
            self.complain(gettext_noop("A text in English (en) or Chinese (zh) is needed here."))
        return text
