"""What each `walrus-core simulate` command says of an outcome: a report, and panels to draw."""

from __future__ import annotations

from dataclasses import asdict
from itertools import accumulate

from walrus_core.cli.output import Report, Table, Values, camel_case
from walrus_core.cli.quantities import count_text, size_text, wal_text
from walrus_core.cli.simulate_plot import Panel
from walrus_core.localnet.outcome import CommitteeOutcome, Outcome, Purchase, StakeOutcome
from walrus_core.types import FROST_PER_WAL

View = tuple[Report, list[Panel]]

MOST_EPOCHS = 10
"""In a table with a column for each; of more, the first ones and the last one are shown."""


def committee_view(outcome: Outcome) -> View:
    """Who holds how many shards in each epoch, and how many change hands."""
    committees = outcome.committees
    shown = committees
    if len(committees) > MOST_EPOCHS:
        shown = (*committees[: MOST_EPOCHS - 1], committees[-1])
    stakes = {member.name: wal_text(member.stake) for member in committees[-1].members}
    rows = [
        [name, *(str(c.shards_of(name) or "-") for c in shown), stakes.get(name, "-")]
        for name in outcome.nodes
    ]
    rows.append(["moved", *(str(c.moved) for c in shown), ""])
    report = _report(
        outcome,
        {"committees": [_committee_values(c) for c in committees]},
        headline="shards of each node",
        table=Table(["node", *(f"epoch {c.epoch}" for c in shown), "stake then"], rows),
        hint="" if shown is committees else "epochs in between are left out; --json has them all",
    )
    labels = [str(c.epoch) for c in committees]
    held = {name: [float(c.shards_of(name)) for c in committees] for name in outcome.nodes}
    moved = {"moved": [float(c.moved) for c in committees]}
    return report, [
        Panel("Shards of each node", "shards", labels, held, "columns"),
        Panel("Shards that change hands", "shards", labels, moved, "columns"),
    ]


def _committee_values(committee: CommitteeOutcome) -> Values:
    members = [
        {"name": m.name, "shards": len(m.shards), "stake": m.stake, "shardList": list(m.shards)}
        for m in committee.members
    ]
    return {
        "epoch": committee.epoch,
        "moved": committee.moved,
        "joined": list(committee.joined),
        "left": list(committee.left),
        "members": members,
    }


def rewards_view(outcome: Outcome) -> View:
    """What nodes were paid, and what stakes earned."""
    epochs, now = outcome.epochs, outcome.following.epoch
    rows = []
    for name in outcome.nodes:
        paid = [epoch.reward_of(name) for epoch in epochs]
        total, kept = sum(r.total for r in paid), sum(r.commission for r in paid)
        rows.append([name, wal_text(total), wal_text(kept), wal_text(total - kept), ""])
        mine = [stake for stake in outcome.stakes if stake.node == name]
        rows += [[f"  {_stake_text(s)}", "", "", wal_text(s.earned), _yield(s, now)] for s in mine]
    income, burned = sum(e.income for e in epochs), sum(e.burned for e in epochs)
    report = _report(
        outcome,
        {
            "epochs": [
                {
                    "epoch": e.epoch,
                    "income": e.income,
                    "burned": e.burned,
                    "rewards": [asdict(reward) for reward in e.rewards],
                }
                for e in epochs
            ],
            "stakes": [_stake_values(stake, now) for stake in outcome.stakes],
        },
        headline=f"rewards of {count_text(len(epochs), 'epoch')}",
        facts={"income": wal_text(income), "burned": wal_text(burned)},
        table=Table(["node", "rewards", "commission", "for stakes", "per epoch"], rows),
    )
    labels = [str(e.epoch) for e in epochs]
    earned = {
        name: [
            total / FROST_PER_WAL for total in accumulate(e.reward_of(name).total for e in epochs)
        ]
        for name in outcome.nodes
    }
    flows = {
        "paid": [sum(r.total for r in e.rewards) / FROST_PER_WAL for e in epochs],
        "burned": [e.burned / FROST_PER_WAL for e in epochs],
    }
    return report, [
        Panel("Rewards of each node, added up", "WAL", labels, earned, "columns"),
        Panel("Where each epoch's income goes", "WAL", labels, flows, "columns"),
    ]


def _stake_text(stake: StakeOutcome) -> str:
    until = "" if stake.withdraw_epoch is None else f" to {stake.withdraw_epoch}"
    return f"{wal_text(stake.principal)} from epoch {stake.activation_epoch}{until}"


def _stake_values(stake: StakeOutcome, now: int) -> Values:
    values = {camel_case(name): value for name, value in asdict(stake).items()}
    return values | {"epochsActive": stake.epochs_active(now)}


def _yield(stake: StakeOutcome, now: int) -> str:
    epochs = stake.epochs_active(now)
    return f"{100 * stake.earned / stake.principal / epochs:.4f} %" if epochs else "-"


def prices_view(outcome: Outcome) -> View:
    """What the votes come to: prices and capacity in force in each epoch."""
    epochs = outcome.epochs
    rows = [
        [
            str(e.epoch),
            f"{e.storage_price:,}",
            f"{e.write_price:,}",
            size_text(e.total_capacity),
            size_text(e.used_capacity),
        ]
        for e in epochs
    ]
    fields = ("epoch", "storage_price", "write_price", "total_capacity", "used_capacity")
    report = _report(
        outcome,
        {"epochs": [{camel_case(f): getattr(e, f) for f in fields} for e in epochs]},
        headline="prices in FROST per MiB of encoded size, storage for an epoch",
        table=Table(["epoch", "storage price", "write price", "capacity", "used"], rows),
    )
    labels = [str(e.epoch) for e in epochs]
    prices = {
        "storage": [float(e.storage_price) for e in epochs],
        "write": [float(e.write_price) for e in epochs],
    }
    sizes = {
        "for sale": [e.total_capacity / 2**40 for e in epochs],
        "sold": [e.used_capacity / 2**40 for e in epochs],
    }
    return report, [
        Panel("Prices in force", "FROST per MiB", labels, prices, "steps"),
        Panel("Capacity", "TiB", labels, sizes, "steps"),
    ]


def cost_view(outcome: Outcome) -> View:
    """What everything cost that was stored."""
    bought = [(e.epoch, purchase) for e in outcome.epochs for purchase in e.purchases]
    rows = [
        [
            str(epoch),
            _bought_text(p),
            size_text(p.encoded_size),
            str(p.epochs),
            wal_text(p.storage_cost),
            wal_text(p.write_cost),
            wal_text(p.cost),
        ]
        for epoch, p in bought
    ]
    header = ["epoch", "bought", "encoded", "epochs", "storage", "write", "cost"]
    total = sum(p.cost for _, p in bought)
    report = _report(
        outcome,
        {"purchases": [_purchase_values(epoch, p) for epoch, p in bought], "cost": total},
        headline=f"{count_text(len(bought), 'purchase')}: {wal_text(total)}",
        table=Table(header, rows, n_labels=2) if rows else None,
        hint="" if rows else "nothing was bought; add usage to the file, or give --size",
    )
    costs = {
        "storage": [p.storage_cost / FROST_PER_WAL for _, p in bought],
        "write": [p.write_cost / FROST_PER_WAL for _, p in bought],
    }
    labels = [f"{epoch}: {_bought_text(p)}" for epoch, p in bought]
    return report, [Panel("Cost of each purchase", "WAL", labels, costs, "rows")]


def _bought_text(purchase: Purchase) -> str:
    if purchase.size is None:
        return f"storage of {size_text(purchase.encoded_size)}"
    blob = f"blob of {size_text(purchase.size)}"
    return blob if purchase.count == 1 else f"{purchase.count:,} x {blob}"


def _purchase_values(epoch: int, purchase: Purchase) -> Values:
    values = {camel_case(name): value for name, value in asdict(purchase).items()}
    return {"epoch": epoch} | values | {"cost": purchase.cost}


def _report(
    outcome: Outcome,
    values: Values,
    *,
    headline: str,
    table: Table | None,
    facts: dict[str, str] | None = None,
    hint: str = "",
) -> Report:
    """A report that also tells what was refused, and why it ended early."""
    remarks = [f"  {hint}"] if hint else []
    remarks += [f"  epoch {r.epoch}: {r.where}: {r.reason}" for r in outcome.refusals]
    if outcome.stuck is not None:
        remarks.append(f"  epoch {outcome.following.epoch} never ends: {outcome.stuck}")
    trouble: Values = {
        "refused": [asdict(refusal) for refusal in outcome.refusals],
        "stuck": outcome.stuck,
    }
    return Report(values | trouble, headline, facts or {}, table, remarks)
