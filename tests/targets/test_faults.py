"""Faults of a line as people write them."""

import pytest

from harness.errors import UsageError
from harness.links import dialer
from harness.targets.faults import faulty, parse_faults, split_faults


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("flip=1e-3 drop=1e-4 seed=7", "flip=1e-3 drop=1e-4 seed=7"),
        ("  flip=0.5,drop=1  ", "flip=0.5 drop=1"),
        ("stall=0&cut=1e-6&dup=.1", "stall=0 cut=1e-6 dup=.1"),
        ("none", ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert parse_faults(text) == normal
    assert parse_faults(normal) == normal


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flop=1e-3", r"there is no fault 'flop'; did you mean drop\?|did you mean flip\?"),
        ("melt=1", r"no fault 'melt' \(expected words out of .*flip=.*seed=.*none\)"),
        ("flip", "cannot use 'flip' .expected a probability from 0 to 1"),
        ("flip=", "cannot use 'flip=' .expected a probability"),
        ("flip=1.5", "cannot use 'flip=1.5' .expected a probability from 0 to 1"),
        ("drop=-1e-9", "expected a probability"),
        ("drop=nan", "expected a probability"),
        ("cut=often", "expected a probability"),
        ("flip=1e-3 flip=1e-4", "flip is given twice"),
        ("seed=-1", "expected a whole number"),
        ("seed=1.5", "expected a whole number"),
        ("seed=", "expected a whole number"),
        ("none flip=1", "no fault 'none'"),
    ],
)
def test_mistakes(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse_faults(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "wrapped"),
    [
        ("tcp://h:1", "fault+tcp://h:1?flip=1e-3&seed=7"),
        ("serial:///dev/ttyS0?baud=9600", "fault+serial:///dev/ttyS0?baud=9600&flip=1e-3&seed=7"),
    ],
)
def test_a_url_with_faults_and_back(url: str, wrapped: str) -> None:
    assert faulty(url, "flip=1e-3 seed=7") == wrapped
    assert dialer(wrapped).url == wrapped
    assert split_faults(wrapped) == (url, "flip=1e-3 seed=7")
    assert faulty(url, "") == url
    assert split_faults(url) == (url, "")
