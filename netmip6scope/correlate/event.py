"""Messages as stories see them."""

from __future__ import annotations

from typing import NamedTuple

REJECTED = 128
"""A Binding Acknowledgement's status from here on is a refusal (RFC 6275 6.1.8)."""
LOCAL_UPDATE = 101
"""Kind of a Binding Update with the M flag, to a MAP (RFC 4140 4.1)."""
TAKEN = 100
"""Kind of an event that no message carries: another mobile node holds the home address now."""


class Event(NamedTuple):
    """A message as a story sees it; addresses are AddressBook numbers."""

    kind: int
    order: int
    time_ns: int
    frame: int
    src: int
    dst: int
    coa: int
    """The address registered: the Alternate Care-of Address option's, else the source."""
    hoa: int
    hoa4: int
    ha: int
    via: int
    """The router through which the home address was seen to travel last, if not by `coa`."""
    identifier: int
    seq: int
    status: int
    lifetime_s: int
    flags: int
    """As on the wire; of a HO Response 0 where it brings no context."""
    net: int
    """The /64 of an acknowledgement's care-of address, or that an advertisement tells."""
    home_net: int
    """The /64 of an acknowledgement's home address."""
