"""The compression formats of captures, all with the decoder interface of `bz2.BZ2Decompressor`.

The modules are imported when a file needs them, so that a plain capture never waits for them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast

from netmip6scope.errors import MissingProgram


class Decoder(Protocol):
    """One compressed member, as in `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """A gzip member; zlib keeps unread input itself only when asked to."""

    def __init__(self) -> None:
        zlib = importlib.import_module("zlib")
        self._inner: Any = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return cast(bytes, self._inner.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return cast(bytes, self._inner.decompress(self._inner.unconsumed_tail + data, max_length))


class _Zstd:
    """A zstd frame; input goes in small steps because the output of a step is unbounded."""

    STEP = 4096

    def __init__(self) -> None:
        self._inner: Any = importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return cast(bytes, self._inner.unused_data) + self._waiting

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Like the others, but may return more than `max_length`."""
        data = self._waiting + data
        out, size, at = [], 0, 0
        while at < len(data) and size < max_length and not self._inner.eof:
            out.append(self._inner.decompress(data[at : at + self.STEP]))
            size += len(out[-1])
            at += self.STEP
        self._waiting = data[at:]
        return b"".join(out)


def _bzip2() -> Decoder:
    return cast(Decoder, importlib.import_module("bz2").BZ2Decompressor())


def _xz() -> Decoder:
    return cast(Decoder, importlib.import_module("lzma").LZMADecompressor())


def _lz4() -> Decoder:
    return cast(Decoder, importlib.import_module("lz4.frame").LZ4FrameDecompressor())


class Codec(NamedTuple):
    """A compression format: its magic and the error its decoder raises (module, class)."""

    name: str
    magic: bytes
    decoder: Callable[[], Decoder]
    failure: tuple[str, str]


CODECS = (
    Codec("gzip", b"\x1f\x8b", _Gzip, ("zlib", "error")),
    Codec("zstd", b"\x28\xb5\x2f\xfd", _Zstd, ("zstandard", "ZstdError")),
    Codec("lz4", b"\x04\x22\x4d\x18", _lz4, ("builtins", "RuntimeError")),
    Codec("bzip2", b"BZh", _bzip2, ("builtins", "OSError")),
    Codec("xz", b"\xfd7zXZ\x00", _xz, ("lzma", "LZMAError")),
)


def new_decoder(codec: Codec) -> Decoder:
    """A decoder for the next member. Raises MissingProgram."""
    try:
        return codec.decoder()
    except ImportError as error:
        package = "zstandard" if codec.name == "zstd" else codec.name
        text = f"{codec.name} files need the Python package {package}: pip install {package}"
        raise MissingProgram(text) from error


def failure_of(codec: Codec) -> type[Exception]:
    """What a decoder raises on corrupt data."""
    module, name = codec.failure
    return cast(type[Exception], getattr(importlib.import_module(module), name))
