"""MovePackageService: packages, and what functions and types they have."""

from __future__ import annotations

from collections.abc import Mapping

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import address_text
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, unary
from walrus_core.localnet.sui_node.rpc.pages import among, page
from walrus_core.localnet.sui_node.rpc.signatures import datatype_message, function_message
from walrus_core.localnet.sui_node.rpc.statuses import not_found
from walrus_core.localnet.sui_node.values import PackageRecord

__all__ = ["MovePackageService"]


class MovePackageService:
    """The packages by their ids; those of older versions show what the latest has."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain

    def methods(self) -> Mapping[str, Handler]:
        return {
            "GetPackage": unary(v2.GetPackageRequest, self.get_package),
            "GetDatatype": unary(v2.GetDatatypeRequest, self.get_datatype),
            "GetFunction": unary(v2.GetFunctionRequest, self.get_function),
            "ListPackageVersions": unary(v2.ListPackageVersionsRequest, self.list_package_versions),
        }

    def get_function(self, request: v2.GetFunctionRequest) -> v2.GetFunctionResponse:
        package = self._package(request.package_id)
        module = fields.identifier("module_name", request.module_name)
        name = fields.identifier("name", request.name)
        function = self._chain.function(package.id, module, name)
        if function is None:
            raise not_found(f"Function {request.package_id}::{module}::{name} not found")
        return v2.GetFunctionResponse(function=function_message(function))

    def get_datatype(self, request: v2.GetDatatypeRequest) -> v2.GetDatatypeResponse:
        package = self._package(request.package_id)
        module = fields.identifier("module_name", request.module_name)
        name = fields.identifier("name", request.name)
        datatype = self._chain.datatype(package.id, module, name)
        if datatype is None:
            raise not_found(f"Datatype {request.package_id}::{module}::{name} not found")
        return v2.GetDatatypeResponse(datatype=datatype_message(datatype))

    def get_package(self, request: v2.GetPackageRequest) -> v2.GetPackageResponse:
        """What its modules declare; there is no bytecode here."""
        package = self._package(request.package_id)
        message = v2.Package(
            storage_id=address_text(package.id),
            original_id=address_text(package.original_id),
            version=package.version,
            modules=[self._module(package.original_id, name) for name in package.modules],
        )
        return v2.GetPackageResponse(package=message)

    def _module(self, original: bytes, name: str) -> v2.Module:
        catalogue = self._chain.world.catalogue
        return v2.Module(
            name=name,
            datatypes=[
                datatype_message(datatype)
                for (package, module, _), datatype in catalogue.datatypes.items()
                if (package, module) == (original, name)
            ],
            functions=[
                function_message(function)
                for (package, module, _), function in catalogue.functions.items()
                if (package, module) == (original, name)
            ],
        )

    def list_package_versions(
        self, request: v2.ListPackageVersionsRequest
    ) -> v2.ListPackageVersionsResponse:
        package = self._package(request.package_id)
        fetch = among(self._chain.package_versions(package.original_id), _version_key)
        found, token = page(fetch, _version_key, request.page_size, request.page_token)
        versions = [
            v2.PackageVersion(package_id=address_text(each.id), version=each.version)
            for each in found
        ]
        return v2.ListPackageVersionsResponse(versions=versions, next_page_token=token)

    def _package(self, text: str | None) -> PackageRecord:
        package = self._chain.package(fields.address("package_id", text))
        if package is None:
            raise not_found(f"Package {text} not found")
        return package


def _version_key(package: PackageRecord) -> bytes:
    return package.version.to_bytes(8, "big")
