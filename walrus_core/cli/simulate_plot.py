"""The pictures of `walrus-core simulate --plot`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from walrus_core.codec.files import write_whole

PANEL_INCHES = (7.5, 3.2)
RESOLUTION = 100
"""Dots per inch, where the format has dots."""

MOST_SERIES = 10
"""More colours cannot be told apart: the smallest series are drawn as one."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Series over the same labels: `areas` and `bars` are stacked, `lines` and `steps` are not."""

    title: str
    unit: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float]]
    kind: str


def draw(path: str, title: str, panels: Sequence[Panel]) -> None:
    """Write the picture, one panel below the other, in the format that the path's ending names."""
    width, height = PANEL_INCHES
    figure = import_module("matplotlib.figure").Figure(
        figsize=(width, height * len(panels)), layout="constrained"
    )
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for place, panel in zip(axes, panels, strict=True):
        _draw_panel(place, panel)
    figure.suptitle(title)
    content = io.BytesIO()
    figure.savefig(content, format=Path(path).suffix.lower()[1:], dpi=RESOLUTION)
    write_whole(path, content.getbuffer())


def _draw_panel(place: Any, panel: Panel) -> None:
    positions = range(len(panel.labels))
    series = _fewer(panel.series) if panel.kind in ("areas", "bars") else dict(panel.series)
    if panel.kind == "areas" and len(panel.labels) > 1:
        place.stackplot(positions, *series.values(), labels=list(series), alpha=0.85)
    elif panel.kind in ("areas", "bars"):
        _draw_bars(place, positions, series)
    else:
        style = {"drawstyle": "steps-post"} if panel.kind == "steps" else {}
        for name, values in series.items():
            place.plot(positions, values, marker="o", markersize=3, label=name, **style)
    place.set_title(panel.title)
    place.set_ylabel(panel.unit)
    place.set_ylim(bottom=0)
    every = -(-len(panel.labels) // 20)
    place.set_xticks(positions[::every], list(panel.labels)[::every])
    place.grid(visible=True, alpha=0.3)
    if len(series) > 1:
        place.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def _draw_bars(place: Any, positions: range, series: Mapping[str, Sequence[float]]) -> None:
    bottoms = [0.0] * len(positions)
    for name, values in series.items():
        place.bar(positions, values, bottom=bottoms, label=name)
        bottoms = [bottom + value for bottom, value in zip(bottoms, values, strict=True)]


def _fewer(series: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    """The largest series, and the sum of the others."""
    if len(series) <= MOST_SERIES:
        return dict(series)
    largest = sorted(series, key=lambda name: max(series[name]), reverse=True)[: MOST_SERIES - 1]
    others = [values for name, values in series.items() if name not in largest]
    summed = [sum(values) for values in zip(*others, strict=True)]
    kept = {name: values for name, values in series.items() if name in largest}
    return kept | {f"{len(others)} others": summed}
