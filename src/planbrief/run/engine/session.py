"""The two ends of IPython's messages without sockets: a session that records, and streams that go into it."""

from __future__ import annotations

import contextlib
import contextvars
import os
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

from ipykernel.iostream import OutStream
from ipykernel.kernelbase import Session  # the class that the kernel takes

Message = dict[str, Any]


class RecordingSession(Session):
    """A session whose messages go to a function of this process instead of a socket.

    Contents pass through the same serialisation as on a wire, so that what arrives is what JSON can carry.
    """

    def __init__(self, receive: Callable[[Message], None], **options: Any) -> None:
        super().__init__(key=b"", **options)
        self._receive = receive

    def send(
        self,
        stream: Any,
        msg_or_type: Message | str,
        content: Message | None = None,
        parent: Message | None = None,
        ident: Any = None,
        buffers: list[Any] | None = None,
        track: bool = False,
        header: Message | None = None,
        metadata: Message | None = None,
    ) -> Message | None:
        """Build a message as a real session does and hand it over."""
        if os.getpid() != self.pid:
            return None  # A process forked by a cell; a real session refuses as well.
        if isinstance(msg_or_type, dict):
            message = msg_or_type
            buffers = buffers or message.get("buffers", [])
        else:
            message = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        received = dict(message, buffers=[bytes(buffer) for buffer in buffers or []])
        if message["msg_type"] != "stream":
            received["content"] = self.unpack(self.serialize(message)[-1])
        self._receive(received)
        return message


class _Capture:
    """What arrives at a file descriptor, from C code and subprocesses, kept in a file without a name."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.original = os.dup(descriptor)
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        os.dup2(self._file, descriptor)
        self._read = 0

    def drain(self) -> str:
        """Return what has arrived since the last call; a character cut in the middle waits for its rest."""
        size = os.fstat(self._file).st_size
        if size <= self._read:
            return ""
        data = os.pread(self._file, size - self._read, self._read)
        whole = len(data) - _cut_bytes(data)
        self._read += whole
        return data[:whole].decode("utf-8", errors="replace")

    def renew(self) -> None:
        """Begin a file of this process's own; the one so far is shared with the process that it was forked from."""
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), self._file)
        os.dup2(self._file, self._descriptor)
        self._read = 0

    def write(self, text: str) -> None:
        """Write as a subprocess would."""
        os.write(self._descriptor, text.encode("utf-8", errors="replace"))

    def close(self) -> None:
        """Give the descriptor back to what it was."""
        os.dup2(self.original, self._descriptor)
        os.close(self.original)
        os.close(self._file)


def _cut_bytes(data: bytes) -> int:
    """Return how many bytes at the end begin a UTF-8 character without completing it."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
        return back if needed > back else 0
    return 0


class Stream(OutStream):
    """ipykernel's output stream without its threads.

    Text is kept until somebody flushes, which ipykernel does before every display and at the end of a cell; a real
    stream does the same but for a timer, whose effect (one text in two pieces) nobody wants. What C code and
    subprocesses wrote meanwhile is put between the pieces where it belongs.
    """

    def __init__(self, session: Session, name: str, capture: _Capture) -> None:
        # OutStream.__init__ starts threads and wants sockets; these are the attributes that its methods use.
        self.session, self.name, self.topic = session, name, b"stream." + name.encode()
        self._parent_header = contextvars.ContextVar("parent_header")
        self._parent_header.set({})
        self._parent_header_global: dict[str, Any] = {}
        self._master_pid = os.getpid()
        self._flush_pending = self._subprocess_flush_pending = False
        self._io_loop = None
        self._buffer_lock = threading.RLock()
        self._buffers = defaultdict(StringIO)
        self._isatty = self._should_watch = False
        self._local = threading.local()
        self.echo = None
        self.pub_thread = SimpleNamespace(schedule=lambda function: function(), thread=None)
        self._capture = capture
        # What fileno() answers: as with a real kernel, not the captured descriptor but what it was before.
        self._original_stdstream_copy = capture.original

    def write(self, string: str) -> int:
        """Keep text for the next flush; in a process forked by a cell, write it where this one will find it."""
        if isinstance(string, str):
            if not self._is_master_process():
                self._capture.write(string)
                return len(string)
            self._take_captured()
        return super().write(string) or 0

    def flush(self) -> None:
        """Send what has been written since the last flush."""
        if self._is_master_process():
            self._take_captured()
            self._flush()

    def close(self) -> None:
        """Stay open; a cell that closes its output does not close it for the others."""

    def move_in(self) -> None:
        """Belong to this process, which was forked from the one so far."""
        self._master_pid = os.getpid()
        self._capture.renew()

    def _take_captured(self) -> None:
        if text := self._capture.drain():
            super().write(text)

    def _schedule_flush(self) -> None:
        pass


@contextlib.contextmanager
def captured_output(session: Session) -> Iterator[tuple[Stream, Stream]]:
    """Send everything written to stdout and stderr, by Python or not, to a session."""
    before = sys.stdout, sys.stderr
    for stream in before:
        with contextlib.suppress(Exception):
            stream.flush()
    captures = [_Capture(1), _Capture(2)]
    streams = Stream(session, "stdout", captures[0]), Stream(session, "stderr", captures[1])
    sys.stdout, sys.stderr = streams
    try:
        yield streams
    finally:
        sys.stdout, sys.stderr = before
        for capture in captures:
            capture.close()
