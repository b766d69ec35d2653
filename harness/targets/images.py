"""The software image of a device, as far as this computer has it."""

from collections.abc import Mapping
from pathlib import Path

from harness.digest import digest
from harness.errors import UsageError
from harness.targets import keys
from harness.targets.base import Key

IMAGE = Key("image", "the file that the device was flashed with", keys.text)
"""Of a kind whose device is there before us: nobody can read it back, so its owner says what it is."""


def given_image(settings: Mapping[str, str]) -> str:
    """Digest of the file (or folder) that `image` names, "" without one. Raises UsageError."""
    if "image" not in settings:
        return ""
    try:
        return digest([Path(settings["image"])])
    except OSError as error:
        raise UsageError(f"image {settings['image']}: {error.strerror or error}") from None
