"""EAP over LANs (IEEE 802.1X 11.3): between a mobile node and its access router's port."""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import (
    Message,
    declare,
    flag,
    link_address,
    octets,
    reserved,
    tail_length,
    uint,
)
from dissectors.registries import EAPOL_FRAMES, EAPOL_KEYS, OTHERS


class EapolType(IntEnum):
    """What an EAPOL frame carries."""

    EAP_PACKET = 0
    START = 1
    LOGOFF = 2
    KEY = 3
    ENCAPSULATED_ASF_ALERT = 4
    MKA = 5


@declare(EAPOL_FRAMES, 1, "eapol", ref="IEEE 802.1X 11.3", label="EAPOL")
class Eapol(Message):
    """The length counts the body; behind it stands Ethernet's padding."""

    version: int = uint(8, "Version", filter="version")
    packet_type: int = uint(8, "Type", filter="type", enum=EapolType)
    length = tail_length("Length", filter="len", width=16)
    body: bytes = octets("Body", filter="netmip6.eapol.body")


@declare(EAPOL_KEYS, 2, "wlan_rsna_eapol.keydes", ref="IEEE 802.11 12.7.2", label="EAPOL key")
class RsnKey(Message):
    """The four-way handshake of RSN (type 2) and WPA (type 254)."""

    descriptor: int = uint(8, "Descriptor Type", filter="eapol.keydes.type")
    information_reserved: int = reserved(2)
    smk: bool = flag("SMK Message", filter=".key_info.smk_message")
    encrypted: bool = flag("Encrypted Key Data", filter=".key_info.encrypted_key_data")
    request: bool = flag("Request", filter=".key_info.request")
    error: bool = flag("Error", filter=".key_info.error")
    secure: bool = flag("Secure", filter=".key_info.secure")
    mic_present: bool = flag("Key MIC", filter=".key_info.key_mic")
    ack: bool = flag("Key Ack", filter=".key_info.key_ack")
    install: bool = flag("Install", filter=".key_info.install")
    index: int = uint(2, "Key Index", filter=".key_info.key_index")
    pairwise: bool = flag("Key Type: pairwise", filter=".key_info.key_type")
    version: int = uint(3, "Key Descriptor Version", filter=".key_info.keydes_version")
    key_length: int = uint(16, "Key Length", filter="eapol.keydes.key_len", unit="octets")
    replay_counter: int = uint(64, "Key Replay Counter", filter="eapol.keydes.replay_counter")
    nonce: bytes = link_address("Key Nonce", filter="nonce", width=256)
    iv: bytes = link_address("EAPOL-Key IV", filter="eapol.keydes.key_iv", width=128)
    rsc: bytes = link_address("Key RSC", filter="rsc", width=64)
    identifier: bytes = link_address("Reserved (Key ID)", filter="id", width=64)
    mic: bytes = link_address("Key MIC", filter="mic", width=128)
    data_length = tail_length("Key Data Length", filter="data_len", width=16)
    data: bytes = octets("Key Data", filter="data", secret=True)


@declare(OTHERS, 3, "netmip6.eapol.key", ref="IEEE 802.1X 11.9", label="EAPOL key")
class OtherKey(Message):
    """A key descriptor of another type."""

    descriptor: int = uint(8, "Descriptor Type", filter="eapol.keydes.type")
    body: bytes = octets("Descriptor Body", secret=True)


EAPOL_KEYS.also(RsnKey, 254)
EAPOL_KEYS.other = lambda _: OtherKey
