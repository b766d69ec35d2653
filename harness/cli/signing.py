"""`ceharness agent sign`: agents and providers for devices that run only what is signed."""

import argparse
from pathlib import Path
from typing import Any

from harness.agents import BUILDS, CPU_BUILDS, executable, provider_library
from harness.cli.screen import Screen, add_json_option
from harness.errors import UsageError
from harness.provisioning.certificates import STORES, make_certificate, read_certificate
from harness.provisioning.signing import DIGESTS, sign


def add_sign_action(actions: "argparse._SubParsersAction[Any]") -> None:
    """Adds `agent sign`."""
    parser = actions.add_parser(
        "sign",
        help="sign executables",
        description="Signs copies of agents and service providers with osslsigncode, and verifies them. For "
        "Windows Mobile and other devices that run only what is signed (docs/certificates.md).",
    )
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="a build (agent, provider) or a file (default: all for CE)",
    )
    parser.add_argument(
        "--certificate",
        metavar="CERT",
        type=Path,
        help="certificate and key, .pem, .pfx or .p12",
        required=True,
    )
    parser.add_argument("--create", metavar="NAME", help="make CERT (.pem) first: a certificate of that name")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="with the password of the key")
    parser.add_argument(
        "--ca", metavar="FILE", type=Path, help="who has issued it, PEM (default: it signs itself)"
    )
    parser.add_argument(
        "--digest",
        choices=DIGESTS,
        default="sha1",
        help="of the signature (default: sha1, for old devices)",
    )
    parser.add_argument(
        "--output", metavar="DIR", type=Path, default=Path("signed"), help="for the copies (default: signed)"
    )
    parser.add_argument(
        "--setup-xml", metavar="FILE", type=Path, help="also write what puts CERT into a store of the device"
    )
    parser.add_argument(
        "--store", choices=STORES, default="privileged", help="which store that is (default: privileged)"
    )
    add_json_option(parser, "the files")
    parser.set_defaults(command=_sign)


def _sign(args: argparse.Namespace) -> int:
    files = [path for name in args.files or CPU_BUILDS.values() for path in _paths(name)]
    screen = Screen(args.json)
    if args.create:
        made = make_certificate(args.certificate, args.create)
        screen.line(f"{made.file}: a new certificate with its key, readable by you alone", "bold")
    certificate = read_certificate(args.certificate, args.password_file)
    done = sign(files, certificate, args.output, digest=args.digest, ca=args.ca)
    for one in done:
        screen.line(f"{one.signed}, {one.bytes} bytes: signed, and the signature holds")
    if args.setup_xml:
        try:
            args.setup_xml.write_text(certificate.setup_xml(args.store), encoding="ascii", newline="\r\n")
        except OSError as error:
            raise UsageError(f"{args.setup_xml}: {error.strerror or error}") from error
        screen.line(f"{args.setup_xml}: puts the certificate into {STORES[args.store]}")
    screen.json([{"source": str(one.source), "signed": str(one.signed), "bytes": one.bytes} for one in done])
    return 0


def _paths(name: str) -> list[Path]:
    """The files of a build, or the one of that name."""
    cpu = next((cpu for cpu, build in CPU_BUILDS.items() if build == name), None)
    if cpu is not None:
        return [executable(name), provider_library(cpu)]
    if name in BUILDS:
        return [executable(name)]
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"{name}: no such file, and no build: expected one of {', '.join(BUILDS)}")
    return [path]
