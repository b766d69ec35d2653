"""The emulated device with one wrong answer, as CEHARNESS_TEST_ANSWER says: "FAMILY=10022"."""

import os
import sys

from harness.emulator.command import main
from harness.emulator.ws2.selection import ANSWERS, Reason

if __name__ == "__main__":
    reason, code = os.environ["CEHARNESS_TEST_ANSWER"].split("=")
    ANSWERS[Reason[reason]] = int(code)
    sys.exit(main(sys.argv[1:]))
