"""The octets of a file, decompressed when its first octets say that it is compressed.

The name of a file decides nothing. Several members (gzip), frames (zstd, lz4) or streams (bzip2,
xz) in a row are one stream. What was decompressed before a corrupt place is delivered before the
error is raised.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, cast

from netmip6scope.errors import InputError, MissingProgram

_PEEK = 6
_CHUNK = 1 << 16
_OUTPUT = 1 << 20


class Stream(Protocol):
    """What the reader needs of an input."""

    position: int

    def readinto(self, target: memoryview) -> int:
        """Fill some of `target`; 0 at the end. Raises InputError."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


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


@dataclass(frozen=True, slots=True)
class Codec:
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


class Plain:
    """A file as it is; octets that were peeked at come first."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.position = 0
        try:
            self._file = cast(
                BinaryIO,
                open(0, "rb", buffering=0, closefd=False)
                if path == "-"
                else open(path, "rb", buffering=0),
            )
        except OSError as error:
            raise InputError(path, reason_of(error)) from error
        try:
            self.head = self._peek()
        except OSError as error:
            self._file.close()
            raise InputError(path, reason_of(error)) from error
        self._pending = self.head

    def _peek(self) -> bytes:
        head = b""
        while len(head) < _PEEK and (more := self._file.read(_PEEK - len(head))):
            head += more
        return head

    def readinto(self, target: memoryview) -> int:
        """See `Stream`."""
        if self._pending:
            count = min(len(target), len(self._pending))
            target[:count] = self._pending[:count]
            self._pending = self._pending[count:]
        else:
            try:
                count = cast(int | None, cast(Any, self._file).readinto(target))
            except OSError as error:
                raise InputError(self.path, reason_of(error), self.position) from error
            if count is None:
                raise InputError(self.path, "has no data yet and does not wait", self.position)
        self.position += count
        return count

    def close(self) -> None:
        """See `Stream`."""
        self._file.close()


class Compressed:
    """A file that a codec decompresses, member after member."""

    def __init__(self, inner: Plain, codec: Codec) -> None:
        self._inner = inner
        self._codec = codec
        self._decoder: Decoder | None = _new_decoder(codec)
        self._failure = _failure_of(codec)
        self._chunk = memoryview(bytearray(_CHUNK))
        self._input = b""
        self._output = memoryview(b"")

    @property
    def position(self) -> int:
        """Compressed octets read so far."""
        return self._inner.position

    def readinto(self, target: memoryview) -> int:
        """See `Stream`."""
        while not self._output:
            more = self._more(len(target))
            if more is None:
                return 0
            self._output = memoryview(more)
        count = min(len(target), len(self._output))
        target[:count] = self._output[:count]
        self._output = self._output[count:]
        return count

    def _more(self, wanted: int) -> bytes | None:
        """The next decompressed octets, perhaps none yet; None at the end of the file."""
        decoder = self._decoder
        if not self._input and (decoder is None or decoder.needs_input):
            self._input = bytes(self._chunk[: self._inner.readinto(self._chunk)])
            if not self._input:
                if decoder is not None:
                    raise self._error("cut short; the rest of the file is missing")
                return None
        if decoder is None:
            # Padding with zeros is allowed behind a member (gzip(1), xz stream padding).
            self._input = self._input.lstrip(b"\0")
            if not self._input:
                return b""
            decoder = self._decoder = _new_decoder(self._codec)
        return self._decode(decoder, min(wanted, _OUTPUT))

    def _decode(self, decoder: Decoder, wanted: int) -> bytes:
        data, self._input = self._input, b""
        try:
            out = decoder.decompress(data, wanted)
        except self._failure as error:
            raise self._error(f"corrupt ({error})") from error
        if decoder.eof:
            self._input = decoder.unused_data or b""
            self._decoder = None
        return out

    def _error(self, what: str) -> InputError:
        text = f"{self._codec.name} data is {what}; make the file again from its source"
        return InputError(self._inner.path, f"{text}, near compressed octet {self.position}")

    def close(self) -> None:
        """See `Stream`."""
        self._inner.close()


def open_stream(path: str) -> Stream:
    """The octets of a file ("-": standard input). Raises InputError, MissingProgram."""
    plain = Plain(path)
    for codec in CODECS:
        if plain.head.startswith(codec.magic):
            return cast(Stream, Compressed(plain, codec))
    return plain


def reason_of(error: OSError) -> str:
    """Why the operating system refused, in words that say what to do."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "permission denied; make the file readable for this user"
    if isinstance(error, IsADirectoryError):
        return "is a directory; name a file"
    return error.strerror or str(error)


def _new_decoder(codec: Codec) -> Decoder:
    try:
        return codec.decoder()
    except ImportError as error:
        package = "zstandard" if codec.name == "zstd" else codec.name
        text = f"{codec.name} files need the Python package {package}: pip install {package}"
        raise MissingProgram(text) from error


def _failure_of(codec: Codec) -> type[Exception]:
    module, name = codec.failure
    return cast(type[Exception], getattr(importlib.import_module(module), name))
