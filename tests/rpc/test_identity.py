"""Who a node is: the key that the chain names, or nobody."""

import asyncio
import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from rpc.memory_node import HEALTH, KEYS, MemoryNode
from rpc.serving import HOST, N_SHARDS, NETWORK_KEY, SERVER, in_loop, served

from walrus_core.errors import ConfigurationError, NodeUnavailableError
from walrus_core.protocol.committee import Member
from walrus_core.rpc.client import ClientOptions, RpcNode, RpcPeers
from walrus_core.rpc.server import NodeServer
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.types import ShardIndex

OTHER_KEY = ec.derive_private_key(7654321, ec.SECP256R1())
NOW = datetime.datetime.now(datetime.UTC)


def identity(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    *,
    signer: ec.EllipticCurvePrivateKey | None = None,
    names: tuple[str, ...] = ("anyone",),
    days: int = 1,
) -> TlsIdentity:
    """A certificate that need not be as it should."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "anyone")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - datetime.timedelta(days=9))
        .not_valid_after(NOW + datetime.timedelta(days=days))
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    certificate = builder.sign(signer or key, hashes.SHA256())
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return TlsIdentity(key_pem, certificate.public_bytes(Encoding.PEM), b"")


PINNED = TlsIdentity.self_signed(NETWORK_KEY).public_key
CURVE_384 = ec.derive_private_key(5, ec.SECP384R1())


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (TlsIdentity.self_signed(OTHER_KEY), "shows another key than the chain names"),
        (identity(NETWORK_KEY, signer=OTHER_KEY), "that its key has not made"),
        (identity(NETWORK_KEY, names=()), "that its key has not made"),
        (identity(CURVE_384), "not of secp256r1"),
        (identity(rsa.generate_private_key(65537, 2048)), "not of secp256r1"),
        (identity(NETWORK_KEY, days=-1), "CERTIFICATE_VERIFY_FAILED|UNAVAILABLE"),
    ],
    ids=["other key", "other signer", "nameless", "other curve", "rsa", "expired"],
)
def test_others_are_not_believed(shown: TlsIdentity, reason: str) -> None:
    @in_loop
    async def run() -> None:
        server = NodeServer(MemoryNode(), shown, SERVER)
        node = RpcNode(f"{HOST}:{await server.start(HOST, 0)}", PINNED, N_SHARDS)
        try:
            with pytest.raises(NodeUnavailableError, match=reason):
                await node.health()
        finally:
            await node.close()
            await server.stop(0)

    run()


@in_loop
async def test_certificates_are_the_nodes_own_affair() -> None:
    """Other names, other dates: the key is what counts."""
    server = NodeServer(MemoryNode(), identity(NETWORK_KEY, names=("a.example", "b")), SERVER)
    node = RpcNode(f"{HOST}:{await server.start(HOST, 0)}", PINNED, N_SHARDS)
    try:
        assert await node.health() == HEALTH
    finally:
        await node.close()
        await server.stop(0)


@in_loop
async def test_a_key_that_the_chain_does_not_name() -> None:
    async with served(MemoryNode(), tls=True) as way:
        node = RpcNode(way.address, b"", N_SHARDS)
        with pytest.raises(NodeUnavailableError, match="names no network key"):
            await node.health()


@in_loop
async def test_a_node_that_comes_back() -> None:
    """It shows the same certificate, so that nobody who knows it notices."""
    assert TlsIdentity.self_signed(NETWORK_KEY) == TlsIdentity.self_signed(NETWORK_KEY)
    first = NodeServer(MemoryNode(), TlsIdentity.self_signed(NETWORK_KEY), SERVER)
    port = await first.start(HOST, 0)
    node = RpcNode(f"{HOST}:{port}", PINNED, N_SHARDS)
    assert await node.health() == HEALTH
    await first.stop(0)
    second = NodeServer(MemoryNode(), TlsIdentity.self_signed(NETWORK_KEY), SERVER)
    await second.start(HOST, port)
    assert await node.health() == HEALTH
    await second.stop(0)
    await node.close()


@in_loop
async def test_a_node_that_comes_back_with_another_certificate() -> None:
    """Its key, and so it, is the same."""
    first = NodeServer(MemoryNode(), TlsIdentity.self_signed(NETWORK_KEY), SERVER)
    port = await first.start(HOST, 0)
    node = RpcNode(f"{HOST}:{port}", PINNED, N_SHARDS)
    assert await node.health() == HEALTH
    await first.stop(0)
    with pytest.raises(NodeUnavailableError):
        await node.health()
    second = NodeServer(MemoryNode(), identity(NETWORK_KEY), SERVER)
    await second.start(HOST, port)
    assert await node.health() == HEALTH
    await second.stop(0)
    impostor = NodeServer(MemoryNode(), TlsIdentity.self_signed(OTHER_KEY), SERVER)
    await impostor.start(HOST, port)
    with pytest.raises(NodeUnavailableError):  # the connection was cut
        await node.health()
    with pytest.raises(NodeUnavailableError, match="another key"):
        await node.health()
    await impostor.stop(0)
    await node.close()


@in_loop
async def test_what_is_looked_at_is_what_is_asked() -> None:
    """One who relays the handshake to the node, and then answers himself, is found out."""
    impostor = identity(OTHER_KEY)
    relayed = asyncio.Event()
    async with served(MemoryNode(), tls=True) as way:

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            port = fake_port if relayed.is_set() else way.port
            relayed.set()
            there, back = await asyncio.open_connection(HOST, port)
            await asyncio.gather(pump(reader, back), pump(there, writer))

        fake = NodeServer(MemoryNode(), impostor, SERVER)
        fake_port = await fake.start(HOST, 0)
        between = await asyncio.start_server(relay, HOST, 0)
        address = f"{HOST}:{between.sockets[0].getsockname()[1]}"
        node = RpcNode(address, PINNED, N_SHARDS, ClientOptions(call_seconds=5))
        try:
            with pytest.raises(NodeUnavailableError):
                await node.health()
            assert relayed.is_set()
        finally:
            between.close()
            await node.close()
            await fake.stop(0)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "node.example"])
def test_plain_text_is_for_loopback(host: str) -> None:
    @in_loop
    async def run() -> None:
        with pytest.raises(ConfigurationError, match="no loopback address"):
            await NodeServer(MemoryNode(), None, SERVER).start(host, 0)

    run()


@in_loop
async def test_an_address_that_is_taken() -> None:
    async with served(MemoryNode()) as way:
        other = NodeServer(MemoryNode(), None, SERVER)
        with pytest.raises(ConfigurationError, match="cannot listen there"):
            await other.start(HOST, way.port)


@in_loop
async def test_tls_1_2_and_later() -> None:
    async with served(MemoryNode(), tls=True) as way:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection(HOST, way.port, ssl=context)
        assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
        writer.close()


@in_loop
async def test_peers_are_members_of_committees() -> None:
    async with served(MemoryNode(), tls=True) as way:
        peers = RpcPeers(N_SHARDS)
        shards = (ShardIndex(0),)
        member = Member(b"n" * 32, KEYS.public_key, way.address, shards, PINNED)
        assert await peers.node(member).health() == HEALTH
        assert peers.node(member) is peers.node(member)
        moved = Member(b"n" * 32, KEYS.public_key, way.address, shards, b"\x03" * 33)
        with pytest.raises(NodeUnavailableError, match="another key"):
            await peers.node(moved).health()
        node = peers.node(member)
        await peers.close()
        with pytest.raises(NodeUnavailableError, match="closed"):
            await node.health()
