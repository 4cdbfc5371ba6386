"""How nodes register, and prove that their keys are theirs (contract.md, section 20)."""

from __future__ import annotations

from walrus_core.errors import InvalidEncodingError, SignatureError
from walrus_core.localnet.ledger.auth import authorized_address, authorized_object
from walrus_core.localnet.ledger.commission import Commission, check_rate
from walrus_core.localnet.ledger.node_info import (
    NodeInfo,
    VotingParams,
    check_name,
    check_network_address,
    check_network_public_key,
)
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.staking_pool import StakingPool
from walrus_core.localnet.ledger.staking_state import StakingState
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = ["check_possession", "register_candidate"]

PUBLIC_KEY_SIZE = 48


def check_possession(
    public_key: bytes, proof: bytes, epoch: int, tx: Transaction, *, verify: bool
) -> None:
    """Abort unless the BLS key is one and its owner proved, in this epoch, to be the sender."""
    if len(public_key) != PUBLIC_KEY_SIZE:
        raise abort("messages", "EInvalidKeyLength")
    if not verify:
        return
    # Not above: who simulates without signatures needs no library for them.
    from walrus_core.protocol.keys import PublicKey, Signature

    try:
        PublicKey(public_key).verify_possession(epoch, tx.sender, Signature(proof))
    except (InvalidEncodingError, SignatureError):
        raise abort("staking_pool", "EInvalidProofOfPossession") from None


def register_candidate(
    staking: StakingState,
    info: NodeInfo,
    votes: VotingParams,
    commission_rate: int,
    tx: Transaction,
) -> StorageNodeCap:
    """Open a pool for a node, whose key is checked already; returns the node's cap.

    Commission goes to whoever holds the cap, the node's vote in governance to the sender, until
    they are given to others.
    """
    check_name(info.name)
    check_network_address(info.network_address)
    check_rate(commission_rate)
    check_network_public_key(info.network_public_key)
    node_id, cap_id = tx.fresh_id(), tx.fresh_id()
    pool = StakingPool(
        id=node_id,
        node_info=info,
        voting_params=votes,
        commission=Commission(commission_rate, receiver=authorized_object(cap_id)),
        governance_authorized=authorized_address(tx.sender),
        activation_epoch=staking.epoch + (1 if staking.selected else 0),
        latest_epoch=staking.epoch,
    )
    pool.start()
    staking.pools.insert(node_id, pool)
    return StorageNodeCap(cap_id, node_id, 0, None, 0, 0, 0)
