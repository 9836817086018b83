"""The picture of a disclosure: the numbers of its table, drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from charts import Part, counted_rows, distribution, stacked_rows
from reports.disclosure_parts import Disclosure, Figure


if TYPE_CHECKING:
    from django.utils.safestring import SafeString

# Of places, the first dozen by number of suppliers; the table has all of them.
MOST_BARS = 12


class Counted(Protocol):
    @property
    def figure(self) -> Figure: ...

    @property
    def suppliers(self) -> int: ...


def chart_of(
    disclosure: Disclosure,
    lines: Sequence[Counted],
    rows: Sequence[tuple[StrOrPromise, Sequence[tuple[StrOrPromise, Counted]]]],
) -> "SafeString | None":
    """None where there is nothing to draw."""
    title = str(disclosure.title)
    counted = [line for line in lines if line.figure.amount is None]
    if not any(line.suppliers for line in counted):
        return None
    match disclosure.chart:
        case "bars":
            return _bars(counted, title)
        case "top":
            parts = [line for line in counted if line.figure.of]
            return _bars(sorted(parts, key=lambda line: -line.suppliers)[:MOST_BARS], title)
        case "ring":
            # The whole stands in its own line, where there is one.
            parts = [line for line in counted if line.figure.key not in {other.figure.of for other in counted}]
            return distribution([_part(line) for line in parts], title=title, total_label=_("suppliers"))
        case "stack":
            drawn = {str(name): [_part(line, str(head)) for head, line in cells] for name, cells in rows}
            return stacked_rows(drawn, title=title)
    return None


def _bars(lines: Sequence[Counted], title: str) -> "SafeString":
    rows = {str(line.figure.title): [Part(_("Suppliers"), line.suppliers, line.figure.paint)] for line in lines}
    return counted_rows(rows, title=title)


def _part(line: Counted, label: str = "") -> Part:
    return Part(label or str(line.figure.title), line.suppliers, line.figure.paint)
