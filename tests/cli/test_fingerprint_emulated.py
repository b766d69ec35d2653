"""Fingerprints of the emulated device: every triple as its catalog decides, over both links."""

import json
import os
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.emulator.ws2 import settings
from harness.emulator.ws2.selection import ANSWERS, Circumstances, Refused, Request, select
from harness.fingerprint import OutcomeMap, body_of, read_fingerprint

pytest.importorskip("unicorn", reason="the emulated device needs it: pip install 'ceharness[emulator]'")


CATALOG = settings.load_settings().catalog()


def decided(triple: tuple[int, int, int]) -> str:
    """What the catalog says about a triple."""
    type_, family, protocol = triple
    try:
        select(CATALOG, Request(family, type_, protocol), Circumstances())
    except Refused as refused:
        return f"error {ANSWERS[refused.reason]}"
    return "success"


def check(outcomes: OutcomeMap, every: int = 1) -> None:
    area = outcomes.area
    triples = list(product(area.types, area.families, area.protocols))[::every]
    assert [outcomes.outcome(*each) for each in triples] == [decided(each) for each in triples]


@pytest.mark.parametrize(("cpu", "link"), [("arm", "tcp"), ("x86", "serial"), ("mips", "serial")])
def test_a_small_range(cpu: str, link: str, tmp_path: Path) -> None:
    path = tmp_path / "a.fingerprint"
    options = ["--type", "0-3", "--af", "2-4", "--protocol", "0-40", "--cpu", cpu, "--link", link]
    assert main(["fingerprint", *options, "--output", str(path)]) == 0
    found = read_fingerprint(path)
    assert (found.target, found.evidence, found.device["oem"]) == (
        "emulated",
        "model",
        "Emulated Windows CE device",
    )
    check(found.outcomes)


def test_a_device_without_ipv6_differs_in_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual = Path(settings.__file__).parents[1] / "data" / "catalog.toml"
    other, lab = tmp_path / "other.toml", tmp_path / "lab.ini"
    other.write_text(usual.read_text(encoding="utf-8").replace('"AF_INET6"', "99"), encoding="utf-8")
    lab.write_text(f"[target without]\nkind = emulated\ncatalog = {other}\n", encoding="utf-8")
    options = ["--type", "1", "--af", "23", "--protocol", "0-16", "--lab", str(lab)]
    for target in ("emulated", "without"):
        assert main(["fingerprint", target, *options, "--output", str(tmp_path / target)]) == 0
    capsys.readouterr()
    assert main(["fingerprint", "compare", str(tmp_path / "emulated"), str(tmp_path / "without")]) == 1
    out = capsys.readouterr().out
    assert "15 triples changed from WSAEPROTONOSUPPORT (10043) to WSAEAFNOSUPPORT (10047)" in out
    assert "    type SOCK_STREAM (1), af AF_INET6 (23), protocol IPPROTO_IP (0) and IPPROTO_TCP (6)" in out


@pytest.mark.skipif(os.name != "posix", reason="sends a Ctrl-C as a signal: run on Linux")
@pytest.mark.parametrize("link", ["tcp", "serial"])
def test_ctrl_c_in_the_middle_and_on_again(link: str, tmp_path: Path) -> None:
    path = tmp_path / "a.fingerprint"
    options = ["--type", "0-4", "--af", "0-31", "--cpu", "x86", "--link", link]
    command = [sys.executable, "-m", "harness.cli", "fingerprint", *options, "--output", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sweep:
        assert sweep.stdout is not None
        for line in sweep.stdout:
            if "triples, " in line:
                break
        sweep.send_signal(signal.SIGINT)
        out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, out + err
    assert "what was measured is kept" in out
    before = read_fingerprint(path)
    assert 0 < before.outcomes.measured < 5 * 32 * 256
    assert before.ended is None
    assert main(["fingerprint", *options, "--output", str(path)]) == 0
    check(read_fingerprint(path).outcomes, every=7)


@pytest.mark.long
def test_a_larger_range_twice(tmp_path: Path, full: bool) -> None:
    """All types, families that exist and some that do not; then again over a line that damages frames."""
    options = ["--af", "0-40" if full else "0-12", "--cpu", "x86"]
    lines = {"good": ["--link", "tcp"], "bad": ["--link", "serial", "--faults", "flip=1e-3 drop=1e-4 seed=3"]}
    for name, line in lines.items():
        output = ["--output", str(tmp_path / name), "--json", str(tmp_path / "result.json")]
        assert main(["fingerprint", *options, *line, *output]) == 0
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["line"]["bad_frames"] > 0
    good, bad = (read_fingerprint(tmp_path / name) for name in lines)
    assert body_of(good.outcomes) == body_of(bad.outcomes)
    check(good.outcomes)
