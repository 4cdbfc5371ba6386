"""Functions and datatypes of Move as messages."""

from __future__ import annotations

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.functions import (
    Datatype,
    Function,
    Parameter,
    is_type_parameter,
)
from walrus_core.localnet.sui_node.ids import address_text
from walrus_core.localnet.sui_node.move_types import MoveType, Struct, Vector

__all__ = ["datatype_message", "function_message"]

_Type = v2.OpenSignatureBodyType
_ABILITIES = {
    "copy": v2.Ability.COPY,
    "drop": v2.Ability.DROP,
    "store": v2.Ability.STORE,
    "key": v2.Ability.KEY,
}
_REFERENCES = {
    "": None,
    "&": v2.OpenSignatureReference.IMMUTABLE,
    "&mut": v2.OpenSignatureReference.MUTABLE,
}


def function_message(function: Function) -> v2.FunctionDescriptor:
    """Without the transaction's context among the parameters: callers never pass it."""
    return v2.FunctionDescriptor(
        name=function.name,
        visibility=v2.FunctionDescriptorVisibility.PUBLIC,
        is_entry=False,
        type_parameters=[
            v2.TypeParameter(constraints=[_ABILITIES[ability] for ability in abilities])
            for abilities in function.type_parameters
        ],
        parameters=[_signature(parameter) for parameter in function.parameters],
        returns=[_signature(value) for value in function.returns],
    )


def _signature(parameter: Parameter) -> v2.OpenSignature:
    return v2.OpenSignature(reference=_REFERENCES[parameter.reference], body=_body(parameter.type))


def _body(type_: MoveType) -> v2.OpenSignatureBody:
    if is_type_parameter(type_):
        return v2.OpenSignatureBody(type=_Type.TYPE_PARAMETER, type_parameter=0)
    if isinstance(type_, Vector):
        return v2.OpenSignatureBody(
            type=_Type.VECTOR, type_parameter_instantiation=[_body(type_.item)]
        )
    if isinstance(type_, Struct):
        return v2.OpenSignatureBody(
            type=_Type.DATATYPE,
            type_name=_type_name(type_),
            type_parameter_instantiation=[_body(parameter) for parameter in type_.parameters],
        )
    return v2.OpenSignatureBody(type=_Type.from_string(type_.upper()))


def _type_name(struct: Struct) -> str:
    """A struct without its parameters, which stand beside the name."""
    return f"{address_text(struct.address)}::{struct.module}::{struct.name}"


def datatype_message(datatype: Datatype) -> v2.DatatypeDescriptor:
    """Without fields: clients of this chain read those from BCS."""
    struct = datatype.type
    return v2.DatatypeDescriptor(
        type_name=_type_name(struct),
        defining_id=address_text(struct.address),
        module=struct.module,
        name=struct.name,
        abilities=[_ABILITIES[ability] for ability in sorted(datatype.abilities)],
        type_parameters=[v2.TypeParameter() for _ in range(datatype.n_parameters)],
        kind=v2.DatatypeDescriptorDatatypeKind.STRUCT,
    )
