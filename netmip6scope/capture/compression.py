"""The octets of a file, decompressed when its first octets say that it is compressed.

The name of a file decides nothing. Several members (gzip), frames (zstd, lz4) or streams (bzip2,
xz) in a row are one stream. What was decompressed before a corrupt place is delivered before the
error is raised.
"""

from __future__ import annotations

import select
from io import FileIO
from typing import Protocol, cast

from netmip6scope.capture.codecs import CODECS, Codec, Decoder, failure_of, new_decoder
from netmip6scope.errors import InputError

_PEEK = 6
_CHUNK = 1 << 16
_OUTPUT = 1 << 20


class Stream(Protocol):
    """What the reader needs of an input."""

    position: int

    def readinto(self, target: memoryview) -> int:
        """Fill some of `target`; 0 at the end. Raises InputError."""
        ...

    def waits(self, limit_s: float | None) -> bool:
        """Whether nothing can be read, after waiting so long for it; None waits until it can."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class Plain:
    """A file as it is; octets that were peeked at come first."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.position = 0
        try:
            self._file = FileIO(0, closefd=False) if path == "-" else FileIO(path)
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
        while len(head) < _PEEK and (more := self._file.read(_PEEK - len(head)) or b""):
            head += more
        return head

    def readinto(self, target: memoryview) -> int:
        """See `Stream`."""
        if self._pending:
            count = min(len(target), len(self._pending))
            target[:count] = self._pending[:count]
            self._pending = self._pending[count:]
        else:
            count = self._read(target)
        self.position += count
        return count

    def _read(self, target: memoryview) -> int:
        try:
            # Typeshed leaves out the None of a file that is set not to wait.
            count = cast("int | None", self._file.readinto(target))
        except OSError as error:
            raise InputError(self.path, reason_of(error), self.position) from error
        if count is None:
            raise InputError(self.path, "has no data yet and does not wait", self.position)
        return count

    def waits(self, limit_s: float | None) -> bool:
        """See `Stream`."""
        return not self._pending and not select.select([self._file], [], [], limit_s)[0]

    def close(self) -> None:
        """See `Stream`."""
        self._file.close()


class Compressed:
    """A file that a codec decompresses, member after member."""

    def __init__(self, inner: Plain, codec: Codec) -> None:
        self._inner = inner
        self._codec = codec
        self._decoder: Decoder | None = new_decoder(codec)
        self._failure = failure_of(codec)
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
            decoder = self._decoder = new_decoder(self._codec)
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

    def waits(self, limit_s: float | None) -> bool:
        """See `Stream`."""
        return not self._output and not self._input and self._inner.waits(limit_s)

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
