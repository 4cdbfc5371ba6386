"""Certificates: who is let in, and files that change while the server runs."""

import logging
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from rpc.certificates_made import Authority
from rpc.gateway_serving import served_gateway, way_to
from rpc.serving import in_loop

from walrus_core.errors import ConfigurationError
from walrus_core.rpc.attendants import caller_name
from walrus_core.rpc.callers import Caller, CallerGate
from walrus_core.rpc.certificates import LiveCertificate
from walrus_core.rpc.gateway_options import CertificateFiles


def trusting(authority: Authority, client: tuple[bytes, bytes] | None = None) -> object:
    certificate, key = client or (None, None)
    return grpc.ssl_channel_credentials(authority.pem, key, certificate)


@in_loop
async def test_new_connections_get_the_new_certificate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the files do not fit together, as between two writes, they get the old one; who is
    connected stays so.
    """
    old, new = Authority("the old one"), Authority("the new one")
    certificate, key = old.write(tmp_path)
    old_pem = certificate.read_bytes()
    live = LiveCertificate(CertificateFiles(certificate, key))
    async with (
        served_gateway(certificate=live) as (_, port),
        way_to(port, trusting(old)) as connected,
    ):
        await connected.name()
        pem, key_pem = new.certify("localhost")
        certificate.write_bytes(pem)
        with caplog.at_level(logging.WARNING):
            async with way_to(port, trusting(old)) as way:
                await way.name()
        assert "stays as it was" in caplog.text
        assert live.failures > 0
        assert live.end == end_of(old_pem)
        key.write_bytes(key_pem)
        async with way_to(port, trusting(new)) as way:
            await way.name()
        async with way_to(port, trusting(old)) as way:
            with pytest.raises(grpc.aio.AioRpcError):
                await way.name(timeout=2)
        await connected.name()
        assert live.end == end_of(pem)


def end_of(certificate: bytes) -> float:
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc.timestamp()


@in_loop
async def test_only_those_whom_the_root_certifies(tmp_path: Path) -> None:
    """They are called by the name in their certificate; the roots may change, too."""
    own, clients, others = Authority("own"), Authority("clients"), Authority("others")
    files = CertificateFiles(*own.write(tmp_path), tmp_path / "clients.crt")
    assert files.client_ca is not None
    files.client_ca.write_bytes(clients.pem)
    seen = []

    class Nothing:
        """Tallies that count nothing but who came."""

        def call(self, caller: Caller) -> "Nothing":
            assert caller_name.get() == caller.name
            seen.append(caller.name)
            return self

        def __enter__(self) -> None:
            return None

        def __exit__(self, *_: object) -> None:
            return None

    gate = CallerGate(lambda: None, Nothing())  # type: ignore[arg-type]
    async with served_gateway(certificate=LiveCertificate(files), gate=gate) as (_, port):
        async with way_to(port, trusting(own, clients.certify("shop"))) as way:
            await way.name()
        assert seen == ["shop"]
        for stranger in (None, others.certify("shop")):
            async with way_to(port, trusting(own, stranger)) as way:
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await way.name(timeout=2)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        files.client_ca.write_bytes(others.pem)
        async with way_to(port, trusting(own, others.certify("mill"))) as way:
            await way.name()
    assert seen == ["shop", "mill"]


def test_files_that_are_no_certificate_are_refused_at_the_start(tmp_path: Path) -> None:
    certificate, key = Authority().write(tmp_path)
    nothing, nonsense = tmp_path / "nothing", tmp_path / "nonsense"
    nonsense.write_text("certificate, please")
    other = tmp_path / "other.key"
    other.write_bytes(Authority().certify("localhost")[1])
    for files, words in (
        (CertificateFiles(nothing, key), "No such file"),
        (CertificateFiles(nonsense, key), "no certificate"),
        (CertificateFiles(certificate, other), "no certificate of the key"),
        (CertificateFiles(certificate, key, nonsense), "holds no certificates"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            LiveCertificate(files)
