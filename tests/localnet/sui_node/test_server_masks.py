"""Read masks: what is asked for is there, and nothing else."""

import pytest
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.localnet.sui_node.rpc.masks import mask_of
from walrus_core.localnet.sui_node.rpc.statuses import RpcError


def executed() -> v2.ExecutedTransaction:
    return v2.ExecutedTransaction(
        digest="d",
        checkpoint=0,
        effects=v2.TransactionEffects(
            status=v2.ExecutionStatus(success=True),
            lamport_version=7,
            changed_objects=[
                v2.ChangedObject(object_id="0x1", output_version=7),
                v2.ChangedObject(object_id="0x2", output_version=7),
            ],
        ),
        balance_changes=[v2.BalanceChange(address="0x1", amount="-1")],
    )


def asked(*paths: str) -> v2.ExecutedTransaction:
    mask = mask_of(FieldMask(list(paths)), v2.ExecutedTransaction, "digest")
    return mask.pruned(executed())


def test_a_star_is_everything() -> None:
    assert bytes(asked("*")) == bytes(asked("digest", "*")) == bytes(executed())


def test_no_mask_is_the_default() -> None:
    for given in (None, FieldMask([])):
        mask = mask_of(given, v2.ExecutedTransaction, "digest,checkpoint")
        message = mask.pruned(executed())
        assert bytes(message) == bytes(v2.ExecutedTransaction(digest="d", checkpoint=0))


def test_a_path_that_ends_early_means_all_below() -> None:
    message = asked("effects")
    assert bytes(message) == bytes(v2.ExecutedTransaction(effects=executed().effects))
    assert bytes(asked("effects", "effects.status")) == bytes(message)


def test_paths_go_through_repeated_fields() -> None:
    effects = asked("effects.changed_objects.object_id").effects
    assert effects is not None
    assert effects.status is None
    assert [(c.object_id, c.output_version) for c in effects.changed_objects] == [
        ("0x1", None),
        ("0x2", None),
    ]


def test_zero_is_a_value() -> None:
    assert asked("checkpoint").checkpoint == 0


def test_wants_says_what_is_worth_computing() -> None:
    mask = mask_of(FieldMask(["effects.status", "digest"]), v2.ExecutedTransaction, "digest")
    assert mask.wants("effects")
    assert mask.wants("effects.status.success")
    assert not mask.wants("effects.changed_objects")
    assert not mask.wants("events")


@pytest.mark.parametrize(
    "path",
    ["", "nothing", "effects.nothing", "digest.more", "effects..status", "Effects", "a" * 999],
)
def test_a_path_to_nowhere_is_refused(path: str) -> None:
    with pytest.raises(RpcError, match="INVALID_ARGUMENT: read_mask"):
        asked(path)


def test_too_many_paths_are_refused() -> None:
    with pytest.raises(RpcError, match="201 paths > 200"):
        asked(*["digest"] * 201)
