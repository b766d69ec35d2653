"""The `ceharness` command: one file per group of commands (see docs/cli.md)."""
