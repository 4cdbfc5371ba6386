"""TLS with the keys that the chain names: a node's certificate, and the check of another's.

A node signs a certificate for itself with its network key (secp256r1), which the chain's record of
the node has. gRPC for Python verifies certificates by roots and names only. So a client looks at
the certificate first, in a handshake of its own, checks that it is the pinned key's own, and then
gives gRPC this certificate as the only root: who has not the key cannot complete the handshake.
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import grpc

from walrus_core.errors import InvalidArgumentError, NodeUnavailableError
from walrus_core.rpc.addresses import host_and_port, is_loopback, parse_address

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

__all__ = ["Endpoint", "TlsIdentity", "look_at"]

_NAME = "walrus-storage-node"
_FIRST_DAY = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_LAST_DAY = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)  # RFC 5280: no end
_HTTP_2 = "h2"


@dataclass(frozen=True, slots=True, repr=False)
class TlsIdentity:
    """A private key and its certificate, both PEM, and the key's public half: 33 bytes."""

    key_pem: bytes
    certificate_pem: bytes
    public_key: bytes

    @classmethod
    def self_signed(cls, key: ec.EllipticCurvePrivateKey) -> TlsIdentity:
        """With the certificate that `key` signs for itself: always the same one, so that clients of
        a node that starts again need not look anew. The chain says how long the key holds.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
        public_key = _compressed(key.public_key())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(sha256(public_key).digest()[:16], "big") | 1)
            .not_valid_before(_FIRST_DAY)
            .not_valid_after(_LAST_DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(key_pem, certificate.public_bytes(Encoding.PEM), public_key)

    def server_credentials(self) -> Any:
        """For a gRPC server."""
        return grpc.ssl_server_credentials([(self.key_pem, self.certificate_pem)])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node was found, as a gRPC target without names to resolve again, and the certificate
    (PEM) it has shown, with a name that is in it; None where it speaks plain text, on loopback.
    """

    target: str
    certificate_pem: bytes | None = None
    name: str = ""


async def look_at(address: str, public_key: bytes, seconds: float) -> Endpoint:
    """Connect to a node and see who it is. NodeUnavailableError if it cannot be reached, or shows
    another key than `public_key` (33 bytes).
    """
    try:
        host, port = parse_address(address)
    except InvalidArgumentError as error:
        raise NodeUnavailableError(address, str(error)) from None
    try:
        async with asyncio.timeout(seconds):
            return await _shown(address, host, port, public_key)
    except TimeoutError:
        raise NodeUnavailableError(address, f"no connection within {seconds:g} s") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise NodeUnavailableError(address, f"cannot be reached: {reason}") from error


async def _shown(address: str, host: str, port: int, public_key: bytes) -> Endpoint:
    _, writer = await asyncio.open_connection(host, port)
    try:
        peer = writer.get_extra_info("peername")[0]
        target = _target(peer, port)
        try:
            await writer.start_tls(_any_certificate())
        except (ssl.SSLError, ConnectionError) as error:
            if is_loopback(peer) and not isinstance(error, ssl.SSLCertVerificationError):
                return Endpoint(target)
            raise NodeUnavailableError(address, f"speaks no TLS: {error}") from error
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    return _pinned(address, target, der, public_key)


def _any_certificate() -> ssl.SSLContext:
    """For a look only: what is shown is checked by `_pinned`, and what is said then by gRPC."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([_HTTP_2])
    return context


def _pinned(address: str, target: str, der: bytes | None, public_key: bytes) -> Endpoint:
    """The endpoint, if its certificate is made by `public_key` for itself."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import Encoding

    if not public_key:
        raise NodeUnavailableError(address, "the chain names no network key for it")
    try:
        certificate = x509.load_der_x509_certificate(der or b"")
        shown = _compressed(certificate.public_key())
        if shown != public_key:
            raise NodeUnavailableError(
                address,
                f"shows another key than the chain names: {shown.hex()} is not {public_key.hex()}",
            )
        certificate.verify_directly_issued_by(certificate)
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = alternatives.value.get_values_for_type(x509.DNSName)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise NodeUnavailableError(
            address, f"shows a certificate that its key has not made: {error}"
        ) from error
    if not names:
        raise NodeUnavailableError(address, "shows a certificate that names nobody")
    return Endpoint(target, certificate.public_bytes(Encoding.PEM), names[0])


def _compressed(key: object) -> bytes:
    """A public key as the chain has it; ValueError if it is of another kind."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ValueError("the key is not of secp256r1")
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _target(ip: str, port: int) -> str:
    """For gRPC, which takes `ip` as it is: what was looked at is what is connected to."""
    family = "ipv6" if ":" in ip else "ipv4"
    return f"{family}:{host_and_port(ip.partition('%')[0], port)}"
