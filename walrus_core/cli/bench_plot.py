"""The picture of `walrus-core bench --plot`: a panel for each operation, time against blob size."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from walrus_core.cli.bench_rounds import Measurement
from walrus_core.cli.files import check_writable
from walrus_core.cli.quantities import duration_text, size_text
from walrus_core.codec.files import write_whole

FORMATS = (".png", ".svg", ".pdf")
PANELS_ACROSS = 3
PANEL_INCHES = (4.2, 3.0)
RESOLUTION = 100
"""Dots per inch, where the format has dots."""


def check_picture(_ctx: click.Context, _param: click.Parameter, path: str | None) -> str | None:
    """The callback of `--plot`: complain now, not after a minute of measuring."""
    if path is None:
        return None
    if Path(path).suffix.lower() not in FORMATS:
        raise click.BadParameter(f"{path!r} does not end in {', '.join(FORMATS)}")
    try:
        import_module("matplotlib.figure")
    except ImportError as error:
        raise click.UsageError(
            f"--plot needs matplotlib ({error}): pip install 'walrus-core[plot]'"
        ) from None
    check_writable(path)
    return path


def draw(path: str, measurements: Sequence[Measurement], title: str) -> None:
    """Write the picture in the format that the ending of `path` names."""
    operations = list(dict.fromkeys(m.operation for m in measurements))
    colours = {name: f"C{i}" for i, name in enumerate(_names(measurements))}
    n_across = min(PANELS_ACROSS, len(operations))
    n_down = math.ceil(len(operations) / n_across)
    figure = import_module("matplotlib.figure").Figure(
        figsize=(n_across * PANEL_INCHES[0], n_down * PANEL_INCHES[1]), layout="constrained"
    )
    panels = figure.subplots(n_down, n_across, squeeze=False).flat
    for panel, operation in zip(panels, operations, strict=False):
        _draw_panel(panel, [m for m in measurements if m.operation == operation], colours)
        panel.set_title(operation)
    lines, labels = figure.axes[0].get_legend_handles_labels()  # everybody encodes
    figure.legend(lines, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle(title)
    content = io.BytesIO()
    figure.savefig(content, format=Path(path).suffix.lower()[1:], dpi=RESOLUTION)
    write_whole(path, content.getbuffer())


def _draw_panel(panel: Any, measurements: Sequence[Measurement], colours: dict[str, str]) -> None:
    """One operation: medians with the range of the runs, and the bound of the best engine."""
    sizes = sorted({m.size for m in measurements})
    for name in _names(measurements):
        mine = sorted((m for m in measurements if m.contender.name == name), key=lambda m: m.size)
        medians = [m.median for m in mine]
        reach = [
            [m.median - min(m.runs) for m in mine],
            [max(m.runs) - m.median for m in mine],
        ]
        places = [sizes.index(m.size) for m in mine]
        style = {"marker": "o", "markersize": 4, "capsize": 3, "color": colours[name]}
        panel.errorbar(places, medians, yerr=reach, label=name, **style)
    best = measurements[0].contender.name
    bounds = {m.size: m.bound for m in measurements if m.contender.name == best and m.bound}
    if bounds:
        places = [sizes.index(size) for size in bounds]
        panel.plot(places, list(bounds.values()), "k_", markersize=16, label=f"bound of {best}")
    panel.set_yscale("log")
    panel.set_ylim(*_decades([seconds for m in measurements for seconds in m.runs]))
    panel.yaxis.set_major_formatter(lambda seconds, _position: duration_text(seconds))
    panel.set_xticks(range(len(sizes)), [size_text(size) for size in sizes])
    panel.grid(visible=True, alpha=0.3)


def _decades(seconds: Sequence[float]) -> tuple[float, float]:
    """Whole powers of ten, which get labels, around all of these."""
    return 10 ** math.floor(math.log10(min(seconds))), 10 ** math.ceil(math.log10(max(seconds)))


def _names(measurements: Sequence[Measurement]) -> list[str]:
    return list(dict.fromkeys(m.contender.name for m in measurements))
