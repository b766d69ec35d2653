"""Certificates for devices that run only what is signed (docs/certificates.md)."""

import base64
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.errors import UsageError

STORES = {
    "privileged": "Privileged Execution Trust Authorities",
    "unprivileged": "Unprivileged Execution Trust Authorities",
}
"""Certificate stores of Windows Mobile, as the CertificateStore provider names them (page aa455841)."""
_BITS = 2048
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
"""A device whose clock has lost its battery believes in a day long ago."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key in one file, PEM or PKCS #12 (`.pfx`, `.p12`); `password`: of the key."""

    file: Path
    value: x509.Certificate
    password: str | None = field(default=None, repr=False)

    @property
    def packed(self) -> bool:
        """Is it PKCS #12?"""
        return _packed(self.file)

    @property
    def pem(self) -> bytes:
        """Without its key."""
        return self.value.public_bytes(Encoding.PEM)

    def setup_xml(self, store: str) -> str:
        """The provisioning document that puts it into a store of a Windows Mobile device (page aa456048)."""
        digest = self.value.fingerprint(hashes.SHA1()).hex().upper()  # the store knows no other (aa455841)
        encoded = base64.b64encode(self.value.public_bytes(Encoding.DER)).decode("ascii")
        return f"""<wap-provisioningdoc>
  <characteristic type="CertificateStore">
    <characteristic type={quoteattr(STORES[store])}>
      <characteristic type="{digest}">
        <parm name="EncodedCertificate" value="{encoded}"/>
      </characteristic>
    </characteristic>
  </characteristic>
</wap-provisioningdoc>
"""


def _packed(file: Path) -> bool:
    return file.suffix.lower() in (".pfx", ".p12")


def read_certificate(file: Path, password_file: Path | None = None) -> Certificate:
    """The certificate of a file that has its key, too. Raises UsageError."""
    try:
        content = file.read_bytes()
        password = password_file.read_text(encoding="utf-8").rstrip("\r\n") if password_file else None
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror or error}") from error
    secret = None if password is None else password.encode()
    try:
        if _packed(file):
            key, value, _ = pkcs12.load_key_and_certificates(content, secret)
        else:
            key, value = load_pem_private_key(content, secret), x509.load_pem_x509_certificate(content)
    except (ValueError, TypeError) as error:
        hint = "" if password is None else " with this password"
        raise UsageError(f"{file}: no certificate with its key{hint}: {error}") from error
    if key is None or value is None:
        raise UsageError(f"{file}: expected a certificate and its key, in one file")
    return Certificate(file, value, password)


def make_certificate(file: Path, name: str) -> Certificate:
    """A new certificate that signs itself, with a new key, for its owner alone, as PEM.

    Raises UsageError if there is a file of that name.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    value = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FIRST)
        .not_valid_after(_LAST)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as made:
            made.write(text + value.public_bytes(Encoding.PEM))
    except FileExistsError:
        raise UsageError(f"{file} is already there; devices may depend on it") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from error
    return Certificate(file, value)
