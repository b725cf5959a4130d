"""The relevance benchmark as one picture: a panel for each set, a point and its interval for each system."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scoring import SetResult
from benchmarks.zhida_side import FOUND, OURS

OUR_COLOR, THEIR_COLOR, GRID = "#0b6bcb", "#7a7f87", "#e3e5e8"
METRIC = "nDCG@10"
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "zhida",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}


def draw(results: Sequence[SetResult], path: Path) -> None:
    systems = list(results[0].answers)[::-1]
    size = (2.8 + 2.2 * len(results), 0.8 + 0.3 * len(systems))
    with rc_context(STYLE):
        figure = Figure(size)
        panels = figure.subplots(1, len(results), sharey=True, squeeze=False)
        for panel, result in zip(panels[0], results, strict=True):
            _panel(panel, result, systems)
        panels[0][0].set_yticks(range(len(systems)), systems)
        figure.suptitle(f"{METRIC} with 95 % intervals", x=0.01, ha="left", fontsize=10, weight="bold")
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})


def _panel(panel: Axes, result: SetResult, systems: Sequence[str]) -> None:
    for place, system in enumerate(systems):
        seen = result.mean(system, METRIC)
        color = OUR_COLOR if system in OURS else THEIR_COLOR
        panel.plot([seen.low, seen.high], [place, place], color=color, linewidth=2, solid_capstyle="round")
        panel.plot([seen.value], [place], "o", color=color, markersize=6 if system == FOUND else 4)
    panel.set_title(f"{result.name} ({len(result.answerable):,} queries)", fontsize=9, loc="left")
    panel.grid(axis="x", color=GRID)
    panel.tick_params(axis="y", length=0)
    panel.set_axisbelow(True)
