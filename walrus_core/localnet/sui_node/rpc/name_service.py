"""NameService: on a local chain nothing and nobody has a name."""

from __future__ import annotations

from collections.abc import Mapping

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, unary
from walrus_core.localnet.sui_node.rpc.statuses import not_found

__all__ = ["NameService"]


class NameService:
    """Knows none."""

    def methods(self) -> Mapping[str, Handler]:
        return {
            "LookupName": unary(v2.LookupNameRequest, self.lookup_name),
            "ReverseLookupName": unary(v2.ReverseLookupNameRequest, self.reverse_lookup_name),
        }

    def lookup_name(self, request: v2.LookupNameRequest) -> v2.LookupNameResponse:
        raise not_found(f"Name {fields.required('name', request.name)} not found")

    def reverse_lookup_name(
        self, request: v2.ReverseLookupNameRequest
    ) -> v2.ReverseLookupNameResponse:
        fields.address("address", request.address)
        raise not_found(f"Address {request.address} has no name")
