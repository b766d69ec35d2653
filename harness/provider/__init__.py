"""The service provider of our own on a device: put there, found out about, installed, read, removed.

    words       what an entry says about how the provider is to behave, and the entry itself
    records     what the provider wrote down
    refusals    why a device cannot be provided with it
    catalog     entries of ours in the device's protocol catalog
    layout      where the tables of WSPStartup have what, found by trying
    deployment  all of it in order; the one class others use
    leftovers   what a host that was killed has left, removed at the next connect

docs/provider.md describes the DLL.
"""

from harness.provider.catalog import Installed
from harness.provider.deployment import Deployment
from harness.provider.layout import Layout
from harness.provider.leftovers import remove_leftovers
from harness.provider.records import Asked
from harness.provider.refusals import UnavailableError, UnheededError
from harness.provider.words import Entry

__all__ = [
    "Asked",
    "Deployment",
    "Entry",
    "Installed",
    "Layout",
    "UnavailableError",
    "UnheededError",
    "remove_leftovers",
]
