"""Signed agents: the signature holds as long as nothing is changed, and the agents still run."""

import base64
import hashlib
import shutil
import stat
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
    pkcs12,
)
from deployable import AGENT, deployable

from harness.agents import CPU_BUILDS, info
from harness.cli.main import main
from harness.provisioning import deploy


@pytest.fixture(autouse=True)
def _tool() -> None:
    if shutil.which("osslsigncode") is None:
        pytest.skip("osslsigncode is missing: apt-get install osslsigncode")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that signs itself, with its key."""
    path = tmp_path / "lab.pem"
    assert main(["agent", "sign", "ce-x86", "--certificate", str(path), "--create", "Lab", "--output",
                 str(tmp_path / "first")]) == 0  # fmt: skip
    return path


def holds(file: Path, certificate: Path) -> bool:
    line = ["osslsigncode", "verify", "-CAfile", str(certificate), "-in", str(file)]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def test_all_agents_and_providers_are_signed(certificate: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(certificate.stat().st_mode) == 0o600
    output = tmp_path / "signed"
    assert main(["agent", "sign", "--certificate", str(certificate), "--output", str(output)]) == 0
    names = {path.name for path in output.iterdir()}
    builds = CPU_BUILDS.values()
    assert names == {f"ceagent-{one}.exe" for one in builds} | {f"ceprovider-{one}.dll" for one in builds}
    assert all(holds(path, certificate) for path in output.iterdir())
    changed = output / "ceagent-ce-arm.exe"
    content = bytearray((output / "ceagent-ce-armv4i.exe").read_bytes())
    content[0x1000] ^= 1
    changed.write_bytes(content)
    assert not holds(changed, certificate)


def test_a_signed_agent_runs(certificate: Path, tmp_path: Path) -> None:
    """On the emulated device, which does not look at the signature; and it is longer than 64 KiB on MIPS."""
    signed = tmp_path / "first" / "ceagent-ce-x86.exe"
    assert info(signed).cpu == "x86"
    with deployable(tmp_path) as device:
        assert deploy(device.config, agent=signed).changed
        assert device.content(AGENT) == signed.read_bytes()
        assert device.agents() == [AGENT]


def test_a_certificate_in_a_container_with_a_password(certificate: Path, tmp_path: Path) -> None:
    content = certificate.read_bytes()
    key, value = load_pem_private_key(content, None), x509.load_pem_x509_certificate(content)
    packed, password = tmp_path / "lab.pfx", tmp_path / "password"
    packed.write_bytes(
        pkcs12.serialize_key_and_certificates(b"lab", key, value, None, BestAvailableEncryption(b"open"))  # type: ignore[arg-type]
    )
    line = ["agent", "sign", "ce-x86", "--certificate", str(packed), "--output", str(tmp_path / "out")]
    password.write_text("wrong\n")
    assert main([*line, "--password-file", str(password)]) == 2
    assert not (tmp_path / "out").exists()
    password.write_text("open\n")
    assert main([*line, "--password-file", str(password), "--digest", "sha256"]) == 0
    assert holds(tmp_path / "out" / "ceagent-ce-x86.exe", certificate)


def test_what_puts_the_certificate_into_a_store(certificate: Path, tmp_path: Path) -> None:
    xml = tmp_path / "_setup.xml"
    line = ["agent", "sign", "ce-x86", "--certificate", str(certificate), "--output", str(tmp_path / "out")]
    assert main([*line, "--setup-xml", str(xml), "--store", "unprivileged"]) == 0
    (store,) = ElementTree.parse(xml).getroot().findall("./characteristic/characteristic")
    assert store.attrib["type"] == "Unprivileged Execution Trust Authorities"
    (entry,) = store
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
    assert entry.attrib["type"] == hashlib.sha1(der).hexdigest().upper()
    assert base64.b64decode(entry[0].attrib["value"]) == der


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--certificate", "none.pem"], "none.pem: No such file"),
        (["--certificate", "garbage.pem"], "no certificate with its key"),
        (["--certificate", "lab.pem", "--create", "Lab"], "already there"),
        (["no-such-file", "--certificate", "lab.pem"], "no such file, and no build"),
        (["garbage.pem", "--certificate", "lab.pem"], "cannot be signed"),
        (["ce-x86", "--certificate", "lab.pem", "--ca", "other.pem"], "its new signature does not hold"),
    ],
)
def test_what_cannot_be_done_is_told(
    words: list[str],
    message: str,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("garbage.pem").write_text("garbage")
    other = [
        "agent",
        "sign",
        "ce-x86",
        "--certificate",
        "other.pem",
        "--create",
        "Other",
        "--output",
        "other",
    ]
    assert main(other) == 0
    capsys.readouterr()
    assert main(["agent", "sign", *words, "--output", "new"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(Path("new").glob("*"))
