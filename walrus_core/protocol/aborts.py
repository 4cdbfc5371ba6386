"""The aborts of the contract, by module and name, with their codes (contract.md, section 24).

A checked integer operation that fails aborts without a module's code: `arithmetic`.
"""

from __future__ import annotations

from walrus_core.errors import Abort

__all__ = ["CODES", "Abort", "abort", "abort_of_code", "arithmetic"]

_TABLE = """
active_set: 0 EZeroMaxSize, 1 EDuplicateInsertion
apportionment_queue: 0 EPopFromEmptyHeap
blob: 0 ENotCertified, 1 EBlobNotDeletable, 2 EResourceBounds, 3 EResourceSize,
    5 EAlreadyCertified, 6 EInvalidBlobId, 7 EDuplicateMetadata, 8 EMissingMetadata,
    9 EInvalidBlobPersistenceType, 10 EInvalidBlobObject
bls_aggregate: 0 EInvalidBitmap, 1 ESigVerification, 2 ENotEnoughStake, 3 EIncorrectCommittee
committee: 0 EInvalidShardAssignment
encoding: 0 EInvalidEncodingType
event_blob: 0 EInvalidSequenceNumber
init: 0 EInvalidMigration, 1 EInvalidUpgradeCap, 2 EDeprecatedFunction
messages: 0 EIncorrectAppId, 1 EIncorrectEpoch, 2 EInvalidMsgType, 3 EIncorrectIntentVersion,
    4 EInvalidBlobPersistenceType, 5 ENotDeletable, 6 EInvalidKeyLength
pending_values: 0 EMissingEpochValue, 1 EReduceValueTooLarge
pool_exchange_rate: 0 EInvalidRate
slashing: 0 ENotAuthorized, 1 EDuplicateVote, 2 ENoProposalForNode, 3 EWrongEpoch,
    4 ENotEnoughVotes
staked_wal: 0 ENotWithdrawing, 1 EMetadataMismatch, 2 EInvalidAmount, 6 EAlreadyWithdrawing,
    7 EStakeBelowThreshold
staking: 0 EInvalidMigration, 1 EWrongVersion, 2 EDeprecatedFunction
staking_inner: 0 EWrongEpochState, 1 EInvalidSyncEpoch, 2 EDuplicateSyncDone, 3 ENoStake,
    4 ENotInCommittee, 5 ECommitteeSelected, 6 ENextCommitteeIsEmpty, 7 EInvalidNodeWeight,
    8 EPoolNotFound, 9 EZeroNodeWeight, 10 EIncorrectNodeOrder
staking_pool: 0 EPoolAlreadyUpdated, 1 ECalculationError, 2 EIncorrectEpochAdvance,
    3 EPoolNotEmpty, 4 EInvalidProofOfPossession, 5 EPoolAlreadyWithdrawing, 6 EPoolIsNotActive,
    7 EZeroStake, 8 ENotStaked, 9 EIncorrectPoolId, 10 ENotWithdrawing,
    11 EWithdrawEpochNotReached, 12 EActivationEpochNotReached, 13 EWithdrawDirectly,
    14 EIncorrectCommissionRate, 15 EAuthorizationFailure, 16 EInvalidNetworkAddressLength,
    17 EInvalidNameLength, 18 EZeroShares
storage_accounting: 0 ETooFarInFuture
storage_node: 0 EInvalidNetworkPublicKey
storage_pool: 0 EBlobNotDeletable, 1 EResourceBounds, 2 EAlreadyCertified, 3 EInvalidBlobId,
    4 EInvalidBlobPersistenceType, 5 EInvalidBlobObject, 6 EInsufficientCapacity, 7 EPoolNotEmpty,
    8 EInvalidBlobSize, 9 EInvalidBlobCount, 10 EWrongVersion, 11 EIncompatibleEndEpoch,
    12 EDuplicateMetadata, 13 EMissingMetadata, 14 EInvalidPercent
storage_resource: 0 EInvalidEpoch, 1 EIncompatibleEpochs, 2 EIncompatibleAmount,
    3 EInvalidEpochRange
system: 0 EInvalidMigration, 1 EWrongVersion, 2 EZeroExtractSize
system_state_inner: 0 EInvalidMaxEpochsAhead, 1 EStorageExceeded, 2 EInvalidEpochsAhead,
    3 EInvalidIdEpoch, 4 EIncorrectCommittee, 5 EInvalidAccountingEpoch, 6 EIncorrectAttestation,
    7 ERepeatedAttestation, 8 ENotCommitteeMember, 9 EIncorrectDenyListSequence,
    10 EIncorrectDenyListNode, 11 EInvalidResourceSize, 12 EInvalidStartEpoch
upgrade: 0 EInvalidUpgradeManager, 1 ENotAuthorized, 2 EDuplicateVote, 3 EInvalidPackageDigest,
    4 ENoProposalForDigest, 5 EWrongEpoch, 6 ENotEnoughVotes, 7 EWrongVersion
walrus_subsidies: 1 EInsufficientFundsInPool
balance: 0 ENonZero, 2 ENotEnough
bcs: 0 EOutOfRange, 1 ENotBool, 2 ELenOutOfRange
dynamic_field: 0 EFieldAlreadyExists, 1 EFieldDoesNotExist
package: 2 EAlreadyAuthorized, 3 ENotAuthorized, 4 EWrongUpgradeCap
vec_map: 0 EKeyAlreadyExists, 1 EKeyDoesNotExist
"""


def _codes(table: str) -> dict[tuple[str, str], int]:
    """(module, name) -> code, from lines `module: code name, code name, ...`."""
    codes = {}
    for line in table.replace(",\n    ", ", ").strip().splitlines():
        module, _, entries = line.partition(": ")
        for entry in entries.split(", "):
            code, name = entry.split()
            codes[module, name] = int(code)
    return codes


CODES = _codes(_TABLE)
"""(module, name) -> code; the last five modules are Sui's framework, with what can be reached."""


def abort(module: str, name: str) -> Abort:
    """The abort of that name, to be raised; its code comes from the table."""
    return Abort(module, CODES[module, name], name)


def arithmetic() -> Abort:
    """A sum, product, difference, cast or division that does not fit its width."""
    return Abort("arithmetic", None, "overflow")


def abort_of_code(module: str, code: int) -> Abort:
    """The abort that a chain reports by number; the name of an unknown one is `unknown`."""
    return Abort(module, code, _NAMES.get((module, code), "unknown"))


_NAMES = {(module, code): name for (module, name), code in CODES.items()}
