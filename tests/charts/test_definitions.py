import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from django.utils import translation

from charts import AreaScore, Part, TrajectoryPoint, area_scores, distribution, monthly_sources, stacked_rows, trajectory
from charts.drawing import LABEL_SIZE, text_width


SVG = "{http://www.w3.org/2000/svg}"
AREAS = [
    AreaScore("E1 Energy", declared=Decimal("81.2"), evidenced=Decimal("74.0"), verified=Decimal("70.5")),
    AreaScore("E2 <Water> & more", declared=Decimal(40), evidenced=Decimal("31.5"), verified=None),
]


def parsed(markup: str) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314 - our own chart


def texts(markup: str) -> list[str]:
    return [element.text or "" for element in parsed(markup).iter(f"{SVG}text")]


def bars(markup: str, paint: str) -> list[ET.Element]:
    """The bars of one series; the squares of the legend have no tooltip."""
    painted = [rect for rect in parsed(markup).iter(f"{SVG}rect") if f"chart-fill--{paint}" in rect.get("class", "")]
    return [rect for rect in painted if rect.find(f"{SVG}title") is not None]


def every_chart() -> list[str]:
    points = [TrajectoryPoint("2024", Decimal(100), Decimal(98)), TrajectoryPoint("2025", Decimal(90), None)]
    parts = [Part("Live", 3, "good"), Part("None", 9, "neutral")]
    return [
        area_scores(AREAS, title="Scores"),
        trajectory(points, title="Trajectory", unit="tCO₂e"),
        monthly_sources(["2025-01", "2025-02"], {"Power": [Decimal(1), None], "Gas": [Decimal(2), Decimal(3)]}, title="Sources", unit="t"),
        distribution(parts, title="Labels"),
        stacked_rows({"Media": parts}, title="Progress"),
    ]


def test_charts_carry_nothing_the_content_security_policy_forbids():
    for markup in every_chart():
        assert not re.search(r"<script|<style|style=|xlink|\son\w+=|https?://(?!www\.w3\.org/2000/svg)", markup)


def test_charts_have_a_name_and_a_role_for_screen_readers():
    root = parsed(area_scores(AREAS, title="Scores by area", description="Three numbers each"))

    assert root.get("role") == "img"
    assert [root[0].tag, root[0].text] == [f"{SVG}title", "Scores by area"]
    assert [root[1].tag, root[1].text] == [f"{SVG}desc", "Three numbers each"]


def test_every_painted_shape_has_a_class_for_the_page_and_an_attribute_for_the_pdf():
    for markup in every_chart():
        shapes = [shape for shape in parsed(markup).iter() if shape.tag in {f"{SVG}rect", f"{SVG}circle"}]
        assert shapes
        assert all(shape.get("class", "").startswith("chart-fill chart-fill--") for shape in shapes)
        assert all(shape.get("fill", "").startswith("#") for shape in shapes)


def test_area_scores_are_written_beside_their_bars_and_a_missing_number_has_none():
    markup = area_scores(AREAS, title="Scores")

    assert {"81.2", "74.0", "70.5", "40.0", "31.5"} <= set(texts(markup))
    assert len(bars(markup, "declared")) == 2
    assert len(bars(markup, "verified")) == 1


def test_bar_lengths_are_in_proportion_to_the_scores():
    first, second = sorted(float(bar.get("width", "0")) for bar in bars(area_scores(AREAS, title="Scores"), "declared"))

    assert first / second == pytest.approx(40 / 81.2, abs=0.001)


def test_areas_stand_in_the_order_given_and_declared_stands_first():
    markup = area_scores(AREAS, title="Scores")
    declared = {bar.find(f"{SVG}title").text: float(bar.get("y", "0")) for bar in bars(markup, "declared")}
    verified = float(bars(markup, "verified")[0].get("y", "0"))

    assert declared["E1 Energy: 81.2"] < declared["E2 <Water> & more: 40.0"]
    assert declared["E1 Energy: 81.2"] < verified


def test_a_number_that_no_area_has_is_left_out_of_the_legend():
    markup = area_scores([AreaScore("E1", Decimal(50), None, None)], title="Scores")

    assert "Declared" in texts(markup)
    assert "Verified" not in texts(markup)


def test_trajectory_draws_the_target_dashed_and_stops_where_actual_values_stop():
    points = [TrajectoryPoint(str(year), Decimal(100 - year % 100), Decimal(95) if year < 2025 else None) for year in range(2023, 2027)]
    root = parsed(trajectory(points, title="Trajectory", unit="tCO₂e"))

    dashed = [path for path in root.iter(f"{SVG}path") if path.get("stroke-dasharray")]
    dots = list(root.iter(f"{SVG}circle"))
    assert len(dashed) == 2  # the line and its key
    assert len(dots) == 2


def test_months_without_room_for_their_label_go_unlabelled():
    months = [f"{2023 + n // 12}-{n % 12 + 1:02}" for n in range(36)]
    markup = monthly_sources(months, {"Power": [Decimal(n) for n in range(36)]}, title="Sources", unit="t")

    labels = [text for text in texts(markup) if text.startswith("202")]
    assert "2023-01" in labels
    assert len(labels) < 12


def test_more_sources_than_colours_are_refused():
    with pytest.raises(ValueError, match="at most 6"):
        monthly_sources(["2025-01"], {f"Source {n}": [Decimal(1)] for n in range(7)}, title="Sources", unit="t")


def test_an_unknown_paint_is_refused():
    with pytest.raises(ValueError, match="unknown paint"):
        distribution([Part("A", 1, "pink")], title="Parts")


def test_distribution_lists_every_part_with_count_and_share_and_gives_the_total():
    markup = distribution(
        [Part("Live", 1830, "good"), Part("Revoked", 0, "bad"), Part("None", 7812, "neutral")], title="Labels", total_label="suppliers"
    )

    assert texts(markup) == ["9,642", "suppliers", "Live", "1,830", "19.0%", "Revoked", "0", "0.0%", "None", "7,812", "81.0%"]


@pytest.mark.parametrize("label", ["Action done, to be verified", "整改已完成、等待采购方核实的发现项", "Live"])
def test_a_long_label_of_a_part_leaves_room_for_its_count(label):
    root = parsed(distribution([Part(label, 1830, "good"), Part("None", 7812, "neutral")], title="Labels"))

    words, count, share = (next(each for each in root.iter(f"{SVG}text") if each.text == text) for text in (label, "1,830", "19.0%"))
    places = [float(words.get("x")) + text_width(label, 14), float(count.get("x")) - text_width("1,830", 14)]
    places += [float(count.get("x")), float(share.get("x")) - text_width("19.0%", 14), float(root.get("viewBox").split()[2])]
    assert places == sorted(places)


def test_a_chart_without_values_says_so():
    assert "No data yet" in texts(trajectory([TrajectoryPoint("2024", None, None)], title="Trajectory", unit="t"))
    assert texts(distribution([Part("Live", 0, "good")], title="Labels"))[0] == "0"
    assert "No data yet" in texts(area_scores([AreaScore("Water", None, None, None)], title="Scores"))
    assert "No data yet" in texts(stacked_rows({}, title="Scores"))


def test_stacked_rows_fill_each_row():
    parts = [Part("Done", 1, "good"), Part("Open", 3, "neutral")]
    markup = stacked_rows({"Media": parts, "Empty": [Part("Done", 0, "good"), Part("Open", 0, "neutral")]}, title="Progress")

    done = max(float(bar.get("width", "0")) for bar in bars(markup, "good"))
    rest = max(float(bar.get("width", "0")) for bar in bars(markup, "neutral"))
    assert done / rest == pytest.approx(1 / 3, abs=0.001)


def test_chinese_labels_have_room():
    label = "商业道德与管理体系（含反腐败）"
    root = parsed(area_scores([AreaScore(label, Decimal(50), None, None)], title="得分"))

    plot = next(group for group in root.iter(f"{SVG}g") if group.get("transform"))
    left = float(re.match(r"translate\(([\d.]+)", plot.get("transform", "")).group(1))
    assert left >= 13 * len(label)


def test_legends_speak_the_readers_language():
    with translation.override("zh-hans"):
        assert texts(area_scores(AREAS, title="得分"))  # drawn without an error whatever the catalogue holds


def test_shapes_are_written_as_a_page_knows_them_whichever_library_drew_them():
    markup = stacked_rows({"Media": [Part("Done", 1, "good"), Part("Open", 2, "neutral")]}, title="Progress")

    assert "<rect " in markup
    assert ":rect" not in markup
    assert "xmlns:" not in markup


def test_a_number_of_the_axis_stands_beside_its_line():
    root = parsed(trajectory([TrajectoryPoint(str(year), Decimal(90), None) for year in (2024, 2025)], title="Path", unit="t"))

    guides = [(group.find(f"{SVG}path"), group.find(f"{SVG}text")) for group in root.iter(f"{SVG}g")]
    away = [
        float(label.get("y")) - 0.35 * LABEL_SIZE - float(line.get("d").split()[1])
        for line, label in guides
        if line is not None and label is not None and " h" in line.get("d")
    ]
    assert away == pytest.approx([0] * len(away), abs=0.1)
    assert len(away) > 2
    assert not [label for label in root.iter(f"{SVG}text") if label.get("dy")]
