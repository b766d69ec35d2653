"""Authenticode signatures of agents and providers, made and verified by osslsigncode."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.provisioning.certificates import Certificate

DIGESTS = ("sha1", "sha256")
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Signed:
    """A file and its signed copy."""

    source: Path
    signed: Path
    bytes: int


def sign(
    files: list[Path], certificate: Certificate, output: Path, *, digest: str = "sha1", ca: Path | None = None
) -> list[Signed]:
    """Sign copies of executables and DLLs into a folder, and verify each of them.

    digest: of the signature. ca: the certificates (PEM) that the signing one is verified by; None: it signs
    itself. Raises UsageError; a file whose signature does not hold is not there then.
    """
    program = shutil.which("osslsigncode")
    if program is None:
        raise UsageError("signing needs osslsigncode: apt-get install osslsigncode")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror or error}") from error
    made = []
    with tempfile.TemporaryDirectory(prefix="ceharness-sign-") as folder:
        trusted = ca or Path(folder) / "certificate.pem"
        if ca is None:
            trusted.write_bytes(certificate.pem)
        for file in files:
            fresh = Path(folder) / file.name
            making = [program, "sign", *_key(certificate), "-h", digest, "-in", str(file), "-out", str(fresh)]
            _run(making, f"{file} cannot be signed", certificate.password)
            checking = [program, "verify", "-CAfile", str(trusted), "-in", str(fresh)]
            _run(checking, f"{file}: its new signature does not hold (--ca: who issued the certificate)")
            target = output / file.name
            shutil.move(fresh, target)
            made.append(Signed(file, target, target.stat().st_size))
    return made


def _key(certificate: Certificate) -> list[str]:
    file = str(certificate.file)
    words = ["-pkcs12", file] if certificate.packed else ["-certs", file, "-key", file]
    # From standard input: a command line can be read by everybody.
    return [*words, "-readpass", "-"] if certificate.password is not None else words


def _run(line: list[str], complaint: str, password: str | None = None) -> None:
    done = subprocess.run(
        line, input=password or "", capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode:
        words = [text.strip() for text in (done.stdout + done.stderr).splitlines() if text.strip()]
        raise UsageError(f"{complaint}: osslsigncode says {' | '.join(words[-4:]) or done.returncode}")
