"""Reads key files (`--keys`): TOML tables of keys, as WIRE.md has them.

No error repeats anything that the file says, and none is chained to one that might: whatever stands
in a wrong place of this file may be a key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TypeVar

from dissectors.authentication.algorithms import ENCRYPTIONS, INTEGRITIES, NULL, Integrity
from dissectors.authentication.keys import (
    AhKey,
    EspKey,
    Keys,
    MnAaaKey,
    MnHaKey,
    RadiusKey,
)
from dissectors.authentication.mobile_ip import HMAC_SHA1_SPI, RESERVED_SPIS
from dissectors.authentication.secret import Secret
from netmip6scope.errors import InputError, UsageError

KINDS = ("mn_ha", "mn_aaa", "ah", "esp", "radius")

_MN_HA_OCTETS = 16
"""RFC 4285 5.1."""
_LAST_SPI = (1 << 32) - 1
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_PLACE = re.compile(r"\(at (?:line \d+, column \d+|end of document)\)\Z")

T = TypeVar("T")


def load_keys(path: str | None) -> Keys:
    """The keys in a file; none without one. Raises InputError and UsageError, which tell no key."""
    if path is None:
        return Keys()
    if path == "-":
        raise UsageError("keys are read from a file, not from standard input")
    tables = _tables(path)
    return Keys(
        _entries(path, tables, "mn_ha", _mn_ha),
        _entries(path, tables, "mn_aaa", _mn_aaa),
        _entries(path, tables, "ah", _ah),
        _entries(path, tables, "esp", _esp),
        _entries(path, tables, "radius", _radius),
    )


def _tables(path: str) -> dict[str, object]:
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError as error:
        raise InputError(path, "no key file: it is not UTF-8", error.start) from None
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        where = f" {place.group()}" if place else ""
        raise InputError(path, f"no key file: it is not TOML{where}") from None
    if not tables.keys() <= set(KINDS):
        allowed = ", ".join(f"[[{kind}]]" for kind in KINDS)
        raise InputError(path, f"holds an entry that is not one of {allowed}")
    return tables


class _Entry:
    """One table of the file. Its fields are taken by name; what is left over is unknown."""

    def __init__(self, path: str, kind: str, number: int, values: Mapping[str, object]) -> None:
        self.path = path
        self.name = f"[[{kind}]] number {number}"
        self._values = values
        self._taken: dict[str, None] = {}

    def wrong(self, what: str) -> InputError:
        return InputError(self.path, f"{self.name}: {what}")

    def finish(self) -> None:
        """What no one asked for is unknown."""
        if not self._values.keys() <= self._taken.keys():
            raise self.wrong(f"has a field that is not one of {', '.join(self._taken)}")

    def has(self, field: str) -> bool:
        self._taken[field] = None
        return field in self._values

    def text(self, field: str, expected: str) -> str:
        if not self.has(field):
            raise self.wrong(f"{field} is missing; it must be {expected}")
        value = self._values[field]
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{field} must be {expected}")
        return value

    def ipv6(self, field: str) -> IPv6Address:
        address = self._address(field, (IPv6Address,), "an IPv6 address")
        assert isinstance(address, IPv6Address)
        return address

    def address(self, field: str) -> IPv4Address | IPv6Address:
        return self._address(field, (IPv6Address, IPv4Address), "an IP address")

    def _address(
        self, field: str, kinds: tuple[type[IPv4Address | IPv6Address], ...], expected: str
    ) -> IPv4Address | IPv6Address:
        text = self.text(field, expected)
        for kind in kinds:
            try:
                address = kind(text)
            except ValueError:
                continue
            if getattr(address, "scope_id", None) is None:
                return address
        raise self.wrong(f"{field} must be {expected}")

    def spi(self, allowed: int | None = None) -> int:
        """An SPI that is not reserved, or the allowed one."""
        also = "" if allowed is None else f"{allowed} or "
        expected = f"{also}a whole number from {len(RESERVED_SPIS)} to {_LAST_SPI}"
        if not self.has("spi"):
            raise self.wrong(f"spi is missing; it must be {expected}")
        value = self._values["spi"]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(f"spi must be {expected}")
        if value != allowed and not len(RESERVED_SPIS) <= value <= _LAST_SPI:
            raise self.wrong(f"spi must be {expected}")
        return value

    def key(self, field: str, sizes: tuple[int, ...] = ()) -> Secret:
        """Octets in hex, as many as one of sizes."""
        counts = " or ".join(", ".join(map(str, sizes)).rsplit(", ", 1))
        expected = f"{counts} octets in hex, two digits each".lstrip()
        text = self.text(field, expected)
        if not _HEX.fullmatch(text) or (sizes and len(text) // 2 not in sizes):
            raise self.wrong(f"{field} must be {expected}")
        return Secret(bytes.fromhex(text))

    def choice(self, field: str, choices: Mapping[str, T]) -> T:
        expected = f"one of {', '.join(choices)}"
        text = self.text(field, expected)
        if text not in choices:
            raise self.wrong(f"{field} must be {expected}")
        return choices[text]


def _entries(
    path: str, tables: Mapping[str, object], kind: str, read: Callable[[_Entry], tuple[object, T]]
) -> list[T]:
    """All entries of a kind; two that stand for the same thing are an error."""
    listed = tables.get(kind, [])
    if not isinstance(listed, list) or not all(isinstance(values, dict) for values in listed):
        raise InputError(path, f"{kind} must be a list of tables, each under [[{kind}]]")
    seen: dict[object, str] = {}
    found: list[T] = []
    for number, values in enumerate(listed, 1):
        entry = _Entry(path, kind, number, values)
        identity, key = read(entry)
        entry.finish()
        if identity in seen:
            raise entry.wrong(f"is for the same as {seen[identity]}")
        seen[identity] = entry.name
        found.append(key)
    return found


def _mn_ha(entry: _Entry) -> tuple[object, MnHaKey]:
    by_node, by_router = entry.has("mn_id"), entry.has("ar")
    if by_node == by_router:
        raise entry.wrong("needs one of mn_id and ar, and not both")
    mn_id = entry.text("mn_id", "text").encode() if by_node else None
    ar = entry.ipv6("ar") if by_router else None
    ha, spi = entry.ipv6("ha"), entry.spi()
    key = MnHaKey(ha, spi, entry.key("key", (_MN_HA_OCTETS,)), mn_id, ar)
    return (mn_id, ar, ha, spi), key


def _mn_aaa(entry: _Entry) -> tuple[object, MnAaaKey]:
    mn_id, spi = entry.text("mn_id", "text").encode(), entry.spi(HMAC_SHA1_SPI)
    return (mn_id, spi), MnAaaKey(mn_id, spi, entry.key("key"))


def _ah(entry: _Entry) -> tuple[object, AhKey]:
    spi, destination = entry.spi(), entry.address("destination")
    integrity = entry.choice("algorithm", INTEGRITIES)
    key = AhKey(spi, destination, integrity, entry.key("key", (integrity.key_octets,)))
    return (spi, destination), key


def _esp(entry: _Entry) -> tuple[object, EspKey]:
    """A combined mode has no other algorithm, NULL must have one, the rest may (RFC 4303 3.1.1)."""
    spi, destination = entry.spi(), entry.address("destination")
    encryption = entry.choice("encryption", ENCRYPTIONS)
    key = EspKey(spi, destination, encryption)
    if encryption is not NULL:
        secret = entry.key("encryption_key", encryption.key_octets)
        key = EspKey(spi, destination, encryption, secret)
    has_algorithm, has_key = entry.has("algorithm"), entry.has("key")
    if not encryption.icv_octets and (encryption is NULL or has_algorithm or has_key):
        integrity: Integrity = entry.choice("algorithm", INTEGRITIES)
        mac_key = entry.key("key", (integrity.key_octets,))
        key = EspKey(spi, destination, encryption, key.encryption_key, integrity, mac_key)
    elif has_algorithm or has_key:
        raise entry.wrong(f"{encryption.name} takes neither algorithm nor key: it has its own")
    return (spi, destination), key


def _radius(entry: _Entry) -> tuple[object, RadiusKey]:
    server = entry.address("server")
    return server, RadiusKey(server, Secret(entry.text("secret", "text").encode()))
