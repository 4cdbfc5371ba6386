"""`walrus-core simulate`: what-if answers from the contract's own rules.

simulate_input reads the scenario, localnet.simulation lives through it; simulate_views says what
came of it, simulate_plot draws that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from walrus_core.cli.arguments import FILE, Command, json_option, size_in_bytes
from walrus_core.cli.bench_plot import check_picture
from walrus_core.cli.output import Report
from walrus_core.cli.simulate_input import MOST_EPOCHS, read_scenario
from walrus_core.cli.simulate_plot import draw
from walrus_core.cli.simulate_views import (
    View,
    committee_view,
    cost_view,
    prices_view,
    rewards_view,
)
from walrus_core.localnet.outcome import Outcome
from walrus_core.localnet.scenario import Scenario, StoreBlobs
from walrus_core.localnet.simulation import simulate


@click.group("simulate")
def command() -> None:
    """Answer what-if questions about stakes, shards, prices and costs.

    \b
    FILE describes a network and what happens in it, in YAML (or JSON, if its name ends in .json):
    \b
      n_shards: 1000
      nodes:
        - {name: alpha, stake: 2000000, storage_price: 50000, write_price: 20000,
           capacity: 500TiB, commission: 10}
        - ...
      epochs:                                    # epoch 1, epoch 2, ...; may be left out
        - usage: [{size: 1GiB, epochs: 26, count: 100}, {storage: 10TiB, epochs: 2}]
          repeat: 4                              # the same in four epochs
        - stake: [{node: alpha, amount: 500000}]
          unstake: [{node: beta, amount: all}]
          vote: [{node: alpha, storage_price: 60000}]
    \b
    Stakes and amounts are WAL; prices FROST per MiB of encoded size (storage: and epoch); sizes
    bytes, or with KiB to PiB; commission per cent. A size is that of a blob before encoding,
    `storage` is encoded space. max_epochs_ahead (53) may stand beside n_shards.
    \b
    Events happen in their order at the start of their epoch; then voting ends, and the next epoch
    begins. Votes on prices count at once, on capacity with the next committee. What the contract
    refuses is told, and changes nothing. No signatures, no sync time: the rest is the contract.
    """  # noqa: D301 (click takes a backspace for "leave these lines alone")


command.params.append(json_option())


def question(view: Callable[[Outcome], View], title: str) -> Callable[..., Report]:
    """What the commands share: the scenario's file and options, the answer and its picture."""

    def answer(file: str, scenario: Scenario, picture: str | None) -> Report:
        report, panels = view(simulate(scenario))
        values = {
            "file": file,
            "nShards": scenario.n_shards,
            "contractVersion": scenario.contract_version,
            "plot": picture,
        }
        remarks = list(report.remarks)
        if picture is not None:
            draw(picture, f"{title}, {scenario.n_shards:,} shards", panels)
            remarks.append(f"  drawn in {picture}")
        return replace(report, values=values | report.values, remarks=remarks)

    return answer


def scenario_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """FILE and the options of every command here."""
    for decorate in reversed(
        [
            click.argument("file", type=FILE, metavar="FILE"),
            click.option(
                "--epochs",
                "n_epochs",
                type=click.IntRange(1, MOST_EPOCHS),
                metavar="N",
                help="Live through N epochs; after those of FILE, the usage of its last one goes"
                " on.  [default: those of FILE]",
            ),
            click.option(
                "--contract-version",
                type=click.IntRange(3, 4),
                default=4,
                show_default=True,
                metavar="N",
                help="Rules of version 4, or of 3, the one that is deployed.",
            ),
            click.option(
                "--plot",
                "picture",
                callback=check_picture,
                metavar="FILE",
                help="Draw the answer: a .png, .svg or .pdf. Needs matplotlib.",
            ),
        ]
    ):
        function = decorate(function)
    return function


@command.command("committee", cls=Command)
@scenario_options
def committee(
    file: str, n_epochs: int | None, contract_version: int, picture: str | None
) -> Report:
    """Who gets how many shards, and what moves."""
    scenario = read_scenario(file, contract_version, n_epochs)
    return question(committee_view, "Committees")(file, scenario, picture)


@command.command("rewards", cls=Command)
@scenario_options
def rewards(file: str, n_epochs: int | None, contract_version: int, picture: str | None) -> Report:
    """What nodes are paid and what stakes earn under a given usage."""
    scenario = read_scenario(file, contract_version, n_epochs)
    return question(rewards_view, "Rewards")(file, scenario, picture)


@command.command("prices", cls=Command)
@scenario_options
def prices(file: str, n_epochs: int | None, contract_version: int, picture: str | None) -> Report:
    """What votes on prices and capacity do."""
    scenario = read_scenario(file, contract_version, n_epochs)
    return question(prices_view, "Prices and capacity")(file, scenario, picture)


@command.command("cost", cls=Command)
@scenario_options
@click.option(
    "--size",
    callback=size_in_bytes,
    metavar="N",
    help="Store a blob of this size in every epoch, too: bytes, or with KiB, MiB, GiB.",
)
@click.option(
    "--lifetime",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="For how many epochs that blob is stored.",
)
def cost(
    file: str,
    n_epochs: int | None,
    contract_version: int,
    picture: str | None,
    size: int | None,
    lifetime: int,
) -> Report:
    """What it costs to store blobs."""
    scenario = read_scenario(file, contract_version, n_epochs)
    if size is not None:
        blob = StoreBlobs("--size", size, lifetime)
        scenario = replace(scenario, epochs=tuple((*e, blob) for e in scenario.epochs))
    return question(cost_view, "Cost of storage")(file, scenario, picture)
