"""Certificates of a root made for a test, in files."""

import datetime
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass
class Authority:
    """Certifies names; `pem` is its own certificate."""

    name: str = "a root"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        self.certificate = self._signed(self.name, self.key, is_root=True)
        self.pem = self.certificate.public_bytes(Encoding.PEM)

    def certify(self, name: str) -> tuple[bytes, bytes]:
        """A new key's certificate and the key, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(name, key, is_root=False)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return certificate.public_bytes(Encoding.PEM), pem

    def write(self, directory: Path, name: str = "localhost") -> tuple[Path, Path]:
        """Into files beside each other, replaced one after the other."""
        paths = directory / "server.crt", directory / "server.key"
        for path, content in zip(paths, self.certify(name), strict=True):
            path.write_bytes(content)
        return paths

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, is_root: bool
    ) -> x509.Certificate:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))]), False
            )
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), True)
            .sign(self.key, hashes.SHA256())
        )
