"""A server's certificate, in files that may be replaced while it serves.

gRPC asks for it at every handshake (`grpc.dynamic_ssl_server_credentials`, which serves grpc.aio,
too): new connections get what is in the files now, those that are there go on with what they have.
Files that do not fit together, as for a moment when they are replaced one after the other, change
nothing.
"""

from __future__ import annotations

import logging
import math
import ssl
from pathlib import Path
from threading import Lock
from typing import Any

import grpc

from walrus_core.errors import ConfigurationError
from walrus_core.rpc.gateway_options import CertificateFiles

__all__ = ["LiveCertificate"]

LARGEST_FILE = 4 << 20

_log = logging.getLogger(__name__)


class LiveCertificate:
    """What the files hold now; ConfigurationError if at first that is no certificate with its key.

    Used by gRPC's threads. `end`: of the certificate, in seconds since 1970, not a number if that
    cannot be read; `failures`: how often what was new could not be used.
    """

    def __init__(self, files: CertificateFiles) -> None:
        self._files = files
        self._lock = Lock()
        self._state = self._look()
        self.failures = 0
        contents = self._checked()
        self.end = _end(contents[0])
        self._first = _configuration(contents)

    def credentials(self) -> Any:
        """For a gRPC server."""
        return grpc.dynamic_ssl_server_credentials(
            self._first, self._changed, require_client_authentication=bool(self._files.client_ca)
        )

    def _changed(self) -> Any:
        """The configuration if it is new; None if it is not, or cannot be used."""
        try:
            with self._lock:
                state = self._look()
                if state == self._state:
                    return None
                contents = self._checked()
                self._state = state
                self.end = _end(contents[0])
            _log.info("a new certificate, from %s", self._files.certificate)
            return _configuration(contents)
        except (ConfigurationError, OSError) as error:
            self.failures += 1
            _log.warning("the certificate stays as it was: %s", error)
            return None

    def _look(self) -> list[tuple[int, ...]]:
        """What differs once a file is written or replaced."""
        try:
            found = [path.stat() for path in self._files.paths()]
        except OSError as error:
            raise ConfigurationError(str(error.filename), error.strerror or str(error)) from None
        return [(each.st_ino, each.st_size, each.st_mtime_ns) for each in found]

    def _checked(self) -> list[bytes]:
        """The files, which fit together. ConfigurationError."""
        contents = [_content(path) for path in self._files.paths()]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self._files.certificate, self._files.key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            reason = f"is no certificate of the key in {self._files.key}: {_reason(error)}"
            raise ConfigurationError(str(self._files.certificate), reason) from None
        if self._files.client_ca is not None:
            try:
                context.load_verify_locations(cadata=contents[2].decode("ascii", "replace"))
            except (ssl.SSLError, ValueError) as error:
                reason = f"holds no certificates: {_reason(error)}"
                raise ConfigurationError(str(self._files.client_ca), reason) from None
        if contents != [_content(path) for path in self._files.paths()]:
            raise ConfigurationError(str(self._files.certificate), "is being written")
        return contents


def _configuration(contents: list[bytes]) -> Any:
    certificate, key, *roots = contents
    return grpc.ssl_server_certificate_configuration(
        [(key, certificate)], roots[0] if roots else None
    )


def _end(certificate: bytes) -> float:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc.timestamp()
    except ValueError:
        return math.nan


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise ConfigurationError(str(path), error.strerror or str(error)) from None


def _no_password() -> str:
    raise ValueError("the key has a password; a server has nobody to ask for it")


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
