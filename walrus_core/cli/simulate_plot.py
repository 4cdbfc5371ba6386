"""The pictures of `walrus-core simulate --plot`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from walrus_core.codec.files import write_whole

WIDTH_INCHES, PANEL_INCHES, ROW_INCHES, MOST_INCHES = 7.5, 3.2, 0.25, 100.0
RESOLUTION = 100
"""Dots per inch, where the format has dots."""

MOST_SERIES = 10
"""More colours cannot be told apart: the smallest series are drawn as one."""


MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Panel:
    """Series over the same labels, most often epochs.

    `kind`: "columns" and "rows" are stacked, upwards and to the right; "steps" are lines.
    """

    title: str
    unit: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float]]
    kind: str


def draw(path: str, title: str, panels: Sequence[Panel]) -> None:
    """Write the picture, one panel below the other, in the format that the path's ending names."""
    heights = [_inches(panel) for panel in panels]
    figure = import_module("matplotlib.figure").Figure(
        figsize=(WIDTH_INCHES, sum(heights)), layout="constrained"
    )
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for place, panel in zip(axes, panels, strict=True):
        _draw_panel(place, panel)
    figure.suptitle(title)
    content = io.BytesIO()
    figure.savefig(content, format=Path(path).suffix.lower()[1:], dpi=RESOLUTION)
    write_whole(path, content.getbuffer())


def _inches(panel: Panel) -> float:
    """How high a panel is: rows need room for their labels."""
    rows = len(panel.labels) if panel.kind == "rows" else 0
    return min(max(PANEL_INCHES, ROW_INCHES * rows + 1), MOST_INCHES)


def _draw_panel(place: Any, panel: Panel) -> None:
    positions = range(len(panel.labels))
    if panel.kind == "steps":
        for name, values in panel.series.items():
            place.plot(positions, values, drawstyle="steps-mid", marker=".", label=name)
        _label_columns(place, panel)
    elif panel.kind == "columns":
        for name, values, bottoms in _stacked(panel.series):
            place.bar(positions, values, bottom=bottoms, label=name)
        _label_columns(place, panel)
    else:
        for name, values, lefts in _stacked(panel.series):
            place.barh(positions, values, left=lefts, label=name)
        place.set_yticks(positions, panel.labels)
        place.invert_yaxis()
        place.set_xlabel(panel.unit)
    place.set_title(panel.title)
    place.grid(visible=True, alpha=0.3)
    if len(panel.series) > 1:
        place.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def _label_columns(place: Any, panel: Panel) -> None:
    every = -(-len(panel.labels) // MOST_LABELS) or 1
    place.set_xticks(range(0, len(panel.labels), every), list(panel.labels)[::every])
    place.set_xlabel("epoch")
    place.set_ylabel(panel.unit)
    place.set_ylim(bottom=0)


def _stacked(series: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, Sequence[float], Any]]:
    """Each series with the sums of those before it."""
    sums = [0.0] * max(map(len, series.values()), default=0)
    for name, values in _fewer(series).items():
        yield name, values, sums
        sums = [total + value for total, value in zip(sums, values, strict=True)]


def _fewer(series: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    """The largest series, and the sum of the others."""
    if len(series) <= MOST_SERIES:
        return dict(series)
    largest = sorted(series, key=lambda name: max(series[name]), reverse=True)[: MOST_SERIES - 1]
    others = [values for name, values in series.items() if name not in largest]
    summed = [sum(values) for values in zip(*others, strict=True)]
    kept = {name: values for name, values in series.items() if name in largest}
    return kept | {f"{len(others)} others": summed}
