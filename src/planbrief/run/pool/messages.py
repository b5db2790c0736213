"""Messages between a pool and its own processes: a length, then a pickle.

Only pipes and sockets that this package opened itself carry them; nothing is ever unpickled from a file.
"""

from __future__ import annotations

import os
import pickle  # own pipes only, see above
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct("!Q")

#: Bytes before each message.
HEADER_SIZE = _LENGTH.size


def pack(message: Any) -> bytes:
    """Return a message as bytes, its length first."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """Return the message whose bytes (without length) are given."""
    return pickle.loads(body)


def body_size(header: bytes) -> int:
    """Return how many bytes follow a header."""
    size: int = _LENGTH.unpack(header)[0]
    return size


def write(descriptor: int, packed: bytes) -> None:
    """Write a whole packed message to a file descriptor."""
    view = memoryview(packed)
    while view:
        view = view[os.write(descriptor, view[: 1 << 20]) :]


def read(stream: BinaryIO) -> Any:
    """Read a message; EOFError when the other side has ended, also in the middle of one."""
    header = stream.read(HEADER_SIZE)
    if len(header) < HEADER_SIZE:
        raise EOFError
    size = body_size(header)
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return unpack(body)
