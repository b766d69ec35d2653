"""Keywords that install service providers of our own, and check what these were asked."""

from collections.abc import Callable
from typing import TypeVar

from robot.api.deco import keyword

from harness.errors import UsageError
from harness.provider import Asked, Deployment, Entry, Installed, UnavailableError, UnheededError
from harness.provider.words import INFO, PROTOCOL, put
from harness.robot.actions import action
from harness.robot.conforming import ConformanceKeywords
from harness.robot.target import LazyDevice
from harness.winsock import CONSTANTS, symbols

_T = TypeVar("_T")

NEED = "provider"
_ARGUMENTS = ("family", "type", "protocol", "group", "flags")


class ProviderKeywords(ConformanceKeywords):
    """Install Provider, Provider Should Have Been Asked, ..."""

    def __init__(self, target: LazyDevice) -> None:
        super().__init__(target)
        self._deployment: Deployment | None = None
        self._installed: dict[str, Installed] = {}

    @keyword(tags=["provider"])
    @action
    def install_provider(
        self,
        name: str,
        *words: str,
        family: str = "0x5A",
        type: str = "0x5B",
        service_flags: str = "0",
        provider_flags: str = "0",
        chain_length: int = 1,
        chain: str = "",
    ) -> None:
        """Installs a service provider with one catalog entry, which a test calls ``name`` from then on.

        ``words`` say how it behaves (docs/provider.md), such as ``fail=10050``; ``documented`` is the code
        that the requirement of the test documents. Without any its sockets can be made. ``chain_length``: 0
        for an unchained layer; ``chain``: names of the entries below it, for a chain. Its protocol is always
        the same private number.

        While the test runs, ``Run Program File`` knows ``$name`` (the 628 bytes of the entry, in hexadecimal
        digits) and ``$provider_protocol``. What was installed is removed when the test ends.

        A target that does not list ``provider`` in what it provides, and a device that lets nothing be
        installed, skip the test as not provocable.

        | Install Provider    first    fail=documented
        """
        behaviour = {}
        for word in words:
            key, sign, value = word.partition("=")
            if not sign:
                raise UsageError(f"{word!r} says nothing: expected a word such as fail=10050")
            behaviour[key] = self._documented() if value == "documented" else self._number_of(value)
        names = chain.split()
        if unknown := [below for below in names if below not in self._installed]:
            raise UsageError(f"no provider {unknown[0]!r} is installed")
        entry = Entry(
            behaviour,
            self._number_of(family),
            self._number_of(type),
            self._number_of(service_flags),
            self._number_of(provider_flags),
            chain_length,
            tuple(self._installed[below].id for below in names),
        )
        installed = self._provided(lambda deployment: deployment.install(entry))
        self._installed[name] = installed
        said: dict[str, object] = {
            **behaviour,
            "service_flags": service_flags,
            "provider_flags": provider_flags,
            "chain_length": chain_length,
        }
        usual = {"service_flags": "0", "provider_flags": "0", "chain_length": 1}
        words_said = (f"{word}={value}" for word, value in said.items() if usual.get(word) != value)
        self._test.means.append(" ".join([name, *words_said]))
        self._entry_values[name] = installed.structure.hex()
        self._entry_values["provider_protocol"] = PROTOCOL

    @keyword(tags=["provider"])
    @action
    def needs_provider(self) -> None:
        """Skips the test as not provocable where no provider can be installed, as `Install Provider` does."""
        self._provided(lambda deployment: deployment.layout)

    @keyword(tags=["provider"])
    @action
    def remove_providers(self) -> None:
        """Removes what the test has installed, and what was written down of it."""
        self._clean_providers()
        self._test.means.clear()

    @keyword(tags=["provider"])
    @action
    def get_structure(self, name: str, keep: str = "", **members: str) -> str:
        """Returns the WSAPROTOCOL_INFOW of an entry in hexadecimal digits, with other values of members:
        numbers, or a text for ``szProtocol``. ``keep``: fill all members but these with 0xA5 first.

        | ${marked}=    Get Structure    first    szProtocol=marked    dwProviderReserved=0x1234
        """
        original = self._one_installed(name).structure
        made = bytearray(b"\xa5" * INFO.size if keep else original)
        for member in keep.split():
            field = INFO.field(member)
            put(made, member, original[field.offset : field.offset + field.size])
        for member, value in members.items():
            size = INFO.field(member).size
            if member == "szProtocol":
                put(made, member, value.encode("utf-16-le").ljust(size, b"\0"))
            else:
                put(made, member, self._number_of(value).to_bytes(size, "little"))
        return bytes(made).hex()

    @keyword(tags=["provider"])
    @action
    def get_first_listed_provider(self) -> str:
        """Returns the name of the provider that WSCEnumProtocols lists before the test's others."""
        order = [one.id for one in self._provided(lambda deployment: deployment.listed())]
        return min(self._installed, key=lambda name: order.index(self._installed[name].id))

    @keyword(tags=["provider", "check"])
    @action
    def provider_should_have_been_asked(self, name: str) -> None:
        """Fails unless WSPSocket of this provider was called, once, and of no other provider."""
        asked = [one.entry for one in self._asked()]
        wanted = self._one_installed(name).id
        observed = "; ".join(map(self._name_of, asked)) or "none"
        documented = f"WSPSocket of provider {name} is called, and no other"
        if asked != [wanted]:
            raise self._deviates(documented, f"called: {observed}")
        self._holds(documented, f"WSPSocket of {name} was called")

    @keyword(tags=["provider", "check"])
    @action
    def no_provider_should_have_been_asked(self) -> None:
        """Fails if WSPSocket of any provider of the test was called."""
        asked = "; ".join(self._name_of(one.entry) for one in self._asked())
        if asked:
            raise self._deviates("no WSPSocket is called", f"called: {asked}")
        self._holds("no WSPSocket is called", "no WSPSocket was called")

    @keyword(tags=["provider", "check"])
    @action
    def provider_should_have_got(self, **values: str) -> None:
        """Fails unless WSPSocket got these values: ``family``, ``type``, ``protocol``, ``group``, ``flags``.

        | Provider Should Have Got    family=0x5A    type=FROM_PROTOCOL_INFO
        """
        if unknown := [name for name in values if name not in _ARGUMENTS]:
            raise UsageError(f"WSPSocket has no {unknown[0]!r}: expected some of {', '.join(_ARGUMENTS)}")
        got = self._one_asked()
        for name, value in values.items():
            number = self._number_of(value) & 0xFFFFFFFF
            documented = f"WSPSocket gets {name} {value}"
            observed = f"{name} {getattr(got, name)} (0x{getattr(got, name):X})"
            if getattr(got, name) != number:
                raise self._deviates(documented, observed)
            self._holds(documented, f"WSPSocket got {observed}")

    @keyword(tags=["provider", "check"])
    @action
    def provider_should_have_got_structure(self, structure: str) -> None:
        """Fails unless WSPSocket got a WSAPROTOCOL_INFOW of just these bytes."""
        got, documented = self._one_asked().structure, "WSPSocket gets all 628 bytes as the caller gave them"
        wanted = bytes.fromhex(structure)
        if got is None:
            raise self._deviates(documented, "WSPSocket got no structure")
        if got != wanted:
            first = next(place for place in range(INFO.size) if got[place] != wanted[place])
            count = sum(got[place] != wanted[place] for place in range(INFO.size))
            raise self._deviates(documented, f"{count} bytes differ, the first at offset {first}")
        self._holds(documented, "all 628 bytes")

    def _documented(self) -> int:
        """The code that the test's requirement documents."""
        for requirement in self._test.requirements:
            for word in requirement.leg(self._leg(requirement)).expectation.conforming:
                if word in CONSTANTS:
                    return CONSTANTS[word]
        raise UsageError("the requirement of the test documents no code")

    def _provided(self, use: Callable[[Deployment], _T]) -> _T:
        """What comes of a deployment. Skips the test where there can be none; fails it where the device has
        taken the provider and passes it over."""
        self._need(NEED)
        device = self._target.get()
        if self._deployment is None:
            self._deployment = Deployment(device)
        boot = device.welcome.boot
        try:
            return use(self._deployment)
        except UnavailableError as reason:
            if device.welcome.boot == boot:
                raise self._why_not(reason) from reason
            raise self._not_reached(f"the device started again meanwhile: {reason}") from reason

    def _why_not(self, reason: UnavailableError) -> Exception:
        if isinstance(reason, UnheededError):
            return self._deviates("the provider of the triple makes the socket", str(reason))
        return self._out_of_reach(str(reason))

    def _clean_providers(self) -> None:
        self._installed.clear()
        self._entry_values = {}
        if self._deployment is not None:
            self._deployment.clean()

    def _remove_deployment(self) -> None:
        """The run ends: nothing stays on the device."""
        if self._deployment is not None:
            self._deployment.remove()
            self._deployment = None

    def _forget_deployment(self) -> None:
        """The device is as it was before anything was installed on it."""
        self._installed.clear()
        self._deployment = None

    def _asked(self) -> list[Asked]:
        return self._provided(lambda deployment: deployment.asked())

    def _one_asked(self) -> Asked:
        asked = self._asked()
        if not asked:
            raise self._deviates("WSPSocket of a provider is called", "it was not called")
        return asked[-1]

    def _one_installed(self, name: str) -> Installed:
        if name not in self._installed:
            known = ", ".join(self._installed) or "none"
            raise UsageError(f"no provider {name!r} is installed (installed: {known})")
        return self._installed[name]

    def _name_of(self, entry: int) -> str:
        return next((name for name, one in self._installed.items() if one.id == entry), f"entry {entry}")

    @staticmethod
    def _number_of(text: str) -> int:
        """A number, or constants joined by |."""
        total = 0
        for part in str(text).split("|"):
            name = part.strip()
            known = CONSTANTS.get(name)
            try:
                total |= known if known is not None else int(name, 0)
            except ValueError:
                hint = symbols().suggest(name)
                raise UsageError(
                    f"{name!r} is no number or constant" + (f"; did you mean {hint}?" if hint else "")
                ) from None
        return total
