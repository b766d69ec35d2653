"""What is no link is answered with the forms that are."""

import pytest

from harness.errors import UsageError
from harness.links import open_link
from harness.links.opening import FORMS


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "neither a URL nor the name of a serial port"),
        ("ttyUSB0", "neither a URL"),
        ("10.0.0.5:5555", "perhaps tcp://10.0.0.5:5555 was meant"),
        ("tcp://10.0.0.5", "it needs a host and a port"),
        ("tcp://:5555", "it needs a host and a port"),
        ("tcp://host:99999", "not a number from 1 to 65535"),
        ("tcp://host:abc", "not a number from 1 to 65535"),
        ("tcp://host:5/path", "it needs a host and a port, and nothing else"),
        ("serial://", "it names no port"),
        ("serial:///dev/ttyS0?speed=9600", "unknown setting 'speed', there are baud, parity"),
        ("serial:///dev/ttyS0?baud=fast", "baud=fast, expected bits a second"),
        ("serial:///dev/ttyS0?parity=X", "parity=X, expected one of N, E, O"),
        ("serial:///dev/ttyS0?rtscts=maybe", "rtscts=maybe, expected 0 or 1"),
        ("usb://device", "protocol 'usb' not known"),
    ],
)
def test_bad_urls(url: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_link(url, timeout=1)
    text = str(caught.value)
    assert why in text
    assert repr(url) in text
    assert all(form in text for form in FORMS)
