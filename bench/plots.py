"""The bench's two plots, as SVG that can be read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from bench.planning import Run

#: Middle tones: readable on white and on near-black.
INK = "#808890"
COLOURS = ("#3b82f6", "#e07b00", "#12a17c", "#d9488b", "#8b6cf0", "#a08a00")


def _axes(width: float = 7.0, height: float = 3.6) -> tuple[Any, Any]:
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "officeday", "font.size": 10})
    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    _style(axes)
    return figure, axes


def _style(axes: Any) -> None:
    axes.set_facecolor("none")
    axes.tick_params(colors=INK, which="both")
    axes.grid(color=INK, alpha=0.25, linewidth=0.6)
    for side in axes.spines.values():
        side.set_color(INK)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_color(INK)


def _save(figure: Any, axes: Iterable[Any], file: Path) -> None:
    for each in axes:
        legend = each.get_legend()
        if legend is not None:
            plt.setp(legend.get_texts(), color=INK)
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)


def plot_gap(runs: Sequence[Run], file: Path) -> None:
    """By how much more days than the bound the best plan had, over time, one line a size."""
    figure, axes = _axes()
    sizes = sorted({run.seniors for run in runs if run.planner == "officeday"})
    for colour, size in zip(COLOURS, sizes, strict=False):
        one = next(run for run in runs if run.planner == "officeday" and run.seniors == size)
        steps = [
            (at, 100 * (days - bound) / max(1, days)) for at, days, bound in one.trace if bound is not None
        ]
        if steps:
            steps.append((max(one.seconds, steps[-1][0]), steps[-1][1]))
            axes.step(*zip(*steps, strict=True), where="post", color=colour, label=f"{size:,} seniors")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set_ylim(bottom=-0.02)
    axes.set_yticks([0, 0.1, 1, 10, 100], ["proved", "0.1 %", "1 %", "10 %", "100 %"])
    axes.set_xlabel("seconds since the start")
    axes.set_ylabel("senior days above the bound")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    _save(figure, [axes], file)


def plot_cost(runs: Sequence[Run], file: Path) -> None:
    """Seconds to the first plan and to the proof, and memory, against the seniors."""
    figure, axes = _axes()
    ours = [run for run in runs if run.planner == "officeday"]
    sizes = sorted({run.seniors for run in ours})
    memory = axes.twinx()
    _style(memory)
    memory.grid(visible=False)
    _line(axes, ours, sizes, "first", "seconds to the first plan", COLOURS[0], "o-")
    _line(axes, ours, sizes, "proved", "seconds to the proof", COLOURS[1], "s-")
    _line(memory, ours, sizes, "megabytes", "memory, MB (right)", COLOURS[2], "^--")
    for each in (axes, memory):
        each.set_xscale("log")
        each.set_yscale("log")
        each.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("seniors")
    axes.set_ylabel("seconds")
    memory.set_ylabel("MB")
    handles = [
        pair for each in (axes, memory) for pair in zip(*each.get_legend_handles_labels(), strict=True)
    ]
    if handles:
        axes.legend(*zip(*handles, strict=True), frameon=False)
    _save(figure, [axes, memory], file)


def _line(
    axes: Any, runs: Sequence[Run], sizes: Sequence[int], what: str, label: str, colour: str, style: str
) -> None:
    points = []
    for size in sizes:
        known = [getattr(run, what) for run in runs if run.seniors == size and getattr(run, what) is not None]
        if known:
            points.append((size, median(known)))
    if points:
        axes.plot(*zip(*points, strict=True), style, color=colour, label=label)
