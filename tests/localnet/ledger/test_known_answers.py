"""Every case of contract.json gives exactly its numbers, aborts and events."""

import inspect
from collections.abc import Callable

from localnet.ledger import staking_formulas, staking_steps, system_formulas, system_steps
from localnet.ledger.known_contract import Entry, KnownContract, as_listed
from localnet.ledger.scenario import Tables, run

from walrus_core.errors import Abort

FORMULAS: dict[str, Callable[..., Entry]] = {
    **system_formulas.FORMULAS,
    **staking_formulas.FORMULAS,
}
"""Group -> the function whose parameters are a case's inputs, and which returns its answers."""

TABLES = Tables(
    setups=system_steps.TABLES.setups | staking_steps.TABLES.setups,
    steps=system_steps.TABLES.steps | staking_steps.TABLES.steps,
    views=system_steps.TABLES.views | staking_steps.TABLES.views,
)

ABOUT_A_CASE = {"name", "source"}


def test_known_answer(known_contract: KnownContract, group: str, known_case: Entry) -> None:
    fields = {name: value for name, value in known_case.items() if name not in ABOUT_A_CASE}
    if group in FORMULAS:
        check_formula(FORMULAS[group], fields)
    else:
        config = known_contract.config_of(known_case)
        assert fields.keys() == {"config", "steps"}
        run(config, fields["steps"], TABLES)


def check_formula(formula: Callable[..., Entry], fields: Entry) -> None:
    parameters = inspect.signature(formula).parameters
    inputs = {name: fields.pop(name) for name in parameters if name in fields}
    try:
        answers = formula(**inputs)
    except Abort as abort:
        answers = {"abort": as_listed(abort)}
    assert answers == fields
