"""Links through a bench host that is reached over SSH: to a serial port of it, or to an address beyond it.

    ssh://[user@]bench[:port]/dev/ttyUSB0?baud=115200
    ssh://[user@]bench[:port]/tcp/10.0.0.7:5555

Everything else (keys, known hosts, jump hosts) is read from where `ssh` reads it. docs/ssh.md.
"""

from harness.links.ssh.address import SILENCE_S, BenchPort, BenchTcp, SshAddress

__all__ = ["SILENCE_S", "BenchPort", "BenchTcp", "SshAddress"]
