"""pygal computes the geometry; this module dresses its SVG for our pages.

pygal styles a chart with a `<style>` and a `<script>` element, which the content security policy forbids. Both are cut; every shape
gets a class (coloured by `static/css/charts.css`) and plain presentation attributes (used where that stylesheet is missing: in PDFs).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from pygal.etree import etree as pygal_etree
from pygal.style import Style


# pygal leaves a finder for its map plugins on the import path, of a kind that Python 3.12 no longer knows and 3.11 warns about at
# every module that is looked for in vain. We draw no maps.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

WIDTH: Final = 600
LABEL_SIZE: Final = 13
VALUE_SIZE: Final = 13
LEGEND_HEIGHT: Final = 30
LEGEND_LABELS_WIDTH: Final = 100

INK: Final = "#16211d"
INK_MUTED: Final = "#596862"
GRID: Final = "#e3e9e6"
# The light theme's tokens, for paper. `static/css/charts.css` names the same list.
PAINTS: Final = {
    "declared": "#a9bab3",
    "evidenced": "#4f9c87",
    "verified": "#0a5445",
    "chart-1": "#0e6b58",
    "chart-2": "#d08a16",
    "chart-3": "#3b6fc4",
    "chart-4": "#a1477f",
    "chart-5": "#6c7f3a",
    "chart-6": "#6d6a8c",
    "good": "#187a4b",
    "warning": "#b26a00",
    "bad": "#c0322b",
    "info": "#1c5fb8",
    "neutral": "#86938e",
}


@dataclass(frozen=True)
class Paint:
    name: str
    dashed: bool = False

    def __post_init__(self) -> None:
        if self.name not in PAINTS:
            raise ValueError(f"unknown paint {self.name!r}; one of {', '.join(PAINTS)}")

    @property
    def colour(self) -> str:
        return PAINTS[self.name]


@dataclass(frozen=True)
class Legend:
    label: str
    paint: Paint
    value: str = ""
    share: str = ""
    line: bool = False


def settings_for(labels: Sequence[str], *, height: int, places: int, **more: Any) -> dict[str, Any]:
    """pygal's settings that all our charts share, and more of one chart."""
    style = Style(label_font_size=LABEL_SIZE, major_label_font_size=LABEL_SIZE, value_font_size=VALUE_SIZE, no_data_font_size=14)
    return {
        "css": [],
        "js": [],
        "style": style,
        "width": WIDTH,
        "height": height,
        "show_legend": False,
        "margin_top": LEGEND_HEIGHT + 8,
        "margin_right": 12,
        "margin_bottom": 8,
        "margin_left": 4,
        "spacing": 8,
        "no_data_text": _("No data yet"),
        "value_formatter": lambda value: number_text(Decimal(str(value)), places),
        # The numbers along the other axis are labels too.
        "truncate_label": max([len("1,000,000"), *map(len, labels)]) + 1,
        "disable_xml_declaration": True,
        **more,
    }


def draw(
    chart: Any,
    *,
    title: str,
    description: str,
    paints: Sequence[Paint],
    legend: Sequence[Legend],
    unit: str = "",
    values_beside_bars: bool = False,
    centre: tuple[str, str] | None = None,
) -> SafeString:
    if not any(value is not None for series in chart.raw_series for value in series[0]):
        # pygal says "no data" by itself, but not beside labels of our own on the value axis.
        chart.y_labels = None
    root = chart.render_tree()
    graph = find_graph(root)
    dress(graph, paints, values_beside_bars=values_beside_bars)
    svg = new_svg(root.get("viewBox"), title, description)
    svg.append(graph)
    if centre is None:
        add_legend_above(svg, legend, unit)
    else:
        add_ring_texts(svg, legend, centre)
    return mark_safe(ET.tostring(svg, encoding="unicode"))  # noqa: S308 - built element by element; ElementTree escapes every text


def new_svg(view_box: str, title: str, description: str) -> ET.Element:
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart-svg",
            "viewBox": view_box,
            "role": "img",
            "font-family": "Portal Sans, Portal Sans SC, sans-serif",
        },
    )
    ET.SubElement(svg, "title").text = title
    if description:
        ET.SubElement(svg, "desc").text = description
    return svg


def find_graph(root: Any) -> ET.Element:
    graph = next(element for element in root if "graph" in str(element.get("class", "")).split())
    # Through text and back: pygal builds the tree with lxml where that is installed.
    graph = ET.fromstring(pygal_etree.tostring(graph, encoding="unicode"))  # noqa: S314 - our own chart, not somebody's upload
    for element in graph.iter():
        # lxml writes the namespace out, and a page does not know <ns0:rect>.
        element.tag = element.tag.rpartition("}")[2]
    return graph


# --- pygal's shapes ---------------------------------------------------------------------------------------------------


def dress(graph: ET.Element, paints: Sequence[Paint], *, values_beside_bars: bool) -> None:
    vertical = "vertical" in graph.get("class", "").split()
    for parent in list(graph.iter()):
        across = vertical and "x" in parent.get("class", "").split()
        for child in list(parent):
            if is_scaffolding(child):
                parent.remove(child)
            elif across and child.get("class") == "guides":
                drop_guides(child)
    for series in graph.iter("g"):
        classes = series.get("class", "").split()
        if "series" in classes:
            number = next(int(name.removeprefix("serie-")) for name in classes if name.startswith("serie-"))
            dress_series(series, paints[number])
    for element in graph.iter():
        dress_frame(element, values_beside_bars=values_beside_bars)
    for element in graph.iter():
        # Our classes all begin with "chart"; pygal's are no longer needed.
        kept = [name for name in element.get("class", "").split() if name.startswith("chart")]
        element.attrib.pop("class", None)
        if kept:
            element.set("class", " ".join(kept))
    drop_empty_groups(graph)


def is_scaffolding(element: ET.Element) -> bool:
    """What pygal's script or style would have used: backgrounds, tooltips, coordinates."""
    classes = element.get("class", "").split()
    return (
        "background" in classes
        or "tooltip-overlay" in classes
        or element.tag == "title"
        or (element.tag == "text" and not element.text)
        or (element.tag == "desc" and not {"value", "x_label"} & set(classes))
    )


def drop_guides(label: ET.Element) -> None:
    """Columns and points stand over their label; a line through each would only be ink."""
    for line in label.findall("path"):
        label.remove(line)


def dress_series(series: ET.Element, paint: Paint) -> None:
    for shape in series.iter():
        classes = shape.get("class", "").split()
        if "line" in classes:
            paint_line(shape, paint)
        elif {"rect", "slice", "dot"} & set(classes) and shape.tag in {"rect", "path", "circle"}:
            shape.set("class", f"chart-fill chart-fill--{paint.name}")
            shape.set("fill", paint.colour)
            # A hairline in the colour of the paper keeps neighbours of like colour apart.
            shape.set("stroke", "#ffffff")
    for group in series.iter("g"):
        turn_notes_into_tooltip(group)


def paint_line(shape: ET.Element, paint: Paint) -> None:
    shape.set("class", f"chart-line chart-line--{paint.name}")
    shape.set("fill", "none")
    shape.set("stroke", paint.colour)
    shape.set("stroke-width", "2.5")
    shape.set("stroke-linejoin", "round")
    if paint.dashed:
        shape.set("stroke-dasharray", "6 4")


def turn_notes_into_tooltip(group: ET.Element) -> None:
    """pygal leaves value and label beside the shape; as the shape's title, a browser shows them on hover."""
    notes = group.findall("desc")
    if not notes:
        return
    words = {note.get("class"): note.text or "" for note in notes}
    for note in notes:
        group.remove(note)
    shape = group[0] if len(group) else None
    if shape is not None:
        text = ": ".join(filter(None, [words.get("x_label", ""), words.get("value", "")]))
        ET.SubElement(shape, "title").text = text


def dress_frame(element: ET.Element, *, values_beside_bars: bool) -> None:
    classes = element.get("class", "").split()
    if element.tag == "path" and "line" in classes and "chart-line" not in classes:
        element.set("class", "chart-grid")
        element.set("stroke", GRID)
        element.set("fill", "none")
    elif element.tag == "text" and "value" in classes:
        write(element, VALUE_SIZE, INK, "chart-value")
        if values_beside_bars:
            # pygal centres a value half a letter behind the bar's end; three digits would lie on the bar.
            element.set("text-anchor", "start")
            element.set("x", f"{float(element.get('x', '0')) - VALUE_SIZE / 2 + 5:.1f}")
    elif element.tag == "text" and "no_data" in classes:
        write(element, 14, INK_MUTED, "chart-label")
        element.set("text-anchor", "middle")
    elif element.tag == "text" and not any(name.startswith("chart") for name in classes):
        write(element, LABEL_SIZE, INK_MUTED, "chart-label")
    if element.tag == "g" and "axis" in classes:
        anchor = "end" if "y" in classes else "middle"
        for label in element.iter("text"):
            label.set("text-anchor", anchor)


def write(element: ET.Element, size: float, colour: str, css_class: str) -> None:
    element.set("class", css_class)
    element.set("font-size", str(size))
    element.set("fill", colour)


def drop_empty_groups(graph: ET.Element) -> None:
    for parent in reversed(list(graph.iter("g"))):
        for child in list(parent):
            if child.tag == "g" and not len(child):
                parent.remove(child)


# --- our own texts ----------------------------------------------------------------------------------------------------


def add_legend_above(svg: ET.Element, legend: Sequence[Legend], unit: str) -> None:
    """In one line; a legend too wide for it gets more lines, and the picture grows upwards by them."""
    group = ET.SubElement(svg, "g", {"class": "chart-legend"})
    left, top, width, height = (float(number) for number in svg.get("viewBox", "").split())
    start = 4.0
    if unit:
        start += text_width(unit, LABEL_SIZE) + 22
    places, x, line = [], start, 0
    for item in legend:
        needed = 20 + text_width(item.label, LABEL_SIZE)
        if x + needed > width and x > start:
            x, line = start, line + 1
        places.append((x, line))
        x += needed + 20
    lift = 22.0 * line
    svg.set("viewBox", f"{left:g} {top - lift:g} {width:g} {height + lift:g}")
    if unit:
        add_text(group, unit, 4.0, 15 - lift, LABEL_SIZE, INK_MUTED, "chart-label")
    for item, (x, line) in zip(legend, places, strict=True):
        y = 22 * line - lift
        add_swatch(group, item, x, y + 11)
        add_text(group, item.label, x + 20, y + 15, LABEL_SIZE, INK, "chart-value")


def add_ring_texts(svg: ET.Element, legend: Sequence[Legend], centre: tuple[str, str]) -> None:
    """The ring is 220 wide; its list stands to the right."""
    number, label = centre
    height = max(220, 40 + 28 * len(legend))
    # After the labels, the values and the shares in a column each.
    right = 220 + 24 + 20 + max([LEGEND_LABELS_WIDTH, *(text_width(item.label, 14) for item in legend)]) + 120
    svg.set("viewBox", f"0 0 {right:g} {height}")
    add_text(svg, number, 110, 114 if label else 120, 26, INK, "chart-total", anchor="middle")
    if label:
        add_text(svg, label, 110, 134, LABEL_SIZE, INK_MUTED, "chart-label", anchor="middle")
    top = height / 2 - 14 * len(legend) + 14
    for position, item in enumerate(legend):
        y = top + 28 * position
        add_swatch(svg, item, 244, y)
        add_text(svg, item.label, 264, y + 5, 14, INK, "chart-value")
        add_text(svg, item.value, right - 60, y + 5, 14, INK, "chart-value", anchor="end")
        add_text(svg, item.share, right - 2, y + 5, 14, INK_MUTED, "chart-label", anchor="end")


def add_swatch(parent: ET.Element, item: Legend, x: float, y: float) -> None:
    if item.line:
        paint_line(ET.SubElement(parent, "path", {"d": f"M{x:.1f} {y:.1f}h16"}), item.paint)
        return
    box = {"x": f"{x:.1f}", "y": f"{y - 6:.1f}", "width": "12", "height": "12", "rx": "2"}
    ET.SubElement(parent, "rect", {**box, "class": f"chart-fill chart-fill--{item.paint.name}", "fill": item.paint.colour})


def add_text(parent: ET.Element, text: str, x: float, y: float, size: float, colour: str, css_class: str, *, anchor: str = "start") -> None:
    element = ET.SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
    write(element, size, colour, css_class)
    element.text = text


def text_width(text: str, size: float) -> float:
    """About how wide a text is: a Chinese character is as wide as it is high, a Latin letter a little over half."""
    return sum(size if east_asian_width(character) in "WF" else size * 0.56 for character in text)


def wide_label_margin(labels: Sequence[str]) -> float:
    """pygal reckons 0.6 em for every character; Chinese needs the rest added."""
    reckoned = max((len(label) * 0.6 * LABEL_SIZE for label in labels), default=0)
    needed = max((text_width(label, LABEL_SIZE) for label in labels), default=0)
    return 4 + max(0, needed - reckoned)


def number_text(value: Decimal | float, places: int = 0) -> str:
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{rounded:,f}"
