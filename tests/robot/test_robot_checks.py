"""The keywords that check results, through real Robot runs on a device double."""

import pytest
from scripted_device import Ends, Error, ScriptedDevice

from harness.program.result import OutcomeKind
from tests.robot.conftest import Run
