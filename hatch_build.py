"""Build hook: compiles agents and provider before the wheel is packed, and packs them with their sources."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES = (
    "build.py",
    "import_table.py",
    "pe_image.py",
    "relocations.py",
    "toolchain.py",
    "core",
    "agent",
    "platform",
    "protocol",
    "provider",
)


class AgentBuildHook(BuildHookInterface[Any]):
    """Runs for the wheel and for editable installs; compiles nothing when the sources are unchanged."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        source, binaries = root / "device_agent", root / "harness" / "agents" / "bin"
        subprocess.run([sys.executable, source / "build.py", "--output", binaries], check=True)
        if version == "editable":
            return
        include = build_data["force_include"]
        for path in sorted([*binaries.glob("*.exe"), *binaries.glob("*.dll")]):
            include[str(path)] = f"harness/agents/bin/{path.name}"
        include[str(binaries / "stamp.json")] = "harness/agents/bin/stamp.json"
        include[str(root / "suites")] = "harness/suites"
        for file in metadata.files("zcbor") or []:  # its code is in the executables
            if file.name == "LICENSE":
                include[str(file.locate())] = "harness/agents/bin/LICENSE.zcbor"
        for name in _SOURCES:
            parts = [source / name] if (source / name).is_file() else sorted((source / name).rglob("*"))
            for path in parts:
                if path.is_file() and "__pycache__" not in path.parts:
                    include[str(path)] = f"harness/agents/source/{path.relative_to(source).as_posix()}"
