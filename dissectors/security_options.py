"""Mobility options 11 to 21: CGA (RFC 4866), DNS update, vendor, service selection, FMIPv6 auth."""

from __future__ import annotations

from dissectors.layout import Message, declare, flag, octets, reserved, text, uint
from dissectors.registries import MOBILITY_OPTIONS


@declare(
    MOBILITY_OPTIONS, 11, "netmip6.cga_request", ref="RFC 4866 5.2", label="CGA Parameters Request"
)
class CgaParametersRequest(Message):
    """Send me your CGA parameters."""


@declare(MOBILITY_OPTIONS, 12, "mip6.cgar", ref="RFC 4866 5.1", label="CGA Parameters")
class CgaParameters(Message):
    """A part of the CGA parameters."""

    parameters: bytes = octets("CGA Parameters", filter="cga_par")


@declare(MOBILITY_OPTIONS, 13, "mip6.sign", ref="RFC 4866 5.3")
class Signature(Message):
    """A signature by the CGA's key."""

    signature: bytes = octets("Signature", filter="sign")


@declare(MOBILITY_OPTIONS, 14, "mip6.phkt", ref="RFC 4866 5.4")
class PermanentHomeKeygenToken(Message):
    """The token, encrypted."""

    token: bytes = octets("Permanent Home Keygen Token", filter="phkt")


@declare(
    MOBILITY_OPTIONS, 15, "netmip6.careof_test_init", ref="RFC 4866 5.5", label="Care-of Test Init"
)
class CareofTestInitOption(Message):
    """Asks for a care-of keygen token in the acknowledgement."""


@declare(MOBILITY_OPTIONS, 16, "mip6.mocot", ref="RFC 4866 5.6", label="Care-of Test")
class CareofTestOption(Message):
    """The care-of keygen token."""

    token: int = uint(64, "Care-of Keygen Token", filter="co_keygen_tok")


@declare(MOBILITY_OPTIONS, 17, "mip6.dnsu", ref="RFC 5026 8", label="DNS Update")
class DnsUpdate(Message):
    """The home agent is asked to update the mobile node's name."""

    status: int = uint(8, "Status", filter="status")
    remove: bool = flag("Remove (R)", filter=".flag.r")
    reserved: int = reserved(7)
    name: bytes = text("MN identity (FQDN)", filter="mn_id")


@declare(MOBILITY_OPTIONS, 18, "mip6.em", ref="RFC 5096 5")
class ExperimentalOption(Message):
    """An option of some experiment."""

    data: bytes = octets("Data", filter="data")


@declare(MOBILITY_OPTIONS, 19, "mip6.vsm", ref="RFC 5094 3")
class VendorSpecific(Message):
    """A vendor's option."""

    vendor: int = uint(32, "Vendor Id", filter="vendorId")
    subtype: int = uint(8, "Subtype", filter="subtype")
    data: bytes = octets("Data", filter="data")


@declare(MOBILITY_OPTIONS, 20, "mip6.ss", ref="RFC 5149 3")
class ServiceSelection(Message):
    """The service that the mobile node asks for."""

    identifier: bytes = text("Identifier", filter="identifier")


@declare(
    MOBILITY_OPTIONS,
    21,
    "mip6.badff",
    ref="RFC 5568 6.4.5",
    label="Binding Authorization Data for FMIPv6",
)
class FastBindingAuthorizationData(Message):
    """The last option. A Length that leaves out the SPI, as the RFC's text has it, is taken too."""

    spi: int = uint(32, "SPI", filter="spi")
    authenticator: bytes = octets("Authenticator", filter="auth")
