"""Why a device cannot be provided with the provider."""


class UnavailableError(Exception):
    """The device cannot be provided with the provider; the text says why. It is no fault of the lab."""


class UnheededError(UnavailableError):
    """The device has taken the provider, and does not do with it what Winsock does: it deviates. The text
    says what it does."""
