"""The wire without any I/O: frames (bytes between zeros) and messages (what their bodies mean)."""
