"""The `ceharness` command: one file per group of commands (see docs/cli.md)."""

import signal


def entry() -> int:
    """`ceharness`, quiet if Ctrl-C comes while Python still loads it; then `harness.cli.main.main`."""
    patient = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if patient:
        # KeyboardInterrupt in the middle of an import is a traceback, or is lost.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from harness.cli import interrupts
    from harness.cli.main import main

    interrupts.install()
    if patient:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return main()
