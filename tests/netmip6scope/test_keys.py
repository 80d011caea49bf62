"""Key files: what they may say, what is said of a wrong one, and that no key is ever repeated."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from dissectors.authentication.secret import Secret
from netmip6scope.cli.main import main
from netmip6scope.errors import InputError, UsageError
from netmip6scope.keys import load_keys

DATA = Path(__file__).parents[1] / "data" / "netmip6"
K16, K20, K32 = "d1" * 8 + "e2" * 8, "d1" * 10 + "e2" * 10, "d1" * 16 + "e2" * 16
MN_HA = f"""
[[mn_ha]]
mn_id = "alice@example.net"
ha = "2001:db8::1"
spi = 256
key = "{K16}"
"""
BY_AR = f"""
[[mn_ha]]
ar = "2001:db8:1::2"
ha = "2001:db8::1"
spi = 4294967295
key = "{K16.upper()}"
"""
MN_AAA = f"""
[[mn_aaa]]
mn_id = "alice@example.net"
spi = 3
key = "{K16}"
"""
AH = f"""
[[ah]]
spi = 4096
destination = "2001:db8::2"
algorithm = "hmac-sha1-96"
key = "{K20}"
"""
ESP = f"""
[[esp]]
spi = 4096
destination = "10.0.0.2"
encryption = "aes-cbc"
encryption_key = "{K16}"
algorithm = "hmac-sha-256-128"
key = "{K32}"
"""
RADIUS = """
[[radius]]
server = "2001:db8::3"
secret = "Xq7é#zR9vK2pW4"
"""
EVERY = MN_HA + BY_AR + MN_AAA + AH + ESP + RADIUS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my keys.toml"


def error(path: Path, text: str | bytes) -> InputError:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        load_keys(str(path))
    assert caught.value.exit_code == 2
    return caught.value


def test_every_entry(path: Path) -> None:
    path.write_text(EVERY)
    keys = load_keys(str(path))
    ha, ar = IPv6Address("2001:db8::1"), IPv6Address("2001:db8:1::2")
    of_node = keys.mn_ha(ha, 256, b"alice@example.net", [])
    of_router = keys.mn_ha(ha, 4294967295, None, [ar])
    assert of_node is not None and of_router is not None
    assert of_node.key.reveal().hex() == of_router.key.reveal().hex() == K16
    aaa = keys.mn_aaa(b"alice@example.net", 3)
    assert aaa is not None and aaa.key.reveal().hex() == K16
    ah = keys.ah(4096, [IPv6Address("2001:db8::2")])
    assert ah is not None and ah.key.reveal().hex() == K20 and ah.integrity.name == "hmac-sha1-96"
    esp = keys.esp(4096, [IPv4Address("10.0.0.2")])
    assert esp is not None and esp.integrity is not None
    assert (esp.encryption.name, esp.integrity.name) == ("aes-cbc", "hmac-sha-256-128")
    assert (esp.encryption_key.reveal().hex(), esp.key.reveal().hex()) == (K16, K32)
    radius = keys.radius(IPv6Address("2001:db8::3"))
    assert radius is not None and radius.secret.reveal() == "Xq7é#zR9vK2pW4".encode()


def test_the_example_in_the_readme(path: Path) -> None:
    readme = (DATA.parents[2] / "README.md").read_text("utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    path.write_text(block)
    keys = load_keys(str(path))
    esp = keys.esp(4097, [IPv6Address("2001:db8::2")])
    assert esp is not None and esp.encryption_key.reveal().endswith(bytes.fromhex("cafebabe"))
    assert keys.ah(4096, [IPv6Address("2001:db8::2")]) is not None
    assert keys.radius(IPv6Address("2001:db8::3")) is not None


def test_no_file_and_an_empty_one(path: Path) -> None:
    path.write_text("# no keys\n")
    for keys in (load_keys(None), load_keys(str(path))):
        assert keys.radius(IPv6Address("2001:db8::3")) is None
        assert keys.esp_spis == frozenset()


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.keys.toml")))
def test_the_captures_key_files(name: str) -> None:
    load_keys(str(DATA / name))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ('encryption = "null"', "algorithm is missing"),
        (f'encryption = "null"\nalgorithm = "hmac-sha1-96"\nkey = "{K20}"', ""),
        (f'encryption = "aes-cbc"\nencryption_key = "{K16}"', ""),
        (
            f'encryption = "aes-cbc"\nencryption_key = "{K16}"\nkey = "{K20}"',
            "algorithm is missing",
        ),
        ('encryption = "aes-cbc"', "encryption_key is missing; it must be 16, 24 or 32 octets"),
        (
            f'encryption = "aes-cbc"\nencryption_key = "{K20}"',
            "encryption_key must be 16, 24 or 32",
        ),
        (f'encryption = "aes-gcm"\nencryption_key = "{K20}"', ""),
        (f'encryption = "aes-gcm-8"\nencryption_key = "{K32}d1d1d1d1"', ""),
        (
            f'encryption = "aes-gcm"\nencryption_key = "{K16}"',
            "encryption_key must be 20, 28 or 36",
        ),
        (
            f'encryption = "aes-gcm"\nencryption_key = "{K20}"\nalgorithm = "hmac-sha1-96"',
            "aes-gcm takes neither algorithm nor key",
        ),
        (
            (
                f'encryption = "null"\nencryption_key = "{K16}"\n'
                f'algorithm = "hmac-sha1-96"\nkey = "{K20}"'
            ),
            "has a field that is not one of spi, destination, encryption, algorithm, key",
        ),
        (
            'encryption = "3des"',
            "encryption must be one of null, aes-cbc, aes-gcm, aes-gcm-12, aes-",
        ),
        ("", "encryption is missing; it must be one of null, aes-cbc"),
    ],
)
def test_esp_takes_what_its_encryption_needs(path: Path, fields: str, reason: str) -> None:
    text = f'[[esp]]\nspi = 4096\ndestination = "2001:db8::2"\n{fields}\n'
    if reason:
        message = str(error(path, text))
        assert message.startswith(f"{path}: [[esp]] number 1: {reason}")
    else:
        path.write_text(text)
        assert load_keys(str(path)).esp(4096, [IPv6Address("2001:db8::2")]) is not None


WRONG = [
    (
        MN_HA,
        f'key = "{K16}"',
        f'key = "{K16[:-1]}"',
        "key must be 16 octets in hex, two digits each",
    ),
    (MN_HA, f'key = "{K16}"', f'key = "{K16[:-2]}"', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', f'key = "{K20}"', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', f'key = "{K16[:-1]}g"', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', f'key = "0x{K16[2:]}"', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', f'key = "{K16[:16]} {K16[16:]}"', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', f'key = ["{K16}"]', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', "key = 123456", "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', 'key = ""', "key must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', "", "key is missing; it must be 16 octets in hex"),
    (MN_HA, f'key = "{K16}"', f'kei = "{K16}"', "key is missing"),
    (MN_HA, "spi = 256", "spi = 255", "spi must be a whole number from 256 to 4294967295"),
    (MN_HA, "spi = 256", "spi = 4294967296", "spi must be a whole number from 256 to 4294967295"),
    (MN_HA, "spi = 256", 'spi = "256"', "spi must be a whole number"),
    (MN_HA, "spi = 256", "spi = true", "spi must be a whole number"),
    (MN_HA, "spi = 256", "spi = 256.0", "spi must be a whole number"),
    (MN_HA, "spi = 256", "", "spi is missing; it must be a whole number"),
    (MN_HA, 'ha = "2001:db8::1"', 'ha = "10.0.0.1"', "ha must be an IPv6 address"),
    (MN_HA, 'ha = "2001:db8::1"', f'ha = "{K16}"', "ha must be an IPv6 address"),
    (MN_HA, 'ha = "2001:db8::1"', 'ha = "fe80::1%eth0"', "ha must be an IPv6 address"),
    (MN_HA, 'ha = "2001:db8::1"', "", "ha is missing; it must be an IPv6 address"),
    (MN_HA, 'mn_id = "alice@example.net"', "", "needs one of mn_id and ar, and not both"),
    (
        MN_HA,
        "spi = 256",
        'spi = 256\nar = "2001:db8::5"',
        "needs one of mn_id and ar, and not both",
    ),
    (MN_HA, 'mn_id = "alice@example.net"', "mn_id = 1", "mn_id must be text"),
    (
        MN_HA,
        "spi = 256",
        f'spi = 256\n{K16} = "{K20}"',
        "has a field that is not one of mn_id, ar, ha, spi, key",
    ),
    (MN_AAA, "spi = 3", "spi = 5", "spi must be 3 or a whole number from 256 to 4294967295"),
    (MN_AAA, 'mn_id = "alice@example.net"', "", "mn_id is missing"),
    (MN_AAA, f'key = "{K16}"', 'key = "abc"', "key must be octets in hex"),
    (
        AH,
        "hmac-sha1-96",
        K16,
        "algorithm must be one of hmac-sha1-96, hmac-sha-256-128, aes-xcbc-m",
    ),
    (AH, "hmac-sha1-96", "hmac-sha-256-128", "key must be 32 octets in hex"),
    (AH, "hmac-sha1-96", "aes-xcbc-mac-96", "key must be 16 octets in hex"),
    (AH, '"2001:db8::2"', '"sar.example.net"', "destination must be an IP address"),
    (RADIUS, 'secret = "Xq7é#zR9vK2pW4"', "", "secret is missing; it must be text"),
    (RADIUS, '"Xq7é#zR9vK2pW4"', '""', "secret must be text"),
    (RADIUS, 'server = "2001:db8::3"', "", "server is missing; it must be an IP address"),
]


@pytest.mark.parametrize(("entry", "old", "new", "reason"), WRONG)
def test_a_wrong_entry_is_named_with_what_was_expected(
    path: Path, entry: str, old: str, new: str, reason: str
) -> None:
    """The second of two entries of the kind is wrong; others stand around it."""
    assert entry.count(old) == 1
    kind = entry[3 : entry.index("]")]
    right = entry.replace("256", "257").replace("spi = 3", "spi = 300").replace("4096", "4097")
    right = right.replace("db8::3", "db8::4")
    message = str(error(path, MN_HA.replace("256", "999") + right + entry.replace(old, new) + ESP))
    number = 3 if kind == "mn_ha" else 2
    assert message.startswith(f"{path}: [[{kind}]] number {number}: {reason}")
    assert not told(message, secrets())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MN_HA + MN_HA, "[[mn_ha]] number 2: is for the same as [[mn_ha]] number 1"),
        (AH + AH, "[[ah]] number 2: is for the same as [[ah]] number 1"),
        (ESP + ESP, "[[esp]] number 2: is for the same as [[esp]] number 1"),
        (RADIUS + RADIUS, "[[radius]] number 2: is for the same as [[radius]] number 1"),
        (MN_AAA + MN_AAA, "[[mn_aaa]] number 2: is for the same as [[mn_aaa]] number 1"),
        (f'[ah]\nkey = "{K20}"', "ah must be a list of tables, each under [[ah]]"),
        (f'ah = ["{K20}"]', "ah must be a list of tables, each under [[ah]]"),
        (
            f'[[{K16}]]\nkey = "{K20}"',
            "holds an entry that is not one of [[mn_ha]], [[mn_aaa]], [[ah]], [[esp]], [[radius]]",
        ),
        (f"key = {K16}", "no key file: it is not TOML (at line 1, column 7)"),
        (f'{K16} = "{K20}"\n{K16} = 1\nx = 2', "no key file: it is not TOML (at line 2, column"),
        (f'key = "{K20}', "no key file: it is not TOML (at end of document)"),
        (
            f"# {K16}\n".encode() + b"\xff",
            f"no key file: it is not UTF-8 (at octet {len(K16) + 3})",
        ),
        ("a = " + "[" * 100_000, "no key file: it is not TOML"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "octets",
)
def test_a_wrong_file_is_one_line(path: Path, text: str | bytes, reason: str) -> None:
    message = str(error(path, text))
    assert message.startswith(f"{path}: {reason}")
    assert "\n" not in message
    assert not told(message, secrets())


def test_a_missing_file() -> None:
    with pytest.raises(InputError, match=r"^/nowhere/keys\.toml: No such file or directory$"):
        load_keys("/nowhere/keys.toml")


def secrets() -> list[bytes]:
    return [
        bytes.fromhex(K16),
        bytes.fromhex(K20),
        bytes.fromhex(K32),
        "Xq7é#zR9vK2pW4".encode(),
    ]


def told(output: str | bytes, keys: Iterable[bytes]) -> bool:
    """Whether four octets of a key in a row are in the output as hex, base64, or themselves."""
    octets = output.encode() if isinstance(output, str) else output
    for key in keys:
        for at in range(len(key) - 3):
            part = key[at : at + 4]
            if part.hex().encode() in octets.lower() or part in octets:
                return True
        if any(base64.b64encode(key[at:])[:8] in octets for at in range(3)):
            return True
    return False


def test_telling_would_be_seen() -> None:
    key = bytes.fromhex(K16)
    assert told(K16, [key]) and told(key, [key]) and told(K16[8:16].upper(), [key])
    assert told(base64.b64encode(key), [key]) and told(base64.b64encode(b"x" + key), [key])
    assert not told("d1d1e1e2", [key])


def test_secrets_are_masked_wherever_they_are_shown() -> None:
    secret = Secret(bytes.fromhex(K16))
    shown = (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        repr([secret]),
    )
    assert all("masked" in text and not told(text, secrets()) for text in shown)
    assert secret.reveal().hex() == K16


def test_keys_show_no_secret(path: Path) -> None:
    path.write_text(EVERY)
    keys = load_keys(str(path))
    ah = keys.ah(4096, [IPv6Address("2001:db8::2")])
    esp = keys.esp(4096, [IPv4Address("10.0.0.2")])
    for thing in (keys, vars(keys), ah, esp, keys.radius(IPv6Address("2001:db8::3"))):
        assert not told(repr(thing), secrets())


def test_keys_do_not_come_from_standard_input() -> None:
    with pytest.raises(UsageError, match="not from standard input"):
        load_keys("-")


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(("entry", "old", "new", "reason"), WRONG)
def test_no_error_of_the_program_tells_a_key(
    path: Path,
    entry: str,
    old: str,
    new: str,
    reason: str,
    debug: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path.write_text(entry.replace(old, new))
    more = ["--debug"] if debug else []
    arguments = ["decode", str(DATA / "20e_raw.pcap"), "--frame", "1", "--keys", str(path), *more]
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err
    assert not told(err, secrets())
    assert ("Traceback" in err) is debug
    assert debug or err.count("\n") == 1
