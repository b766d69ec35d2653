"""The options that choose a target, the same for every command that needs one."""

import argparse
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError
from harness.lab import Lab, load_lab
from harness.targets import TargetConfig, choice_words, configure, keys


def add_target_options(parser: argparse.ArgumentParser, *, flag: bool = False) -> None:
    """[TARGET] (--target where the positional arguments are taken), --cpu, --link, --quirk, --variant, --key,
    --faults, --wait, --lab."""
    help_text = (
        "a target of lab.ini, or tcp://HOST:PORT, tcp-listen://[ADDRESS:]PORT, ssh://BENCH/dev/PORT, "
        "ssh://BENCH/tcp/HOST:PORT, or a pyserial URL "
        "(default: the lab's default target)"
    )
    if flag:
        parser.add_argument("--target", metavar="TARGET", help=help_text)
    else:
        parser.add_argument("target", metavar="TARGET", nargs="?", help=help_text)
    parser.add_argument("--cpu", metavar="CPU", help="processor of an emulated target: arm, armv7, x86, mips")
    parser.add_argument("--link", metavar="LINK", help="its link: tcp, serial or tcp-listen")
    for option, what in (
        ("--quirk", "something that it does wrong"),
        ("--variant", "a way in which it differs"),
    ):
        parser.add_argument(
            option, metavar="NAME", action="append", default=[], help=f"{what}, in place of those of lab.ini"
        )
    parser.add_argument(
        "--key",
        metavar="FILE",
        help="the file with the device's key (default: what lab.ini says, for TCP else the variable "
        "CEHARNESS_KEY); a key itself is never an argument",
    )
    parser.add_argument(
        "--faults",
        metavar="FAULTS",
        help='make the line faulty on purpose: "flip=1e-3 drop=1e-4 dup=1e-4 stall=1e-5 cut=1e-6 seed=7", '
        "probabilities for every byte; none: without those of lab.ini",
    )
    add_wait_option(parser)
    add_lab_option(parser)


def add_wait_option(parser: argparse.ArgumentParser) -> None:
    """--wait DURATION."""
    parser.add_argument(
        "--wait",
        metavar="TIME",
        help="if somebody else uses the device, or has reserved it, wait for it that long: 30s, 10min, 2h",
    )


def duration(option: str, given: str) -> float:
    """Seconds. Raises UsageError."""
    try:
        return keys.seconds(given)
    except ValueError:
        raise UsageError(f"{option} {given}: expected a time such as 30s, 10min or 2h") from None


def add_lab_option(parser: argparse.ArgumentParser) -> None:
    """--lab FILE."""
    parser.add_argument(
        "--lab", metavar="FILE", type=Path, help="the lab file (default: lab.ini here or in a folder above)"
    )


def chosen(args: argparse.Namespace) -> tuple[Lab, TargetConfig]:
    """What those options say. Raises UsageError and ConfigError."""
    lab = load_lab(args.lab)
    config = configure(
        lab.target(args.target),
        cpu=args.cpu,
        link=args.link,
        quirk=" ".join(args.quirk) or None,
        variants=" ".join(args.variant) or None,
        key=args.key,
        faults=args.faults,
    )
    return lab, waiting(config, args)


def waiting(config: TargetConfig, args: argparse.Namespace) -> TargetConfig:
    """The target, with what --wait says. Raises UsageError."""
    return replace(config, wait=duration("--wait", args.wait)) if args.wait else config


def target_words(args: argparse.Namespace) -> list[str]:
    """What to write on a command line to choose the same device again; faults of the line are left out."""
    return choice_words(
        args.target,
        cpu=args.cpu,
        link=args.link,
        quirks=args.quirk,
        variants=args.variant,
        key=args.key,
        lab=args.lab and str(args.lab),
    )
