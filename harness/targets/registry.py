"""The kinds there are. A new kind: write its file, add it here."""

from collections.abc import Mapping

from harness.targets import emulated, qemu, serial, ssh, tcp, tcp_listen, wine
from harness.targets.base import Kind, TargetConfig

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (emulated.KIND, tcp.KIND, tcp_listen.KIND, serial.KIND, ssh.KIND, wine.KIND, qemu.KIND)
}


def kind_of(config: TargetConfig) -> Kind:
    """The kind of a configured target."""
    return KINDS[config.kind]


def image_of(config: TargetConfig) -> str:
    """Digest of what a configured target runs, "sha256:...", "" if nobody knows. Raises UsageError."""
    return kind_of(config).image(config.settings)


def evidence_of(config: TargetConfig) -> str:
    """What a result of a configured target rests on."""
    kind = kind_of(config)
    return kind.evidence if kind.evidence_of is None else kind.evidence_of(config.settings)
