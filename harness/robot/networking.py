"""Keywords that take the device's network away, and give it back."""

import struct
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from ipaddress import IPv4Address

from robot.api.deco import keyword

from harness.robot.actions import action
from harness.robot.providing import ProviderKeywords
from harness.robot.target import LazyDevice
from harness.targets.base import Network
from harness.winsock import CONSTANTS

CUT, DOWN = "network-cut", "network-down"


class NetworkKeywords(ProviderKeywords):
    """Get Network Peer, Cut Network Path, Take Network Down, Restore Network."""

    def __init__(self, target: LazyDevice) -> None:
        super().__init__(target)
        self._taken = ExitStack()

    @keyword(tags=["network"])
    @action
    def get_network_peer(self) -> str:
        """Returns the address of a peer on the network, 16 bytes of SOCKADDR_IN in hexadecimal digits: it
        takes connections, and whatever they bring.

        | ${peer}=    Get Network Peer
        | Run Program File    connection_outside.ceprog    peer=${peer}
        """
        peer = self._network(CUT).peer
        address = IPv4Address(peer.address).packed
        return (
            struct.pack("<H", CONSTANTS["AF_INET"]) + struct.pack(">H", peer.port) + address
        ).hex() + "00" * 8

    @keyword(tags=["network"])
    @action
    def cut_network_path(self) -> None:
        """Cuts the path to the peer of `Get Network Peer`: nothing gets through, and nobody is told.

        It is whole again after `Restore Network`, and at the end of the test. A target that does not list
        ``network-cut`` in what it provides skips the test as not provocable.
        """
        network = self._network(CUT)
        self._take(network.cut)
        self._test.means.append(str(network.peer))

    @keyword(tags=["network"])
    @action
    def take_network_down(self) -> None:
        """Makes the network subsystem of the device fail; the agent stays reachable.

        It works again after `Restore Network`, and at the end of the test. A target that does not list
        ``network-down`` in what it provides skips the test as not provocable.
        """
        self._take(self._network(DOWN).down)

    @keyword(tags=["network"])
    @action
    def restore_network(self) -> None:
        """The network is as it was before the test; does nothing where nothing was taken away."""
        self._restore_network()

    def _network(self, need: str) -> Network:
        self._need(need)
        network = self._target.get().network
        if network is None:
            raise self._not_reached(
                f"the target says that it provides {need}, but nothing is known of how to bring it about"
            )
        return network

    def _take(self, how: Callable[[], AbstractContextManager[None]]) -> None:
        self._restore_network()
        self._taken.enter_context(how())

    def _restore_network(self) -> None:
        self._taken.close()
