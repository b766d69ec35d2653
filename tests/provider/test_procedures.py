"""What a program does with a descriptor of the provider comes to the procedure that is for it."""

import pytest
from test_deployment import emulated

from harness.device import files
from harness.emulator.ws2.spi import PROCEDURES
from harness.provider import Deployment, Entry
from harness.provider.layout import LOG
from harness.provider.records import Called, records
from harness.provider.words import FAMILY, PROTOCOL, TYPE

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")

CALLS = {
    "bind(s, &name, 16)": "WSPBind",
    "connect(s, &name, 16)": "WSPConnect",
    "WSAConnect(s, &name, 16, NULL, NULL, NULL, NULL)": "WSPConnect",
    "listen(s, 5)": "WSPListen",
    "accept(s, NULL, NULL)": "WSPAccept",
    "WSAAccept(s, NULL, NULL, NULL, 0)": "WSPAccept",
    "send(s, &data, 8, 0)": "WSPSend",
    "WSASend(s, &vector, 1, &count, 0, NULL, NULL)": "WSPSend",
    "sendto(s, &data, 8, 0, &name, 16)": "WSPSendTo",
    "WSASendTo(s, &vector, 1, &count, 0, &name, 16, NULL, NULL)": "WSPSendTo",
    "recv(s, &data, 8, 0)": "WSPRecv",
    "WSARecv(s, &vector, 1, &count, &flags, NULL, NULL)": "WSPRecv",
    "recvfrom(s, &data, 8, 0, NULL, NULL)": "WSPRecvFrom",
    "WSARecvFrom(s, &vector, 1, &count, &flags, NULL, NULL, NULL, NULL)": "WSPRecvFrom",
    "ioctlsocket(s, 0x8004667E, &flags)": "WSPIoctl",
    "WSAIoctl(s, 0x8004667E, &flags, 4, NULL, 0, &count, NULL, NULL)": "WSPIoctl",
    "select(0, &set, NULL, NULL, NULL)": "WSPSelect",
    "getsockname(s, &name, &length)": "WSPGetSockName",
    "getpeername(s, &name, &length)": "WSPGetPeerName",
    "getsockopt(s, 0xFFFF, 0x1008, &flags, &length)": "WSPGetSockOpt",
    "setsockopt(s, 0xFFFF, 0x1001, &flags, 4)": "WSPSetSockOpt",
    "WSAEventSelect(s, NULL, 0)": "WSPEventSelect",
    "WSAEnumNetworkEvents(s, NULL, &data)": "WSPEnumNetworkEvents",
    "WSAJoinLeaf(s, &name, 16, NULL, NULL, NULL, NULL, 0)": "WSPJoinLeaf",
    "shutdown(s, SD_SEND)": "WSPShutdown",
}
FAILS = {"WSAGetOverlappedResult(s, &data, &count, 0, &flags)": "WSPGetOverlappedResult"}
"""The provider returns 0, which is FALSE."""


@pytest.mark.parametrize(
    "cpu", ["arm", "x86", *(pytest.param(cpu, marks=pytest.mark.long) for cpu in ("armv7", "mips"))]
)
def test_each_function_has_its_procedure(cpu: str) -> None:
    lines = [f"call{place} = {call}" for place, call in enumerate({**CALLS, **FAILS})]
    program = f"""
        fresh
        call WSAStartup(0x0202, scratch wsadata[512])
        s = WSASocketW({FAMILY}, {TYPE}, {PROTOCOL}, NULL, 0, 0)
        buffer scratch data[64]
        buffer scratch vector[8]
        store  &vector, 4, 8
        store  &vector+4, 4, &data
        buffer scratch count[4]
        buffer scratch flags[4]
        buffer in name = x"5A00 0001 7F000001 0000000000000000"
        buffer in length = x"10000000"
        buffer scratch set[8]
        store  &set, 4, 1
        store  &set+4, 4, s
    """
    with emulated(cpu) as device:
        deployment = Deployment(device)
        deployment.install(Entry())
        execution = files.run_text(device.run, program + "\n".join(lines), "calls")
        socket = execution.value("s")
        found = [one for one in records(files.read(device.run, LOG)) if isinstance(one, Called)]
        deployment.remove()
    for place in range(len(CALLS)):
        assert execution.named(f"call{place}").ok, lines[place]
    assert not execution.named(f"call{len(CALLS)}").ok
    called = [PROCEDURES[one.index] for one in found]
    assert called == [*CALLS.values(), *FAILS.values()]
    assert all(one.arguments[0] == socket for one in found if PROCEDURES[one.index] != "WSPSelect")
