"""Charts: from numbers to marks on paper. Pure: no clock, database, request or template.

A chart is a frozen description; `drawn(chart, width)` lays it out as marks, and everything else follows from
these two: the macros of `templates/_charts.html` write the marks as SVG with classes (colours are the tokens
of the style sheet, so light and dark need nothing), `web.charts_png.png_of(chart)` writes the same marks with
colours in them and turns them into a picture, and `tabled(chart)` is the table that stands beside.

Four kinds::

    LineChart(title, says, ticks, series)    over time; `Series.spread` is a band around its line
    ColumnChart(title, says, ticks, panels)  counts over time, a panel each, series on top of one another
    BarChart(title, says, rows, series)      things side by side; `Series.spread` is a whisker
    HeatGrid(title, says, ticks, rows)       shares of 0 to 100, by row and by day

    {% import "_charts.html" as charts with context %}
    {{ charts.figure("waits", chart, level=2) }}          picture; its table beside, on a phone folded away
    {{ charts.figure("waits", chart, png=url_for(…), csv=url_for(…)) }}

`says` is the sentence that a reader who sees no picture needs: what it shows, and what comes out. A value is
a number or None (not known, or too few people to tell); a spread is (least, most) around the value.

Nothing depends on colour: series differ by dash, marker or hatching and have their names beside them, and a
share in a grid is how far its cell is filled. Lines that run together are drawn inside one another, the later
series as the wider one, and their markers as rings. What is not over yet says "so far" and is dotted, hollow
or pale. Widths are in CSS pixels: `NARROW` for a phone, `WIDE` from a tablet on; the page has both drawings
and shows the one that fits, so that letters are never smaller than 11 pixels.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

#: Widths of the two drawings, in CSS pixels, and the size of their letters.
NARROW, WIDE, LETTERS = 300, 640, 13

#: Between panels that stand side by side.
GAP = 28

#: Columns and points of a few ticks stand no further apart than this.
MOST_STEP = 84

#: More series than this cannot be told apart without colour.
MOST_SERIES = 4

Value = float | None
Spread = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A place along the bottom. `name` in full, `short` on the axis, `group` under the first of its group."""

    name: str
    short: str = ""
    group: str = ""
    so_far: bool = False  #: not over yet, so that its values may still grow

    @property
    def label(self) -> str:
        return self.short or self.name


@dataclass(frozen=True, slots=True)
class Series:
    """One value a tick or row. `short`: its name where there is little room."""

    name: str
    values: tuple[Value, ...]
    spread: tuple[Spread, ...] = ()
    short: str = ""
    unit: str | None = None  #: None: that of its chart
    digits: int = 0  #: at least, after the point: "4.0" beside "3.9"


@dataclass(frozen=True, slots=True)
class Panel:
    """Columns of their own with a name, such as a kind of session or a site."""

    name: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    title: str
    says: str
    ticks: tuple[Tick, ...]
    series: tuple[Series, ...]
    unit: str = ""  #: "%" or nothing
    low: float = 0
    high: float | None = None  #: None: as high as the values are
    heading: str = "Month"  #: of the ticks, in the table
    beside: tuple[Series, ...] = ()  #: in the table only

    def __post_init__(self) -> None:
        _check_series(self.series, len(self.ticks))
        _check_series(self.beside, len(self.ticks))


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Every panel has the same series, and the same scale unless each has one of its own."""

    title: str
    says: str
    ticks: tuple[Tick, ...]
    panels: tuple[Panel, ...]
    unit: str = ""
    heading: str = "Month"
    own_scales: bool = False

    def __post_init__(self) -> None:
        for panel in self.panels:
            _check_series(panel.series, len(self.ticks))
            if [one.name for one in panel.series] != [one.name for one in self.panels[0].series]:
                raise ValueError("every panel has the same series")


@dataclass(frozen=True, slots=True)
class BarChart:
    title: str
    says: str
    rows: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    high: float | None = None
    heading: str = ""  #: of the rows, in the table

    def __post_init__(self) -> None:
        _check_series(self.series, len(self.rows))


@dataclass(frozen=True, slots=True)
class HeatGrid:
    """`rows`: a name with one share of 0 to 100 a tick; None: closed."""

    title: str
    says: str
    ticks: tuple[Tick, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]
    unit: str = "%"
    heading: str = "Day"
    closed: str = "closed"

    def __post_init__(self) -> None:
        if any(len(values) != len(self.ticks) for _, values in self.rows):
            raise ValueError("every row has one value a tick")


Chart = LineChart | ColumnChart | BarChart | HeatGrid


def _check_series(series: Sequence[Series], many: int) -> None:
    if len(series) > MOST_SERIES:
        raise ValueError(f"more than {MOST_SERIES} series cannot be told apart without colour")
    for one in series:
        if len(one.values) != many or len(one.spread) not in (0, many):
            raise ValueError(f"{one.name!r} needs {many} values, and as many spreads or none")


# --- the table of a chart -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """What a chart shows, in figures; the same on the page and in an export."""

    head: tuple[str, ...]
    units: tuple[str, ...]  #: of each column; the first one names the row
    digits: tuple[int, ...]  #: `Series.digits` of each column
    rows: tuple[tuple[str | Value, ...], ...]


def tabled(chart: Chart) -> Table:
    """The figures of a chart, a row each tick or bar."""
    names = chart.rows if isinstance(chart, BarChart) else tuple(tick.name for tick in chart.ticks)
    columns = list(_columns(chart))
    return Table(
        (chart.heading, *(head for head, *_ in columns)),
        ("", *(unit for _, unit, _, _ in columns)),
        (0, *(digits for _, _, digits, _ in columns)),
        tuple((name, *(values[at] for *_, values in columns)) for at, name in enumerate(names)),
    )


def _columns(chart: Chart) -> Iterator[tuple[str, str, int, Sequence[Value]]]:
    if isinstance(chart, HeatGrid):
        yield from ((name, chart.unit, 0, values) for name, values in chart.rows)
    elif isinstance(chart, ColumnChart):
        for panel in chart.panels:
            for one in panel.series:
                name = f"{panel.name}: {one.name.lower()}" if panel.name else one.name
                yield panel.name if len(panel.series) == 1 else name, chart.unit, one.digits, one.values
    else:
        for one in [*chart.series, *(chart.beside if isinstance(chart, LineChart) else ())]:
            yield from _columns_of_series(one, chart.unit if one.unit is None else one.unit)


def _columns_of_series(one: Series, unit: str) -> Iterator[tuple[str, str, int, Sequence[Value]]]:
    yield one.name, unit, one.digits, one.values
    if one.spread:
        yield f"{one.name}, least", unit, one.digits, [each and each[0] for each in one.spread]
        yield f"{one.name}, most", unit, one.digits, [each and each[1] for each in one.spread]


def csv_table(chart: Chart) -> tuple[list[str], list[list[str | int]]]:
    """Head and rows as `web.sheets.writing.csv_text` takes them: the figures of the page, without units."""
    table = tabled(chart)
    head = [f"{name} ({unit})" if unit else name for name, unit in zip(table.head, table.units, strict=True)]
    return head, [
        [
            cell if isinstance(cell, str) else _plain(cell, digits)
            for cell, digits in zip(row, table.digits, strict=True)
        ]
        for row in table.rows
    ]


def _plain(value: Value, digits: int) -> str | int:
    if value is None:
        return ""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) and not digits else f"{rounded:.1f}"


def figure(value: Value, unit: str = "", digits: int = 0) -> str:
    """ "1,234", "3.4", "85%"; a dash for what is not known. `digits`: `Series.digits`, "4.0"."""
    if value is None:
        return "–"
    rounded = round(value, 1)
    return f"{rounded:,.1f}{unit}" if digits or rounded != int(rounded) else f"{int(rounded):,}{unit}"


# --- marks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """One SVG element. `looks` are its classes; `says` is read out beside a pointer."""

    tag: str
    at: tuple[tuple[str, str], ...]
    looks: str
    text: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks on a sheet of `width` × `height` CSS pixels, from the back to the front."""

    width: int
    height: int
    marks: tuple[Mark, ...]


def drawn(chart: Chart, width: int = WIDE) -> Drawing:
    """Lay out a chart on a sheet so wide; as high as it takes."""
    sheet = _Sheet(width)
    if isinstance(chart, LineChart):
        _draw_lines(chart, sheet)
    elif isinstance(chart, ColumnChart):
        _draw_columns(chart, sheet)
    elif isinstance(chart, BarChart):
        _draw_bars(chart, sheet)
    else:
        _draw_grid(chart, sheet)
    return Drawing(width, math.ceil(sheet.bottom), tuple(sheet.marks))


@dataclass(slots=True)
class _Sheet:
    """Marks as they are made, and how far down they reach."""

    width: int
    bottom: float = 0
    marks: list[Mark] = field(default_factory=list)

    @property
    def narrow(self) -> bool:
        return self.width < 480

    def rect(self, x: float, y: float, wide: float, high: float, looks: str, says: str = "") -> None:
        self._add("rect", looks, says, x=x, y=y, width=wide, height=high)

    def line(self, x1: float, y1: float, x2: float, y2: float, looks: str) -> None:
        self._add("line", looks, "", x1=x1, y1=y1, x2=x2, y2=y2)

    def path(self, d: str, looks: str, says: str = "") -> None:
        self.marks.append(Mark("path", (("d", d),), looks, says=says))

    def text(
        self, x: float, y: float, text: str, looks: str = "label", anchor: str = "start", says: str = ""
    ) -> None:
        at = (("x", _short(x)), ("y", _short(y)), ("text-anchor", anchor))
        self.marks.append(Mark("text", at, looks, text, says))

    def name(self, x: float, y: float, name: str, shown: str) -> None:
        """A name as it is shown (`fitted`), told in full beside a pointer where it had to be cut."""
        self.text(x, y, shown, "name", says="" if shown == name else name)

    def _add(self, tag: str, looks: str, says: str, **at: float) -> None:
        self.marks.append(
            Mark(tag, tuple((name, _short(value)) for name, value in at.items()), looks, "", says)
        )


def _short(value: float) -> str:
    return f"{round(value, 1):g}"


def _points(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


# --- letters ------------------------------------------------------------------------------------


def text_width(text: str, size: float = LETTERS) -> float:
    """About how wide a text is, rather too much than too little: no font is at hand to measure."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return size * (0.6 * (len(text) - wide) + 1.05 * wide)


#: Signs that are narrow or wide in bold; the others are told by their alphabet and case.
_SLIM, _BROAD = frozenset(" !\"'()*,-./:;I[\\]_`fijlrt|"), frozenset("#%&+<=>@MW^mw~…—")


def name_width(name: str) -> float:
    """How wide a name may be at most. Names are bold and anybody's, in whatever fonts a reader has."""
    return LETTERS * sum(map(_bold_width, name))


def _bold_width(sign: str) -> float:
    base = unicodedata.normalize("NFD", sign)[0]  # "ü" is as wide as "u"
    if base in _SLIM:
        return 0.5
    if base in _BROAD or unicodedata.east_asian_width(base) in "WF":
        return 1.1
    if base.isascii():
        return 0.86 if base.isupper() else 0.72
    return 1.3 if base.isupper() else 0.9


def fitted(name: str, room: float) -> str:
    """The name; where it does not fit without its middle: names that begin alike often end otherwise."""
    if name_width(name) <= room:
        return name

    def without_middle(kept: int) -> str:
        tail = kept // 2
        return f"{name[: kept - tail].rstrip()}…{name[len(name) - tail :].lstrip()}"

    most = bisect_right(range(len(name)), room, key=lambda kept: name_width(without_middle(kept)))
    return without_middle(max(0, most - 1))


def fitted_apart(names: Sequence[str], room: float) -> list[str]:
    """Names that fit. Those that look alike once they are cut are numbered, in their order."""
    shown = [fitted(name, room) for name in names]
    many = Counter(shown)
    alike = [at for at, name in enumerate(names) if shown[at] != name and many[shown[at]] > 1]
    for number, at in enumerate(alike, start=1):
        mark = f" ({number})"
        shown[at] = fitted(names[at], room - name_width(mark)) + mark
    return shown


def every(labels: Sequence[str], step: float) -> int:
    """Each how-many-th of labels `step` pixels apart can be written, so that none touches the next."""
    widest = max((text_width(label) for label in labels), default=0)
    return max(1, math.ceil((widest + 6) / step)) if step > 0 else 1


# --- scales -------------------------------------------------------------------------------------


def nice_ticks(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """Round numbers from `low` to at or above `high`, at most `most` of them, in steps of 1, 2 or 5 × 10ⁿ.

    Steps are whole numbers: what is counted comes in whole sessions, days, people and per cent.
    """
    span = max(high - low, 1)
    step = 1
    while math.ceil(span / step) > most - 1:
        step = _next_step(step)
    return tuple(low + step * number for number in range(math.ceil(span / step) + 1))


def _next_step(step: int) -> int:
    return step * 5 // 2 if str(step).startswith("2") else step * 2


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, both ways up."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where values stand: ticks from `left`, `step` apart, and the scale of the values."""

    left: float
    right: float
    scale: Scale
    step: float
    edges: tuple[float, float]  #: names of ticks stay between these

    @property
    def bottom(self) -> float:
        return self.scale.start

    def middle(self, at: int) -> float:
        return self.left + self.step * (at + 0.5)

    def around(self, at: int, text: str, left: float | None = None) -> float:
        """The middle of a text at a tick, or as near to it as the edges, or `left`, allow."""
        half = text_width(text) / 2
        start = self.edges[0] if left is None else left
        return min(max(self.middle(at), start + half), self.edges[1] - half)


def _plot(left: float, wide: float, scale: Scale, ticks: Sequence[Tick], edges: tuple[float, float]) -> _Plot:
    """As wide as there is room, or as a few ticks need."""
    step = min(wide / max(1, len(ticks)), MOST_STEP)
    return _Plot(left, left + max(step * len(ticks), min(wide, 2 * MOST_STEP)), scale, step, edges)


def _gutter(ticks: Sequence[float], unit: str) -> float:
    return max(text_width(figure(tick, unit)) for tick in ticks) + 8


def _grid(sheet: _Sheet, plot: _Plot, ticks: Sequence[float], unit: str) -> None:
    for tick in ticks:
        y = plot.scale.at(tick)
        sheet.line(plot.left, y, plot.right, y, "base" if tick == ticks[0] else "grid")
        sheet.text(plot.left - 6, y + 4.5, figure(tick, unit), anchor="end")


def _below(sheet: _Sheet, plot: _Plot, ticks: Sequence[Tick]) -> None:
    """Names of the ticks, as many as fit, those first that begin a group; and its name under them."""
    y = plot.bottom + 18
    nth = every([text for tick in ticks for text in (tick.label, tick.group)], plot.step)
    begins = [at for at, tick in enumerate(ticks) if at == 0 or ticks[at - 1].group != tick.group]
    texts = [(at, max(ticks[at].label, ticks[at].group, key=text_width)) for at in begins]
    texts += [(at, ticks[at].label) for at in _every_nth(begins, len(ticks), nth)]
    groups: list[tuple[float, str]] = []
    for at, x in _clear(plot, texts):
        sheet.text(x, y, ticks[at].label, anchor="middle")
        if at in begins and ticks[at].group:
            groups.append((x, ticks[at].group))
            sheet.text(x, y + 17, ticks[at].group, "label group", "middle")
    low = _so_far_below(sheet, plot, ticks, groups, y + 17)
    sheet.bottom = max(sheet.bottom, y + (24 if groups else 6), low)


SO_FAR = "so far"


def _so_far_below(
    sheet: _Sheet, plot: _Plot, ticks: Sequence[Tick], groups: Iterable[tuple[float, str]], y: float
) -> float:
    """Under what is not over yet it says so, beside the names of groups or under them; how far down."""
    last = len(ticks) - 1
    if not ticks or not ticks[last].so_far:
        return 0
    x = plot.around(last, SO_FAR)
    beside = all(abs(x - at) >= (text_width(SO_FAR) + text_width(name)) / 2 + 6 for at, name in groups)
    y += 0 if beside else 17
    sheet.text(x, y, SO_FAR, anchor="middle")
    return y + 7


def _every_nth(begins: Sequence[int], many: int, nth: int) -> Iterator[int]:
    """Ticks counted from where their group begins; the first one, maybe the rest of a year, from behind."""
    whole = begins[1:] or begins
    for at in range(many):
        begin = max((one for one in whole if one <= at), default=whole[0])
        if at not in begins and (at - begin) % nth == 0:
            yield at


def _clear(plot: _Plot, texts: Iterable[tuple[int, str]]) -> list[tuple[int, float]]:
    """Where the texts of some ticks stand: those that leave room to all before them."""
    chosen: list[tuple[int, float, float]] = []
    for at, text in texts:
        half, x = text_width(text) / 2 + 3, plot.around(at, text)
        if all(abs(x - other) >= half + wide for _, other, wide in chosen):
            chosen.append((at, x, half))
    return [(at, x) for at, x, _ in chosen]


# --- lines --------------------------------------------------------------------------------------


def _draw_lines(chart: LineChart, sheet: _Sheet) -> None:
    scale_ticks = nice_ticks(chart.low, _highest(chart))
    room = sheet.width * 0.48 - 16
    names = [_end_name(one, chart.unit, sheet.narrow, room) for one in chart.series]
    right = max(map(name_width, names), default=0) + 16
    left = _gutter(scale_ticks, chart.unit)
    high = 170 if sheet.narrow else 210
    scale = Scale(scale_ticks[0], scale_ticks[-1], 10 + high, 10)
    wide = sheet.width - left - right
    plot = _plot(left, wide, scale, chart.ticks, (0, sheet.width))
    _grid(sheet, plot, scale_ticks, chart.unit)
    for number, one in enumerate(chart.series):
        _band(sheet, plot, one, number)
    for number in reversed(range(len(chart.series))):  # the first in front
        _line(sheet, plot, chart, number)
    for number in reversed(range(len(chart.series))):
        _markers(sheet, plot, chart, number)
    _end_names(sheet, plot, chart.series, names)
    _below(sheet, plot, chart.ticks)


def _highest(chart: LineChart) -> float:
    if chart.high is not None:
        return chart.high
    values = [value for one in chart.series for value in one.values if value is not None]
    values += [each[1] for one in chart.series for each in one.spread if each is not None]
    return max(values, default=1)


def _end_name(one: Series, unit: str, narrow: bool, room: float) -> str:
    """Its name and last value; where there is little room the name is cut short, never the value."""
    known = [value for value in one.values if value is not None]
    if not known:
        return ""
    last = f" {figure(known[-1], unit, one.digits)}"
    return fitted((one.short or one.name) if narrow else one.name, room - name_width(last)) + last


def _runs(values: Sequence[Value]) -> Iterator[list[int]]:
    """Places of values that follow one another, with none missing between."""
    run: list[int] = []
    for at, value in enumerate(values):
        if value is None and run:
            yield run
            run = []
        if value is not None:
            run.append(at)
    if run:
        yield run


def _band(sheet: _Sheet, plot: _Plot, one: Series, number: int) -> None:
    for run in _runs([each and each[0] for each in one.spread]):
        known = [(plot.middle(at), one.spread[at] or (0, 0)) for at in run]
        above = [(x, plot.scale.at(most)) for x, (_, most) in known]
        under = [(x, plot.scale.at(least)) for x, (least, _) in reversed(known)]
        if len(run) == 1:  # a single tick has no width: a whisker
            above, under = [above[0], under[0]], []
        sheet.path(
            _points([*above, *under]) + ("Z" if under else ""), f"{'band' if under else 'whisker'} c{number}"
        )


#: Points that are nearer to one another than this, in pixels, cannot be told apart.
NEAR = 4


def _over(plot: _Plot, chart: LineChart, number: int, *ats: int) -> tuple[int, bool]:
    """How many series before one run with it at these ticks, and so over it; and does any after it?"""

    def together(other: Series) -> bool:
        pairs = [(other.values[at], chart.series[number].values[at]) for at in ats]
        return all(
            a is not None and b is not None and abs(plot.scale.at(a) - plot.scale.at(b)) < NEAR
            for a, b in pairs
        )

    return sum(map(together, chart.series[:number])), any(map(together, chart.series[number + 1 :]))


def _line(sheet: _Sheet, plot: _Plot, chart: LineChart, number: int) -> None:
    """A line in as many pieces as it has looks: the more run over it, the wider, so that its edges show."""
    values = chart.series[number].values
    for run in _runs(values):
        looks = [(*_over(plot, chart, number, *pair), chart.ticks[pair[1]].so_far) for pair in pairwise(run)]
        for (over, under, so_far), piece in groupby(range(len(looks)), key=lambda at: looks[at]):
            places = [run[at] for at in piece]
            places.append(run[run.index(places[-1]) + 1])
            points = _points((plot.middle(at), plot.scale.at(values[at] or 0)) for at in places)
            if under:
                sheet.path(points, f"halo r{over}")
            sheet.path(points, f"curve c{number}{f' r{over}' if over else ''}{' so-far' if so_far else ''}")


def _markers(sheet: _Sheet, plot: _Plot, chart: LineChart, number: int) -> None:
    """A shape at each value: around those of series that run over it, hollow where a tick is not over."""
    one = chart.series[number]
    size = 4.5 if plot.step >= 14 else 3.5
    nth = math.ceil(14 / plot.step)  # so many that shapes stay apart
    for at, value in enumerate(one.values):
        if value is not None and (len(one.values) - 1 - at) % nth == 0:
            over, _ = _over(plot, chart, number, at)
            says = f"{chart.ticks[at].name}, {one.name}: {figure(value, chart.unit, one.digits)}"
            shape = marker(number, plot.middle(at), plot.scale.at(value), size * (1 + 0.8 * over))
            sheet.path(shape, f"marker c{number}{' ring' if over or chart.ticks[at].so_far else ''}", says)


def marker(number: int, x: float, y: float, size: float) -> str:
    """A circle, a square, a triangle or a diamond around a point: one shape a series."""
    if number == 0:
        round_to = f"a{_short(size)} {_short(size)} 0 1 0"
        return (
            f"M{_short(x - size)} {_short(y)}{round_to} {_short(2 * size)} 0{round_to} {_short(-2 * size)} 0Z"
        )
    around = (
        [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        [(0, -1.2), (1.15, 0.9), (-1.15, 0.9)],
        [(0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)],
    )[number - 1]
    return _points((x + size * dx, y + size * dy) for dx, dy in around) + "Z"


def _end_names(sheet: _Sheet, plot: _Plot, series: Sequence[Series], names: Sequence[str]) -> None:
    """Each name beside the last point of its line, moved up or down where two would touch."""
    ends = []
    for number, one in enumerate(series):
        known = [at for at, value in enumerate(one.values) if value is not None]
        if known:
            ends.append((plot.scale.at(one.values[known[-1]] or 0), number, plot.middle(known[-1])))
    wanted = [y for y, _, _ in sorted(ends)]
    for (y, number, x), at in zip(sorted(ends), apart(wanted, 16, 6, plot.bottom + 2), strict=True):
        sheet.line(x + 7, y, plot.right + 7, at, "leader")
        sheet.text(plot.right + 10, at + 4.5, names[number], f"name c{number}")


def apart(wanted: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """Places as near as can be to those wanted (in order), `least` apart and from `top` to `bottom`."""
    places: list[float] = []
    for one in wanted:
        places.append(max(one, top if not places else places[-1] + least))
    limit = bottom
    for number in reversed(range(len(places))):
        places[number] = min(places[number], limit)
        limit = places[number] - least
    return places


# --- columns ------------------------------------------------------------------------------------


def _draw_columns(chart: ColumnChart, sheet: _Sheet) -> None:
    series = chart.panels[0].series if chart.panels else ()
    top = _legend(sheet, [one.name for one in series]) if len(series) > 1 else 0.0
    many = len(chart.panels)
    high = 180 if many == 1 else (62 if many > 3 else 96)
    most = {180: 5, 96: 4, 62: 3}[high]
    highest = [max(_sums(panel, len(chart.ticks)), default=1) for panel in chart.panels]
    across = 2 if many > 3 and not sheet.narrow else 1
    wide = (sheet.width - GAP * (across - 1)) / across
    names = fitted_apart([panel.name for panel in chart.panels], wide)
    for number, panel in enumerate(chart.panels):
        x = (wide + GAP) * (number % across)
        ticks = nice_ticks(0, highest[number] if chart.own_scales else max(highest), most)
        plot = _panel(sheet, chart, panel, names[number], ticks, (x, x + wide), top, high)
        if number + across >= many:  # nothing stands under it
            _below(sheet, plot, chart.ticks)
        if number % across == across - 1:
            top = plot.bottom + 14


def _panel(
    sheet: _Sheet,
    chart: ColumnChart,
    panel: Panel,
    name: str,
    ticks: Sequence[float],
    edges: tuple[float, float],
    top: float,
    high: float,
) -> _Plot:
    """The columns of one panel under its name."""
    if len(chart.panels) > 1 or panel.name:
        sheet.name(edges[0], top + 14, panel.name, name)
        top += 22
    left = edges[0] + _gutter(ticks, chart.unit)
    scale = Scale(0, ticks[-1], top + 14 + high, top + 14)
    plot = _plot(left, edges[1] - left, scale, chart.ticks, edges)
    _grid(sheet, plot, ticks, chart.unit)
    _columns_of(sheet, plot, chart, panel)
    return plot


def _sums(panel: Panel, many: int) -> list[float]:
    """How high the column of each tick is."""
    return [sum(one.values[at] or 0 for one in panel.series) for at in range(many)]


def _columns_of(sheet: _Sheet, plot: _Plot, chart: ColumnChart, panel: Panel) -> None:
    wide = min(0.72 * plot.step, 40)
    sums = _sums(panel, len(chart.ticks))
    labelled = _labelled(sums, plot.step, chart.unit)
    for at, tick in enumerate(chart.ticks):
        x, under = plot.middle(at) - wide / 2, 0.0
        for number, one in enumerate(panel.series):
            value = one.values[at]
            if value:
                foot = plot.scale.at(under)
                tall = max(foot - plot.scale.at(under + value), 1)  # a few beside many are still seen
                says = ", ".join(part for part in (tick.name, panel.name, one.name) if part)
                says = f"{says}: {figure(value, chart.unit)}"
                _filled(sheet, number, x, foot - tall, wide, tall, says, " so-far" if tick.so_far else "")
                under += value
        if at in labelled:
            above = plot.scale.at(sums[at]) - 4
            says = figure(sums[at], chart.unit)
            sheet.text(plot.around(at, says, plot.left), above, says, "value", "middle")


def _labelled(sums: Sequence[float], step: float, unit: str) -> set[int]:
    """The columns with a figure on top: all where there is room for it, or else the highest."""
    if not any(sums):
        return set()
    if max(text_width(figure(one, unit)) for one in sums) + 3 <= step:
        return {at for at, one in enumerate(sums) if one}
    return {max(range(len(sums)), key=lambda at: (sums[at], -at))}


def _filled(
    sheet: _Sheet, number: int, x: float, y: float, wide: float, high: float, says: str, more: str = ""
) -> None:
    """A column or bar: the first series is full, the others are hatched or empty."""
    sheet.rect(x, y, wide, high, f"{'full' if number == 0 else 'hollow'} c{number}{more}", says)
    lines = hatched(number, x, y, wide, high)
    if lines:
        sheet.path(lines, f"hatch c{number}")


def hatched(number: int, x: float, y: float, wide: float, high: float) -> str:
    """The hatching of a series: rising, none (its outline is enough), or rising and falling."""
    if number == 1:
        return "".join(_slanted(x, y, wide, high, rising=True))
    if number == 3:
        return "".join([*_slanted(x, y, wide, high, rising=True), *_slanted(x, y, wide, high, rising=False)])
    return ""


def _slanted(x: float, y: float, wide: float, high: float, *, rising: bool, gap: float = 5) -> Iterator[str]:
    """Lines at 45 degrees, cut off at the rectangle."""
    for number in range(1, math.ceil((wide + high) / gap)):
        along = number * gap  # how far along the foot, then up the side
        start = (min(along, wide), max(0.0, along - wide))
        end = (max(0.0, along - high), min(along, high))
        if rising:  # mirrored
            start, end = (wide - start[0], start[1]), (wide - end[0], end[1])
        yield _points([(x + start[0], y + high - start[1]), (x + end[0], y + high - end[1])])


def _legend(sheet: _Sheet, names: Sequence[str]) -> float:
    """Names with their hatching, in as many lines as it takes; how far down they reach."""
    x, y = 0.0, 4.0
    for number, name in enumerate(names):
        wide = 24 + name_width(name) + 18
        if x and x + wide - 18 > sheet.width:
            x, y = 0.0, y + 21
        _filled(sheet, number, x + 1, y, 16, 12, "")
        sheet.name(x + 24, y + 10.5, name, fitted(name, sheet.width - 24))
        x += wide
    return y + 24


# --- bars ---------------------------------------------------------------------------------------


def _draw_bars(chart: BarChart, sheet: _Sheet) -> None:
    top = _legend(sheet, [one.name for one in chart.series]) if len(chart.series) > 1 else 0.0
    values = [value for one in chart.series for value in one.values if value is not None]
    values += [each[1] for one in chart.series for each in one.spread if each is not None]
    highest = chart.high if chart.high is not None else max(values, default=1) or 1
    digits = max((one.digits for one in chart.series), default=0)
    beside = max((text_width(figure(value, chart.unit, digits)) for value in values), default=8) + 8
    scale = Scale(0, highest, 0.5, sheet.width - beside)
    names = fitted_apart(chart.rows, sheet.width)
    for at, name in enumerate(chart.rows):
        sheet.name(0, top + 14, name, names[at])
        top += 21
        for number, one in enumerate(chart.series):
            _bar(sheet, scale, chart, one, number, at, top)
            top += 20
        top += 10
    sheet.bottom = top


def _bar(sheet: _Sheet, scale: Scale, chart: BarChart, one: Series, number: int, at: int, top: float) -> None:
    value = one.values[at]
    x = scale.at(value or 0)
    if value is not None:
        says = f"{chart.rows[at]}, {one.name}: {figure(value, chart.unit, one.digits)}"
        _filled(sheet, number, scale.at(0), top, max(x - scale.at(0), 1), 14, says)
    spread = one.spread[at] if one.spread else None
    if spread is not None:
        least, most = map(scale.at, spread)
        y = _short(top + 7)
        ends = "".join(f"M{_short(each)} {_short(top + 3)}v8" for each in (least, most))
        whisker = f"M{_short(least)} {y}H{_short(most)}{ends}"
        sheet.path(whisker, "halo")
        sheet.path(whisker, "whisker")
        x = max(x, most)
    sheet.text(x + 6, top + 11.5, figure(value, chart.unit, one.digits), "value")


# --- grids --------------------------------------------------------------------------------------


def _draw_grid(chart: HeatGrid, sheet: _Sheet) -> None:
    """A share is how far its cell is filled, from the bottom; a cell that is closed is crossed out."""
    widest = max((name_width(name) for name, _ in chart.rows), default=0) + 12
    left = 0.0 if sheet.narrow else min(widest, 0.32 * sheet.width)
    step = (sheet.width - left) / max(1, len(chart.ticks))
    plot = _Plot(left, sheet.width, Scale(0, 100, 0, 0), step, (0, sheet.width))
    high = 20.0
    top = 0.0
    names = fitted_apart([name for name, _ in chart.rows], sheet.width if sheet.narrow else left - 12)
    for (name, values), shown in zip(chart.rows, names, strict=True):
        sheet.name(0, top + (13 if sheet.narrow else 14.5), name, shown)
        if sheet.narrow:
            top += 19
        for at, value in enumerate(values):
            _cell(sheet, chart, plot, at, name, value, top, high)
        top += high + (10 if sheet.narrow else 5)
    _below(sheet, replace(plot, scale=Scale(0, 100, top - 4, 0)), chart.ticks)


def _cell(
    sheet: _Sheet, chart: HeatGrid, plot: _Plot, at: int, name: str, value: Value, top: float, high: float
) -> None:
    gap = 1 if plot.step < 14 else 2
    x, wide = plot.left + plot.step * at + gap / 2, plot.step - gap
    told = chart.closed if value is None else figure(value, chart.unit)
    says = f"{name}, {chart.ticks[at].name}: {told}"
    if value is None:
        sheet.line(x + wide * 0.25, top + high / 2, x + wide * 0.75, top + high / 2, "closed")
        return
    sheet.rect(x, top, wide, high, "cell", says)
    filled = high * min(value, 100) / 100
    if value:
        sheet.rect(
            x, top + high - max(filled, 1.5), wide, max(filled, 1.5), f"fullness s{_level(value)}", says
        )


def _level(share: float) -> int:
    """1 to 4: how dark a cell is, besides how full."""
    return min(4, 1 + int(share // 25))
