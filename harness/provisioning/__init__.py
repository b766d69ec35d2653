"""How an agent gets onto a device, and how one replaces another.

builds      which executable a device needs
places      names of files beside an agent
handover    one agent takes the place of another on the same link
serving     a target whose agent changes
deploying   a new agent through one that runs; the one function others use for that
"""

from harness.provisioning.deploying import Deployed, deploy

__all__ = ["Deployed", "deploy"]
