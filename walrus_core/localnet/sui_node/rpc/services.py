"""All services of one chain."""

from __future__ import annotations

from collections.abc import Mapping

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.rpc.calls import Handler
from walrus_core.localnet.sui_node.rpc.execution_service import TransactionExecutionService
from walrus_core.localnet.sui_node.rpc.ledger_service import LedgerService
from walrus_core.localnet.sui_node.rpc.name_service import NameService
from walrus_core.localnet.sui_node.rpc.package_service import MovePackageService
from walrus_core.localnet.sui_node.rpc.signature_service import SignatureVerificationService
from walrus_core.localnet.sui_node.rpc.state_service import StateService
from walrus_core.localnet.sui_node.rpc.subscription_service import SubscriptionService

__all__ = ["services"]


def services(chain: LocalChain) -> Mapping[str, Mapping[str, Handler]]:
    """The methods of each service, by their names."""
    return {
        "LedgerService": LedgerService(chain).methods(),
        "MovePackageService": MovePackageService(chain).methods(),
        "NameService": NameService().methods(),
        "SignatureVerificationService": SignatureVerificationService().methods(),
        "StateService": StateService(chain).methods(),
        "SubscriptionService": SubscriptionService(chain).methods(),
        "TransactionExecutionService": TransactionExecutionService(chain).methods(),
    }
