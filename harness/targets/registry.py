"""The kinds there are. A new kind: write its file, add it here."""

from collections.abc import Mapping

from harness.targets import emulated, serial, ssh, tcp, tcp_listen, wine
from harness.targets.base import Kind, TargetConfig

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (emulated.KIND, tcp.KIND, tcp_listen.KIND, serial.KIND, ssh.KIND, wine.KIND)
}


def kind_of(config: TargetConfig) -> Kind:
    """The kind of a configured target."""
    return KINDS[config.kind]
