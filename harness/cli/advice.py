"""What to do about a broken link on the way to a device."""

from collections.abc import Mapping

from harness.errors import Cause
from harness.targets import TargetConfig

_SSH = "do what the message says, until `ssh BENCH true` works and asks nothing (docs/ssh.md)"
_OF_CAUSE: Mapping[str, str] = {
    Cause.LOCKED: "wait for it (--wait 10min), or talk to whoever has it (ceharness targets)",
    Cause.NO_HOST: "correct the name in lab.ini, or write the address as a number",
    Cause.NO_PORT: "plug the adapter in, or name another port: `ceharness ports` lists those there are",
    Cause.BUSY: "end the program that has it, or wait for it",
    Cause.DENIED: "sudo usermod -aG dialout USER, then log in again (docs/serial.md)",
    Cause.REFUSED: "the device is on: start ceagent.exe link=tcp:PORT on it, PORT as in lab.ini",
    Cause.UNREACHABLE: "switch the device on, wake it, compare its address; if its firewall lets nobody in, "
    "have its agent dial (kind = tcp-listen, docs/devices.md)",
    Cause.HOST_KEY: _SSH,
    Cause.LOGIN: _SSH,
    Cause.SILENCE: "switch the device on, wake it, start ceagent.exe on it and on this line; then look at "
    "the cable, which has to be crossed (docs/serial.md)",
    Cause.ECHO: "take the loop out of the cable, or start ceagent.exe: nobody reads this line",
    Cause.TEXT: "end what writes on this port, such as a boot loader or debug output, or start the agent on "
    "another one; `ceharness console` shows the text (docs/serial.md)",
    Cause.NOISE: "compare the speeds of both ends (baud), then cable and ground; `ceharness console` shows "
    "what comes",
    Cause.SPEED: "set this speed as `baud` in lab.ini, or start ceagent.exe with the speed of lab.ini",
    Cause.OTHERS: "end the other controller that talks on this line",
    Cause.VERSION: "put the agent of this harness on the device (ceharness agent info, docs/devices.md)",
    Cause.KEY: "do what the message says; `ceharness agent key FILE` makes a key (docs/security.md)",
}
_OF_STEP: Mapping[str, str] = {
    "configuration": "correct lab.ini (docs/lab.md), or name another target (ceharness targets)",
    "agent executable": "do what the message says; `agent =` in lab.ini names another agent",
    "key": "do what the message says; `ceharness agent key FILE` makes a key",
    "lock": "make the folder of the locks usable for everybody, or name another (docs/lab.md)",
    "device starts": "read the message above; `ceharness emulate` shows an emulated device alone",
    "bench host": _SSH,
    "link opens": "check cable, power, address and port, and that no other program holds the port",
    "agent answers": "start ceagent.exe on the device again: what is there speaks, and is no agent of ours",
    "protocol and key": "do what the message says (ceharness agent info: the agents of this harness)",
    "device information": "ceharness exec with a small program shows which call fails",
    "ws2.dll": "the image lacks Winsock 2 (SYSGEN_WINSOCK): WSASocket cannot be checked on it",
    "provider rights": "have the image trust the agent (docs/provider.md), or take it out of `provides`",
    "clock": "look at the image's system timer: no time limit of the device ever ends",
    "line": "look at cable, speed (baud) and flow control; a shorter cable or a lower speed helps",
}
_DIALS = (
    "start the agent on the device with link=tcp:HOST:PORT, HOST being this computer; let its own firewall \
take the port"
)
_CONNECTED = "switch the device on or wake it; if something else has the port, name the agent's own; start \
ceagent.exe link=tcp:PORT again"


def next_step(step: str, cause: str, config: TargetConfig | None) -> str:
    """What to do where the way is broken at a step, for a cause: a word of `Cause`, or none of them."""
    kind = config.kind if config else ""
    if cause == Cause.UNREACHABLE and kind == "tcp-listen":
        return _DIALS
    if cause == Cause.SILENCE and kind in ("tcp", "tcp-listen"):
        return _CONNECTED
    return _OF_CAUSE.get(cause) or _OF_STEP[step]
