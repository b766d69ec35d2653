"""In continuous integration a skip is a failure, of a test and of a whole module."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "a test": "import pytest\n\ndef test_it():\n    pytest.skip('no tool')\n",
    "a module": "import pytest\n\npytest.importorskip('no_such_module')\n\ndef test_it():\n    pass\n",
}


@pytest.mark.parametrize("forbidden", [True, False])
@pytest.mark.parametrize("skipping", SKIPS)
def test_a_skip_fails_only_where_skips_are_forbidden(tmp_path: Path, skipping: str, forbidden: bool) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_skipping.py").write_text(SKIPS[skipping], encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CEHARNESS_NO_SKIP"}
    if forbidden:
        environment["CEHARNESS_NO_SKIP"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", tmp_path, "-p", "no:cacheprovider", tmp_path],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert failed is forbidden, done.stdout
    assert ("CEHARNESS_NO_SKIP forbids it" in done.stdout) is forbidden
