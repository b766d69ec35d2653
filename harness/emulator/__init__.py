"""The emulated Windows CE device: a program of its own, run as `python -m harness.emulator`."""
