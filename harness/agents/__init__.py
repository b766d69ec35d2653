"""The agent executables, and the service provider: where they are, what they are, how to make them again.

They are compiled when the package is built (hatch_build.py) and lie in `bin`. The C sources travel with the
package, so that `build_agents` works without a checkout.
"""

from harness.agents.making import build_agents
from harness.agents.pe import AgentInfo, info
from harness.agents.places import BUILDS, CPU_BUILDS, executable, provider_library

__all__ = ["BUILDS", "CPU_BUILDS", "AgentInfo", "build_agents", "executable", "info", "provider_library"]
