"""Charts: what their geometry promises, for any figures."""

from __future__ import annotations

import re
import struct
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.pages.made_up_pictures import WIDE_NAME
from web import charts, charts_png
from web.charts import (
    NARROW,
    WIDE,
    BarChart,
    Chart,
    ColumnChart,
    Drawing,
    HeatGrid,
    LineChart,
    Mark,
    Panel,
    Series,
    Tick,
    drawn,
    name_width,
    tabled,
    text_width,
)

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WIDTHS = pytest.mark.parametrize("width", [NARROW, WIDE])

values = st.one_of(st.none(), st.integers(0, 10_000))


def months(many: int, so_far: bool = False) -> tuple[Tick, ...]:
    """From January 2024 on; the last one maybe not over."""
    return tuple(
        Tick(
            f"{MONTHS[n % 12]} {2024 + n // 12}",
            MONTHS[n % 12],
            str(2024 + n // 12),
            so_far and n == many - 1,
        )
        for n in range(many)
    )


@st.composite
def line_charts(draw: st.DrawFn) -> LineChart:
    many = draw(st.integers(1, 40))
    column = st.lists(values, min_size=many, max_size=many).map(tuple)
    names = ["Officeday", "Greedy packer", "First free slot", "Three days a week for everybody"]
    series = tuple(Series(name, draw(column)) for name in names[: draw(st.integers(1, 4))])
    return LineChart("Days", "Says so.", months(many, draw(st.booleans())), series)


@st.composite
def column_charts(draw: st.DrawFn) -> ColumnChart:
    many = draw(st.integers(1, 40))
    column = st.lists(values, min_size=many, max_size=many).map(tuple)
    weeks = tuple(Tick(f"Week {n + 1}") for n in range(many))
    panels = tuple(
        Panel(name, (Series("Held", draw(column)), Series("Agreed", draw(column))))
        for name in ["Lunch for two", "Co-working", "Coffee", "Group lunch", "Group mentoring"][
            : draw(st.integers(1, 5))
        ]
    )
    ticks = draw(st.sampled_from([months(many), months(many, so_far=True), weeks]))
    return ColumnChart("Kinds", "Says so.", ticks, panels)


def bars() -> BarChart:
    shares = Series("The quietest quarter", (97, 35, None), ((95, 99), (30, 41), None))
    others = Series("The most outgoing quarter", (98.25, 91, 80))
    return BarChart(
        "Reach", "Says so.", ("Officeday", "Booking links", "Roulette"), (shares, others), "%", 100
    )


def grid() -> HeatGrid:
    days = tuple(Tick(f"{n} November", str(n)) for n in range(1, 31))
    row = tuple(None if n % 7 == 0 else 3.4 * n for n in range(1, 31))
    return HeatGrid("Rooms", "Says so.", days, (("London 3", row), ("A" * 90, row)))


def of(drawing: Drawing, tag: str) -> list[Mark]:
    return [mark for mark in drawing.marks if mark.tag == tag]


def box(mark: Mark) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a text, as wide as it is taken to be."""
    at = dict(mark.at)
    wide = name_width(mark.text) if "name" in mark.looks.split() else text_width(mark.text)
    left = float(at["x"]) - {"start": 0.0, "middle": wide / 2, "end": wide}[at["text-anchor"]]
    return left, float(at["y"]) - 11, left + wide, float(at["y"]) + 2


def touch(one: Mark, other: Mark) -> bool:
    a, b = box(one), box(other)
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@given(low=st.integers(0, 5), span=st.floats(0, 1e7), most=st.integers(2, 6))
def test_ticks_are_few_round_numbers_that_hold_every_value(low: int, span: float, most: int) -> None:
    ticks = charts.nice_ticks(low, low + span, most)

    steps = {after - before for before, after in pairwise(ticks)}
    assert len(steps) == 1 and str(int(steps.pop())).rstrip("0") in ("1", "2", "5")
    assert ticks[0] == low and ticks[-1] >= low + span and 2 <= len(ticks) <= most


@WIDTHS
@settings(max_examples=40, deadline=None)
@given(chart=st.one_of(line_charts(), column_charts()))
def test_no_two_labels_touch_and_none_leaves_the_sheet(width: int, chart: Chart) -> None:
    drawing = drawn(chart, width)
    texts = [mark for mark in of(drawing, "text") if mark.text]

    assert [(a.text, b.text) for a, b in combinations(texts, 2) if touch(a, b)] == []
    for text in texts:
        left, _, right, bottom = box(text)
        assert left >= -1 and right <= width + 1 and bottom <= drawing.height


@WIDTHS
@pytest.mark.parametrize("name", [WIDE_NAME, "MW" * 60, "Щ" * 60, "東" * 60, "London"])
def test_a_name_that_is_cut_stays_on_the_sheet_and_is_told_in_full(width: int, name: str) -> None:
    one, two = Series("A", (1, 2)), Series("B", (2, 1))
    columns = ColumnChart("Heads", "Says so.", months(2), (Panel(name, (one,)), Panel("Park", (one,))))
    bars = BarChart("Reach", "Says so.", (name, "Park"), (one, two))
    rooms = HeatGrid("Rooms", "Says so.", months(2), ((name, (1, 2)), ("Park", (1, 2))))
    for chart in (columns, bars, rooms):
        drawing = drawn(chart, width)
        (shown,) = (mark for mark in of(drawing, "text") if name in (mark.text, mark.says))
        assert box(shown)[2] <= width
        assert (shown.text == name) == (shown.says == "")
    assert name in tabled(columns).head


@WIDTHS
@pytest.mark.parametrize("ending", ["", " and all the other houses around the square"])
def test_long_names_that_begin_alike_are_told_apart(width: int, ending: str) -> None:
    """By how they end, or else by numbers in the order of the table."""
    names = tuple(f"{'Office of the company by the river ' * 4}{n}{ending}" for n in range(12))
    one = Series("People", (1, 2))
    columns = ColumnChart("Heads", "Says so.", months(2), tuple(Panel(name, (one,)) for name in names))
    bars = BarChart("Reach", "Says so.", names, (Series("A", (1,) * 12), Series("B", (2,) * 12)))
    rooms = HeatGrid("Rooms", "Says so.", months(2), tuple((name, (1, 2)) for name in names))
    for chart in (columns, bars, rooms):
        shown = {mark.says: mark.text for mark in of(drawn(chart, width), "text") if mark.says}

        assert tuple(shown) == names
        assert len({*shown.values()}) == len(names)
        if ending:
            assert [text[-4:].strip() for text in shown.values()] == [f"({n})" for n in range(1, 13)]


def test_a_short_name_has_no_number_because_of_others() -> None:
    assert charts.fitted_apart(["Park", "A" * 90, "A" * 89, "Park"], 100) == [
        "Park",
        "AAA…AA (1)",
        "AAA…AA (2)",
        "Park",
    ]


def test_letters_of_bold_names_are_taken_to_be_wide_enough() -> None:
    """As wide as DejaVu Sans Bold, of the fonts that come with computers one of the widest."""
    at_most = {"Lunch for two": 101, "Three-day mandate": 144, "Недвижимость": 129, "MM": 26, "Ж": 15.9}

    for text, wide in at_most.items():
        assert wide <= name_width(text) <= 1.45 * wide


@WIDTHS
@settings(max_examples=40, deadline=None)
@given(chart=column_charts())
def test_columns_add_up(width: int, chart: ColumnChart) -> None:
    rects = [mark for mark in of(drawn(chart, width), "rect") if mark.says]
    shown = [value for panel in chart.panels for one in panel.series for value in one.values if value]
    highest = max((float(dict(mark.at)["height"]) for mark in rects), default=0)

    assert len(rects) == len(shown)
    for mark in rects:
        value = int(re.sub(",", "", mark.says.rsplit(": ", 1)[1]))
        share = float(dict(mark.at)["height"]) / highest
        share_of_a_pixel = 1 / highest  # the least that is drawn
        assert share == pytest.approx(max(value / max(shown), share_of_a_pixel), abs=0.1 / highest + 0.01)


@WIDTHS
def test_a_few_beside_many_are_still_seen(width: int) -> None:
    panels = Panel("Campus", (Series("People", (4000,)),)), Panel("Branch", (Series("People", (3,)),))

    _, few = (mark for mark in of(drawn(ColumnChart("Heads", "", months(1), panels), width), "rect"))

    assert float(dict(few.at)["height"]) == 1


def test_panels_have_one_scale_or_each_its_own() -> None:
    panels = Panel("Coffee", (Series("Held", (200,)),)), Panel("Lunch", (Series("Held", (4,)),))

    def heights(own_scales: bool) -> list[float]:
        chart = ColumnChart("Kinds", "Says so.", months(1), panels, own_scales=own_scales)
        return [float(dict(mark.at)["height"]) for mark in of(drawn(chart), "rect")]

    assert heights(False)[0] == pytest.approx(50 * heights(False)[1], rel=0.05)
    assert heights(True)[0] == heights(True)[1]


def test_columns_of_one_month_stand_on_one_another() -> None:
    series = Series("Held", (6,)), Series("Agreed", (3,))
    chart = ColumnChart("Kinds", "Says so.", months(1), (Panel("Lunch", series),))

    held, agreed = [dict(mark.at) for mark in of(drawn(chart), "rect") if mark.says]

    assert float(agreed["y"]) + float(agreed["height"]) == pytest.approx(float(held["y"]))
    assert float(held["height"]) == pytest.approx(2 * float(agreed["height"]), abs=0.2)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=4))
def test_names_at_the_ends_of_lines_stay_apart_and_in_order(wanted: list[float]) -> None:
    places = charts.apart(sorted(wanted), 16, 0, 200)

    assert all(after - before >= 16 - 1e-6 for before, after in pairwise(places))
    assert places[0] + 1e-6 >= 0 and places[-1] <= 200


@WIDTHS
@pytest.mark.parametrize("many", [1, 2, 13, 36])
def test_a_line_breaks_where_nothing_is_known(width: int, many: int) -> None:
    known = tuple(None if n == many // 2 else 5 for n in range(many))
    drawing = drawn(
        LineChart("Reach", "Says so.", months(many), (Series("Reached", known),), "%", 0, 100), width
    )

    curves = [mark for mark in drawing.marks if mark.looks.startswith("curve")]

    assert len(curves) == {1: 0, 2: 0, 13: 2, 36: 2}[many]


def looks(chart: Chart, first: str, width: int = WIDE) -> list[str]:
    """The classes of all marks of a look, from the back to the front."""
    return [mark.looks for mark in drawn(chart, width).marks if mark.looks.split()[0] == first]


def reach_of(mark: Mark) -> float:
    """How wide a path is, from its leftmost point to its rightmost."""
    across = [float(x) for x, _ in re.findall(r"(-?[\d.]+) (-?[\d.]+)", dict(mark.at)["d"])]
    return max(across) - min(across)


@WIDTHS
def test_lines_that_run_together_are_all_seen(width: int) -> None:
    """Each later one is wider than what is drawn over it, with a gap between; markers are rings around."""
    same = tuple(Series(name, (20, 30, 25)) for name in ("Ours", "Greedy", "First free"))
    chart = LineChart("Days", "Says so.", months(3), same)

    lines = [each for each in drawn(chart, width).marks if each.looks.split()[0] in ("curve", "halo")]
    assert [each.looks for each in lines] == ["curve c2 r2", "halo r1", "curve c1 r1", "halo r0", "curve c0"]
    markers = [each for each in drawn(chart, width).marks if each.looks.startswith("marker")]
    assert [each.looks for each in markers] == [
        look for look in ("marker c2 ring", "marker c1 ring", "marker c0") for _ in range(3)
    ]
    triangle, square = reach_of(markers[0]), reach_of(markers[3])
    assert triangle > square + 2
    assert [reach_of(each) for each in markers[3:6]] == pytest.approx([square] * 3, abs=0.11)


@pytest.mark.parametrize("over", [0, 1, 2])
def test_what_lies_under_a_line_shows_on_both_sides_of_its_gap(over: int) -> None:
    curves, halos = (tuple(map(float, some)) for some in (charts_png._CURVES, charts_png._HALOS))

    assert curves[over] + 2 <= halos[over] <= curves[over + 1] - 2


def test_lines_run_together_only_where_they_do() -> None:
    chart = LineChart(
        "Days",
        "Says so.",
        months(5),
        (Series("A", (10, 10, 10, 90, None)), Series("B", (10, 10, 60, 60, 90))),
    )

    assert looks(chart, "curve") == ["curve c1 r1", "curve c1", "curve c0", "curve c0"]
    assert looks(chart, "halo") == ["halo r0"]
    assert looks(chart, "marker")[:5] == ["marker c1 ring"] * 2 + ["marker c1"] * 3


def test_values_that_nearly_touch_count_as_together() -> None:
    """A hundredth of the scale is two pixels, a tenth some twenty."""
    pairs = {99: ["curve c1 r1", "curve c0"], 90: ["curve c1", "curve c0"]}

    for value, expected in pairs.items():
        series = Series("A", (100, 100)), Series("B", (value, value))
        assert looks(LineChart("Days", "Says so.", months(2), series), "curve") == expected


@WIDTHS
@pytest.mark.parametrize("many", [1, 2, 4, 12, 13, 36])
def test_a_month_that_is_not_over_says_so_and_is_drawn_otherwise(width: int, many: int) -> None:
    series = (Series("A", tuple(range(many))),)
    over, not_over = (LineChart("Days", "Says so.", months(many, each), series) for each in (False, True))

    assert "so far" not in [mark.text for mark in drawn(over, width).marks]
    assert [mark.text for mark in drawn(not_over, width).marks].count("so far") == 1
    assert looks(not_over, "curve", width) == {
        1: [],
        2: ["curve c0 so-far"],
    }.get(many, ["curve c0", "curve c0 so-far"])
    assert looks(over, "curve", width) == ["curve c0"] * (many > 1)
    assert looks(not_over, "marker", width)[-1] == "marker c0 ring"
    assert looks(over, "marker", width)[-1] == "marker c0"


def test_columns_of_a_month_that_is_not_over_are_pale() -> None:
    series = Series("Held", (6, 2)), Series("Agreed", (3, 4))
    chart = ColumnChart("Kinds", "Says so.", months(2, so_far=True), (Panel("Lunch", series),))
    columns = [mark.looks for mark in of(drawn(chart), "rect") if mark.says]

    assert columns == ["full c0", "hollow c1", "full c0 so-far", "hollow c1 so-far"]
    assert "so far" in [mark.text for mark in drawn(chart).marks]


def test_pictures_and_pages_draw_every_look_alike() -> None:
    """What a page has in its style sheet a picture has in its marks."""
    sheet = (Path(charts_png.__file__).parent / "static" / "officeday.css").read_text()

    for over, (curve, halo) in enumerate(
        zip(charts_png._CURVES[1:], (*charts_png._HALOS[1:], None), strict=True), 1
    ):
        assert f".chart .curve.r{over} {{ stroke-width: {curve} }}" in sheet
        assert halo is None or f".chart .halo.r{over} {{ stroke-width: {halo} }}" in sheet
    assert dict(charts_png._look("curve c1 r1"))["stroke-width"] == "8.4"
    assert dict(charts_png._look("curve c1 so-far"))["stroke-dasharray"] == "1.5 4.5"
    assert ".chart .curve.so-far { stroke-dasharray: 1.5 4.5 }" in sheet
    assert dict(charts_png._look("marker c1 ring"))["fill"] == charts_png.COLOURS["card"]
    assert "stroke-dasharray" not in dict(charts_png._look("curve c0"))


def test_a_spread_is_a_band_around_its_line() -> None:
    series = Series("Reached", (50, 60), ((40, 60), (55, 70)))
    drawing = drawn(LineChart("Reach", "Says so.", months(2), (series,), "%", 0, 100))

    assert [mark.looks for mark in drawing.marks if mark.looks.startswith("band")] == ["band c0"]
    assert tabled(LineChart("Reach", "Says so.", months(2), (series,))).rows == (
        ("Jan 2024", 50, 40, 60),
        ("Feb 2024", 60, 55, 70),
    )


def test_series_differ_by_shape_and_hatching_and_not_by_colour_alone() -> None:
    shapes = {re.sub(r"[\d. -]", "", charts.marker(n, 0, 0, 4)) + charts.marker(n, 0, 0, 4) for n in range(4)}
    hatchings = [("full" if n == 0 else "hollow", charts.hatched(n, 0, 0, 20, 20)) for n in range(4)]

    assert len(shapes) == 4
    assert len(set(hatchings)) == 4


@given(st.floats(0, 500), st.floats(0, 500), st.floats(0.5, 60), st.floats(0.5, 60), st.sampled_from([1, 3]))
def test_hatching_stays_inside_its_bar(x: float, y: float, wide: float, high: float, number: int) -> None:
    for one in re.findall(r"(-?[\d.]+) (-?[\d.]+)", charts.hatched(number, x, y, wide, high)):
        across, down = map(float, one)
        assert x - 0.11 <= across <= x + wide + 0.11 and y - 0.11 <= down <= y + high + 0.11


@WIDTHS
def test_a_cell_is_filled_as_far_as_its_room_is_taken(width: int) -> None:
    days = (Tick("1 November", "1"), Tick("2 November", "2"), Tick("3 November", "3"))
    drawing = drawn(HeatGrid("Rooms", "Says so.", days, (("London 3", (50, None, 100)),)), width)

    high = {mark.looks: float(dict(mark.at)["height"]) for mark in of(drawing, "rect")}

    assert high == {"cell": 20, "fullness s3": 10, "fullness s4": 20}
    assert len(of(drawing, "line")) == 1


def test_the_table_of_a_chart_has_every_value() -> None:
    assert tabled(bars()).head == (
        "",
        "The quietest quarter",
        "The quietest quarter, least",
        "The quietest quarter, most",
        "The most outgoing quarter",
    )
    assert tabled(bars()).rows[2] == ("Roulette", None, None, None, 80)
    assert tabled(grid()).head == ("Day", "London 3", "A" * 90)
    assert tabled(grid()).rows[6] == ("7 November", None, None)
    assert tabled(grid()).rows[1] == ("2 November", 6.8, 6.8)


def test_an_export_has_the_figures_of_the_page_and_its_units_in_the_head() -> None:
    people = Series("Juniors", (12, None), unit="")
    chart = LineChart(
        "Reach", "Says so.", months(2), (Series("Reached", (41.666, 50)),), "%", 0, 100, beside=(people,)
    )

    assert charts.csv_table(chart) == (
        ["Month", "Reached (%)", "Juniors"],
        [["Jan 2024", "41.7", 12], ["Feb 2024", 50, ""]],
    )


@WIDTHS
def test_figures_that_have_tenths_have_them_all(width: int) -> None:
    means = (Series("Juniors", (3.9, 4.0), digits=1), Series("Seniors", (4.0, None), digits=1))
    lines = LineChart("Useful", "Says so.", months(2), means, low=1, high=5)
    bars = BarChart("Useful", "Says so.", ("Juniors", "Seniors"), means[:1], high=5)

    assert charts.csv_table(lines)[1] == [["Jan 2024", "3.9", "4.0"], ["Feb 2024", "4.0", ""]]
    assert tabled(lines).digits == (0, 1, 1)
    assert charts.figure(4.0, digits=1) == "4.0"
    assert {"Juniors 4.0", "Seniors 4.0"} <= {mark.text for mark in of(drawn(lines, width), "text")}
    assert [mark.text for mark in of(drawn(bars, width), "text") if "value" in mark.looks] == ["3.9", "4.0"]
    says = {mark.says for mark in drawn(lines, width).marks}
    assert "Feb 2024, Juniors: 4.0" in says


def test_a_chart_whose_figures_do_not_match_its_ticks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 2 values"):
        LineChart("Reach", "Says so.", months(2), (Series("Reached", (1,)),))
    with pytest.raises(ValueError, match="cannot be told apart"):
        BarChart("Reach", "Says so.", ("All",), tuple(Series(str(n), (n,)) for n in range(5)))


@pytest.mark.parametrize(
    ("value", "says"), [(None, "–"), (1234, "1,234%"), (3.44, "3.4%"), (0, "0%"), (2.96, "3%")]
)
def test_figures_are_written_as_people_write_them(value: float | None, says: str) -> None:
    assert charts.figure(value, "" if value is None else "%") == says


@pytest.mark.parametrize("chart", [bars(), grid()])
def test_a_picture_is_a_png_twice_as_wide_as_its_sheet(chart: Chart) -> None:
    picture = charts_png.png_of(chart)

    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = struct.unpack(">II", picture[16:24])
    assert wide == 2 * (WIDE + 48)
    assert high > 2 * drawn(chart).height


def test_a_picture_writes_names_and_never_marks_of_theirs() -> None:
    chart = BarChart("Rooms", "Taken & free.", ('<script>"&',), (Series("Taken", (5,)),))

    assert "&lt;script&gt;" in charts_png.svg_of(chart) and "<script" not in charts_png.svg_of(chart)


def test_pictures_have_the_light_colours_of_the_pages() -> None:
    sheet = (Path(charts_png.__file__).parent / "static" / "officeday.css").read_text()

    for name, colour in charts_png.COLOURS.items():
        assert f"--{name}: light-dark({colour}," in sheet
