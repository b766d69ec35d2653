"""How the harness's exceptions look to Robot: the lab failed, the test is wrong, or the device deviates."""

import functools
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from robot.api import Failure, FatalError

from harness.errors import BroughtBack, LabError, UsageError

P = ParamSpec("P")
T = TypeVar("T")


class DeviationError(AssertionError):
    """The device did something else than the test expects. The message is the whole story."""

    ROBOT_SUPPRESS_NAME = True


class LabFailure(FatalError):  # noqa: N818 - what Robot calls its class
    """Ends the run; the message is the whole story."""

    ROBOT_SUPPRESS_NAME = True


class UnusableTargetError(Exception):
    """The target is configured wrongly, so no test can be run on it."""


class _Notes(Protocol):
    def lab_failed(self, reason: str) -> None: ...
    def brought_back(self, reason: str) -> Exception: ...
    def test_is_wrong(self, reason: str) -> None: ...


def action(method: Callable[P, T]) -> Callable[P, T]:
    """A keyword method whose LabError ends the run and whose UsageError fails the test, both told apart
    from what the device does. A target that cannot be used at all ends the run, too; a lab that failed and
    works again only skips the test."""

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        notes: _Notes = args[0]  # type: ignore[assignment]
        try:
            return method(*args, **kwargs)
        except BroughtBack as error:
            raise notes.brought_back(str(error)) from None
        except (LabError, UnusableTargetError) as error:
            reason = "\n".join([str(error), *getattr(error, "__notes__", ())])
            notes.lab_failed(reason)
            raise LabFailure(f"the lab failed, not the device: {reason}") from error
        except UsageError as error:
            notes.test_is_wrong(str(error))
            raise Failure(str(error)) from error

    return wrapper
