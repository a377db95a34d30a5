"""A chart as a picture for slides and mails: the marks of `web.charts` with colours in them, turned into PNG.

`vl-convert` brings its own fonts and needs no network and no browser.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

import vl_convert

from web.charts import LETTERS, WIDE, Chart, Drawing, Mark, drawn

#: Pixels of the picture for one of the sheet, so that it is sharp on paper too.
SCALE = 2

_MARGIN = 24
_TITLE, _LINE = 19, 19

#: The light colours of static/officeday.css, by the name they have there.
COLOURS = {
    "card": "#ffffff",
    "sunk": "#f1eee6",
    "ink": "#1b2220",
    "soft": "#555f5a",
    "line": "#e3ded2",
    "edge": "#847f73",
    "accent": "#0c6350",
    "coworking": "#2a4d8f",
    "lunch": "#80530a",
    "online": "#5a4299",
}

#: The colours of the series, first to last.
SERIES = ("accent", "coworking", "lunch", "online")

#: What the classes of the style sheet come to; "{c}" is the colour of the series.
_LOOKS = {
    "label": {"fill": "soft"},
    "name": {"fill": "ink", "font-weight": "bold"},
    "value": {"fill": "ink", "font-weight": "bold"},
    "title": {"fill": "ink", "font-weight": "bold", "font-size": str(_TITLE)},
    "says": {"fill": "soft"},
    "grid": {"stroke": "line", "stroke-width": "1"},
    "base": {"stroke": "edge", "stroke-width": "1"},
    "leader": {"stroke": "edge", "stroke-width": "1"},
    "closed": {"stroke": "edge", "stroke-width": "1"},
    "curve": {"stroke": "{c}", "fill": "none", "stroke-linejoin": "round"},
    "marker": {"fill": "{c}", "stroke": "card", "stroke-width": "1.2"},
    "ring": {"fill": "card", "stroke": "{c}", "stroke-width": "1.8"},
    "band": {"fill": "{c}", "fill-opacity": "0.16"},
    "halo": {"stroke": "card", "fill": "none"},
    "whisker": {"stroke": "ink", "stroke-width": "1.6", "fill": "none"},
    "full": {"fill": "{c}", "stroke": "{c}", "stroke-width": "1"},
    "hollow": {"fill": "card", "stroke": "{c}", "stroke-width": "1"},
    "hatch": {"stroke": "{c}", "stroke-width": "1", "fill": "none"},
    "cell": {"fill": "sunk"},
    "fullness": {"fill": "accent"},
}
_SO_FAR = "1.5 4.5"
_DASHES = ("", "7 4", "2 3.5", "11 4 2 4")
#: Of lines that lie under so many others, and of what is kept free around those over them.
_CURVES, _HALOS = ("2.2", "8.4", "14.6", "20.8"), ("4.4", "10.6", "16.8")
_SHARES = {"s1": "0.4", "s2": "0.6", "s3": "0.8", "s4": "1"}


def png_of(chart: Chart, width: int = WIDE) -> bytes:
    """The chart with its title and sentence above, on white; twice as many pixels as its sheet."""
    return vl_convert.svg_to_png(svg_of(chart, width), scale=SCALE)


def svg_of(chart: Chart, width: int = WIDE) -> str:
    """The same as a document of its own, without a style sheet."""
    drawing = drawn(chart, width)
    above = "".join(_heading(chart, width))
    top = _MARGIN + _TITLE + 8 + _LINE * len(_lines(chart.says, width)) + 14
    wide, high = width + 2 * _MARGIN, top + drawing.height + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f'font-family="sans-serif" font-size="{LETTERS}">'
        f'<rect width="{wide}" height="{high}" fill="{COLOURS["card"]}"/>'
        f'{above}<g transform="translate({_MARGIN} {top})">{_marks(drawing)}</g></svg>'
    )


def png_of_all(charts: Sequence[Chart], width: int = WIDE) -> bytes:
    """Several charts below one another, as one picture."""
    drawings, y = [], 0
    for one in (svg_of(chart, width) for chart in charts):
        drawings.append(f'<g transform="translate(0 {y})">{one}</g>')
        y += int(one.partition('height="')[2].partition('"')[0])
    wide = width + 2 * _MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{y}" viewBox="0 0 {wide} {y}">'
    return vl_convert.svg_to_png(f"{head}{''.join(drawings)}</svg>", scale=SCALE)


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, int(width / (LETTERS * 0.5)))


def _heading(chart: Chart, width: int) -> Iterator[str]:
    y = _MARGIN + _TITLE - 4
    yield _element(Mark("text", (("x", str(_MARGIN)), ("y", str(y))), "title", text=chart.title))
    for number, line in enumerate(_lines(chart.says, width)):
        at = (("x", str(_MARGIN)), ("y", str(y + 8 + _LINE * (number + 1) - 2)))
        yield _element(Mark("text", at, "says", text=line))


def _marks(drawing: Drawing) -> str:
    return "".join(_element(mark) for mark in drawing.marks)


def _element(mark: Mark) -> str:
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in [*mark.at, *_look(mark.looks)])
    return f"<{mark.tag} {written}>{escape(mark.text)}</{mark.tag}>"


def _look(looks: str) -> Iterator[tuple[str, str]]:
    first, *more = looks.split()
    number, over = _number("c", more), _number("r", more)
    look = dict(_LOOKS[first])
    if first == "curve":
        look |= {"stroke-width": _CURVES[over], "stroke-dasharray": _DASHES[number]}
        look |= {"stroke-dasharray": _SO_FAR} if "so-far" in more else {}
    elif first == "halo":
        look |= {"stroke-width": _HALOS[over]}
    elif first == "marker" and "ring" in more:
        look |= _LOOKS["ring"]
    elif first == "full" and "so-far" in more:
        look |= {"fill-opacity": "0.35"}
    elif first == "fullness":
        look |= {"fill-opacity": _SHARES[more[0]]}
    for name, value in look.items():
        if value:
            yield name, COLOURS.get(SERIES[number] if value == "{c}" else value, value)


def _number(letter: str, looks: Sequence[str]) -> int:
    """Of the class that is this letter and a number; 0 where there is none."""
    return next((int(each[1:]) for each in looks if each[0] == letter and each[1:].isdecimal()), 0)
