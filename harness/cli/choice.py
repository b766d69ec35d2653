"""The options that choose a target, the same for every command that needs one."""

import argparse
from pathlib import Path

from harness.lab import Lab, load_lab
from harness.targets import TargetConfig, configure


def add_target_options(parser: argparse.ArgumentParser, *, flag: bool = False) -> None:
    """[TARGET] (or --target where the positional arguments are taken), --cpu, --link, --lab."""
    help_text = (
        "a target of lab.ini, or tcp://HOST:PORT, or a pyserial URL (default: the lab's default target)"
    )
    if flag:
        parser.add_argument("--target", metavar="TARGET", help=help_text)
    else:
        parser.add_argument("target", metavar="TARGET", nargs="?", help=help_text)
    parser.add_argument("--cpu", metavar="CPU", help="processor of an emulated target: arm, armv7, x86, mips")
    parser.add_argument("--link", metavar="LINK", help="how to reach an emulated target: tcp or serial")
    add_lab_option(parser)


def add_lab_option(parser: argparse.ArgumentParser) -> None:
    """--lab FILE."""
    parser.add_argument(
        "--lab", metavar="FILE", type=Path, help="the lab file (default: lab.ini here or in a folder above)"
    )


def chosen(args: argparse.Namespace) -> tuple[Lab, TargetConfig]:
    """What those options say. Raises UsageError and ConfigError."""
    lab = load_lab(args.lab)
    return lab, configure(lab.target(args.target), cpu=args.cpu, link=args.link)
