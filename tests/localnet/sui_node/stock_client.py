"""pysui's client as it comes, but without TLS, which it has no switch for."""

from pathlib import Path
from typing import Any

from grpclib.client import Channel
from pysui import GroupProtocol, GrpcProtocolClient, NetworkType, PysuiConfiguration


class StockClient(GrpcProtocolClient):
    """Its channel is replaced before anything was sent."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        tls = self._channel
        self._channel = Channel(host=tls._host, port=tls._port, ssl=None)


def stock_client(directory: Path, url: str, keys: list[str]) -> StockClient:
    """A client with its own configuration in `directory`; keys in base64, the first one active."""
    PysuiConfiguration.initialize_config(in_folder=directory, init_groups=[{"name": "user"}])
    config = PysuiConfiguration(from_cfg_path=str(directory), group_name="user")
    config.new_group(
        group_name="local",
        profile_block=[
            {
                "profile_name": "local",
                "url": url,
                "network_type": NetworkType.LOCAL,
                "make_active": True,
            }
        ],
        key_block=[{"key_string": key} for key in keys],
        active_address_index=0,
        group_protocol=GroupProtocol.GRPC,
        make_group_active=True,
    )
    return StockClient(pysui_config=config)
