"""What each chart shows. How it is drawn: `drawing.py`. Values are Decimal or None for "no value"; nothing is rounded but for drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pygal
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from charts.drawing import WIDTH, Legend, Paint, draw, number_text, settings_for, wide_label_margin


Value = Decimal | None
SOURCE_PAINTS = ("chart-1", "chart-2", "chart-3", "chart-4", "chart-5", "chart-6")


@dataclass(frozen=True)
class AreaScore:
    """One area's three numbers, 0 to 100."""

    label: str
    declared: Value
    evidenced: Value
    verified: Value


@dataclass(frozen=True)
class TrajectoryPoint:
    """A year, quarter or month: what was agreed and what came of it."""

    label: str
    target: Value
    actual: Value
    forecast: Value = None


@dataclass(frozen=True)
class Part:
    """`paint` is a tone ("good", "warning", "bad", "info", "neutral") or "chart-1" to "chart-6"."""

    label: str
    value: Decimal | int
    paint: str


class _ScoreBars(pygal.HorizontalBar):  # type: ignore[misc]  # pygal has no types
    _series_margin = 0.12
    _serie_margin = 0.04


class _Rows(pygal.HorizontalStackedBar):  # type: ignore[misc]
    _series_margin = 0.16


class _Columns(pygal.StackedBar):  # type: ignore[misc]
    _series_margin = 0.14


def area_scores(areas: Sequence[AreaScore], *, title: str, description: str = "") -> SafeString:
    """Horizontal bars, three an area: declared, evidenced, verified. A number that does not exist has no bar."""
    series = (
        (_("Declared"), "declared", [area.declared for area in areas]),
        (_("Evidenced"), "evidenced", [area.evidenced for area in areas]),
        (_("Verified"), "verified", [area.verified for area in areas]),
    )
    shown = [(label, paint, values) for label, paint, values in series if any(value is not None for value in values)]
    height = 60 + len(areas) * (15 + 15 * max(len(shown), 1))
    labels = [area.label for area in areas]
    chart = _ScoreBars(
        **settings_for(
            labels,
            height=height,
            places=1,
            range=(0, 100),
            print_values=True,
            print_values_position="top",
            margin_left=wide_label_margin(labels),
            margin_right=34,
            y_labels=ticks(0, 20, 40, 60, 80, 100),
        )
    )
    # pygal draws the rows of a horizontal chart from the bottom up.
    chart.x_labels = labels[::-1]
    for label, _paint, values in shown:
        chart.add(label, [as_number(value) for value in reversed(values)])
    paints = [Paint(paint) for _label, paint, _values in shown]
    legend = [Legend(label, Paint(paint)) for label, paint, _values in shown]
    return draw(chart, title=title, description=description, paints=paints, legend=legend, values_beside_bars=True)


def trajectory(
    points: Sequence[TrajectoryPoint], *, title: str, unit: str, description: str = "", target_label: str = "", actual_label: str = ""
) -> SafeString:
    """Two lines over time: the agreed trajectory, dashed, and the actual values, solid with dots; or any two that compare so.

    What is forecast has a dot of its own, where there is any.
    """
    target_label, actual_label = target_label or _("Target"), actual_label or _("Actual")
    labels = [point.label for point in points]
    chart = pygal.Line(
        **settings_for(
            labels,
            height=300,
            places=places_for([point.target for point in points]),
            dots_size=4,
            min_scale=4,
            max_scale=6,
            include_x_axis=True,
            allow_interruptions=True,
            margin_right=28,
        )
    )
    chart.x_labels = thinned(labels)
    chart.add(target_label, [as_number(point.target) for point in points], show_dots=False)
    chart.add(actual_label, [as_number(point.actual) for point in points])
    paints = [Paint("neutral", dashed=True), Paint("chart-1")]
    legend = [Legend(target_label, paints[0], line=True), Legend(actual_label, paints[1], line=True)]
    if any(point.forecast is not None for point in points):
        chart.add(pgettext("emissions", "Forecast"), [as_number(point.forecast) for point in points])
        paints.append(Paint("warning"))
        legend.append(Legend(pgettext("emissions", "Forecast"), paints[2]))
    return draw(chart, title=title, description=description, paints=paints, legend=legend, unit=unit)


def share_lines(days: Sequence[str], series: Mapping[str, Sequence[Value]], *, title: str, description: str = "") -> SafeString:
    """Shares over time in per cent, a line each; a day without a value interrupts its line."""
    if len(series) > len(SOURCE_PAINTS):
        raise ValueError(f"{len(series)} lines; at most {len(SOURCE_PAINTS)} can be told apart")
    chart = pygal.Line(
        **settings_for(
            days,
            height=280,
            places=1,
            dots_size=2,
            range=(0, 100),
            include_x_axis=True,
            allow_interruptions=True,
            margin_right=28,
            y_labels=ticks(0, 20, 40, 60, 80, 100),
        )
    )
    chart.x_labels = thinned(days)
    for label, values in series.items():
        chart.add(label, [as_number(value) for value in values])
    paints = [Paint(name) for name, _line in zip(SOURCE_PAINTS, series, strict=False)]
    legend = [Legend(label, paint, line=True) for label, paint in zip(series, paints, strict=True)]
    return draw(chart, title=title, description=description, paints=paints, legend=legend, unit="%")


def monthly_sources(
    months: Sequence[str], sources: Mapping[str, Sequence[Value]], *, title: str, unit: str, description: str = ""
) -> SafeString:
    """Stacked columns: a column a month, a layer a source. More than six sources: give the rest as one."""
    if len(sources) > len(SOURCE_PAINTS):
        raise ValueError(f"{len(sources)} sources; at most {len(SOURCE_PAINTS)} can be told apart")
    totals = [sum((value or Decimal(0) for value in month), Decimal(0)) for month in zip(*sources.values(), strict=True)]
    chart = _Columns(**settings_for(months, height=300, places=places_for(totals), min_scale=4, max_scale=6))
    chart.x_labels = thinned(months)
    for label, values in sources.items():
        chart.add(label, [as_number(value) for value in values])
    paints = [Paint(name) for name, _source in zip(SOURCE_PAINTS, sources, strict=False)]
    legend = [Legend(label, paint) for label, paint in zip(sources, paints, strict=True)]
    return draw(chart, title=title, description=description, paints=paints, legend=legend, unit=unit)


def distribution(parts: Sequence[Part], *, title: str, total_label: str = "", description: str = "") -> SafeString:
    """A ring of shares with the total in its middle and the parts listed with count and share."""
    shown = [part for part in parts if part.value]
    total = sum((Decimal(part.value) for part in parts), Decimal(0))
    margins = dict.fromkeys(("margin_top", "margin_right", "margin_bottom", "margin_left"), 8)
    chart = pygal.Pie(**settings_for([], height=220, places=0, width=220, inner_radius=0.66, no_data_text="", **margins))
    for part in shown:
        chart.add(part.label, float(part.value))
    legend = [Legend(part.label, Paint(part.paint), number_text(part.value), share_text(part.value, total)) for part in parts]
    return draw(
        chart,
        title=title,
        description=description,
        paints=[Paint(part.paint) for part in shown],
        legend=legend,
        centre=(number_text(total), total_label),
    )


def stacked_rows(rows: Mapping[str, Sequence[Part]], *, title: str, description: str = "") -> SafeString:
    """A bar a row, each the whole of its row, cut by its parts: every row has the same parts in the same order."""
    labels = list(rows)
    parts = next(iter(rows.values()), [])
    chart = _Rows(
        **settings_for(
            labels,
            height=64 + 30 * max(len(rows), 1),
            places=0,
            range=(0, 100),
            margin_left=wide_label_margin(labels),
            y_labels=ticks(0, 25, 50, 75, 100),
        )
    )
    chart.x_labels = labels[::-1]
    for position, part in enumerate(parts):
        chart.add(part.label, [share_of_row(rows[label], position) for label in reversed(labels)])
    paints = [Paint(part.paint) for part in parts]
    legend = [Legend(part.label, Paint(part.paint)) for part in parts]
    return draw(chart, title=title, description=description, paints=paints, legend=legend, unit="%")


def counted_rows(rows: Mapping[str, Sequence[Part]], *, title: str, unit: str = "", description: str = "") -> SafeString:
    """As `stacked_rows`, but a bar is as long as its row counts: who has how much, and of what."""
    labels = list(rows)
    parts = next(iter(rows.values()), [])
    longest = max((sum(Decimal(part.value) for part in row) for row in rows.values()), default=Decimal(0))
    chart = _Rows(
        **settings_for(
            labels,
            height=64 + 30 * max(len(rows), 1),
            places=0,
            min_scale=2,
            max_scale=6,
            range=(0, max(4, float(longest))),
            margin_left=wide_label_margin(labels),
            margin_right=28,
        )
    )
    chart.x_labels = labels[::-1]
    for position, part in enumerate(parts):
        chart.add(part.label, [float(rows[label][position].value) for label in reversed(labels)])
    paints = [Paint(part.paint) for part in parts]
    legend = [Legend(part.label, Paint(part.paint)) for part in parts]
    return draw(chart, title=title, description=description, paints=paints, legend=legend, unit=unit)


def share_of_row(parts: Sequence[Part], position: int) -> float:
    total = sum(Decimal(part.value) for part in parts)
    return float(100 * Decimal(parts[position].value) / total) if total else 0.0


def share_text(value: Decimal | int, total: Decimal) -> str:
    return f"{number_text(100 * Decimal(value) / total, 1)}%" if total else ""


def ticks(*values: int) -> list[dict[str, object]]:
    return [{"value": value, "label": str(value)} for value in values]


def as_number(value: Value) -> float | None:
    return None if value is None else float(value)


def places_for(values: Sequence[Value]) -> int:
    """Small quantities need places; thousands of tonnes do not."""
    largest = max((abs(value) for value in values if value is not None), default=Decimal(0))
    return 0 if largest >= 20 else 1 if largest >= 2 else 2


def thinned(labels: Sequence[str]) -> list[str]:
    """Every label while they fit beside each other, then every second, third and so on."""
    longest = max((len(label) for label in labels), default=1)
    room = max(1, (WIDTH - 80) // (longest * 8 + 12))
    step = -(-len(labels) // room)
    return [label if position % step == 0 else "" for position, label in enumerate(labels)]
