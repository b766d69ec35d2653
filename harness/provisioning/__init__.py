"""How an agent gets onto a device, and how one replaces another.

    builds       which executable a device needs
    places       names of files beside an agent
    handover     one agent takes the place of another on the same link
    serving      a target whose agent changes
    deploying    a new agent through one that runs
    card, fat    a storage card from which a device starts an agent; an image of one
    certificates, signing    for devices that run only what is signed

docs/devices.md says what happens on the device.
"""

from harness.provisioning.card import Card, fill_folder, fill_image
from harness.provisioning.deploying import Deployed, deploy, patience

__all__ = ["Card", "Deployed", "deploy", "fill_folder", "fill_image", "patience"]
