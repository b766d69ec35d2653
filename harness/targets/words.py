"""A device in words of a command line, so that anybody can choose the same one again."""

from collections.abc import Sequence


def choice_words(
    target: str | None = None,
    *,
    cpu: str | None = None,
    link: str | None = None,
    quirks: Sequence[str] = (),
    variants: Sequence[str] = (),
    key: str | None = None,
    lab: str | None = None,
) -> list[str]:
    """What stands behind `ceharness exec FILE`; what is None or empty is left out. Faults of the line are no
    part of a device."""
    options = [
        ("--cpu", cpu),
        ("--link", link),
        *(("--quirk", each) for each in quirks),
        *(("--variant", each) for each in variants),
        ("--key", key),
        ("--lab", lab),
    ]
    given = [word for name, value in options if value for word in (name, value)]
    return [*([target] if target else []), *given]
