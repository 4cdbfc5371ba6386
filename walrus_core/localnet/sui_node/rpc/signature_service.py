"""SignatureVerificationService: whether somebody signed a transaction."""

from __future__ import annotations

from collections.abc import Mapping

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, unary
from walrus_core.localnet.sui_node.rpc.requests import signature_of
from walrus_core.localnet.sui_node.rpc.statuses import invalid
from walrus_core.localnet.sui_node.signatures import signer_of, verify_signatures

__all__ = ["SignatureVerificationService"]

_MESSAGE = "TransactionData"


class SignatureVerificationService:
    """Needs no chain: keys say for themselves whose they are."""

    def methods(self) -> Mapping[str, Handler]:
        return {"VerifySignature": unary(v2.VerifySignatureRequest, self.verify_signature)}

    def verify_signature(self, request: v2.VerifySignatureRequest) -> v2.VerifySignatureResponse:
        """Without an address, any key will do. What does not verify is an answer, no error."""
        message = fields.required("message", request.message)
        if message.name != _MESSAGE:
            raise invalid("message.name", f"this chain verifies signatures of {_MESSAGE}")
        content = fields.required("message.value", message.value)
        signature = signature_of("signature", fields.required("signature", request.signature))
        try:
            signer = signer_of(signature)
            if request.address is not None:
                signer = fields.address("address", request.address)
            verify_signatures(content, (signature,), {signer})
        except RefusedError as error:
            return v2.VerifySignatureResponse(is_valid=False, reason=str(error))
        return v2.VerifySignatureResponse(is_valid=True)
