"""
NeverLiie for Python: a program of the mesh in one file, with the standard library alone.

Copy this file beside your program (Python 3.9 or later; Linux, macOS, Windows).

    from neverliie_ipc import NeverLiieIPC

    ipc = NeverLiieIPC("greeter")            # joins; or prints that it runs already, and exits with 0
    ipc.expose("greet", lambda name: f"Hello, {name}!")
    ipc.wait()                               # until it is asked to leave

    answer = ipc.call("statusbar", "get_stats")      # {"status": "ok", "data": …}
    for item in ipc.stream("scanner", "scan", path="docs"):
        print(item)

The modern way raises what goes wrong instead of telling it by a dictionary (`ipc.connect`,
`ipc.request`), and there is one for asyncio (`AsyncIPC`). docs/languages/python.md walks through it;
docs/protocol.md is the protocol that this file was written from.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import contextvars
import hashlib
import heapq
import inspect
import itertools
import json
import math
import os
import queue
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator as _AsyncIterator
from collections.abc import Iterator as _Iterator
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Deque,
    Dict,
    Generic,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    NoReturn,
    Optional,
    Sequence,
    Set,
    Tuple,
    TypeVar,
    Union,
    cast,
    overload,
)

if TYPE_CHECKING:
    import asyncio

__all__ = [
    "AlreadyRunningError",
    "AsyncIPC",
    "AsyncRemote",
    "AsyncRemoteMethod",
    "AsyncStream",
    "CallCancelledError",
    "CallContext",
    "CallTimeoutError",
    "ConnectionLostError",
    "LimitExceededError",
    "MeshError",
    "MethodNotFoundError",
    "NeverLiieIPC",
    "Peer",
    "ProtocolMismatchError",
    "Remote",
    "RemoteError",
    "RemoteMethod",
    "SecondInstance",
    "StartLimitError",
    "Stream",
    "Subscription",
    "TargetNotRunningError",
    "TargetOfflineError",
    "TargetStartError",
    "TargetUnknownError",
    "Topic",
    "current_call",
    "printable",
]

__version__ = "0.1.0"

# --------------------------------------------------------------------------------------------------
# Numbers of the protocol (docs/protocol.md)

PROTOCOL_VERSION = 1
BYTES_TYPE = "application/vnd.neverliie.bytes"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
REQUEST_CANCELLED = -32800
UNKNOWN_STREAM = -32001
REFUSED = -32003
LEAVING = -32004
LIMIT_EXCEEDED = -32005
TIMED_OUT = -32006

#: How much a program takes from its peers; docs/protocol.md#limits says of what.
DEFAULT_LIMITS: Mapping[str, int] = {
    "header": 4 << 10,
    "body": 64 << 20,
    "depth": 1_000,
    "frameTime": 30_000,
    "calls": 4_096,
    "streams": 256,
    "queued": 128 << 20,
    "connections": 2_048,
}

#: A body of at most so many bytes is not looked at for how deep it nests.
_SHALLOW_BODY = 64 << 10
_SMALL_MESSAGE = 4 << 10
_SMALL_RESERVE = 4 << 20
_READ_PAUSE = 4 << 20
_PRODUCE_AHEAD = 256
_PAGE_SIZE = 1 << 20
_FETCH_BELOW = 128
_QUEUE_DEFAULT = 1_000
_QUEUE_MAX = 10_000
_QUEUE_BYTES = 4 << 20
_SAFE_INTEGER = 2**53 - 1
#: Seconds.
_CLOSE_LIMIT = 2.0
_START_TIMEOUT = 30.0
_HANDOVER_TIMEOUT = 15.0
_IMPOSTOR_TIMEOUT = 3.0
_BUSY_TIMEOUT = 10.0
_LOOK = 2.0
_STALLED = 5.0
#: For so long after joining, and after each `expose`, a call of an unknown method waits for it.
_OPENING = 2.0
#: A program that has exposed nothing for so long has exposed all: callers are let in, whose first
#: question is what may be asked twice.
_SETTLED = 0.02
#: How long a program has to end by itself after it was asked to leave.
_END_TIME = 5.0
#: Five starts within ten seconds (docs/decisions/0008-instance-and-start-limits.md).
_START_LIMIT = 5
_START_WINDOW = 10_000
_REFUSAL = 10_000
_REFUSAL_MAX = 300_000
_LOG_SIZE_MAX = 4 << 20
_LOG_KEPT_MAX = 8 << 20
_REGISTRY_SIZE_MAX = 16 << 20

_T = TypeVar("_T")

# --------------------------------------------------------------------------------------------------
# Text that others chose

_SEQUENCES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[PX\\]^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]*[0-~]"
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]+")
_CONTROLS_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A text as one line that is safe to show on a terminal, whoever wrote it."""
    return _DIRECTIONS.sub("", _CONTROLS.sub(" ", _SEQUENCES.sub("", text)))


def _printable_lines(text: str) -> str:
    plain = _SEQUENCES.sub("", text).replace("\r\n", "\n")
    return _DIRECTIONS.sub("", _CONTROLS_IN_LINES.sub(" ", plain))


def _report(problem: str) -> None:
    """Tells of a problem on standard error. Never raises: the log may be on a full disk."""
    _print(sys.stderr, problem)


def _print(to: Any, text: str) -> None:
    try:
        print(_printable_lines(text), file=to, flush=True)
    except (OSError, ValueError, AttributeError):
        pass  # There is no terminal, or it is gone: the program goes on all the same.


# --------------------------------------------------------------------------------------------------
# Errors


class MeshError(Exception):
    """What goes wrong on the mesh. `code` is as the protocol has it."""

    code: int = INTERNAL_ERROR
    data: Any = None


class RemoteError(MeshError):
    """
    What a handler of another program raised: its message and code, and `data` where it gave some.
    A handler may raise it, too, to choose what its caller gets.
    """

    def __init__(self, message: str, code: int = INTERNAL_ERROR, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class MethodNotFoundError(RemoteError):
    """The target answers, but has no such method (or topic)."""


class LimitExceededError(RemoteError):
    """A limit refused the request, here or at the target; `limit` names it."""

    @property
    def limit(self) -> Optional[str]:
        """The limit's name."""
        name = self.data.get("limit") if isinstance(self.data, dict) else None
        return name if isinstance(name, str) else None


class CallCancelledError(RemoteError):
    """The call was cancelled, here or from outside."""


class CallTimeoutError(MeshError, TimeoutError):
    """No answer in time; the handler was told to end."""

    code = TIMED_OUT


class ConnectionLostError(MeshError, ConnectionError):
    """The target went away before it answered."""

    code = LEAVING

    def __init__(self, message: str, unsent: bool = False, answered: bool = False) -> None:
        super().__init__(message)
        #: Whether the target cannot have looked at the request.
        self.unsent = unsent
        #: Whether the target said so itself: that is an answer, and nothing is asked again.
        self.answered = answered


class ProtocolMismatchError(MeshError):
    """The target speaks another version of the protocol."""


class TargetOfflineError(MeshError):
    """The target does not run, and could not be started."""


class TargetUnknownError(TargetOfflineError):
    """Nobody of that name runs or is registered."""


class TargetNotRunningError(TargetOfflineError):
    """It sleeps, and is not to be started."""


class TargetStartError(TargetOfflineError):
    """It was started, and ended or did not answer."""

    def __init__(self, message: str, exit_code: Optional[int] = None, log: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.log = log


class StartLimitError(TargetOfflineError):
    """It was started too often lately."""


class AlreadyRunningError(MeshError):
    """The app runs already, as process `pid` where that is known."""

    def __init__(self, message: str, pid: Optional[int]) -> None:
        super().__init__(message)
        self.pid = pid


def _error_of(wire: Any) -> MeshError:
    """The error of a response, of whatever shape."""
    wire = wire if isinstance(wire, dict) else {}
    code, message, data = wire.get("code"), wire.get("message"), wire.get("data")
    if not isinstance(code, int) or isinstance(code, bool):
        code = INTERNAL_ERROR
    if not isinstance(message, str):
        message = "the peer sent an error without a message"
    if code == LEAVING:
        unsent = isinstance(data, dict) and data.get("begun") is False
        return ConnectionLostError(message, unsent, answered=True)
    if code == TIMED_OUT:
        return CallTimeoutError(message)
    kind = {
        METHOD_NOT_FOUND: MethodNotFoundError,
        LIMIT_EXCEEDED: LimitExceededError,
        REQUEST_CANCELLED: CallCancelledError,
    }.get(code, RemoteError)
    return kind(message, code, data)


def _message_of(raised: BaseException) -> str:
    """What an exception says; its class where it says nothing. Never raises."""
    try:
        message = str(raised) or type(raised).__name__
        errors = getattr(raised, "exceptions", None)
        if isinstance(errors, (list, tuple)) and errors:
            told = [str(one) or type(one).__name__ for one in errors[:5]]
            message += ": " + "; ".join(told + (["…"] if len(errors) > 5 else []))
        return message
    except Exception:
        return "the handler raised a value without a text"


def _told(raised: BaseException, name: str) -> Any:
    """What an exception has under a name; None where it has nothing to tell. Never raises."""
    try:
        return getattr(raised, name, None)
    except Exception:
        return None


def _wire_error(raised: BaseException) -> Dict[str, Any]:
    """An exception as it travels: message, a whole number as code, data; never a traceback."""
    code = _told(raised, "code")
    own = isinstance(code, int) and not isinstance(code, bool) and abs(code) <= _SAFE_INTEGER
    error: Dict[str, Any] = {"code": code if own else INTERNAL_ERROR, "message": _message_of(raised)}
    data = _told(raised, "data")
    if data is not None:
        error["data"] = data
    return error


# --------------------------------------------------------------------------------------------------
# JSON, and bytes in it


class _HasBytes(Exception):
    pass


def _refuse(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise _HasBytes
    raise TypeError(f"a value of the type {type(value).__name__} is no JSON")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_refuse
)

#: What is sent: JSON text, and bytes by the places where they belong in it.
_Parts = List[Tuple[List[Union[str, int]], bytes]]


class _Packed(NamedTuple):
    text: str
    parts: _Parts

    @property
    def size(self) -> int:
        return len(self.text) + sum(len(data) for _, data in self.parts)


def _pack(value: Any, takes_bytes: bool) -> _Packed:
    """
    Makes a value ready to be sent. Bytes are taken out for a peer that takes them, else base64.

    Raises TypeError for what JSON cannot hold.
    """
    parts: _Parts = []
    try:
        try:
            return _Packed(_ENCODER.encode(value), parts)
        except _HasBytes:
            return _Packed(_ENCODER.encode(_without_bytes(value, [], parts, takes_bytes)), parts)
    except RecursionError:
        raise TypeError("it is nested too deep to be written as JSON") from None
    except ValueError as error:
        # (As the encoder of JSON puts it: looking for a number would never come to an end.)
        if "ircular" in str(error):
            raise TypeError("it contains itself") from None
        place = _place_of_no_number(value, "")
        if place is None:
            raise TypeError(str(error)) from None
        raise TypeError(f"JSON has no number for NaN and infinity, at {place or 'the top'}") from None


def _without_bytes(value: Any, path: List[Union[str, int]], parts: _Parts, take: bool) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        if not take:
            return base64.b64encode(data).decode("ascii")
        parts.append((path, data))
        return None
    if isinstance(value, dict):
        return {
            key: _without_bytes(one, [*path, str(key)], parts, take) for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_bytes(one, [*path, at], parts, take) for at, one in enumerate(value)]
    return value


def _place_of_no_number(value: Any, at: str) -> Optional[str]:
    if isinstance(value, float):
        return None if math.isfinite(value) else at
    pairs: Iterable[Tuple[Any, Any]] = ()
    if isinstance(value, dict):
        pairs = [(f".{key}", one) for key, one in value.items()]
    elif isinstance(value, (list, tuple)):
        pairs = [(f"[{index}]", one) for index, one in enumerate(value)]
    for step, one in pairs:
        found = _place_of_no_number(one, at + step)
        if found is not None:
            return found
    return None


def _list_of(packed: Sequence[_Packed], *holder: Union[str, int]) -> _Packed:
    """Several values as one list, which stands at `holder` in the message."""
    text = "[" + ",".join(one.text for one in packed) + "]"
    parts = [([*holder, i, *path], data) for i, one in enumerate(packed) for path, data in one.parts]
    return _Packed(text, parts)


def _places(parts: _Parts, *holder: str) -> str:
    """The member of a message that tells where its bytes belong; nothing where it has none."""
    if not parts:
        return ""
    return ',"bytes":' + _ENCODER.encode([[[*holder, *path], len(data)] for path, data in parts])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


_STRINGS = re.compile(b'"[^"]*"')
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


def _is_deeper(body: bytes, most: int) -> bool:
    """
    Whether JSON nests deeper than `most` levels. Not each Python refuses that while it reads, and a
    large body of nothing but brackets would take seconds and gigabytes.
    """
    if len(body) <= _SHALLOW_BODY or body.count(b"[") + body.count(b"{") <= most:
        return False
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_BRACKETS)
    steps = memoryview(_STRINGS.sub(b"", plain).replace(b'"', b"").translate(_STEPS)).cast("b")
    depth = 0
    # (In parts, so that other threads have their turns.)
    for at in range(0, len(steps), 1 << 20):
        part = steps[at : at + (1 << 20)]
        if depth + max(itertools.accumulate(part)) > most:
            return True
        depth += sum(part)
    return False


def _put_bytes(message: Any, tail: bytes) -> None:
    """Puts bytes back into a message, by its member `bytes`. Raises ValueError where they do not fit."""
    places = message.get("bytes") if isinstance(message, dict) else None
    if not isinstance(places, list):
        raise ValueError('a frame with bytes needs "bytes" in its JSON')
    at = 0
    for place in places:
        if not (isinstance(place, list) and len(place) == 2 and isinstance(place[0], list)):
            raise ValueError('an entry of "bytes" must be [path, length]')
        path, length = place
        if not isinstance(length, int) or isinstance(length, bool) or length < 0 or not path:
            raise ValueError('an entry of "bytes" must be [path, length]')
        if at + length > len(tail):
            raise ValueError("the frame holds fewer bytes than its JSON tells")
        holder = message
        try:
            for step in path[:-1]:
                holder = holder[step]
            if holder[path[-1]] is not None:
                raise ValueError("bytes belong where the JSON has null")
            holder[path[-1]] = tail[at : at + length]
        except (KeyError, IndexError, TypeError):
            raise ValueError("bytes belong to a place that is not there") from None
        at += length
    if at != len(tail):
        raise ValueError("the frame holds more bytes than its JSON tells")


_LONE = re.compile("[\ud800-\udfff]")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # Halves of surrogate pairs, which JSON may only hold escaped.
        return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8")


def _frame(message: _Packed) -> bytes:
    body = _utf8(message.text)
    if not message.parts:
        return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    tail = b"".join(data for _, data in message.parts)
    head = f"Content-Length: {len(body) + len(tail)}\r\nContent-Type: {BYTES_TYPE}; json={len(body)}"
    return head.encode("ascii") + b"\r\n\r\n" + body + tail


class _FrameError(Exception):
    def __init__(self, message: str, limit: Optional[str] = None) -> None:
        super().__init__(message)
        self.limit = limit


class _Decoder:
    """Cuts bytes into bodies: each is JSON, and the bytes behind it or None."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._body = -1
        self._json = -1
        #: Where to look on for the header's end.
        self._seen = 0
        #: Whether the peer speaks in lines; None until its first byte.
        self.lines: Optional[bool] = None

    @property
    def idle(self) -> bool:
        return self._body < 0 and not self._buffer

    def push(self, data: bytes) -> Iterator[Tuple[bytes, Optional[bytes]]]:
        if self.lines is None and data:
            self.lines = data[:1] == b"{"
        self._buffer += data
        return self._cut_lines() if self.lines else self._cut_frames()

    def _cut_lines(self) -> Iterator[Tuple[bytes, Optional[bytes]]]:
        while True:
            end = self._buffer.find(b"\n", self._seen)
            if (end if end >= 0 else len(self._buffer)) > self._limits["body"]:
                raise _FrameError(f"a line is over {self._limits['body']} bytes", "body")
            if end < 0:
                self._seen = len(self._buffer)
                return
            line = bytes(self._buffer[:end]).strip()
            del self._buffer[: end + 1]
            self._seen = 0
            if line:
                yield line, None

    def _cut_frames(self) -> Iterator[Tuple[bytes, Optional[bytes]]]:
        while True:
            if self._body < 0 and not self._read_header():
                return
            if len(self._buffer) < self._body:
                return
            body = bytes(self._buffer[: self._body])
            del self._buffer[: self._body]
            size, self._body, self._json = self._json, -1, -1
            yield (body, None) if size < 0 else (body[:size], body[size:])

    def _read_header(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", max(0, self._seen - 3))
        if (end + 4 if end >= 0 else len(self._buffer)) > self._limits["header"]:
            raise _FrameError(f"a header is over {self._limits['header']} bytes", "header")
        if end < 0:
            self._seen = len(self._buffer)
            for byte in self._buffer:
                if byte in (10, 13):
                    break
                if byte < 0x20 or byte > 0x7E:
                    raise _FrameError("expected a header line such as Content-Length: 123")
            return False
        block = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 4]
        self._seen = 0
        self._parse_header(block)
        return True

    def _parse_header(self, block: str) -> None:
        length, json_length = -1, -1
        for line in block.split("\r\n"):
            if not line:
                continue
            name, colon, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            if not colon or not name:
                raise _FrameError(f"not a header line: {json.dumps(line[:80])}")
            if name == "content-length":
                if re.fullmatch("[0-9]+", value) is None:
                    raise _FrameError(f"not a Content-Length: {json.dumps(value[:80])}")
                if length >= 0:
                    raise _FrameError("two Content-Length headers in one frame")
                length = int(value)
            elif name == "content-type":
                charset = re.search(r'charset\s*=\s*"?([^";\s]+)', value, re.I)
                if charset is not None and charset[1].lower() not in ("utf-8", "utf8"):
                    raise _FrameError(f"cannot read charset {json.dumps(charset[1])}: send UTF-8")
                if value.lower().startswith(BYTES_TYPE):
                    size = re.search(r";\s*json=([0-9]{1,10})\s*$", value)
                    if size is None:
                        raise _FrameError(f'expected "{BYTES_TYPE}; json=LENGTH" as the Content-Type')
                    json_length = int(size[1])
        if length < 0:
            raise _FrameError("a frame without Content-Length")
        if length > self._limits["body"]:
            most = self._limits["body"]
            raise _FrameError(f"a body of {length} bytes is over the limit of {most}", "body")
        if json_length > length:
            raise _FrameError("more JSON than the frame has bytes")
        self._body, self._json = length, json_length


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 256
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= _SAFE_INTEGER


# --------------------------------------------------------------------------------------------------
# The system. Both halves have the same names: what is below knows none of them by its system.


class _Transport:
    """Bytes in order, both ways. One thread reads, one at a time writes."""

    def recv(self, size: int) -> bytes:
        """Some bytes; none at the end, of whatever kind."""
        raise NotImplementedError

    def try_send(self, data: bytes) -> int:
        """How many bytes the system took at once."""
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        """Sends all of them. Raises OSError where the peer is gone."""
        raise NotImplementedError

    def shut(self) -> None:
        """Ends what reads and writes."""
        raise NotImplementedError

    def release(self) -> None:
        """Gives it back to the system, once nobody reads or writes any more."""
        raise NotImplementedError


_PathFault = Optional[str]


if sys.platform != "win32":
    import fcntl
    import selectors
    import socket

    #: `sockaddr_un.sun_path` holds 104 bytes on macOS, its final zero included.
    _SOCKET_PATH_MAX = 103

    def _user_id() -> str:
        return str(os.getuid())

    def _home_variable() -> str:
        return "HOME"

    def _identity_path(path: str) -> str:
        return path

    def _private_folder(path: str) -> None:
        """Makes sure that `path` is a folder of this user that nobody else can enter."""
        try:
            info = os.lstat(path)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, 0o700)
            info = os.lstat(path)
        why = None
        if not stat.S_ISDIR(info.st_mode):
            why = "it is not a directory"
        elif info.st_uid != os.getuid():
            why = f"it belongs to user {info.st_uid}"
        elif info.st_mode & 0o077:
            why = "others may enter it"
        if why is not None:
            raise PermissionError(
                f'Cannot keep sockets in "{path}": {why}. '
                "Remove it, or make it yours alone (chmod 700)"
            )

    def _runtime_folder(home: str, key: str) -> str:
        own = f"/tmp/neverliie-{os.getuid()}"
        _private_folder(own)
        folder = f"{own}/{key}"
        _private_folder(folder)
        return folder

    def _address(runtime: str, key: str, app: str) -> str:
        path = f"{runtime}/{app}.sock"
        if len(path) > _SOCKET_PATH_MAX:
            raise ValueError(f'Cannot listen at "{path}": over {_SOCKET_PATH_MAX} bytes')
        return path

    def _ownership_fault(path: str) -> _PathFault:
        """Why others than this user could change the file or folder at `path`."""
        info = os.lstat(path)
        if stat.S_ISLNK(info.st_mode):
            return "it is a link"
        if info.st_uid != os.getuid():
            return f"it belongs to user {info.st_uid}"
        return "others may write it (chmod go-w mends that)" if info.st_mode & 0o022 else None

    def _program_fault(program: str) -> _PathFault:
        return None if program.startswith("/") else "it is not an absolute path"

    def _elevation_fault() -> _PathFault:
        return None  # Who has more rights here is another user, and has another mesh.

    class _FileLock:
        """A lock between processes, which the system drops with this one, however it ends."""

        def __init__(self, fd: int, path: str) -> None:
            self._fd = fd
            self._path = path

        @classmethod
        def take(cls, path: str) -> Optional["_FileLock"]:
            """The lock at `path`, or None where somebody holds it."""
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                return None
            except BaseException:
                os.close(fd)
                raise
            return cls(fd, path)

        def is_current(self) -> bool:
            """Whether the locked file is still the one at the path."""
            try:
                mine, there = os.fstat(self._fd), os.lstat(self._path)
            except OSError:
                return False
            return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)

        def release(self) -> None:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def _lock_state(path: str) -> str:
        """Whether a process holds the lock at `path`: "held", "free" or "missing"."""
        try:
            # To read alone: closing a file that is open for writing is an event to who watches.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return "missing"
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return "free"
        except BlockingIOError:
            return "held"
        finally:
            os.close(fd)

    def _is_own(connection: "socket.socket") -> bool:
        """Whether the process at the other end is this user's, where the system tells that."""
        if sys.platform != "linux":
            return True  # The folder of the socket is the guard.
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return struct.unpack("3i", told)[1] == os.getuid()

    class _SocketTransport(_Transport):
        def __init__(self, connection: "socket.socket") -> None:
            connection.setblocking(True)
            self._socket = connection

        def recv(self, size: int) -> bytes:
            try:
                return self._socket.recv(size)
            except OSError:
                return b""

        def try_send(self, data: bytes) -> int:
            try:
                return self._socket.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return 0

        def send(self, data: bytes) -> None:
            self._socket.sendall(data)

        def shut(self) -> None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

        def release(self) -> None:
            self._socket.close()

    def _dial(address: str, deadline: float) -> Optional[_Transport]:
        """Connects to an address; None where nobody listens. `deadline` is one of time.monotonic()."""
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.setblocking(False)
                connection.connect(address)
                if not _is_own(connection):
                    raise PermissionError(f'Cannot connect to "{address}": another user listens there')
                return _SocketTransport(connection)
            except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError):
                connection.close()
                return None
            except (BlockingIOError, InterruptedError):  # A full backlog: it will come round to it.
                connection.close()
                if time.monotonic() > deadline:
                    raise TimeoutError(f'Cannot connect to "{address}": it stayed busy') from None
                time.sleep(0.005)
            except BaseException:
                connection.close()
                raise

    class _Listener:
        """Listens at a path, in place of whatever socket an earlier process left there."""

        def __init__(self, address: str, mark: str) -> None:
            self._path = address
            self._lock = threading.Lock()
            self._ended = False
            self._wake_read, self._wake_write = socket.socketpair()
            self._folder = -1
            self._socket = self._listen()

        def _listen(self) -> "socket.socket":
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._path)
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                listening.bind(self._path)
                os.chmod(self._path, 0o600)
                listening.listen(128)
                # Whoever else is dialled in the same moment may have left: accept never waits.
                listening.setblocking(False)
                info = os.lstat(self._path)
            except BaseException:
                listening.close()
                raise
            self._file = (info.st_dev, info.st_ino)
            return listening

        def accept(self) -> Optional[_Transport]:
            """The next peer; None once it was closed."""
            while not self._ended:
                current = self._socket
                with selectors.DefaultSelector() as ready:
                    ready.register(current, selectors.EVENT_READ)
                    ready.register(self._wake_read, selectors.EVENT_READ)
                    ready.select()
                if self._ended:
                    return None
                if current is not self._socket:
                    with contextlib.suppress(BlockingIOError):
                        self._wake_read.recv(16, socket.MSG_DONTWAIT)
                    current.close()
                    continue
                try:
                    connection, _ = current.accept()
                except (BlockingIOError, InterruptedError, ConnectionError):
                    continue
                if _is_own(connection):
                    return _SocketTransport(connection)
                connection.close()
            return None

        def guard(self) -> None:
            """A shared lock on the folder: systemd-tmpfiles leaves it alone then."""
            if self._folder >= 0:
                os.close(self._folder)
            self._folder = os.open(os.path.dirname(self._path), os.O_RDONLY | os.O_DIRECTORY)
            with contextlib.suppress(OSError):
                fcntl.flock(self._folder, fcntl.LOCK_SH | fcntl.LOCK_NB)

        def look(self) -> bool:
            """Makes the socket anew where its file was removed. Whether that was so."""
            try:
                info = os.lstat(self._path)
                if (info.st_dev, info.st_ino) == self._file:
                    if self._folder < 0:
                        self.guard()
                    return False
            except FileNotFoundError:
                pass
            with self._lock:
                if self._ended:
                    return False
                self._socket = self._listen()
            self._wake_write.send(b"x")
            self.guard()
            return True

        def close(self, owned: bool) -> None:
            with self._lock:
                if self._ended:
                    return
                self._ended = True
            if owned:
                with contextlib.suppress(OSError):
                    os.remove(self._path)
            self._wake_write.send(b"x")

        def release(self) -> None:
            """Closes what it had, once nobody accepts any more; in a fork, at once."""
            self._ended = True
            self._socket.close()
            self._wake_read.close()
            self._wake_write.close()
            if self._folder >= 0:
                os.close(self._folder)
                self._folder = -1

    def _spawn(
        command: Sequence[str], cwd: str, env: Mapping[str, str], log: str
    ) -> "subprocess.Popen[bytes]":
        """Starts a program that outlives this one, its output appended to a log."""
        fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            return subprocess.Popen(
                list(command),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=fd,
                stderr=fd,
                start_new_session=True,
            )
        finally:
            os.close(fd)

    def _kill(process: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)

else:
    import ctypes
    import msvcrt
    import winreg
    from ctypes import wintypes

    # https://learn.microsoft.com/windows/win32/api/ has each function by its name. Handles are
    # numbers here, None for NULL.

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)

    _GENERIC_READ = 0x8000_0000
    _GENERIC_WRITE = 0x4000_0000
    _DELETE = 0x1_0000
    _READ_CONTROL = 0x2_0000
    _SYNCHRONIZE = 0x10_0000
    _FILE_APPEND_DATA = 0x4
    _FILE_READ_ATTRIBUTES = 0x80
    _FILE_SHARE_ALL = 0x7
    _CREATE_ALWAYS = 2
    _OPEN_EXISTING = 3
    _OPEN_ALWAYS = 4
    _FILE_ATTRIBUTE_TEMPORARY = 0x100
    _FILE_FLAG_DELETE_ON_CLOSE = 0x400_0000
    _FILE_FLAG_OPEN_REPARSE_POINT = 0x20_0000
    _FILE_FLAG_BACKUP_SEMANTICS = 0x200_0000
    _FILE_FLAG_OVERLAPPED = 0x4000_0000
    _FILE_FLAG_FIRST_PIPE_INSTANCE = 0x8_0000
    _SECURITY_SQOS_PRESENT = 0x10_0000
    _SECURITY_IDENTIFICATION = 0x1_0000
    _PIPE_ACCESS_DUPLEX = 0x3
    _PIPE_REJECT_REMOTE_CLIENTS = 0x8
    _PIPE_UNLIMITED_INSTANCES = 255
    _LOCKFILE_FAIL_IMMEDIATELY = 0x1
    _LOCKFILE_EXCLUSIVE_LOCK = 0x2
    _PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
    _TOKEN_QUERY = 0x8
    _TOKEN_USER = 1
    _TOKEN_ELEVATION_TYPE = 18
    _TOKEN_INTEGRITY_LEVEL = 25
    _SE_FILE_OBJECT = 1
    _SE_KERNEL_OBJECT = 6
    _OWNER_SECURITY_INFORMATION = 1
    _DACL_SECURITY_INFORMATION = 4
    _SDDL_REVISION_1 = 1
    _INFINITE = 0xFFFF_FFFF
    _WAIT_OBJECT_0 = 0
    _CREATE_BREAKAWAY_FROM_JOB = 0x100_0000
    _CREATE_NO_WINDOW = 0x800_0000

    _ERROR_FILE_NOT_FOUND = 2
    _ERROR_PATH_NOT_FOUND = 3
    _ERROR_ACCESS_DENIED = 5
    _ERROR_LOCK_VIOLATION = 33
    _ERROR_ALREADY_EXISTS = 183
    _ERROR_PIPE_BUSY = 231
    _ERROR_NO_DATA = 232
    _ERROR_PIPE_CONNECTED = 535
    _ERROR_IO_PENDING = 997

    _INVALID_HANDLE = ctypes.c_void_p(-1).value
    _QUOTA = 64 << 10
    #: Instances that wait for a peer at any time, so that a burst of dialers is served.
    _WAITING = 4
    #: The kernel charges a pending write's whole size to the process: larger ones go in pieces.
    _LARGEST_WRITE = 256 << 10

    class _Overlapped(ctypes.Structure):
        """https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-overlapped"""

        _fields_ = [
            ("Internal", ctypes.c_size_t),
            ("InternalHigh", ctypes.c_size_t),
            ("Offset", wintypes.DWORD),
            ("OffsetHigh", wintypes.DWORD),
            ("hEvent", wintypes.HANDLE),
        ]

    class _SecurityAttributes(ctypes.Structure):
        _fields_ = [
            ("nLength", wintypes.DWORD),
            ("lpSecurityDescriptor", ctypes.c_void_p),
            ("bInheritHandle", wintypes.BOOL),
        ]

    class _SidAndAttributes(ctypes.Structure):
        """TOKEN_USER and TOKEN_MANDATORY_LABEL hold nothing else."""

        _fields_ = [("Sid", ctypes.c_void_p), ("Attributes", wintypes.DWORD)]

    def _declare(library: Any, declaration: Sequence[Any]) -> None:
        """The name of a function, its result, its parameters."""
        function = getattr(library, declaration[0])
        function.restype = declaration[1]
        function.argtypes = declaration[2:]

    _P_DWORD = ctypes.POINTER(wintypes.DWORD)
    _P_VOID = ctypes.POINTER(ctypes.c_void_p)
    _P_OVERLAPPED = ctypes.POINTER(_Overlapped)
    for _declaration in (
        ("CloseHandle", wintypes.BOOL, wintypes.HANDLE),
        ("LocalFree", ctypes.c_void_p, ctypes.c_void_p),
        (
            *("CreateNamedPipeW", wintypes.HANDLE, wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD),
            *(wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, wintypes.DWORD),
            ctypes.POINTER(_SecurityAttributes),
        ),
        ("ConnectNamedPipe", wintypes.BOOL, wintypes.HANDLE, _P_OVERLAPPED),
        ("GetNamedPipeClientProcessId", wintypes.BOOL, wintypes.HANDLE, _P_DWORD),
        (
            *("CreateFileW", wintypes.HANDLE, wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD),
            *(ctypes.POINTER(_SecurityAttributes), wintypes.DWORD, wintypes.DWORD),
            wintypes.HANDLE,
        ),
        (
            *("ReadFile", wintypes.BOOL, wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD),
            *(_P_DWORD, _P_OVERLAPPED),
        ),
        (
            *("WriteFile", wintypes.BOOL, wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD),
            *(_P_DWORD, _P_OVERLAPPED),
        ),
        (
            *("GetOverlappedResult", wintypes.BOOL, wintypes.HANDLE, _P_OVERLAPPED, _P_DWORD),
            wintypes.BOOL,
        ),
        ("CancelIoEx", wintypes.BOOL, wintypes.HANDLE, _P_OVERLAPPED),
        (
            *("CreateEventW", wintypes.HANDLE, ctypes.c_void_p, wintypes.BOOL, wintypes.BOOL),
            wintypes.LPCWSTR,
        ),
        ("SetEvent", wintypes.BOOL, wintypes.HANDLE),
        ("ResetEvent", wintypes.BOOL, wintypes.HANDLE),
        (
            *("WaitForMultipleObjects", wintypes.DWORD, wintypes.DWORD),
            *(ctypes.POINTER(wintypes.HANDLE), wintypes.BOOL, wintypes.DWORD),
        ),
        (
            *("LockFileEx", wintypes.BOOL, wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD),
            *(wintypes.DWORD, wintypes.DWORD, _P_OVERLAPPED),
        ),
        ("GetCurrentProcess", wintypes.HANDLE),
        ("OpenProcess", wintypes.HANDLE, wintypes.DWORD, wintypes.BOOL, wintypes.DWORD),
    ):
        _declare(_kernel32, _declaration)
    for _declaration in (
        ("OpenProcessToken", wintypes.BOOL, wintypes.HANDLE, wintypes.DWORD, _P_VOID),
        (
            *("GetTokenInformation", wintypes.BOOL, wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p),
            *(wintypes.DWORD, _P_DWORD),
        ),
        ("ConvertSidToStringSidW", wintypes.BOOL, ctypes.c_void_p, _P_VOID),
        (
            *("ConvertStringSecurityDescriptorToSecurityDescriptorW", wintypes.BOOL),
            *(wintypes.LPCWSTR, wintypes.DWORD, _P_VOID, ctypes.c_void_p),
        ),
        (
            *("GetSecurityInfo", wintypes.DWORD, wintypes.HANDLE, ctypes.c_int, wintypes.DWORD),
            *(_P_VOID, _P_VOID, _P_VOID, _P_VOID, _P_VOID),
        ),
    ):
        _declare(_advapi32, _declaration)

    def _windows_error(action: str, code: int = 0) -> OSError:
        code = code or ctypes.get_last_error()
        return OSError(0, f"{action}: {ctypes.FormatError(code).strip()} ({code})", None, code)

    def _handle(value: Optional[int]) -> Optional[int]:
        return None if value is None or value == _INVALID_HANDLE else value

    def _sid_text(sid: Optional[int]) -> Optional[str]:
        text = ctypes.c_void_p()
        if sid is None or not _advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)):
            return None
        try:
            return ctypes.wstring_at(text.value or 0)
        finally:
            _kernel32.LocalFree(text)

    def _token_of(process: Optional[int]) -> Optional[int]:
        token = ctypes.c_void_p()
        opened = _advapi32.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token))
        return token.value if opened else None

    def _token_sid(token: int, kind: int) -> Optional[str]:
        """The SID of a token's user, or of its integrity level."""
        room = ctypes.create_string_buffer(ctypes.sizeof(_SidAndAttributes) + 68)
        size = wintypes.DWORD()
        if not _advapi32.GetTokenInformation(token, kind, room, len(room), ctypes.byref(size)):
            return None
        return _sid_text(_SidAndAttributes.from_buffer(room).Sid)

    def _process_user(pid: int) -> Optional[str]:
        """The SID of the user of a process; None where it is gone, or closed to us."""
        process = _kernel32.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
        if not process:
            return None
        token = _token_of(process)
        _kernel32.CloseHandle(process)
        if token is None:
            return None
        try:
            return _token_sid(token, _TOKEN_USER)
        finally:
            _kernel32.CloseHandle(token)

    _own_sid: Optional[str] = None

    def _user_id() -> str:
        global _own_sid
        if _own_sid is None:
            token = _token_of(_kernel32.GetCurrentProcess())
            if token is None:
                raise _windows_error("Cannot open this process's token")
            try:
                _own_sid = _token_sid(token, _TOKEN_USER)
                if _own_sid is None:
                    raise _windows_error("Cannot read this process's user")
            finally:
                _kernel32.CloseHandle(token)
        return _own_sid

    def _policy(name: str) -> Optional[int]:
        place = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
                value = winreg.QueryValueEx(key, name)[0]
                return value if isinstance(value, int) else None
        except OSError:
            return None

    def _elevation_fault() -> _PathFault:
        """
        Why this process keeps away from the mesh: the same user has weaker programs than this one,
        which may write the registry and call it (docs/decisions/0013-elevated-processes.md).
        """
        token = _token_of(_kernel32.GetCurrentProcess())
        why = "this process is elevated, and the user's ordinary programs could steer it"
        if token is None:
            return why
        try:
            kind, size = wintypes.DWORD(), wintypes.DWORD()
            told = _advapi32.GetTokenInformation(
                token, _TOKEN_ELEVATION_TYPE, ctypes.byref(kind), 4, ctypes.byref(size)
            )
            level = _token_sid(token, _TOKEN_INTEGRITY_LEVEL)
        finally:
            _kernel32.CloseHandle(token)
        if not told or level is None:
            return why
        if kind.value != 1:  # TokenElevationTypeDefault: there is no other token to tell from.
            return why if kind.value == 2 else None
        if int(level.rsplit("-", 1)[1]) & 0xF000 < 0x3000 or _policy("EnableLUA") == 0:
            return None
        parts = [int(part) for part in _user_id().split("-")[3:]]
        if _user_id().startswith("S-1-5-") and (18 <= parts[0] <= 20 or 80 <= parts[0] <= 111):
            return None  # An account of a service, which has no desktop.
        return None if parts[-1] == 500 and not _policy("FilterAdministratorToken") else why

    def _home_variable() -> str:
        return "USERPROFILE"

    def _identity_path(path: str) -> str:
        return path.lower()

    def _runtime_folder(home: str, key: str) -> str:
        folder = os.path.join(home, "run")
        os.makedirs(folder, exist_ok=True)
        info = os.lstat(folder)
        # A link or junction could lead the lock files to where others can write.
        linked = info.st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT
        if not stat.S_ISDIR(info.st_mode) or linked:
            raise NotADirectoryError(f'Cannot use "{folder}": it is not a plain folder')
        return folder

    def _address(runtime: str, key: str, app: str) -> str:
        return f"\\\\.\\pipe\\NeverLiie_{app}_{key}"

    #: The system, administrators, TrustedInstaller; and OWNER RIGHTS, as the owner is looked at.
    _TRUSTED = {
        "S-1-5-18",
        "S-1-5-32-544",
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
        "S-1-3-4",
    }
    #: Write or append data, remove children or itself, change its list or owner; generic ones.
    _WRITE_RIGHTS = 0x2 | 0x4 | 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000

    def _security_of(
        handle: int, kind: int
    ) -> Tuple[Optional[str], Optional[List[Tuple[int, int, int, Optional[str]]]]]:
        """Owner and entries of the access list of what a handle is of: type, flags, rights, SID."""
        owner, acl, descriptor = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        error = _advapi32.GetSecurityInfo(
            handle,
            kind,
            _OWNER_SECURITY_INFORMATION | _DACL_SECURITY_INFORMATION,
            *(ctypes.byref(owner), None, ctypes.byref(acl), None, ctypes.byref(descriptor)),
        )
        if error != 0:
            raise _windows_error("Cannot read who owns it", error)
        try:
            name = _sid_text(owner.value)
            if acl.value is None:
                return name, None
            size, count = struct.unpack_from("<HH", ctypes.string_at(acl.value, 8), 2)
            data, at, entries = ctypes.string_at(acl.value, size), 8, []
            for _ in range(count):
                entry, flags, length, rights = struct.unpack_from("<BBHI", data, at)
                # Allowing, denying, and allowing by a condition have the SID at one place.
                sid = _sid_text(acl.value + at + 8) if entry in (0, 1, 9) else None
                entries.append((entry, flags, rights, sid))
                at += length
            return name, entries
        finally:
            _kernel32.LocalFree(descriptor)

    def _ownership_fault(path: str) -> _PathFault:
        """Why others than this user could change the file or folder at `path`."""
        if os.lstat(path).st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
            return "it is a link"
        flags = _FILE_FLAG_BACKUP_SEMANTICS | _FILE_FLAG_OPEN_REPARSE_POINT
        handle = _handle(
            _kernel32.CreateFileW(
                path, _READ_CONTROL, _FILE_SHARE_ALL, None, _OPEN_EXISTING, flags, None
            )
        )
        if handle is None:
            return str(_windows_error("its owner cannot be read"))
        try:
            owner, entries = _security_of(handle, _SE_FILE_OBJECT)
        finally:
            _kernel32.CloseHandle(handle)
        trusted = _TRUSTED | {_user_id()}
        if owner not in trusted:
            return f'it belongs to another user, "{owner}"'
        if entries is None:
            return "everybody may change it"
        for entry, flags, rights, sid in entries:
            inherit_only = flags & 0x8
            if entry in (0, 9) and not inherit_only and rights & _WRITE_RIGHTS:
                if sid not in trusted:
                    return f'"{sid}" may change it (see icacls)'
        return None

    def _program_fault(program: str) -> _PathFault:
        if re.match(r"[\\/]{2}", program):
            return "it is on another machine, or a device; give the share a drive letter"
        if not re.match(r"[A-Za-z]:[\\/]", program):
            return "it is not an absolute path with its drive"
        if ":" in program[2:]:
            return "a colon after the drive names a hidden part of a file"
        if re.search(r"\.(bat|cmd)[. ]*$", program, re.I):
            return "it is a batch file: a shell would read its arguments"
        return None

    def _lock_handle(handle: int, flags: int) -> bool:
        place = _Overlapped()
        flags |= _LOCKFILE_FAIL_IMMEDIATELY
        if _kernel32.LockFileEx(handle, flags, 0, _INFINITE, _INFINITE, ctypes.byref(place)):
            return True
        error = ctypes.get_last_error()
        if error in (_ERROR_LOCK_VIOLATION, _ERROR_IO_PENDING):
            return False
        raise _windows_error("Cannot lock", error)

    class _FileLock:
        """A lock between processes, which the system drops with this one, however it ends."""

        def __init__(self, handle: int, path: str) -> None:
            self._handle: Optional[int] = handle
            self._path = path

        @classmethod
        def take(cls, path: str) -> Optional["_FileLock"]:
            """The lock at `path`, or None where somebody holds it."""
            access = _GENERIC_READ | _GENERIC_WRITE
            handle = _handle(
                _kernel32.CreateFileW(path, access, _FILE_SHARE_ALL, None, _OPEN_ALWAYS, 0, None)
            )
            if handle is None:
                error = ctypes.get_last_error()
                if error == _ERROR_PATH_NOT_FOUND:
                    raise FileNotFoundError(f'Cannot use "{path}" as a lock: its folder is gone')
                raise _windows_error(f'Cannot use "{path}" as a lock', error)
            try:
                if _lock_handle(handle, _LOCKFILE_EXCLUSIVE_LOCK):
                    return cls(handle, path)
            except BaseException:
                _kernel32.CloseHandle(handle)
                raise
            _kernel32.CloseHandle(handle)
            return None

        def is_current(self) -> bool:
            """Windows keeps a file that is open; whoever removes it, its pipe keeps copies away."""
            return True

        def release(self) -> None:
            handle, self._handle = self._handle, None
            if handle is not None:
                _kernel32.CloseHandle(handle)

    def _lock_state(path: str) -> str:
        """Whether a process holds the lock at `path`: "held", "free" or "missing"."""
        handle = _handle(
            _kernel32.CreateFileW(
                path, _GENERIC_READ, _FILE_SHARE_ALL, None, _OPEN_EXISTING, 0, None
            )
        )
        if handle is None:
            error = ctypes.get_last_error()
            if error in (_ERROR_FILE_NOT_FOUND, _ERROR_PATH_NOT_FOUND):
                return "missing"
            raise _windows_error(f'Cannot use "{path}" as a lock', error)
        try:
            return "free" if _lock_handle(handle, 0) else "held"
        finally:
            _kernel32.CloseHandle(handle)

    class _PipeTransport(_Transport):
        """One end of a byte-mode pipe. Each direction has an event of its own."""

        def __init__(self, handle: int) -> None:
            self._handle = handle
            self._lock = threading.Lock()
            self._closed = False
            self._events = [_new_event(), _new_event()]
            self._room = ctypes.create_string_buffer(64 << 10)

        def _run(self, way: int, function: Any, memory: Any, size: int) -> Tuple[int, int]:
            """Starts an operation and waits for its end: how many bytes, and the error."""
            operation = _Overlapped(hEvent=self._events[way])
            count = wintypes.DWORD()
            with self._lock:
                # An operation that is begun after CancelIoEx would never be cancelled.
                if self._closed:
                    return 0, _ERROR_NO_DATA
                _kernel32.ResetEvent(self._events[way])
                done = function(self._handle, memory, size, None, ctypes.byref(operation))
                error = 0 if done else ctypes.get_last_error()
            if error not in (0, _ERROR_IO_PENDING):
                return 0, error
            # Until this is back the kernel writes to `operation` and `memory`, which live as long.
            if _kernel32.GetOverlappedResult(
                self._handle, ctypes.byref(operation), ctypes.byref(count), True
            ):
                return count.value, 0
            return count.value, ctypes.get_last_error()

        def recv(self, size: int) -> bytes:
            while True:
                count, error = self._run(
                    0, _kernel32.ReadFile, self._room, min(size, len(self._room))
                )
                if error != 0:
                    return b""
                if count > 0:  # A write of no bytes at the other end is not the end.
                    return ctypes.string_at(self._room, count)

        def try_send(self, data: bytes) -> int:
            return 0

        def send(self, data: bytes) -> None:
            at = 0
            while at < len(data):
                piece = data[at : at + _LARGEST_WRITE]
                memory = ctypes.create_string_buffer(piece, len(piece))
                count, error = self._run(1, _kernel32.WriteFile, memory, len(piece))
                if error != 0:
                    raise BrokenPipeError(f"the peer is gone ({error})")
                at += count

        def shut(self) -> None:
            with self._lock:
                self._closed = True
            _kernel32.CancelIoEx(self._handle, None)

        def release(self) -> None:
            # Without DisconnectNamedPipe, which would throw away what the peer has not read yet.
            for handle in (self._handle, *self._events):
                _kernel32.CloseHandle(handle)

    def _new_event() -> int:
        event = _kernel32.CreateEventW(None, True, False, None)
        if not event:
            raise _windows_error("Cannot make an event")
        return cast(int, event)

    def _open_pipe(address: str) -> Optional[int]:
        flags = _FILE_FLAG_OVERLAPPED | _SECURITY_SQOS_PRESENT | _SECURITY_IDENTIFICATION
        access = _GENERIC_READ | _GENERIC_WRITE
        return _handle(
            _kernel32.CreateFileW(address, access, 0, None, _OPEN_EXISTING, flags, None)
        )

    def _dial(address: str, deadline: float) -> Optional[_Transport]:
        """Connects to an address; None where nobody listens. `deadline` is one of time.monotonic()."""
        pause = 0.001
        while True:
            handle = _open_pipe(address)
            error = 0 if handle is not None else ctypes.get_last_error()
            if handle is not None:
                # Before a byte is sent.
                try:
                    owner = _security_of(handle, _SE_KERNEL_OBJECT)[0]
                except OSError:
                    owner = None
                if owner == _user_id():
                    return _PipeTransport(handle)
                _kernel32.CloseHandle(handle)
                raise PermissionError(
                    f'Cannot connect to "{address}": the pipe belongs to another user, "{owner}"'
                )
            if error == _ERROR_FILE_NOT_FOUND:
                return None
            if error == _ERROR_ACCESS_DENIED:
                raise PermissionError(
                    f'Cannot connect to "{address}": another user made this pipe, or one whose '
                    "access list keeps us out"
                )
            if error != _ERROR_PIPE_BUSY:
                raise _windows_error(f'Cannot connect to "{address}"', error)
            if time.monotonic() > deadline:
                raise TimeoutError(f'Cannot connect to "{address}": all pipe instances are busy')
            time.sleep(pause)
            pause = min(pause * 2, 0.02)

    class _Waiting:
        """An instance of the pipe that waits for its peer."""

        def __init__(self, handle: int) -> None:
            self.handle = handle
            self.event = _new_event()
            self.operation = _Overlapped(hEvent=self.event)
            done = _kernel32.ConnectNamedPipe(handle, ctypes.byref(self.operation))
            error = 0 if done else ctypes.get_last_error()
            self._pending = error == _ERROR_IO_PENDING
            # Connected already, or connected and closed again: there may be bytes to read.
            if error in (_ERROR_PIPE_CONNECTED, _ERROR_NO_DATA):
                _kernel32.SetEvent(self.event)
            elif error not in (0, _ERROR_IO_PENDING):
                self.close()
                raise _windows_error("Cannot wait for a peer", error)

        def close(self) -> None:
            if self._pending:  # (What was refused at once would be waited for without end.)
                _kernel32.CancelIoEx(self.handle, None)
                count = wintypes.DWORD()
                operation = ctypes.byref(self.operation)
                _kernel32.GetOverlappedResult(self.handle, operation, ctypes.byref(count), True)
            _kernel32.CloseHandle(self.handle)
            _kernel32.CloseHandle(self.event)

    class _Listener:
        """The server's end of a pipe name: instances that wait for peers."""

        def __init__(self, address: str, mark: str) -> None:
            self._address = address
            self._mark_path = mark
            self._ended = False
            self._stop = _new_event()
            descriptor = ctypes.c_void_p()
            sid = _user_id()
            # This user and the system have all rights, nobody else any. The owner is named, because
            # a dialer checks it.
            if not _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                f"O:{sid}D:P(A;;GA;;;{sid})(A;;GA;;;SY)",
                _SDDL_REVISION_1,
                ctypes.byref(descriptor),
                None,
            ):
                raise _windows_error("Cannot build a security descriptor")
            size = ctypes.sizeof(_SecurityAttributes)
            self._security = _SecurityAttributes(size, descriptor, False)
            self._waiting = [_Waiting(self._first())]
            self._replenish()
            self._up = _mark(mark)
            self._left: Optional[int] = None

        def _first(self) -> int:
            """The first instance. Clients of a dead process let go of the name in a moment."""
            give_up = time.monotonic() + 1
            while True:
                made = self._instance(_FILE_FLAG_FIRST_PIPE_INSTANCE)
                if isinstance(made, int):
                    return made
                taken = (_ERROR_ACCESS_DENIED, _ERROR_ALREADY_EXISTS, _ERROR_PIPE_BUSY)
                if made.winerror not in taken:
                    raise made
                other = _open_pipe(self._address)
                if other is not None:
                    _kernel32.CloseHandle(other)
                if other is not None or time.monotonic() > give_up:
                    raise OSError(
                        f'Cannot listen at "{self._address}": another process made a pipe of this '
                        f"name first, {made}"
                    )
                time.sleep(0.01)

        def _instance(self, first: int) -> Union[int, OSError]:
            # A success need not touch the last error, and what it says after a success counts below.
            ctypes.set_last_error(0)
            handle = _handle(
                _kernel32.CreateNamedPipeW(
                    self._address,
                    _PIPE_ACCESS_DUPLEX | _FILE_FLAG_OVERLAPPED | first,
                    _PIPE_REJECT_REMOTE_CLIENTS,
                    *(_PIPE_UNLIMITED_INSTANCES, _QUOTA, _QUOTA, 0),
                    ctypes.byref(self._security),
                )
            )
            error = ctypes.get_last_error()
            if handle is None:
                return _windows_error(f'Cannot listen at "{self._address}"', error)
            # Wine takes no notice of FILE_FLAG_FIRST_PIPE_INSTANCE, but tells that the name was there.
            if first and error == _ERROR_ALREADY_EXISTS:
                _kernel32.CloseHandle(handle)
                return _windows_error(f'Cannot listen at "{self._address}"', error)
            return handle

        def _replenish(self) -> None:
            while len(self._waiting) < _WAITING:
                made = self._instance(0)
                if isinstance(made, OSError):
                    if self._waiting:
                        return
                    raise made
                self._waiting.append(_Waiting(made))

        def accept(self) -> Optional[_Transport]:
            """The next peer; None once it was closed."""
            while not self._ended:
                self._replenish()
                handles = [self._stop, *(one.event for one in self._waiting)]
                array = (wintypes.HANDLE * len(handles))(*handles)
                which = _kernel32.WaitForMultipleObjects(len(handles), array, False, _INFINITE)
                which -= _WAIT_OBJECT_0
                if which == 0 or self._ended:
                    return None
                if which > len(self._waiting):
                    raise _windows_error(f'Cannot accept at "{self._address}"')
                peer = self._waiting.pop(which - 1)
                # Before the peer is handed out: a name without a waiting instance looks busy.
                self._replenish()
                _kernel32.CloseHandle(peer.event)
                pid = wintypes.DWORD()
                # A client whose process is closed to us (an elevated one's is) is not answered.
                if _kernel32.GetNamedPipeClientProcessId(peer.handle, ctypes.byref(pid)):
                    if _process_user(pid.value) == _user_id():
                        return _PipeTransport(peer.handle)
                _kernel32.CloseHandle(peer.handle)
            return None

        def guard(self) -> None:
            pass

        def look(self) -> bool:
            return False

        def close(self, owned: bool) -> None:
            if self._ended:
                return
            self._ended = True
            _kernel32.SetEvent(self._stop)
            # First that it leaves in order, by a file that goes with the process.
            self._left = _mark(re.sub("up$", "left", self._mark_path))
            if self._up is not None:
                _kernel32.CloseHandle(self._up)

        def release(self) -> None:
            for one in self._waiting:
                one.close()
            self._waiting = []

    def _mark(path: str) -> Optional[int]:
        """Makes a file that Windows removes with this process."""
        flags = _FILE_ATTRIBUTE_TEMPORARY | _FILE_FLAG_DELETE_ON_CLOSE
        for attempt in range(8):
            handle = _handle(
                _kernel32.CreateFileW(
                    path, _DELETE, _FILE_SHARE_ALL, None, _CREATE_ALWAYS, flags, None
                )
            )
            if handle is not None:
                return handle
            # The one of the process before may be going just now, while somebody looks at it.
            time.sleep(0.005 * 2**attempt)
        return None  # A full disk, say: whoever calls finds the listener all the same.

    def _spawn(
        command: Sequence[str], cwd: str, env: Mapping[str, str], log: str
    ) -> "subprocess.Popen[bytes]":
        """Starts a program that outlives this one, its output appended to a log."""
        # To append alone: each write goes to the end, where the log is emptied meanwhile.
        access = _FILE_APPEND_DATA | _FILE_READ_ATTRIBUTES | _SYNCHRONIZE
        handle = _handle(
            _kernel32.CreateFileW(log, access, _FILE_SHARE_ALL, None, _OPEN_ALWAYS, 0, None)
        )
        if handle is None:
            raise _windows_error(f'Cannot open "{log}"')
        fd = msvcrt.open_osfhandle(handle, os.O_APPEND)
        try:
            # Out of the starter's job, if that lets go. (subprocess hands these three on alone.)
            for breakaway in (_CREATE_BREAKAWAY_FROM_JOB, 0):
                try:
                    return subprocess.Popen(
                        list(command),
                        cwd=cwd,
                        env=dict(env),
                        stdin=subprocess.DEVNULL,
                        stdout=fd,
                        stderr=fd,
                        creationflags=_CREATE_NO_WINDOW | breakaway,
                    )
                except PermissionError:
                    if not breakaway:
                        raise
            raise AssertionError
        finally:
            os.close(fd)

    def _kill(process: "subprocess.Popen[bytes]") -> None:
        process.kill()

# --------------------------------------------------------------------------------------------------
# Names, the home, the registry

_APP_NAME = re.compile("[a-z][a-z0-9_-]{0,31}")
_DEVICE_NAME = re.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]")


def _is_app_name(name: Any) -> bool:
    if not isinstance(name, str) or _APP_NAME.fullmatch(name) is None:
        return False
    return _DEVICE_NAME.fullmatch(name) is None


def _check_app_name(name: Any) -> None:
    if not _is_app_name(name):
        raise ValueError(
            f"Cannot use {name!r} as an app name: it is a lower-case letter, then up to 31 lower-case "
            "letters, digits, '_' or '-' (ASCII), and no device of Windows"
        )


def _check_method_name(name: Any) -> None:
    if not isinstance(name, str) or not name:
        raise ValueError("Cannot expose a method without a name")
    if name.startswith("$/") or name.startswith("rpc."):
        raise ValueError(f"Cannot expose {name!r}: the protocol reserves that prefix")


class _Home:
    """The places of one mesh."""

    def __init__(self, path: Optional[str] = None) -> None:
        chosen = path or os.environ.get("NEVERLIIE_HOME")
        if not chosen:
            user = os.environ.get(_home_variable())
            if not user or not os.path.isabs(user):
                raise FileNotFoundError(
                    "Cannot find the home of the mesh: set NEVERLIIE_HOME "
                    f"(or {_home_variable()}) to a folder"
                )
            chosen = os.path.join(user, ".neverliie")
        try:
            with contextlib.suppress(OSError):  # Without logs, who runs is called all the same.
                for folder in (chosen, os.path.join(chosen, "logs")):
                    os.makedirs(folder, mode=0o700, exist_ok=True)
            self.path = os.path.realpath(chosen)
            fault: _PathFault = None
            if not os.path.isdir(self.path):
                fault = "it is no folder"
            fault = fault or _ownership_fault(self.path)
            if fault is not None:
                raise PermissionError(fault)
        except OSError as error:
            raise PermissionError(
                f'Cannot use "{chosen}" as the home of the mesh: {error}. '
                "Mend the folder, or choose another by NEVERLIIE_HOME"
            ) from None
        identity = f"{_user_id()}\n{_identity_path(self.path)}"
        self.key = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        self.runtime = _runtime_folder(self.path, self.key)
        self.registry = os.path.join(self.path, "registry.json")

    def address(self, app: str) -> str:
        _check_app_name(app)
        return _address(self.runtime, self.key, app)

    def log(self, app: str) -> str:
        return os.path.join(self.path, "logs", f"{app}.log")

    def file(self, app: str, kind: str) -> str:
        return os.path.join(self.runtime, f"{app}.{kind}")

    def kept(self, app: str) -> str:
        return os.path.join(self.path, "run", f"{app}.kept.json")

    def renewed(self, work: Callable[[], _T]) -> _T:
        """Does `work`; where what cleans /tmp removed the folder, makes that anew first."""
        try:
            return work()
        except FileNotFoundError:
            _runtime_folder(self.path, self.key)
            return work()

    def lock(self, name: str) -> Optional[_FileLock]:
        """Takes a lock of the mesh, or returns None where somebody holds it."""
        return self.renewed(lambda: _FileLock.take(os.path.join(self.runtime, name)))


_Entry = Dict[str, Any]

_JSON_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENTS = re.compile(_JSON_STRING + r"|//[^\r\n]*|/\*.*?\*/", re.S)
_TRAILING = re.compile(_JSON_STRING + r"|,(?=\s*[}\]])", re.S)


def _strip_comments(text: str) -> str:
    kept: Callable[[Any], str] = lambda found: found[0] if found[0][0] == '"' else " "
    return _TRAILING.sub(kept, _COMMENTS.sub(kept, text))


#: Numbers stay as somebody wrote them: a float may be another one.
_FLOAT = "\x00number "


def _parse_registry(text: str, to_write: bool = False) -> Optional[_Entry]:
    """The entries; None where the text is no JSON object (comments and trailing commas apart)."""
    if not text.strip():
        return {}
    number: Any = (lambda digits: _FLOAT + digits) if to_write else None
    for source in (text, _strip_comments(text)):
        try:
            value = json.loads(source, parse_float=number)
            return value if isinstance(value, dict) else None
        except (ValueError, RecursionError):
            continue
    return None


def _decode_registry(data: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2:].decode(encoding, "replace")
    return data.decode("utf-8-sig", "replace")


def _read_registry(home: _Home) -> str:
    """The registry's text. Raises PermissionError where the file may be another user's work."""
    path = home.registry
    for attempt in range(20):
        try:
            info = os.lstat(path)
            fault = "it is a folder" if stat.S_ISDIR(info.st_mode) else _ownership_fault(path)
            if fault is None and info.st_size > _REGISTRY_SIZE_MAX:
                fault = f"it is {info.st_size >> 20} MiB, over {_REGISTRY_SIZE_MAX >> 20} MiB"
            if fault is not None:
                raise MeshError(
                    f'Cannot use "{path}": {fault}. Nothing is started from it until that is mended'
                )
            with open(path, "rb") as file:
                return _decode_registry(file.read())
        except FileNotFoundError:
            if not os.path.lexists(path):
                return ""
        except PermissionError as error:  # Windows refuses for a moment what is being replaced.
            if sys.platform != "win32" or attempt == 19:
                raise MeshError(f'Cannot read "{path}": {error}') from None
        time.sleep(attempt / 1_000)
    return ""


def _are_arguments(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(isinstance(part, str) and "\0" not in part for part in value)


def _entry_fault(entry: Any) -> Optional[str]:
    """What makes an entry of the registry unusable."""
    if not isinstance(entry, dict):
        return "it is not an object"
    kind, cmd, cwd, args = (entry.get(name) for name in ("type", "cmd", "cwd", "args"))
    if kind not in ("binary", "script"):
        return '"type" must be "binary" or "script"'
    if not _are_arguments(cmd) or not cmd or not cmd[0]:
        return '"cmd" must be a list of strings: the program, then its arguments'
    if "args" in entry and not _are_arguments(args):
        return '"args" must be a list of strings'
    if not isinstance(cwd, str) or "\0" in cwd or not os.path.isabs(cwd):
        return '"cwd" must be the absolute path of a folder'
    program = _program_fault(cmd[0])
    return None if program is None else f'"cmd" cannot begin with {json.dumps(cmd[0])}: {program}'


def _entry_of(home: _Home, app: str) -> _Entry:
    """The entry of `app`. Raises TargetUnknownError where there is none to use."""
    entries = _parse_registry(_read_registry(home))
    if entries is None:
        raise TargetUnknownError(f'Cannot find "{app}": "{home.registry}" is no JSON object')
    if app not in entries:
        raise TargetUnknownError(
            f'Cannot find "{app}": it is not running, and "{home.registry}" has no entry for it. '
            "Start it once by hand and it registers itself"
        )
    fault = _entry_fault(entries[app])
    if fault is not None:
        raise TargetUnknownError(
            f'Cannot find "{app}": its entry in "{home.registry}" cannot be used: {fault}'
        )
    return cast(_Entry, entries[app])


def _write_file(path: str, text: str) -> None:
    """Writes a file beside its place, and then puts it there: a reader sees one or the other."""
    part = os.path.join(
        os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}-{next(_numbers)}.tmp"
    )
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "wb") as file:
            file.write(_utf8(text))
        for attempt in range(50):
            try:
                os.replace(part, path)
                return
            except PermissionError:  # Windows, while somebody has the old one open.
                if sys.platform != "win32" or attempt == 49:
                    raise
                time.sleep(attempt / 1_000)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(part)
        raise


_numbers = itertools.count(1)


def _change_registry(home: _Home, app: str, change: Callable[[Any], Optional[_Entry]]) -> None:
    """Gives `change` the present entry, and writes what it returns; None leaves all as it is."""
    deadline = time.monotonic() + 20
    pause = 0.001
    while True:
        lock = home.lock(".registry.lock")
        if lock is not None:
            try:
                if _change_under_lock(home, lock, app, change):
                    return
            finally:
                lock.release()
        elif time.monotonic() > deadline:
            raise TimeoutError("Cannot lock the registry: another process has held it for 20 s")
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 2, 0.016)


def _change_under_lock(
    home: _Home, lock: _FileLock, app: str, change: Callable[[Any], Optional[_Entry]]
) -> bool:
    """Whether it is done; otherwise the lock's file was removed meanwhile, and it begins anew."""
    path = home.registry
    text = _read_registry(home)
    entries = _parse_registry(text, to_write=True)
    if entries is None:
        now = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime())
        aside = os.path.join(home.path, f"registry.corrupt-{now}-{os.getpid()}.json")
        os.replace(path, aside)
        _report(f'"{path}" is not a registry: kept as "{aside}" and begun anew')
        entries, text = {}, ""
    entry = change(entries.get(app))
    if entry is None:
        return True
    entries[app] = entry
    if text.strip():
        try:
            json.loads(text)
        except ValueError:
            _write_file(f"{path}.bak", text)
            _report(f'"{path}" had comments: a copy with them is in "{path}.bak"')
    written = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    if not lock.is_current():
        return False
    _write_file(path, re.sub(r'"\\u0000number ([^"]*)"', r"\1", written))
    return True


# How this process was started, before anybody changes it.
_ARGV: Tuple[str, ...] = tuple(sys.argv)
_FOLDER: str
try:
    _FOLDER = os.getcwd()
except OSError:
    _FOLDER = ""


def _command_line() -> Optional[List[str]]:
    """The interpreter's own command line, as far as it can be told."""
    line = getattr(sys, "orig_argv", None)  # Since Python 3.10.
    if line is not None:
        return list(line)
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(part) for part in file.read().split(b"\0")[:-1]]
    except OSError:
        return None


def _own_command() -> Optional[List[str]]:
    """
    The command that starts this very program again: a frozen executable itself, else the
    interpreter with its flags and the script, or the module after `-m`. None where there is none:
    `python -c`, the prompt, a program read from standard input.
    """
    if getattr(sys, "frozen", False):
        return [os.path.abspath(sys.executable)]
    if not sys.executable or not _ARGV or _ARGV[0] in ("", "-", "-c"):
        return None
    python = os.path.abspath(sys.executable)
    line = _command_line()
    at = len(line) - len(_ARGV) if line is not None else 0
    if line is None or at < 1 or tuple(line[at + 1 :]) != _ARGV[1:]:
        # The line is not to be told (Python 3.9, but on Linux): what multiprocessing goes by, then.
        flags: List[str] = getattr(subprocess, "_args_from_interpreter_flags", list)()
        spec = getattr(sys.modules.get("__main__"), "__spec__", None)
        if spec is not None:
            return [python, *flags, "-m", re.sub(r"\.__main__$", "", spec.name)]
        line = [python, *flags, _ARGV[0]]
        at = len(line) - 1
    # `-m name` and `-mname`, perhaps with other flags before the m.
    if re.fullmatch("-[a-zA-Z]*m", line[at - 1]) or re.match("-[a-zA-Z]*m.", line[at]):
        return [python, *line[1 : at + 1]]
    script = os.path.join(_FOLDER, line[at])
    return [python, *line[1:at], script] if os.path.exists(script) else None


def _register(home: _Home, app: str, command: List[str], woken: bool, keep: Optional[bool]) -> bool:
    """Enters this program as `app`. Whether it is to be kept alive."""
    cwd = _FOLDER
    entries = _parse_registry(_read_registry(home)) or {}
    present = entries.get(app)
    present = present if _entry_fault(present) is None else None
    # Started elsewhere, as the folder of the entry is away: the next start may find it again.
    if woken and present is not None and not os.path.isdir(present["cwd"]):
        cwd = present["cwd"]
    own: _Entry = {"type": "binary", "cmd": command, "cwd": cwd, "source": "self"}
    if keep is not None:
        own["keep_alive"] = keep

    def change(entry: Any) -> Optional[_Entry]:
        entry = entry if _entry_fault(entry) is None else {}
        if all(entry.get(name) == value for name, value in own.items()):
            return None
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"
        return {**entry, **own, "registered": stamp}

    # Read without the lock: at most starts the registry says already what this one would write.
    if change(present) is not None:
        _change_registry(home, app, change)
    return keep if keep is not None else bool(present and present.get("keep_alive") is True)


# --------------------------------------------------------------------------------------------------
# Waking: dial; where nobody is there, start the program once, whoever else asks at that moment


class _Cancel:
    """Tells that nobody wants something any more, once."""

    def __init__(self) -> None:
        self._cancel_lock = threading.Lock()
        self._listeners: Optional[List[Callable[[], None]]] = None
        self._reason: Optional[MeshError] = None

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants the answer any more: the caller cancelled, left, or its time is over."""
        return self._reason is not None

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Calls `listener` once when it is cancelled, from another thread; at once if it was."""
        with self._cancel_lock:
            if self._reason is None:
                self._listeners = [*(self._listeners or ()), listener]
                return
        listener()

    def _forget(self, listener: Callable[[], None]) -> None:
        with self._cancel_lock:
            if self._listeners is not None and listener in self._listeners:
                self._listeners.remove(listener)

    def _cancel(self, reason: MeshError) -> bool:
        with self._cancel_lock:
            if self._reason is not None:
                return False
            self._reason = reason
            listeners, self._listeners = self._listeners, None
        for listener in listeners or ():
            try:
                listener()
            except BaseException as error:  # Others listen, too, and this thread serves others.
                _report(f"on_cancel failed: {error!r}")
        return True

    def _check(self) -> None:
        if self._reason is not None:
            raise self._reason


def _load(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
        return value if isinstance(value, dict) else {}
    except (OSError, ValueError):
        return {}  # Not there yet, or cut off by a crash: counting begins anew.


class _Starts:
    """How often an app was started lately; read and written under its start lock."""

    def __init__(self, home: _Home, app: str) -> None:
        self._home = home
        self._app = app
        stored = _load(home.file(app, "starts.json"))
        starts = stored.get("starts")
        self.starts = [at for at in starts if isinstance(at, (int, float))] if isinstance(starts, list) else []
        self.until = self._number(stored.get("until"))
        self.refusals = int(self._number(stored.get("refusals")))
        failure = stored.get("failure")
        self.failure: Optional[Dict[str, Any]] = failure if isinstance(failure, dict) else None

    @staticmethod
    def _number(value: Any) -> float:
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0

    def admit(self, now: float) -> Optional[float]:
        """Counts a start; until when it is refused, or None where it may go ahead."""
        # A clock that was set back must not lock an app out for long.
        if self.until > now + _REFUSAL_MAX:
            self.until = 0
        if now < self.until:
            return self.until
        self.starts = [at for at in self.starts if now - _START_WINDOW < at <= now]
        if len(self.starts) >= _START_LIMIT:
            self.until = now + min(_REFUSAL * 2**self.refusals, _REFUSAL_MAX)
            self.refusals += 1
            return self.until
        if not self.starts and now > self.until + _REFUSAL_MAX:
            self.refusals = 0
        self.starts.append(now)
        return None

    def shared(self, asked: float, now: float) -> Optional[TargetStartError]:
        """The failure of the last start, for a caller that has waited since `asked`."""
        failure = self.failure
        if failure is None or not asked < self._number(failure.get("at")) <= now:
            return None
        code = failure.get("exitCode")
        return TargetStartError(
            str(failure.get("message")), code if isinstance(code, int) else None, str(failure.get("log"))
        )

    def failed(self, error: TargetStartError) -> TargetStartError:
        """Records a failed start for all who wait for it."""
        self.failure = {
            "at": _now(),
            "message": str(error),
            "exitCode": error.exit_code,
            "log": error.log,
        }
        self.write()
        return error

    def write(self) -> None:
        record = {
            "starts": self.starts,
            "until": self.until,
            "refusals": self.refusals,
            "failure": self.failure,
        }
        path = self._home.file(self._app, "starts.json")

        def write() -> None:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(fd, "w", encoding="utf-8") as file:
                json.dump(record, file)

        self._home.renewed(write)


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _prepare_log(path: str) -> int:
    """Sets a large log aside. The size of what the program will append to."""
    try:
        size = os.stat(path).st_size
        if size <= _LOG_SIZE_MAX:
            return size
        with open(path, "rb") as log, open(f"{path}.1.part", "wb") as copy:
            os.chmod(f"{path}.1.part", 0o600)
            if size > _LOG_KEPT_MAX:
                log.seek(size - _LOG_KEPT_MAX)
                log.readline()
                copy.write(f"… {log.tell()} bytes before this were left out\n".encode())
            shutil.copyfileobj(log, copy)
        os.truncate(path, 0)
        os.replace(f"{path}.1.part", f"{path}.1")
        return 0
    except OSError:
        return 0 if not os.path.exists(path) else os.stat(path).st_size


def _log_tail(path: str, start: int) -> str:
    """The last lines that a start wrote to its log."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(start if start <= size else 0, size - (16 << 10)))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return re.sub("\x1b\\[[0-9;]*m", "", "\n".join(lines[-20:])).rstrip()


def _start_command(entry: _Entry, home: _Home) -> Tuple[List[str], str]:
    """How an entry is started: as it says, or as near to that as what is on the disk allows."""
    command, cwd = [*entry["cmd"]], entry["cwd"]
    program = command[0]
    if not os.path.isfile(program):
        deno = shutil.which("deno") if entry["type"] == "script" else None
        if deno is None:
            raise TargetStartError(
                f'its program "{program}" is not there. '
                "Start it once from where it is now, and it registers itself"
            )
        command[0] = deno
    script = command[-1]
    if entry["type"] == "script" and os.path.isabs(script) and not os.path.isfile(script):
        raise TargetStartError(
            f'its script "{script}" is not there. '
            "Start it once from where it is now, and it registers itself"
        )
    if not os.path.isdir(cwd):
        own = os.path.dirname(script if entry["type"] == "script" else program)
        instead = own if os.path.isabs(own) and os.path.isdir(own) else home.path
        _report(f'its working directory "{cwd}" is not there: it is started in "{instead}"')
        cwd = instead
    return [*command, *entry.get("args", [])], cwd


def _child_environment(home: _Home, app: str) -> Dict[str, str]:
    env = dict(os.environ)
    if getattr(sys, "frozen", False):
        # What PyInstaller sets for its own children alone would mislead another program.
        for name in [name for name in env if name == "_MEIPASS2" or name.startswith("_PYI_")]:
            del env[name]
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            if f"{name}_ORIG" in env:
                env[name] = env[f"{name}_ORIG"]
            elif hasattr(sys, "_MEIPASS"):
                env.pop(name, None)
    return {**env, "NEVERLIIE_HOME": home.path, "NEVERLIIE_WOKEN": "1", "OTEL_SERVICE_NAME": app}


def _kept_record(home: _Home, app: str) -> Optional[Dict[str, Any]]:
    return _load(home.kept(app)) if os.path.exists(home.kept(app)) else None


def _begin_supervision(home: _Home, app: str) -> None:
    """Notes that an app that is kept alive is to be running from now on."""
    restarts = (_kept_record(home, app) or {}).get("restarts")
    os.makedirs(os.path.dirname(home.kept(app)), mode=0o700, exist_ok=True)
    record = {"started": _now(), "restarts": restarts if isinstance(restarts, int) else 0, "gaveUp": None}
    _write_file(home.kept(app), json.dumps(record))


class _Activation:
    """One attempt to reach an app, by whoever of this process asks for it."""

    def __init__(self, home: _Home, app: str, ended: _Cancel, deadline: float) -> None:
        self._home = home
        self._app = app
        self._ended = ended
        self._deadline = deadline
        self._process: Optional["subprocess.Popen[bytes]"] = None

    def dial(self) -> Optional[_Transport]:
        return _dial(self._home.address(self._app), time.monotonic() + _BUSY_TIMEOUT)

    def connect(self, activate: bool) -> Tuple[_Transport, bool]:
        """A connection, and whether the app slept. Raises TargetOfflineError where it is none."""
        transport = self.dial()
        if transport is not None:
            return transport, False
        app, home = self._app, self._home
        if not activate:
            _entry_of(home, app)
            raise TargetNotRunningError(f'Cannot call "{app}": it is not running')
        # A first look that leaves no trace of a name that nobody has.
        if _lock_state(home.file(app, "lock")) != "held":
            _entry_of(home, app)
        asked = _now()
        pause = 0.001
        while True:
            lock = home.lock(f"{app}.start.lock")
            if lock is not None:
                try:
                    # Whoever held the lock before may have brought it up, or failed for everybody.
                    transport = self.dial()
                    if transport is not None:
                        return transport, True
                    starts = _Starts(home, app)
                    failure = starts.shared(asked, _now())
                    if failure is not None:
                        raise failure
                    return self._launch(starts), True
                finally:
                    lock.release()
            transport = self.dial()
            if transport is not None:
                return transport, True
            self._pause(pause)
            pause = min(pause * 2, 0.016)

    def _pause(self, seconds: float) -> None:
        self._ended._check()
        if time.monotonic() > self._deadline:
            raise TargetStartError(
                f'Cannot start "{self._app}": it did not answer in time. '
                f'Its log is "{self._home.log(self._app)}"'
            )
        time.sleep(seconds)

    def _launch(self, starts: _Starts) -> _Transport:
        """Starts the program, under the start lock, and dials until it answers or ends."""
        app, home = self._app, self._home
        log = home.log(app)
        begin = _prepare_log(log)
        process: Optional["subprocess.Popen[bytes]"] = None
        pause = 0.001
        try:
            while True:
                # Asked before dialling: a program that answers and ends was there.
                code = process.poll() if process is not None else None
                transport = self.dial()
                if transport is not None:
                    return transport
                # Who holds the lock is just starting by hand, or leaving: that is over soon.
                if _lock_state(home.file(app, "lock")) != "held":
                    if process is None:
                        process = self._spawn(starts)
                    elif code is not None:
                        tail = _log_tail(log, begin)
                        quoted = ":\n  " + tail.replace("\n", "\n  ") if tail else ""
                        code = code if code >= 0 else 128 - code
                        message = (
                            f'Cannot start "{app}": it ended with exit code {code} before it '
                            f'answered; its log is "{log}"{quoted}'
                        )
                        raise starts.failed(TargetStartError(message, code, tail))
                self._pause(pause)
                pause = min(pause * 2, 0.008)
        except BaseException:
            # Left alone it would live on as nobody's, and the next call would start another one.
            late = time.monotonic() > self._deadline
            if process is not None and late and _lock_state(home.file(app, "lock")) != "held":
                _kill(process)
            raise
        finally:
            if process is not None:
                _reap(process)

    def _spawn(self, starts: _Starts) -> "subprocess.Popen[bytes]":
        app, home = self._app, self._home
        entry = _entry_of(home, app)
        try:
            command, cwd = _start_command(entry, home)
        except TargetStartError as error:
            raise TargetStartError(f'Cannot start "{app}": {error}') from None
        gave_up = (_kept_record(home, app) or {}).get("gaveUp")
        if isinstance(gave_up, str):
            raise TargetStartError(
                f'Cannot start "{app}": it is kept alive, but was given up: {gave_up}. '
                f'Its log is "{home.log(app)}". To resume it: neverliie wake {app}'
            )
        until = starts.admit(_now())
        starts.failure = None
        try:
            starts.write()
        except OSError as error:
            raise TargetStartError(f'Cannot start "{app}": {error}') from None
        if until is not None:
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until / 1_000))
            raise StartLimitError(
                f'Cannot start "{app}": it was started {len(starts.starts)} times within '
                f'{_START_WINDOW // 1_000} s. It may be started again at {at}; '
                f'its log is "{home.log(app)}"'
            )
        try:
            if entry.get("keep_alive") is True:
                _begin_supervision(home, app)
            return _spawn(command, cwd, _child_environment(home, app), home.log(app))
        except (OSError, ValueError) as error:
            raise starts.failed(TargetStartError(f'Cannot start "{app}": {error}')) from None


def _reap(process: "subprocess.Popen[bytes]") -> None:
    """Waits for a program that outlives its start, so that it leaves no zombie behind."""
    threading.Thread(target=process.wait, name="neverliie-reaper", daemon=True).start()

# --------------------------------------------------------------------------------------------------
# One connection: both sides call, both sides answer


class _Clock:
    """Does things later, in one thread. `at` may be called from anywhere, signal handlers too."""

    def __init__(self) -> None:
        self._queue: "queue.SimpleQueue[Tuple[float, int, Callable[[], None]]]" = queue.SimpleQueue()
        self._count = itertools.count()
        threading.Thread(target=self._run, name="neverliie-clock", daemon=True).start()

    def at(self, when: float, work: Callable[[], None]) -> None:
        """Does `work`, which must not wait for anything, once time.monotonic() is `when`."""
        self._queue.put((when, next(self._count), work))

    def _run(self) -> None:
        heap: List[Tuple[float, int, Callable[[], None]]] = []
        while True:
            try:
                wait = None if not heap else heap[0][0] - time.monotonic()
                if wait is None or wait > 0:
                    heapq.heappush(heap, self._queue.get(timeout=None if wait is None else min(wait, 3_600)))
                    continue
            except queue.Empty:
                continue
            work = heapq.heappop(heap)[2]
            try:
                work()
            except Exception as error:
                _report(f"neverliie_ipc: {error!r}")


class _Outbox:
    """What is on its way to the peer. Never waits for it: a thread writes what is not taken at once."""

    def __init__(self, transport: _Transport, limit: int, on_failure: Callable[[], None]) -> None:
        self._transport = transport
        self._limit = limit
        self._on_failure = on_failure
        self._changed = threading.Condition()
        self._chunks: Deque[bytes] = deque()
        self._reserve = _SMALL_RESERVE
        self._thread: Optional[threading.Thread] = None
        self._ended = False
        #: Bytes that wait.
        self.queued = 0
        #: Whether anything was sent.
        self.used = False

    def send(self, data: bytes) -> None:
        """Sends a message. Raises LimitExceededError where too much waits for the peer already."""
        with self._changed:
            if self._ended:
                return
            self.used = True
            if self.queued == 0:
                try:
                    sent = self._transport.try_send(data)
                except OSError:
                    self._fail()
                    return
                if sent == len(data):
                    return
                data = data[sent:]
            elif self.queued + len(data) > self._limit:
                if len(data) > _SMALL_MESSAGE:
                    raise LimitExceededError(
                        f"Cannot send a message of {len(data)} bytes: {self.queued} wait for the peer to "
                        f"read them, and {self._limit} may: read answers while calling, or ask for less",
                        LIMIT_EXCEEDED,
                        {"limit": "queued"},
                    )
                self._reserve -= len(data)
                if self._reserve < 0:
                    self._fail()
                    return
            self._chunks.append(data)
            self.queued += len(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="neverliie-writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _fail(self) -> None:
        self._ended = True
        self._chunks.clear()
        self.queued = 0
        self._changed.notify_all()
        self._on_failure()

    def _write(self) -> None:
        while True:
            with self._changed:
                while not self._chunks and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                data = self._chunks.popleft()
            try:
                self._transport.send(data)
            except OSError:
                with self._changed:
                    self._fail()
                return
            with self._changed:
                self.queued = max(0, self.queued - len(data))
                if self.queued == 0:
                    self._reserve = _SMALL_RESERVE
                self._changed.notify_all()

    def drained(self, seconds: Optional[float], unless: Callable[[], bool] = lambda: False) -> None:
        """Waits until all has left, or `unless` is so."""
        with self._changed:
            self._changed.wait_for(lambda: self.queued == 0 or self._ended or unless(), seconds)

    def wake(self) -> None:
        """Has those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def join(self) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()


class _Reply(NamedTuple):
    result: Any
    stream: bool
    connection: "_Connection"


class _Answer:
    """A call that waits for its answer."""

    __slots__ = ("connection", "id", "reply", "error", "_event", "_callback")

    def __init__(self, connection: "_Connection", callback: Optional[Callable[["_Answer"], None]]) -> None:
        self.connection = connection
        self.id = 0
        self.reply: Optional[_Reply] = None
        self.error: Optional[MeshError] = None
        self._event = threading.Event() if callback is None else None
        self._callback = callback

    def settle(self, reply: Optional[_Reply], error: Optional[MeshError]) -> None:
        self.reply, self.error = reply, error
        if self._event is not None:
            self._event.set()
        if self._callback is not None:
            self._callback(self)

    def cancel(self, reason: MeshError) -> None:
        """Gives the call up, and tells the peer."""
        self.connection.give_up(self, reason)

    def wait(self, deadline: float, what: Callable[[], str]) -> _Reply:
        """The reply. Raises CallTimeoutError after `deadline`, when the peer is told to cancel."""
        assert self._event is not None
        try:
            if not _wait(self._event, deadline):
                self.cancel(CallTimeoutError(f"Cannot call {what()}: no answer in time"))
        except BaseException:  # Ctrl-C.
            self.cancel(CallCancelledError("the caller was interrupted", REQUEST_CANCELLED))
            raise
        if self.error is not None:
            raise self.error
        assert self.reply is not None
        return self.reply


def _wait(event: threading.Event, deadline: float) -> bool:
    """Waits for an event until a time of time.monotonic(). On Windows Ctrl-C would not end a wait."""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return event.is_set()
        step = threading.TIMEOUT_MAX if sys.platform != "win32" else 0.1
        if event.wait(None if left == math.inf and step > 1 else min(left, step)):
            return True


class Peer:
    """The program at the other end of a connection: what a handler calls its caller back by."""

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        #: Who it says it is: an app's name, None for a client. It proves nothing.
        self.name: Optional[str] = None
        #: Its process, where it said so.
        self.pid: Optional[int] = None

    def call(self, method: str, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any) -> Any:
        """Calls a method that the caller exposes. Raises what goes wrong."""
        connection = self._connection
        params = _Params(args, kwargs)
        deadline = _deadline(_timeout)
        answer = connection.call(method, params.packed(connection, method), _left(deadline))
        return _plain(answer.wait(deadline, lambda: f'"{method}" of the caller'), f'"{method}"')

    def stream(self, method: str, *args: Any, **kwargs: Any) -> "Stream":
        """The items of a streaming method of the caller."""
        connection = self._connection
        params = _Params(args, kwargs)

        def begin(ended: _Cancel) -> _Reply:
            answer = connection.call(method, params.packed(connection, method), None)
            ended.on_cancel(lambda: answer.cancel(_given_up()))
            return answer.wait(math.inf, lambda: f'"{method}" of the caller')

        return Stream(begin)

    def _greeted(self, said: Any) -> None:
        if not isinstance(said, dict):
            return
        name, pid = said.get("name"), said.get("pid")
        if isinstance(pid, int) and (name is None or _is_app_name(name)):
            self.name, self.pid = name, pid


class CallContext(_Cancel):
    """
    A call while its handler runs; `current_call()` is that of the running handler. What the handler
    calls in its turn has its time and trace, and is cancelled with it.
    """

    def __init__(self, connection: "_Connection", id: Any, message: Mapping[str, Any]) -> None:
        super().__init__()
        self._connection = connection
        self._id = id
        self._stream: Optional[_Served] = None
        self._ended = False
        timeout, attempt = message.get("timeout"), message.get("attempt")
        #: The method's name.
        self.method: str = message["method"]
        #: Who called.
        self.caller: Peer = connection.peer
        timed = isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout >= 0
        self._timeout = cast(float, timeout) if timed else math.inf
        self._deadline = time.monotonic() + self._timeout / 1_000
        #: Which time the caller asks: 1 unless its connection was lost before.
        self.attempt: int = attempt if isinstance(attempt, int) and attempt > 0 else 1
        traceparent, tracestate = message.get("traceparent"), message.get("tracestate")
        #: Where the call belongs in a trace, as W3C Trace Context has it.
        self.traceparent: Optional[str] = traceparent if isinstance(traceparent, str) else None
        self.tracestate: Optional[str] = tracestate if isinstance(tracestate, str) else None

    @property
    def deadline(self) -> float:
        """When the caller's time is over, of time.monotonic(); infinity without a limit."""
        return math.inf if self._stream is not None and self._stream.made else self._deadline

    def time_left(self) -> Optional[float]:
        """What is left of the caller's time, in seconds; None without a limit."""
        return None if self.deadline == math.inf else max(0.0, self.deadline - time.monotonic())

    def wait(self, seconds: float) -> bool:
        """Sleeps, but no longer than until the call is cancelled: whether it was."""
        event = threading.Event()
        self.on_cancel(event.set)
        event.wait(seconds)
        self._forget(event.set)
        return self.cancelled

    def _finish(self) -> None:
        self._ended = True

    def _expire(self) -> None:
        """The caller's time is over, although it has not said so: it may be frozen."""
        if self._ended or self.deadline == math.inf:
            return
        message = f'Cannot call "{self.method}": no answer in {self._timeout:g} ms'
        self._connection.end_call(self, CallTimeoutError(message))


_current: "contextvars.ContextVar[Optional[CallContext]]" = contextvars.ContextVar(
    "neverliie_call", default=None
)


def current_call() -> Optional[CallContext]:
    """The call that the running handler answers; None outside of handlers, and in their threads."""
    return _current.get()


def _given_up() -> MeshError:
    return CallCancelledError("the call was cancelled", REQUEST_CANCELLED)


def _deadline(timeout: Optional[float]) -> float:
    if timeout is None:
        return math.inf
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
        raise ValueError(f"Cannot wait for {timeout!r}: _timeout is in seconds, or None for no limit")
    return time.monotonic() + timeout


def _left(deadline: float) -> Optional[int]:
    """What is left of a call's time, in milliseconds."""
    return None if deadline == math.inf else max(0, math.ceil((deadline - time.monotonic()) * 1_000))


def _plain(reply: _Reply, what: str) -> Any:
    """The result of a call. One that opens a stream, which nobody would read, is ended."""
    if not reply.stream:
        return reply.result
    token = reply.result.get("token") if isinstance(reply.result, dict) else None
    if _is_id(token):
        reply.connection.notify("$/enumerator/abort", {"token": token})
    raise MeshError(f"Cannot call {what}: it streams, use stream()")


class _Params:
    """
    Arguments on their way. Keywords alone are an object, positions alone an array, none an empty
    object. Both together become names where the target tells those of its method; else the
    positions stand in the member "*" of the object (docs/protocol.md#messages).
    """

    def __init__(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._args = args
        self._kwargs = kwargs

    def packed(self, connection: "_Connection", method: str) -> _Packed:
        value: Any = list(self._args)
        if self._kwargs or not self._args:
            value = dict(self._kwargs)
        if self._kwargs and self._args:
            names = connection.names_of(method)
            if names is None or len(names) < len(self._args):
                value = {"*": list(self._args), **self._kwargs}
            else:
                named = dict(zip(names, self._args))
                twice = [name for name in named if name in self._kwargs]
                if twice:
                    raise TypeError(f'Cannot call "{method}": two values for {", ".join(twice)}')
                value = {**named, **self._kwargs}
        try:
            return _pack(value, connection.takes_bytes)
        except TypeError as error:
            raise TypeError(f'Cannot call "{method}": {error}') from None


def _arguments(params: Any) -> Tuple[List[Any], Dict[str, Any]]:
    """Positions and keywords, as a handler gets them."""
    if params is None:
        return [], {}
    if isinstance(params, list):
        return list(params), {}
    named = dict(params)
    positions = named.pop("*", None) if isinstance(named.get("*"), list) else None
    return positions or [], named


class _Served:
    """A stream that is open to a peer: what its handler makes, until the peer asks for it."""

    def __init__(self, connection: "_Connection", call: CallContext, partial: Any = None) -> None:
        self._connection = connection
        self._call = call
        self._partial = partial
        self._changed = threading.Condition()
        self._items: Deque[_Packed] = deque()
        self._size = 0
        self._waiter: Optional[Tuple[Any, bool]] = None
        self._finished = False
        self._failure: Optional[Dict[str, Any]] = None
        self.token = connection.new_token()
        #: How many items were made.
        self.made = 0
        self.aborted = False
        #: Whether the handler has ended, and whether the peer has left the stream before.
        self.ended = False
        self.dropped = False

    def ask(self, id: Any, first: bool = False) -> None:
        """Answers a request by the items that there are, once there are any."""
        with self._changed:
            busy = self._waiter is not None
            if not busy:
                self._waiter = (id, first)
        if busy:
            self._connection.refuse(id, INVALID_REQUEST, "one $/enumerator/next at a time")
        else:
            self.flush()

    def flush(self) -> None:
        with self._changed:
            if self._waiter is None or not (self._has_items() or self._finished):
                return
            (id, first), self._waiter = self._waiter, None
            failure = self._failure if not self._has_items() else None
            page = self._take() if failure is None else []
            finished = self._finished and self._failure is None and not self._has_items()
            self._changed.notify_all()
        if finished or failure is not None:
            self._connection.drop(self)
        self._connection.answer_page(self, id, first, page, finished, failure)

    def _has_items(self) -> bool:
        return bool(self._items)

    def _take(self) -> List[_Packed]:
        page: List[_Packed] = []
        size = 0
        while self._items and (not page or size < _PAGE_SIZE):
            page.append(self._items.popleft())
            size += page[-1].size
        self._size -= size
        return page

    def put(self, packed: _Packed) -> bool:
        """Adds an item, and waits while the peer is far behind. Whether the stream goes on."""
        if self._partial is not None:
            return self._progress(packed)
        with self._changed:
            if self._finished:
                return False
            self._items.append(packed)
            self._size += packed.size
            self.made += 1
        self.flush()
        with self._changed:
            far = lambda: len(self._items) >= _PRODUCE_AHEAD or self._size >= _PAGE_SIZE
            self._changed.wait_for(lambda: self._finished or not far())
            return not self._finished

    def _progress(self, packed: _Packed) -> bool:
        """For a peer that wants partial results: the next item leaves once this one has."""
        if self._finished:
            return False
        self.made += 1
        listed = _list_of([packed], "params", "value")
        head = '{"jsonrpc":"2.0","method":"$/progress","params":{"token":' + json.dumps(self._partial)
        places = _places(listed.parts)
        self._connection.send(_Packed(f'{head},"value":{listed.text}}}{places}}}', listed.parts))
        self._connection.outbox.drained(None, lambda: self._finished)
        return not self._finished

    def finish(self, failure: Optional[Dict[str, Any]] = None) -> None:
        """There are no more items."""
        with self._changed:
            if not self._finished:
                self._finished = True
                self._failure = failure
            self._changed.notify_all()
        if self._partial is None:
            self.flush()

    def abort(self) -> None:
        """Ends it early: what waits is dropped, and a waiting request is answered."""
        with self._changed:
            if self._finished and not self._items:
                return
            self.aborted = not self._finished
            self._finished = True
            self._items.clear()
            self._size = 0
            self._changed.notify_all()
        self.flush()


class _Feed(_Served):
    """What a topic tells one subscriber: a bounded queue, with a mark where values are missing."""

    def __init__(self, connection: "_Connection", call: CallContext, topic: "Topic", params: Any) -> None:
        super().__init__(connection, call)
        named = params if isinstance(params, dict) else {}
        self._topic = topic
        self._overflow = named.get("overflow", "drop-oldest")
        self._most = named.get("queue", _QUEUE_DEFAULT)
        self._missing = 0
        self._values = 0
        self._head = [_pack({"event": "subscribed", "pid": os.getpid()}, False)]
        if self._overflow not in ("latest", "drop-oldest", "end"):
            self._wrong('"overflow" is "latest", "drop-oldest" or "end"', self._overflow)
        most = self._most
        if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= _QUEUE_MAX:
            self._wrong(f'"queue" is a whole number from 1 to {_QUEUE_MAX}', most)
        if self._overflow == "latest":
            self._most = 1

    @staticmethod
    def _wrong(what: str, value: Any) -> NoReturn:
        raise RemoteError(f"Cannot subscribe: {what}, not {json.dumps(value)}", INVALID_PARAMS)

    def _has_items(self) -> bool:
        return bool(self._items or self._head) or self._missing > 0

    def _take(self) -> List[_Packed]:
        page, self._head = self._head, []
        if self._missing:
            page.append(_pack({"event": "dropped", "count": self._missing}, False))
        page += super()._take()
        self._missing, self._values = 0, len(self._items)
        return page

    def add(self, packed: _Packed) -> None:
        with self._changed:
            if self._finished:
                return
            full = lambda: self._values >= self._most or (
                self._values > 0 and self._size + packed.size > _QUEUE_BYTES
            )
            if self._overflow == "end" and full():
                self._finished = True
                why = f"{self._values} values wait, and its subscriber is too slow for more"
                self._failure = {
                    "code": LIMIT_EXCEEDED,
                    "message": f'Cannot go on with "{self._topic.name}": {why}',
                    "data": {"limit": "queue"},
                }
            else:
                while full():
                    self._size -= self._items.popleft().size
                    self._values -= 1
                    self._missing += 1
                self._items.append(packed)
                self._values += 1
                self._size += packed.size
                self.made += 1
        self.flush()


class _Connection:
    """A live session. Every call made on it settles, at the latest when the session ends."""

    def __init__(
        self,
        node: "NeverLiieIPC",
        transport: _Transport,
        incoming: bool,
        target: Optional[str] = None,
    ) -> None:
        self.node = node
        self.incoming = incoming
        #: Whom this program called by it, where it is kept for further calls.
        self.target = target
        self.peer = Peer(self)
        #: Whether the peer said that it takes frames with bytes behind their JSON.
        self.takes_bytes = False
        #: The peer's methods that may be asked again where their answer was lost.
        self.idempotent: Set[str] = set()
        #: Why the peer is asked few methods: it speaks another version.
        self.mismatch: Optional[MeshError] = None
        self._transport = transport
        self._limits = node._limits
        self.outbox = _Outbox(transport, self._limits["queued"], transport.shut)
        self._decoder = _Decoder(self._limits)
        self._lock = threading.Lock()
        self._pending: Dict[int, _Answer] = {}
        self._ids = itertools.count(1)
        self._tokens = itertools.count(1)
        self._requests: Dict[Any, CallContext] = {}
        self._notified: Set[CallContext] = set()
        self._pages: Dict[Any, _Served] = {}
        self._streams: Dict[Any, _Served] = {}
        self._running = 0
        self._ending = 0
        self._frames = 0
        self._watched = -1
        self._lost: Optional[ConnectionLostError] = None
        self._complaint: Optional[MeshError] = None
        self._leaving: Optional[str] = None
        self._dropped = False
        self._names: Optional[Dict[str, Optional[List[str]]]] = None
        self.ended = threading.Event()
        threading.Thread(target=self._read, name="neverliie-reader", daemon=True).start()

    # What this side asks

    @property
    def open(self) -> bool:
        return self._lost is None

    def call(
        self,
        method: str,
        params: _Packed,
        timeout: Optional[int],
        beside: Optional[Mapping[str, Any]] = None,
        callback: Optional[Callable[[_Answer], None]] = None,
    ) -> _Answer:
        """Sends a request. Raises ConnectionLostError where the session has ended."""
        answer = _Answer(self, callback)
        members = "" if timeout is None else f',"timeout":{timeout}'
        for name, value in (beside or {}).items():
            members += f",{json.dumps(name)}:{json.dumps(value)}"
        with self._lock:
            if self._lost is not None:
                raise ConnectionLostError(f'Cannot call "{method}": {self._lost}', unsent=True)
            answer.id = next(self._ids)
            self._pending[answer.id] = answer
        tail = _places(params.parts, "params")
        head = f'{{"jsonrpc":"2.0","id":{answer.id},"method":{_ENCODER.encode(method)}'
        try:
            self.send(_Packed(f'{head}{members},"params":{params.text}{tail}}}', params.parts))
        except BaseException:
            with self._lock:
                self._pending.pop(answer.id, None)
            raise
        self.outbox.wake()
        return answer

    def ask(self, method: str, params: Any, timeout: float) -> Any:
        """Calls a method of the protocol, and waits for its result."""
        deadline = time.monotonic() + timeout
        answer = self.call(method, _pack(params, False), _left(deadline))
        return answer.wait(deadline, lambda: f'"{method}"').result

    def notify(self, method: str, params: Any) -> None:
        text = f'{{"jsonrpc":"2.0","method":{json.dumps(method)},"params":{_ENCODER.encode(params)}}}'
        with contextlib.suppress(LimitExceededError):
            self.send(_Packed(text, []))

    def give_up(self, answer: _Answer, reason: MeshError) -> None:
        with self._lock:
            mine = self._pending.pop(answer.id, None) is answer
        if mine:
            self.notify("$/cancelRequest", {"id": answer.id})
            answer.settle(None, reason)

    def greet(self, timeout: float) -> None:
        """Says who this is, and notes what the peer says of itself."""
        node = self.node
        said = self.ask("$/ping", node._greeting(), timeout)
        self.peer._greeted(said)
        if not isinstance(said, dict):
            return
        self.takes_bytes = _takes_bytes(said)
        idempotent = said.get("idempotent")
        if isinstance(idempotent, list):
            self.idempotent = {name for name in idempotent if isinstance(name, str)}
        theirs = said.get("protocol", PROTOCOL_VERSION)
        if theirs != PROTOCOL_VERSION:
            self.mismatch = ProtocolMismatchError(
                f"Cannot call: this program speaks version {PROTOCOL_VERSION} of the protocol, and "
                f"process {said.get('pid')} version {theirs}: update the older one"
            )

    def names_of(self, method: str) -> Optional[List[str]]:
        """The names of a method's params in their order, as the peer describes them."""
        if self._names is None:
            try:
                about = self.ask("$/describe", {}, 5.0)
            except RemoteError:
                about = {}
            listed = about.get("methods") if isinstance(about, dict) else None
            self._names = {}
            for one in listed if isinstance(listed, list) else []:
                if isinstance(one, dict) and isinstance(one.get("name"), str):
                    params = one.get("params")
                    self._names[one["name"]] = params if _are_arguments(params) else None
        return self._names.get(method)

    # What is sent

    def send(self, message: _Packed) -> None:
        if self._decoder.lines:
            self.outbox.send(_utf8(message.text) + b"\n")
            return
        data = _frame(message)
        # (A message of its own program's making: the peer would close the connection over it.)
        if len(data) > DEFAULT_LIMITS["body"]:
            raise TypeError(f"a message of {len(data)} bytes is over the limit of a body")
        self.outbox.send(data)

    def _success(self, id: Any, text: str, parts: _Parts, rest: str = "") -> None:
        head = f'{{"jsonrpc":"2.0","id":{_ENCODER.encode(id)},"result":{text}{rest}'
        self.send(_Packed(f"{head}{_places(parts)}}}", parts))

    def respond(self, id: Any, result: Any) -> None:
        """Sends a result. One that cannot be sent is told as an error."""
        try:
            packed = _pack(result, self.takes_bytes)
            self._success(id, packed.text, [(["result", *path], data) for path, data in packed.parts])
        except LimitExceededError as error:
            self.fail(id, _wire_error(error))
        except Exception as error:  # TypeError, or what a dictionary of the handler's own raises.
            self.refuse(id, INTERNAL_ERROR, f"the answer cannot be sent as JSON: {_message_of(error)}")

    def refuse(self, id: Any, code: int, message: str) -> None:
        self.fail(id, {"code": code, "message": message})

    def refuse_by(self, limit: str, message: str, id: Any = None) -> None:
        self.fail(id, {"code": LIMIT_EXCEEDED, "message": message, "data": {"limit": limit}})

    def fail(self, id: Any, error: Dict[str, Any]) -> None:
        """Sends an error. Data that cannot be sent are left out, and a long message is cut."""
        message = error["message"]
        short = f"{message[:300]}…" if len(message) > 300 else message
        attempts: List[Callable[[], Dict[str, Any]]] = [
            lambda: error,
            lambda: {"code": error["code"], "message": f"{message} (its data cannot be sent: {why})"},
            lambda: {"code": error["code"], "message": short},
        ]
        why: Any = None
        for attempt in attempts:
            try:
                text = _pack({"jsonrpc": "2.0", "id": id, "error": attempt()}, False).text
                return self.send(_Packed(text, []))
            except Exception as problem:  # Its data may be of any kind.
                why = _message_of(problem)

    # What the peer asks

    def _read(self) -> None:
        why = "the peer closed the connection"
        try:
            while True:
                if self.outbox.queued > _READ_PAUSE and not self._pending:
                    self.outbox.drained(None, lambda: bool(self._pending))
                data = self._transport.recv(256 << 10)
                if not data:
                    break
                for body, tail in self._decoder.push(data):
                    self._frames += 1
                    self._receive(body, tail)
                if not self._decoder.idle and self._watched != self._frames:
                    self._watched = frame = self._frames
                    late = time.monotonic() + self._limits["frameTime"] / 1_000
                    self.node._clock.at(late, lambda frame=frame: self._look_at_frame(frame))
        except _FrameError as error:
            why = str(error)
            if error.limit is not None:
                self.refuse_by(error.limit, why)
            else:
                self.refuse(None, PARSE_ERROR, why)
            self.outbox.drained(_CLOSE_LIMIT)
        except Exception as error:
            why = f"this program failed to read a message: {error!r}"
            _report(f"neverliie_ipc: {why}")
        self._end(why)
        self.outbox.end()
        self._transport.shut()
        self.outbox.join()
        self._transport.release()
        self.ended.set()

    def _look_at_frame(self, frame: int) -> None:
        if self._frames == frame and not self._decoder.idle and self._lost is None:
            milliseconds = self._limits["frameTime"]
            self.refuse_by("frameTime", f"a frame that was begun is not whole after {milliseconds} ms")
            threading.Thread(target=self._close_late, daemon=True).start()

    def _close_late(self) -> None:
        self.outbox.drained(_CLOSE_LIMIT)
        self._transport.shut()

    def _receive(self, body: bytes, tail: Optional[bytes]) -> None:
        most = self._limits["depth"]
        if _is_deeper(body, most):
            return self.refuse_by("depth", f"a body of {len(body)} bytes nests deeper than {most} levels")
        try:
            message = _DECODER.decode(body.decode("utf-8"))
        except RecursionError:
            return self.refuse_by("depth", f"a body of {len(body)} bytes nests too deep")
        except ValueError as error:
            return self.refuse(None, PARSE_ERROR, f"not JSON in UTF-8: {error}")
        if isinstance(message, list):
            return self.refuse(None, INVALID_REQUEST, "batches are not supported: send one by one")
        if not isinstance(message, dict):
            return self.refuse(None, INVALID_REQUEST, "a message is an object")
        id = message.get("id")
        known = id if _is_id(id) else None
        answers = "method" not in message and ("result" in message or "error" in message)
        why = None
        if tail is not None:
            try:
                _put_bytes(message, tail)
            except ValueError as error:
                why = str(error)
        if why is None and message.get("jsonrpc") != "2.0":
            why = 'expected "jsonrpc": "2.0"'
        if answers:
            if why is not None and known is not None:
                self._settle(known, None, RemoteError(why, INVALID_REQUEST))
            return self._respond(message) if why is None else None
        if why is None and not isinstance(message.get("method"), str):
            why = 'expected a "method", or a "result" or an "error"'
        elif why is None and "id" in message and known is None:
            why = "an id is a number within ±(2^53 - 1), or a string of up to 256 characters"
        elif why is None and not isinstance(message.get("params"), (dict, list, type(None))):
            why = "params are an object or an array"
        if why is not None:
            return self.refuse(known, INVALID_REQUEST, why)
        if "id" in message:
            self._request(known, message)
        else:
            self._notification(message)

    def _respond(self, message: Dict[str, Any]) -> None:
        id, error = message.get("id"), message.get("error")
        if id is None:
            self._complaint = _error_of(error)
        elif error is not None:
            self._settle(id, None, _error_of(error))
        else:
            result, stream = message.get("result"), message.get("stream") is True
            if not self._settle(id, _Reply(result, stream, self), None) and stream:
                # Late: its call was given up. A stream that it opened would wait for ever.
                token = result.get("token") if isinstance(result, dict) else None
                if _is_id(token):
                    self.notify("$/enumerator/abort", {"token": token})

    def _settle(self, id: Any, reply: Optional[_Reply], error: Optional[MeshError]) -> bool:
        with self._lock:
            answer = self._pending.pop(id, None) if _is_id(id) else None
        if answer is None:
            return False
        answer.settle(reply, error)
        return True

    def _notification(self, message: Dict[str, Any]) -> None:
        method, params = message["method"], message.get("params")
        if method == "$/cancelRequest":
            id = _argument(params, "id")
            if not _is_id(id):
                return
            with self._lock:
                call, page = self._requests.get(id), self._pages.get(id)
            if call is not None:
                self.end_call(call, _cancelled_by_caller(call.method))
            if page is not None:
                self._abort(page.token)
        elif method == "$/enumerator/abort":
            self._abort(_argument(params, "token"))
        elif not method.startswith("$/"):  # (What the protocol may add is not for handlers.)
            if self._running >= self._limits["calls"]:
                if not self._dropped:
                    _report(f"{method}: dropped, because {self._running} calls of its sender run already")
                self._dropped = True
                return
            call = CallContext(self, None, message)
            with self._lock:
                self._notified.add(call)
            self._start(call, params, None)

    def _request(self, id: Any, message: Dict[str, Any]) -> None:
        method, params = message["method"], message.get("params")
        with self._lock:
            in_use = id in self._requests or id in self._pages
        if self._leaving is not None:
            self._refuse_leaving(id)
        elif in_use:
            self.refuse(id, INVALID_REQUEST, f"the id {json.dumps(id)} is in use")
        elif method == "$/enumerator/next":
            token = _argument(params, "token")
            served = self._streams.get(token) if _is_id(token) else None
            if served is None:
                return self.refuse(id, UNKNOWN_STREAM, f"no open stream {json.dumps(token)}")
            with self._lock:
                self._pages[id] = served
            served.ask(id)
        elif method == "$/enumerator/abort":
            self._abort(_argument(params, "token"))
            self.respond(id, None)
        elif self._running >= self._limits["calls"]:
            most = self._limits["calls"]
            why = f'"{method}" is one call too many: {most} run for this peer; await some first'
            self.refuse_by("calls", why, id)
        else:
            partial = params.get("partialResultToken") if isinstance(params, dict) else None
            partial = partial if _is_id(partial) else None
            if isinstance(params, dict) and partial is not None:
                params = {key: one for key, one in params.items() if key != "partialResultToken"}
            call = CallContext(self, id, message)
            with self._lock:
                self._requests[id] = call
            if call.deadline != math.inf:
                reference = weakref.ref(call)
                self.node._clock.at(call.deadline, lambda: _expire(reference))
            if method.startswith("$/"):
                self._answer_protocol(call, params)
            else:
                self._start(call, params, partial)

    def _answer_protocol(self, call: CallContext, params: Any) -> None:
        """Answers a method of the protocol, in this thread."""
        try:
            if call.method == "$/ping":
                self.takes_bytes = self.takes_bytes or (not self._decoder.lines and _takes_bytes(params))
            if call.method == "$/subscribe":
                if not self.incoming:
                    raise MethodNotFoundError(f'no method "{call.method}"', METHOD_NOT_FOUND)
                if self.node._awaits_topic(params):
                    return self._start(call, params, None)
                return self.node._subscribe(self, call, params)
            result = self.node._protocol(self, call.method, params)
            if self.take(call._id):
                self.respond(call._id, result)
        except Exception as error:
            if self.take(call._id):
                self.fail(call._id, _wire_error(error))

    def serve(self, call: CallContext, served: _Served) -> bool:
        """Opens a stream as the answer of a call. Whether its handler may begin."""
        with self._lock:
            count = max(len(self._streams), self._ending)
            allowed = count < self._limits["streams"]
            if allowed:
                self._streams[served.token] = served
                call._stream = served
        if not allowed:
            why = f'"{call.method}" is one stream too many: {count} run; end some first'
            if self.take(call._id):
                self.refuse_by("streams", why, call._id)
            return False
        call.on_cancel(served.abort)
        if call._id is not None and served._partial is None:
            served.ask(call._id, first=True)
        return True

    def _start(self, call: CallContext, params: Any, partial: Any) -> None:
        """Runs a handler in a thread of its own."""
        with self._lock:
            self._running += 1
        try:
            threading.Thread(
                target=self._run, args=(call, params, partial), name=f"neverliie {call.method}", daemon=True
            ).start()
        except RuntimeError as error:  # The system has no thread to give.
            self._stop(call)
            if self.take(call._id):
                self.refuse_by("calls", f'Cannot run "{call.method}": {error}', call._id)

    def _stop(self, call: CallContext) -> None:
        call._finish()
        with self._lock:
            self._running -= 1
            self._notified.discard(call)

    def _run(self, call: CallContext, params: Any, partial: Any) -> None:
        _current.set(call)
        try:
            result = self.node._handle(call, params)
            items = self.node._items_of(result)
            if items is not None:
                self._produce(call, items, partial)
            elif self.take(call._id):
                self.respond(call._id, result)
        except BaseException as error:  # However it ended, its caller waits.
            if call._id is None:
                _report(f"{call.method}: {error!r}")
            elif self.take(call._id):
                self.fail(call._id, _wire_error(error))
        finally:
            self._stop(call)

    def _produce(self, call: CallContext, items: Iterator[Any], partial: Any) -> None:
        """Drives a handler's items, as far ahead as the peer may be behind."""
        served = _Served(self, call, partial)
        failure: Optional[Dict[str, Any]] = None
        try:
            if self.serve(call, served):
                for item in items:
                    try:
                        packed = _pack(item, self.takes_bytes)
                    except TypeError as error:
                        raise TypeError(f"an item cannot be sent as JSON: {error}") from None
                    if not served.put(packed):
                        break
        except BaseException as error:  # However it ended, its reader waits.
            failure = _wire_error(error)
        # The peer need not wait for what the handler does last.
        served.finish(failure)
        try:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            _report(f"{call.method}: {error!r}")
        with self._lock:
            served.ended = True
            if served.dropped:
                self._ending -= 1
        if partial is not None:
            self.drop(served)
            if self.take(call._id):
                self.respond(call._id, []) if failure is None else self.fail(call._id, failure)

    def answer_page(
        self,
        served: _Served,
        id: Any,
        first: bool,
        page: List[_Packed],
        finished: bool,
        failure: Optional[Dict[str, Any]],
    ) -> None:
        if not first:
            with self._lock:
                self._pages.pop(id, None)
        elif not self.take(id):
            return
        if failure is not None:
            return self.fail(id, failure)
        if self._leaving is not None and served.aborted:
            # Not "finished": its reader must not take what came so far for all there is.
            return self.refuse(id, LEAVING, self._leaving)
        values = _list_of(page, "result", "values")
        if not first:
            text = f'{{"values":{values.text},"finished":{"true" if finished else "false"}}}'
        elif finished:
            text = f'{{"values":{values.text}}}'
        else:
            text = f'{{"token":{served.token},"values":{values.text}}}'
        try:
            self._success(id, text, values.parts, ',"stream":true' if first else "")
        except (LimitExceededError, TypeError) as error:
            self._abort(served.token)
            self.fail(id, _wire_error(error))

    def new_token(self) -> int:
        return next(self._tokens)

    def drop(self, served: _Served) -> None:
        """The peer reaches the stream no more; it counts until its handler has ended."""
        with self._lock:
            if self._streams.pop(served.token, None) is None:
                return
            if not served.ended and not isinstance(served, _Feed):
                served.dropped = True
                self._ending += 1

    def _abort(self, token: Any) -> None:
        served = self._streams.get(token) if _is_id(token) else None
        if served is None:
            return
        self.drop(served)
        served._call._cancel(_cancelled_by_caller(served._call.method))
        served.abort()

    def take(self, id: Any) -> bool:
        """Whether the request still waits for its one answer; it is taken to be answered now."""
        with self._lock:
            return id is not None and self._requests.pop(id, None) is not None

    def end_call(self, call: CallContext, reason: MeshError) -> None:
        """Answers a call at once: what its handler still comes to is dropped."""
        waits = self.take(call._id)
        if call._cancel(reason) and waits:
            self.fail(call._id, _wire_error(reason))

    def _refuse_leaving(self, id: Any) -> None:
        self.fail(id, {"code": LEAVING, "message": self._leaving or "", "data": {"begun": False}})

    def _open_calls(self) -> List[CallContext]:
        with self._lock:
            calls = [*self._requests.values(), *self._notified]
            return calls + [served._call for served in self._streams.values()]

    def leave(self, why: str) -> None:
        """Answers all that is open with the reason, and then closes."""
        self._leaving = why
        error = ConnectionLostError(why)
        for call in self._open_calls():
            self.end_call(call, error)
        self._refuse_leaving(None)
        self.close()

    def close(self) -> None:
        """Ends the session; what was sent so far still leaves, within two seconds."""
        self.outbox.drained(_CLOSE_LIMIT)
        self._end("the connection was closed")
        self._transport.shut()

    def _end(self, why: str) -> None:
        complaint = self._complaint
        unsent = isinstance(complaint, ConnectionLostError)
        said = f": {complaint}" if complaint is not None else ""
        with self._lock:
            if self._lost is not None:
                return
            self._lost = ConnectionLostError(why + said)
            pending, self._pending = list(self._pending.values()), {}
            self._pages.clear()
        self.outbox.end()
        for answer in pending:
            answer.settle(None, ConnectionLostError(why + said, unsent))
        for call in self._open_calls():
            self.take(call._id)
            call._cancel(ConnectionLostError("the caller has left"))
        self.node._connection_ended(self)


def _expire(reference: "weakref.ref[CallContext]") -> None:
    call = reference()
    if call is not None:
        call._expire()


def _cancelled_by_caller(method: str) -> MeshError:
    return CallCancelledError(f'"{method}" was cancelled', REQUEST_CANCELLED)


def _argument(params: Any, name: str) -> Any:
    """A parameter of a method of the protocol: by name, or the first position."""
    if isinstance(params, dict):
        return params.get(name)
    return params[0] if isinstance(params, list) and params else None


def _takes_bytes(said: Any) -> bool:
    accept = said.get("accept") if isinstance(said, dict) else None
    return isinstance(accept, list) and BYTES_TYPE in accept

# --------------------------------------------------------------------------------------------------
# What programs use


class Stream:
    """
    The items of a streaming method as they arrive; iterate it once.

    The call is made when the first item is asked for. `cancel()`, leaving the loop for good, and the
    end of a `with` block end the handler.
    """

    def __init__(self, begin: Callable[[_Cancel], _Reply]) -> None:
        self._begin: Optional[Callable[[_Cancel], _Reply]] = begin
        self._ended = _Cancel()
        self._changed = threading.Condition(threading.RLock())
        self._items: Deque[Any] = deque()
        self._connection: Optional[_Connection] = None
        self._token: Any = None
        self._fetching = False
        self._failure: Optional[BaseException] = None
        self._over = False

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Any:
        if self._begin is not None:
            self._open()
        with self._changed:
            while not self._items:
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure
                if self._over:
                    raise StopIteration
                self._fetch()
                if self._over:  # The connection is gone: nothing would arrive.
                    continue
                # (On Windows Ctrl-C would not end a wait.)
                self._changed.wait(0.1 if sys.platform == "win32" else None)
            item = self._items.popleft()
            if len(self._items) < _FETCH_BELOW:
                self._fetch()
            return item

    def _taken(self) -> bool:
        """Whether the next item is there already, or none will be."""
        with self._changed:
            return self._begin is None and (bool(self._items) or self._over)

    def _open(self) -> None:
        begin, self._begin = self._begin, None
        if self._over or begin is None:
            return
        try:
            result, stream, connection = begin(self._ended)
        except BaseException as error:
            with self._changed:
                ended, self._over = self._over, True
            if ended and isinstance(error, CallCancelledError):
                return
            raise
        page = result if isinstance(result, dict) else {}
        token, values = page.get("token"), page.get("values", [])
        # Some servers do not mark their streams.
        if not stream and not (_is_id(token) and isinstance(values, list)):
            page, token, values = {}, None, [result]
        with self._changed:
            self._connection, self._token = connection, token if _is_id(token) else None
            if self._over:
                return self._abort()
            self._items.extend(values if isinstance(values, list) else [])
            self._over = self._token is None

    def _fetch(self) -> None:
        """Keeps one request for the next items in flight."""
        if self._fetching or self._token is None or self._connection is None:
            return
        self._fetching = True
        reference = weakref.ref(self)

        def arrived(answer: _Answer) -> None:
            stream = reference()
            if stream is not None:
                stream._arrived(answer)

        params = _Packed('{"token":' + _ENCODER.encode(self._token) + "}", [])
        try:
            self._connection.call("$/enumerator/next", params, None, None, arrived)
        except MeshError as error:
            self._fetching, self._token, self._failure, self._over = False, None, error, True

    def _arrived(self, answer: _Answer) -> None:
        with self._changed:
            self._fetching = False
            if self._over:
                return
            if answer.error is not None:
                self._token, self._failure, self._over = None, answer.error, True
            else:
                page = answer.reply.result if answer.reply is not None else None
                page = page if isinstance(page, dict) else {"finished": True}
                values = page.get("values")
                self._items.extend(values if isinstance(values, list) else [])
                if page.get("finished") is True:
                    self._token, self._over = None, True
            self._changed.notify_all()

    def _abort(self) -> None:
        token, self._token = self._token, None
        if token is not None and self._connection is not None:
            # By another thread: this may run anywhere, as an object is thrown away.
            connection = self._connection
            connection.node._clock.at(0, lambda: connection.notify("$/enumerator/abort", {"token": token}))

    def cancel(self) -> None:
        """Ends the stream and its handler. The loop that reads it ends without an error."""
        with self._changed:
            self._over = True
            self._items.clear()
            self._failure = None
            self._abort()
            self._changed.notify_all()
        self._ended._cancel(_given_up())

    close = cancel

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def __del__(self) -> None:
        if not self._over:
            self._over = True
            self._abort()


class Topic:
    """What an app tells whoever listens, under one name. Made by `NeverLiieIPC.topic`."""

    def __init__(self, name: str, retain: bool, description: Optional[str]) -> None:
        #: Its name, by which it is subscribed to.
        self.name = name
        self._retain = retain
        self._description = description
        self._lock = threading.Lock()
        self._feeds: Set[_Feed] = set()
        self._value: Any = None
        self._has_value = False
        self._problem = ""

    @property
    def subscribers(self) -> int:
        """How many listen now."""
        with self._lock:
            return len(self._feeds)

    @property
    def value(self) -> Any:
        """The latest value, where the topic retains it; None before the first."""
        return self._value

    def emit(self, value: Any) -> None:
        """Sends a value to whoever listens. Returns at once, and never raises."""
        with self._lock:
            if self._retain:
                self._value, self._has_value = value, True
            packed: Dict[bool, Optional[_Packed]] = {}
            for feed in list(self._feeds):
                takes = feed._connection.takes_bytes
                if takes not in packed:
                    packed[takes] = self._pack(value, takes)
                one = packed[takes]
                if one is not None:
                    feed.add(one)
                if feed._finished:
                    self._feeds.discard(feed)

    def _pack(self, value: Any, takes_bytes: bool) -> Optional[_Packed]:
        try:
            text, parts = _pack(value, takes_bytes)
            return _Packed(
                f'{{"event":"value","value":{text}}}', [(["value", *path], data) for path, data in parts]
            )
        except Exception as error:
            problem = f'A value of the topic "{self.name}" was not sent: {_message_of(error)}'
            if problem != self._problem:
                _report(problem)
            self._problem = problem
            return None

    def _subscribe(self, feed: _Feed) -> None:
        with self._lock:
            if self._has_value:
                packed = self._pack(self._value, feed._connection.takes_bytes)
                if packed is not None:
                    feed.add(packed)
            self._feeds.add(feed)

    def _leave(self, feed: _Feed) -> None:
        with self._lock:
            self._feeds.discard(feed)

    def _describe(self) -> Dict[str, Any]:
        about: Dict[str, Any] = {"name": self.name}
        if self._retain:
            about["retain"] = True
        if self._description is not None:
            about["description"] = self._description
        return about


class Subscription:
    """
    The values of another app's topic, from now on; iterate it. It does not end when the app does: it
    waits, without waking it, and goes on when the app comes again.
    """

    def __init__(self, node: "NeverLiieIPC", app: str, params: Dict[str, Any], wake: bool) -> None:
        self._node = node
        self._app = app
        self._params = params
        self._wake = wake
        self._changed = threading.Condition()
        self._values: Deque[Any] = deque()
        self._failure: Optional[MeshError] = None
        self._over = False
        self._stream: Optional[Stream] = None
        #: Set once the app has taken the subscription: no value is missed then.
        self.ready = threading.Event()
        #: How many values were dropped so far, as they were not read in time.
        self.dropped = 0
        threading.Thread(target=self._run, name=f"neverliie {app}", daemon=True).start()

    def _run(self) -> None:
        pause = 0.01
        while not self._over:
            try:
                stream = self._node._stream(self._app, "$/subscribe", (), self._params, 5.0, self._wake)
                with self._changed:
                    if self._over:
                        return
                    self._stream = stream
                for event in stream:
                    pause = 0.01
                    self._wake = False
                    if not self._take(event):
                        stream.cancel()
                        break
                if not self._over and self._failure is None:
                    raise ConnectionLostError("the topic ended")
            except (ConnectionLostError, CallTimeoutError, TargetOfflineError, OSError) as error:
                if self._wake and isinstance(error, TargetOfflineError):
                    return self._end(error)
                if self._node._left.is_set():
                    return self._end(None)
            except MeshError as error:
                return self._end(error)
            with self._changed:
                # It looks whether the app is there again: the system tells Python of nothing.
                self._changed.wait_for(lambda: self._over, pause)
            pause = min(pause * 2, 0.25)

    def _take(self, event: Any) -> bool:
        """Takes an event; whether the subscription goes on."""
        kind = event.get("event") if isinstance(event, dict) else None
        if kind == "subscribed":
            self.ready.set()
        with self._changed:
            if kind == "dropped":
                self.dropped += int(event.get("count", 0))
            if kind != "value":
                return not self._over
            most = 1 if self._params["overflow"] == "latest" else self._params["queue"]
            if len(self._values) >= most:
                if self._params["overflow"] == "end":
                    self._failure = LimitExceededError(
                        f"{most} values wait, and the loop is too slow for more",
                        LIMIT_EXCEEDED,
                        {"limit": "queue"},
                    )
                    self._over = True
                    self._changed.notify_all()
                    return False
                self._values.popleft()
                self.dropped += 1
            self._values.append(event.get("value"))
            self._changed.notify_all()
            return not self._over

    def _end(self, failure: Optional[MeshError]) -> None:
        with self._changed:
            self._failure, self._over = failure, True
            self._changed.notify_all()

    def __iter__(self) -> "Subscription":
        return self

    def __next__(self) -> Any:
        with self._changed:
            while not self._values:
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    raise failure
                if self._over:
                    raise StopIteration
                self._changed.wait(0.1 if sys.platform == "win32" else None)
            return self._values.popleft()

    def _taken(self) -> bool:
        with self._changed:
            return bool(self._values) or self._over

    def cancel(self) -> None:
        """Ends it; the loop that reads it ends without an error."""
        with self._changed:
            self._over = True
            self._values.clear()
            stream, self._stream = self._stream, None
            self._changed.notify_all()
        if stream is not None:
            stream.cancel()

    close = cancel

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()


class SecondInstance(NamedTuple):
    """A second start of a running app, as the running one is told of it."""

    #: Its arguments.
    args: List[str]
    #: Its working directory, which relative paths in the arguments refer to.
    cwd: str
    #: Its process.
    pid: int


class RemoteMethod:
    """A method of another app: call it, or iterate its `stream(…)`."""

    def __init__(self, node: "NeverLiieIPC", target: str, name: str) -> None:
        self._node, self._target, self._name = node, target, name

    def __call__(self, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any) -> Any:
        """Calls the method. Raises what goes wrong."""
        return self._node._call(self._target, self._name, args, kwargs, _timeout)

    def stream(self, *args: Any, **kwargs: Any) -> Stream:
        """The items of the method."""
        return self._node._stream(self._target, self._name, args, kwargs, None)


class Remote:
    """Another app, its methods as attributes. Made by `NeverLiieIPC.connect`."""

    def __init__(self, node: "NeverLiieIPC", target: str) -> None:
        self._node, self._target = node, target

    def __getattr__(self, name: str) -> RemoteMethod:
        if name.startswith("__"):
            raise AttributeError(name)
        return RemoteMethod(self._node, self._target, name)

    def __getitem__(self, name: str) -> RemoteMethod:
        """A method whose name is no attribute's."""
        return RemoteMethod(self._node, self._target, name)

    def subscribe(self, topic: str, **options: Any) -> Subscription:
        """As `NeverLiieIPC.subscribe`."""
        return self._node.subscribe(self._target, topic, **options)


class _Method:
    def __init__(self, name: str, function: Callable[..., Any], about: Dict[str, Any]) -> None:
        self.function = function
        self.idempotent = about.get("idempotent") is True
        try:
            self.signature: Optional[inspect.Signature] = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = None
        streams = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
        self.description: Dict[str, Any] = {"name": name, "kind": "stream" if streams else "call"}
        parameters = self.signature.parameters.values() if self.signature is not None else ()
        kinds = [parameter.kind for parameter in parameters]
        if self.signature is not None and inspect.Parameter.VAR_POSITIONAL not in kinds:
            named = [one.name for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD]
            self.description["params"] = named
        text = about.get("description") or (inspect.getdoc(function) or "").split("\n\n")[0]
        if text and function.__doc__ is not type(function).__doc__:
            self.description["description"] = " ".join(text.split())
        for name in ("idempotent", "tool"):
            if about.get(name) is True:
                self.description[name] = True
        self.positional_only = [
            one.name for one in parameters if one.kind is inspect.Parameter.POSITIONAL_ONLY
        ]

    def call(self, method: str, params: Any) -> Any:
        args, kwargs = _arguments(params)
        for name in self.positional_only[len(args) :]:
            if name not in kwargs:
                break
            args.append(kwargs.pop(name))
        if self.signature is not None:
            try:
                self.signature.bind(*args, **kwargs)
            except TypeError as error:
                raise RemoteError(f'Cannot call "{method}": {error}', INVALID_PARAMS) from None
        return self.function(*args, **kwargs)


_F = TypeVar("_F", bound=Callable[..., Any])


class NeverLiieIPC:
    """
    This program on the mesh, as the app `name`: the only one of that name, which others wake and
    call. It joins, registers how it was started, and serves from threads of its own.

    Where the app runs already, it is given this start's arguments (`on_second_instance`), this
    program says so and exits with 0.

    home: the folder of the mesh; NEVERLIIE_HOME, or ~/.neverliie, unless given
    methods: what is exposed from the beginning
    version: the program's own, told by `$/describe`
    command: how others start it, program first; found out unless given. None: it cannot be woken
    keep_alive: whether it is started again when it dies
    on_second_instance: called with a SecondInstance when the app was started again
    on_leave: called once with the reason when the program has left the mesh
    handle_signals: whether SIGTERM and SIGHUP leave the mesh, and `$/shutdown` ends the program
    if_running: "exit", or "raise" for an AlreadyRunningError
    limits: in place of some of DEFAULT_LIMITS
    trust_unelevated: on Windows, whether an elevated program joins all the same
    """

    def __init__(
        self,
        name: str,
        *,
        home: Optional[str] = None,
        methods: Optional[Mapping[str, Callable[..., Any]]] = None,
        version: Optional[str] = None,
        command: Union[Sequence[str], None, bool] = True,
        keep_alive: Optional[bool] = None,
        on_second_instance: Optional[Callable[[SecondInstance], None]] = None,
        on_leave: Optional[Callable[[str], None]] = None,
        handle_signals: bool = True,
        if_running: str = "exit",
        limits: Optional[Mapping[str, int]] = None,
        trust_unelevated: bool = False,
    ) -> None:
        _check_app_name(name)
        self._init(name, home, limits, trust_unelevated)
        self.on_second_instance = on_second_instance
        self.on_leave = on_leave
        self._version = version
        for method, function in (methods or {}).items():
            self.expose(method, function)
        try:
            self._lock = self._become(name)
        except AlreadyRunningError as error:
            if if_running == "raise":
                raise
            _print(sys.stderr if error.pid is None else sys.stdout, str(error))
            sys.exit(1 if error.pid is None else 0)
        try:
            self._join(name, command, keep_alive)
        except BaseException:
            self._lock.release()
            raise
        if handle_signals:
            self._exits = True
            self._install_signals()

    @classmethod
    def client(
        cls,
        *,
        home: Optional[str] = None,
        methods: Optional[Mapping[str, Callable[..., Any]]] = None,
        limits: Optional[Mapping[str, int]] = None,
        trust_unelevated: bool = False,
    ) -> "NeverLiieIPC":
        """Joins without a name, to call others. Any number of clients may."""
        self = cls.__new__(cls)
        self._init(None, home, limits, trust_unelevated)
        for method, function in (methods or {}).items():
            self.expose(method, function)
        atexit.register(self.close)
        return self

    def _init(
        self,
        name: Optional[str],
        home: Optional[str],
        limits: Optional[Mapping[str, int]],
        trust_unelevated: bool,
    ) -> None:
        fault = None if trust_unelevated else _elevation_fault()
        if fault is not None:
            raise PermissionError(f"Cannot join the mesh: {fault} (trust_unelevated allows it)")
        for limit, value in (limits or {}).items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f'Cannot limit "{limit}" to {value!r}: give a whole number from 1 on')
        #: The app's name; None for a client.
        self.name = name
        #: Whether the mesh started this process, rather than a person.
        self.woken = os.environ.pop("NEVERLIIE_WOKEN", None) is not None or _woken[0]
        _woken[0] = self.woken
        self.on_second_instance: Optional[Callable[[SecondInstance], None]] = None
        self.on_leave: Optional[Callable[[str], None]] = None
        self._home = _Home(home)
        self._limits = {**DEFAULT_LIMITS, **(limits or {})}
        self._version: Optional[str] = None
        self._started = _now()
        self._clock = _Clock()
        self._methods: Dict[str, _Method] = {}
        self._topics: Dict[str, Topic] = {}
        self._changed = threading.Condition()
        self._opening = math.inf
        self._exposed = 0.0
        self._loop: Optional["asyncio.AbstractEventLoop"] = None
        self._connections: Set[_Connection] = set()
        self._outgoing: Dict[str, _Connection] = {}
        self._dialling: Dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._full = False
        self._launch: Optional[Dict[str, Any]] = None
        self._kept = False
        self._lock: Optional[_FileLock] = None
        self._listener: Optional[_Listener] = None
        self._lost_name: Optional[str] = None
        self._leaving: Optional[str] = None
        self._left = threading.Event()
        self._leave_lock = threading.Lock()
        self._exits = False
        self._exit_now = False
        self._waited = False
        self._signals: List[int] = []

    # One instance

    def _become(self, app: str) -> _FileLock:
        """Becomes the instance of the app, or tells the one that runs. Raises AlreadyRunningError."""
        home = self._home
        deadline = time.monotonic() + _HANDOVER_TIMEOUT
        pause = 0.001
        while True:
            lock = home.lock(f"{app}.lock")
            try:
                transport = _dial(home.address(app), deadline)
            except BaseException:
                if lock is not None:
                    lock.release()
                raise
            if lock is not None and transport is None:
                return lock
            if lock is not None:
                # Somebody is there although the lock is free: its file was removed, or it is not
                # the app at all. Then it need not be given the time of one that is just starting.
                lock.release()
                deadline = min(deadline, time.monotonic() + _IMPOSTOR_TIMEOUT)
            if transport is not None:
                left = max(0.001, deadline - time.monotonic())
                self._hand_over(app, transport, left)
            if time.monotonic() > deadline:
                why = (
                    f'another process holds "{home.file(app, "lock")}" but does not answer at '
                    f'"{home.address(app)}"'
                    if lock is None
                    else f'another program has taken its address "{home.address(app)}" and does not '
                    f'answer as "{app}" would'
                )
                raise AlreadyRunningError(f'Cannot start "{app}": {why}', None)
            time.sleep(pause)
            pause = min(pause * 2, 0.016)

    def _hand_over(self, app: str, transport: _Transport, seconds: float) -> None:
        """Raises AlreadyRunningError once the other copy has answered; one that leaves hangs up."""
        args = list(_ARGV[1:])
        connection = _Connection(self, transport, incoming=False)
        try:
            if self.woken:  # Nobody started this one by hand: there is nothing to hand over.
                said = connection.ask("$/ping", {}, seconds)
            else:
                start = {"args": args, "cwd": _FOLDER, "pid": os.getpid()}
                said = connection.ask("$/secondInstance", start, seconds)
        except (ConnectionLostError, CallTimeoutError):
            return
        except MeshError as error:
            why = f"whoever has its address answers: {error}"
            raise AlreadyRunningError(f'Cannot start "{app}": {why}', None) from None
        finally:
            connection.close()
        pid = said.get("pid") if isinstance(said, dict) else None
        if isinstance(pid, int):
            count = "1 argument" if len(args) == 1 else f"{len(args)} arguments"
            told = "" if self.woken else f"; it was given {count}"
            raise AlreadyRunningError(f'"{app}" is already running (process {pid}){told}', pid)

    def _join(self, app: str, command: Union[Sequence[str], None, bool], keep: Optional[bool]) -> None:
        home = self._home
        mark = home.file(app, "up")
        self._listener = home.renewed(lambda: _Listener(home.address(app), mark))
        line = _own_command() if command is True else list(command) if command else None
        if line is not None:
            self._launch = {"type": "binary", "cmd": line, "cwd": _FOLDER}
            try:
                self._kept = _register(home, app, line, self.woken, keep)
                if self._kept:
                    _begin_supervision(home, app)
            except (OSError, MeshError, UnicodeError) as error:
                _report(f'{error}. "{app}" runs, but was not registered')
        self._exposed = time.monotonic()
        self._opening = self._exposed + _OPENING
        threading.Thread(target=self._accept, name="neverliie-accept", daemon=True).start()
        threading.Thread(target=self._look, name="neverliie-look", daemon=True).start()
        atexit.register(self.close)
        _nodes.add(self)

    def _accept(self) -> None:
        listener = self._listener
        assert listener is not None
        with self._changed:
            until = self._opening
            while self._opening > 0 and self._leaving is None:
                now = time.monotonic()
                left = min(until, self._exposed + _SETTLED) - now
                # On a busy machine its next line may be late.
                if left <= 0 and now < until and _is_main_at_work():
                    left = _SETTLED
                if left <= 0:
                    break
                self._changed.wait(left)
        pause = 0.01
        while True:
            try:
                transport = listener.accept()
                pause = 0.01
            except OSError as error:  # Out of descriptors, say: those who are connected go on.
                if self._leaving is not None:
                    break
                if pause == 0.01:
                    _report(f"Cannot accept connections, trying on: {error}")
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
                continue
            if transport is None:
                break
            with self._guard:
                if self._leaving is not None:
                    transport.shut()
                    transport.release()
                    continue
                many = len(self._connections)
                full = many >= self._limits["connections"]
                if not full:
                    self._full = False
                    self._connections.add(_Connection(self, transport, incoming=True))
            if full:
                self._refuse_connection(transport, many)
        listener.release()

    def _refuse_connection(self, transport: _Transport, many: int) -> None:
        why = f"{many} connections are open, as many as may be"
        if not self._full:
            _report(f"Cannot take another connection: {why}")
        self._full = True
        error = {
            "code": LIMIT_EXCEEDED,
            "message": f"Cannot connect: {why}; try again when a caller has left",
            "data": {"limit": "connections"},
        }
        with contextlib.suppress(OSError):
            transport.send(_frame(_pack({"jsonrpc": "2.0", "id": None, "error": error}, False)))
        transport.shut()
        transport.release()

    def _connection_ended(self, connection: _Connection) -> None:
        with self._guard:
            self._connections.discard(connection)
            target = connection.target
            if target is not None and self._outgoing.get(target) is connection:
                del self._outgoing[target]

    # The name, where what cleans /tmp takes its files (docs/decisions/0046-what-cleans-tmp.md)

    def _look(self) -> None:
        looked = time.monotonic()
        requests = 0
        while not self._left.wait(_LOOK):
            before, looked = looked, time.monotonic()
            try:
                if self._owns():
                    requests = 0
                    assert self._listener is not None
                    if self._home.renewed(self._listener.look):
                        _report(f'The socket "{self.address}" was removed, and is made anew')
                    continue
                other = self._other_copy()
                if other is None or self._leaving is not None:
                    continue
                why = f'{other} is "{self.name}" as well, since the lock of this one was removed'
                if looked - before > _STALLED + _LOOK or requests == 2:
                    _report(f"{why}: this one leaves")
                    self._lost_name = why
                    self._leave_soon(why)
                    return
                requests += 1
                _report(f"{why}: it was started last, and is asked to leave")
                self._ask_to_leave()
            except Exception as error:
                _report(f'Nobody can connect to "{self.address}": {error}')

    def _owns(self) -> bool:
        """Whether this process has the name. It takes the name where nobody has it."""
        if self._lock is None or self._lock.is_current():
            return True
        lock = self._home.lock(f"{self.name}.lock")
        if lock is None:
            return False
        self._lock.release()
        self._lock = lock
        _report(f'The lock "{self._home.file(self.name or "", "lock")}" was removed, and is made anew')
        return True

    def _other_copy(self) -> Optional[str]:
        """Who answers at this app's address, if that is another process."""
        transport = _dial(self.address or "", time.monotonic() + 2)
        if transport is None:
            return None
        connection = _Connection(self, transport, incoming=False)
        try:
            said = connection.ask("$/ping", {}, 2)
            pid = said.get("pid") if isinstance(said, dict) else None
            return None if pid == os.getpid() else f"process {pid}"
        except MeshError:
            return "another program"
        finally:
            connection.close()

    def _ask_to_leave(self) -> None:
        transport = _dial(self.address or "", time.monotonic() + 2)
        if transport is None:
            return
        connection = _Connection(self, transport, incoming=False)
        try:
            connection.ask("$/shutdown", {}, 2)
            # As soon as nobody has the name: a caller may start a third copy until the next look.
            until = time.monotonic() + 1
            while time.monotonic() < until and not self._owns():
                time.sleep(0.004)
        except MeshError:
            pass  # The next look tells whether it has left.
        finally:
            connection.close()

    # What it exposes

    @property
    def address(self) -> Optional[str]:
        """Where this app listens; None for a client."""
        return None if self.name is None else self._home.address(self.name)

    @overload
    def expose(self, name: str, function: _F, **about: Any) -> _F: ...

    @overload
    def expose(self, name: str, function: None = None, **about: Any) -> Callable[[_F], _F]: ...

    def expose(self, name: str, function: Optional[Callable[..., Any]] = None, **about: Any) -> Any:
        """
        Exposes a function under a name: its positional and keyword arguments arrive as such, a
        generator streams, and each call runs in a thread of its own. Without a function it is a
        decorator. A name that is exposed again gets the new function.

        description: one sentence; the first one of its doc string unless given
        idempotent: whether it may run twice for one call without harm
        tool: whether it is offered to assistants
        """
        _check_method_name(name)
        if function is None:
            return lambda decorated: self.expose(name, decorated, **about)
        if not callable(function):
            raise TypeError(f"Cannot expose {name!r}: it is no function")
        with self._changed:
            self._methods[name] = _Method(name, function, about)
            self._exposed = time.monotonic()
            if self._opening != math.inf:
                self._opening = max(self._opening, self._exposed + _OPENING)
            self._changed.notify_all()
        return function

    def topic(self, name: str, *, retain: bool = False, description: Optional[str] = None) -> Topic:
        """
        Opens a topic, to which any program subscribes.

        retain: whether a new subscriber gets the latest value first
        """
        if self.name is None or not isinstance(name, str) or not name:
            raise ValueError(f"Cannot open the topic {name!r}: an app has topics, by a name")
        with self._changed:
            if name in self._topics:
                raise ValueError(f"Cannot open the topic {name!r}: it is open already")
            topic = self._topics[name] = Topic(name, retain, description)
            self._changed.notify_all()
        return topic

    def _find(self, table: Mapping[str, _T], name: str) -> Optional[_T]:
        """What is exposed under a name. A program that has just joined is about to expose it."""
        with self._changed:
            while name not in table:
                left = self._opening - time.monotonic()
                if self.name is None or left <= 0 or self._leaving is not None:
                    return None
                self._changed.wait(left)
            return table[name]

    def _opened(self) -> None:
        """All is exposed: nothing is waited for any more."""
        with self._changed:
            self._opening = -math.inf
            self._changed.notify_all()

    def _who(self) -> str:
        return "this process" if self.name is None else f'"{self.name}"'

    def _handle(self, call: CallContext, params: Any) -> Any:
        if call.method == "$/subscribe":  # Of a topic that is about to be opened.
            return self._subscribe(call._connection, call, params)
        method = self._find(self._methods, call.method)
        if method is None:
            raise MethodNotFoundError(f'{self._who()} has no method "{call.method}"', METHOD_NOT_FOUND)
        result = method.call(call.method, params)
        return self._run_coroutine(call, result) if inspect.iscoroutine(result) else result

    def _run_coroutine(self, call: CallContext, coroutine: Any) -> Any:
        import asyncio
        import concurrent.futures

        if self._loop is None:
            return asyncio.run(coroutine)
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        call.on_cancel(lambda: cast(None, future.cancel()))
        try:
            return future.result()
        except (asyncio.CancelledError, concurrent.futures.CancelledError):
            raise _cancelled_by_caller(call.method) from None

    def _items_of(self, result: Any) -> Optional[Iterator[Any]]:
        """The items of a handler that streams."""
        if isinstance(result, _Iterator):
            return result
        return self._async_items(result) if isinstance(result, _AsyncIterator) else None

    def _async_items(self, items: Any) -> Iterator[Any]:
        import asyncio
        import concurrent.futures

        loop = self._loop or asyncio.new_event_loop()
        call = _current.get()
        pending: List[Any] = []

        def step(coroutine: Any) -> Any:
            if loop is not self._loop:
                return loop.run_until_complete(coroutine)
            pending[:] = [asyncio.run_coroutine_threadsafe(coroutine, loop)]
            return pending[0].result()

        async def following() -> Any:
            return await items.__anext__()

        async def ending() -> None:
            if hasattr(items, "aclose"):
                await items.aclose()

        if call is not None:
            call.on_cancel(lambda: cast(None, [future.cancel() for future in pending]))
        try:
            while True:
                try:
                    item = step(following())
                except StopAsyncIteration:
                    return
                except (asyncio.CancelledError, concurrent.futures.CancelledError):
                    return
                yield item
        finally:
            step(ending())
            if loop is not self._loop:
                loop.close()

    # The protocol's methods

    def _greeting(self) -> Dict[str, Any]:
        about: Dict[str, Any] = {
            "name": self.name,
            "pid": os.getpid(),
            "protocol": PROTOCOL_VERSION,
            "accept": [BYTES_TYPE],
        }
        idempotent = [name for name, method in list(self._methods.items()) if method.idempotent]
        return {**about, "idempotent": idempotent} if idempotent else about

    def _protocol(self, connection: _Connection, method: str, params: Any) -> Any:
        if method == "$/ping":
            connection.peer._greeted(params)
            return self._greeting()
        if method == "$/describe":
            return {
                "name": self.name,
                "pid": os.getpid(),
                "started": self._started,
                "version": self._version,
                "protocol": PROTOCOL_VERSION,
                "deno": "Python " + ".".join(map(str, sys.version_info[:3])),
                "launch": self._launch,
                "permissions": None,
                "methods": [one.description for one in list(self._methods.values())],
                "topics": [one._describe() for one in list(self._topics.values())],
            }
        # The others are for those who called it: whom it called itself may not end it.
        if method == "$/shutdown" and connection.incoming and self.name is not None:
            # The answer leaves before the connection does.
            self._clock.at(time.monotonic() + 0.01, lambda: self._leave_soon("it was asked to shut down"))
            return None
        if method == "$/secondInstance" and connection.incoming and self.name is not None:
            named = params if isinstance(params, dict) else {}
            args, cwd, pid = named.get("args"), named.get("cwd"), named.get("pid")
            if not isinstance(args, list) or not isinstance(cwd, str) or not isinstance(pid, int):
                raise RemoteError("$/secondInstance takes { args, cwd, pid }", INVALID_PARAMS)
            start = SecondInstance([str(arg) for arg in args], cwd, pid)
            threading.Thread(target=self._second_instance, args=(start,), daemon=True).start()
            return {"pid": os.getpid()}
        raise MethodNotFoundError(f'no method "{method}"', METHOD_NOT_FOUND)

    def _second_instance(self, start: SecondInstance) -> None:
        try:
            if self.on_second_instance is not None:
                self.on_second_instance(start)
        except Exception as error:
            # The second start has been told, whatever the program makes of it.
            _report(f"on_second_instance failed: {error!r}")

    def _subscribe(self, connection: _Connection, call: CallContext, params: Any) -> None:
        name = _argument(params, "topic")
        if not isinstance(name, str):
            why = "$/subscribe takes { topic, overflow?, queue? }: the topic's name is a string"
            raise RemoteError(why, INVALID_PARAMS)
        topic = self._find(self._topics, name)
        if topic is None:
            raise MethodNotFoundError(f'{self._who()} has no topic "{name}"', METHOD_NOT_FOUND)
        feed = _Feed(connection, call, topic, params)
        topic._subscribe(feed)
        call.on_cancel(lambda: topic._leave(feed))
        if not connection.serve(call, feed):
            topic._leave(feed)

    def _awaits_topic(self, params: Any) -> bool:
        """Whether a topic that is not there may be about to be opened."""
        name = _argument(params, "topic")
        return isinstance(name, str) and name not in self._topics and self._opening > time.monotonic()

    # Calling others

    @overload
    def call(
        self, target: str, method: str, /, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any
    ) -> Optional[Dict[str, Any]]: ...

    @overload
    def call(
        self, *, target: str, method: str, _timeout: Optional[float] = 5.0, **kwargs: Any
    ) -> Optional[Dict[str, Any]]: ...

    def call(
        self, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any
    ) -> Optional[Dict[str, Any]]:
        """
        Calls a method: `call(target, method, *args, _timeout=5.0, **kwargs)`. The target is started
        when it sleeps; that time does not count.

        {"status": "ok", "data": …}, or {"status": "error", "msg": …, "code": …}. None where the
        target is offline and cannot be started; why a start failed is told on standard error.
        """
        target, method, args = _target(args, kwargs)
        try:
            return {"status": "ok", "data": self._call(target, method, args, kwargs, _timeout)}
        except (TargetUnknownError, TargetNotRunningError):
            return None
        except TargetOfflineError as error:
            _report(str(error))
            return None
        except MeshError as error:
            return {"status": "error", "msg": str(error), "code": error.code}
        except OSError as error:
            return {"status": "error", "msg": str(error), "code": INTERNAL_ERROR}

    def request(
        self, target: str, method: str, /, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any
    ) -> Any:
        """
        Calls a method as `call` does, and gives its result. Raises what goes wrong: RemoteError for
        what the handler raised, CallTimeoutError, TargetOfflineError, ConnectionLostError.
        """
        return self._call(target, method, args, kwargs, _timeout)

    @overload
    def stream(self, target: str, method: str, /, *args: Any, **kwargs: Any) -> Stream: ...

    @overload
    def stream(self, *, target: str, method: str, **kwargs: Any) -> Stream: ...

    def stream(self, *args: Any, **kwargs: Any) -> Stream:
        """
        The items of a streaming method: `stream(target, method, *args, **kwargs)`. The loop raises
        what the handler raised. `_timeout` is for the first item; there is no limit unless given.
        """
        target, method, args = _target(args, kwargs)
        return self._stream(target, method, args, kwargs, kwargs.pop("_timeout", None))

    def connect(self, target: str) -> Remote:
        """Another app, its methods as attributes. Nothing is sent until one is called."""
        _check_app_name(target)
        return Remote(self, target)

    def wake(self, target: str) -> None:
        """Starts the target when it sleeps. Raises TargetOfflineError."""
        self._connection(target, True, _Cancel(), _START_TIMEOUT)

    def subscribe(
        self,
        app: str,
        topic: str,
        *,
        overflow: str = "drop-oldest",
        queue: int = _QUEUE_DEFAULT,
        wake: bool = False,
    ) -> Subscription:
        """
        What the topic of another app tells from now on, also after that app was started again.

        overflow: what becomes of more values than wait: "drop-oldest", "latest" or "end"
        queue: how many values may wait, 1 to 10,000
        wake: whether the app is started where it sleeps now
        """
        _check_app_name(app)
        if overflow not in ("drop-oldest", "latest", "end"):
            raise ValueError(f'"overflow" is "latest", "drop-oldest" or "end", not {overflow!r}')
        if not isinstance(queue, int) or not 1 <= queue <= _QUEUE_MAX:
            raise ValueError(f'"queue" is a whole number from 1 to {_QUEUE_MAX}, not {queue!r}')
        params = {"topic": topic, "overflow": overflow, "queue": queue}
        return Subscription(self, app, params, wake)

    def _call(
        self,
        target: str,
        method: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        timeout: Optional[float],
    ) -> Any:
        reply = self._request(target, method, _Params(args, kwargs), timeout, _Cancel())
        return _plain(reply, f'"{method}" of "{target}"')

    def _stream(
        self,
        target: str,
        method: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        timeout: Optional[float],
        activate: bool = True,
    ) -> Stream:
        _check_app_name(target)
        _deadline(timeout)
        params = _Params(args, dict(kwargs))
        within = _current.get()

        def begin(ended: _Cancel) -> _Reply:
            return self._request(target, method, params, timeout, ended, activate)

        stream = Stream(begin)
        if within is not None:
            reference = weakref.ref(stream)
            within.on_cancel(lambda: _cancel_stream(reference))
        return stream

    def _request(
        self,
        target: str,
        method: str,
        params: _Params,
        timeout: Optional[float],
        ended: _Cancel,
        activate: bool = True,
    ) -> _Reply:
        """Makes a request, anew where its connection ended before the target looked at it."""
        _check_app_name(target)
        _deadline(timeout)
        within = _current.get()
        beside: Dict[str, Any] = {}
        latest = math.inf
        if within is not None:
            within._check()
            latest = within.deadline
            if latest <= time.monotonic():
                raise CallTimeoutError("Cannot call: the call that it is made for has no time left")
            for name in ("traceparent", "tracestate"):
                if getattr(within, name) is not None:
                    beside[name] = getattr(within, name)
        what = lambda: f'"{method}" of "{target}"'
        attempt, until = 1, math.inf
        lost: Optional[ConnectionLostError] = None
        while True:
            ended._check()
            connection, fresh = self._connection(target, activate, ended, _START_TIMEOUT)
            if lost is not None and not lost.unsent and method not in connection.idempotent:
                raise lost
            if connection.mismatch is not None and method not in _FOR_ALL_VERSIONS:
                raise connection.mismatch
            # The time of a start does not count.
            if until == math.inf or fresh:
                until = min(_deadline(timeout), latest)
            answer: Optional[_Answer] = None
            cancel = lambda: answer.cancel(_given_up()) if answer is not None else None
            try:
                packed = params.packed(connection, method)
                answer = connection.call(method, packed, _left(until), beside)
                ended.on_cancel(cancel)
                if within is not None:
                    within.on_cancel(cancel)
                return answer.wait(until, what)
            except ConnectionLostError as error:
                may = error.unsent or (not error.answered and method in connection.idempotent)
                pause = 0.005 if error.unsent else min(0.025 * 4 ** (attempt - 1), 1.6)
                if not may or time.monotonic() + pause > until or self._left.is_set() or not activate:
                    raise
                lost = error
                if not error.unsent:
                    attempt += 1
                    beside["attempt"] = attempt
                time.sleep(pause)
            finally:
                ended._forget(cancel)
                if within is not None:
                    within._forget(cancel)

    def _connection(
        self, target: str, activate: bool, ended: _Cancel, seconds: float
    ) -> Tuple[_Connection, bool]:
        """The one connection to a target, and whether it was made for this call."""
        _check_app_name(target)
        if self._leaving is not None:
            raise MeshError("Cannot call: this process has left the mesh")
        present = self._outgoing.get(target)
        if present is not None and present.open:
            return present, False
        with self._guard:
            dialling = self._dialling.setdefault(target, threading.Lock())
        deadline = time.monotonic() + seconds
        while not dialling.acquire(timeout=0.1):
            ended._check()
            if time.monotonic() > deadline:
                raise TargetStartError(f'Cannot start "{target}": it did not answer in time')
        try:
            present = self._outgoing.get(target)
            if present is not None and present.open:
                return present, True
            connection = self._dial_until_greeted(target, activate, ended, deadline)
            with self._guard:
                if self._leaving is None and connection.open:
                    self._outgoing[target] = connection
            return connection, True
        finally:
            dialling.release()

    def _dial_until_greeted(
        self, target: str, activate: bool, ended: _Cancel, deadline: float
    ) -> _Connection:
        """One that is just ending may still accept a connection, and hang up."""
        while True:
            activation = _Activation(self._home, target, ended, deadline)
            transport, started = activation.connect(activate)
            connection = _Connection(self, transport, incoming=False, target=target)
            seconds = max(0.001, deadline - time.monotonic()) if started else 5.0
            try:
                connection.greet(seconds)
                return connection
            except ConnectionLostError:
                connection.close()
            except CallTimeoutError:
                connection.close()
                raise CallTimeoutError(
                    f'Cannot call "{target}": it takes connections but gave no answer in {seconds:g} s'
                ) from None
            except RemoteError:
                return connection  # Of another make: it may not know the method, but it answers.
            ended._check()
            if time.monotonic() > deadline:
                raise TargetStartError(f'Cannot start "{target}": it hangs up, again and again')
            time.sleep(0.005)

    # Leaving

    def wait(self, timeout: Optional[float] = None) -> bool:
        """
        Waits until this program has left the mesh: by `close`, a signal, or `$/shutdown`. Ctrl-C
        leaves, too. What follows runs then, and the program ends by itself. Whether it has left.
        """
        self._waited = True
        self._opened()
        try:
            return _wait(self._left, _deadline(timeout))
        except KeyboardInterrupt:
            self._leave("it was interrupted")
            return True

    def close(self) -> None:
        """Leaves the mesh: answers in flight leave, pending calls raise, the name is free."""
        self._leave("it ended")

    def __enter__(self) -> "NeverLiieIPC":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _leave_soon(self, why: str) -> None:
        threading.Thread(target=self._leave_and_end, args=(why,), daemon=True).start()

    def _leave(self, why: str) -> None:
        with self._leave_lock:
            if self._left.is_set():
                return
            with self._guard:
                self._leaving = why
            with self._changed:
                self._changed.notify_all()
            told = f'"{self.name}" left the mesh: {why}'
            if self._listener is not None:
                owned = self._lost_name is None and (self._lock is None or self._lock.is_current())
                if self._kept and owned:
                    with contextlib.suppress(OSError):
                        os.remove(self._home.kept(self.name or ""))
                self._listener.close(owned)
            with self._guard:
                outgoing, incoming = list(self._outgoing.values()), list(self._connections)
            leaving = [threading.Thread(target=one.leave, args=(told,), daemon=True) for one in incoming]
            leaving += [threading.Thread(target=one.close, daemon=True) for one in outgoing]
            for thread in leaving:
                thread.start()
            for thread in leaving:
                thread.join(_CLOSE_LIMIT + 1)
            try:
                if self.on_leave is not None:
                    self.on_leave(why)
            except BaseException as error:  # `sys.exit()`, too: the name must become free.
                _report(f"on_leave failed: {error!r}")
            if self._lock is not None:
                self._lock.release()
            _nodes.discard(self)
            self._left.set()
        with contextlib.suppress(Exception):
            atexit.unregister(self.close)

    def _leave_and_end(self, why: str) -> None:
        """Leaves, and ends a program that does not wait for that, as one with a loop of its own."""
        self._leave(why)
        if not self._exits or self._waited:
            return
        main = threading.main_thread()
        for _ in range(20):  # It may just be about to wait, or to end.
            time.sleep(0.01)
            if self._waited or not main.is_alive():
                return
        self._exit_now = True
        if self._signals and main.ident is not None:
            if sys.platform == "win32":
                # (The interruption of _thread would not end a sleep.)
                signal.raise_signal(signal.SIGINT)
            else:
                signal.pthread_kill(main.ident, self._signals[0])
        # (This thread ends with the program.) Its loop is deaf, or other threads of it go on.
        time.sleep(_END_TIME)
        for output in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                output.flush()
        os._exit(0)

    def _install_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        kinds = ("SIGINT",) if sys.platform == "win32" else ("SIGTERM", "SIGHUP")
        for kind in kinds:
            number = getattr(signal, kind)
            present = signal.getsignal(number)
            if present is signal.SIG_DFL or present is signal.default_int_handler:
                signal.signal(number, self._on_signal)
                self._signals.append(number)

    def _on_signal(self, number: int, frame: Any) -> None:
        if self._exit_now:
            self._exit_now = False
            raise SystemExit(0)
        if number == signal.SIGINT:
            signal.default_int_handler(number, frame)
        name = signal.Signals(number).name
        # (A handler of signals must not wait for what it interrupted.)
        self._clock.at(0, lambda: self._leave_soon(f"it got {name}"))


_FOR_ALL_VERSIONS = ("$/ping", "$/describe", "$/shutdown")
#: Whether the mesh started this process: the variable is taken out of the environment once.
_woken = [False]
_nodes: "weakref.WeakSet[NeverLiieIPC]" = weakref.WeakSet()


def _after_fork() -> None:
    """A fork has the name's lock and the listener as well: they would outlive this program there."""
    for node in list(_nodes):
        if node._lock is not None:
            node._lock.release()
        if node._listener is not None:
            node._listener.release()
        with contextlib.suppress(Exception):
            atexit.unregister(node.close)


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)


def _target(args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Tuple[str, str, Tuple[Any, ...]]:
    """Target and method, which may be given by name; then they are no arguments of the method."""
    rest = list(args)
    target = rest.pop(0) if rest else kwargs.pop("target", None)
    method = rest.pop(0) if rest else kwargs.pop("method", None)
    if not isinstance(method, str) or not method:
        raise TypeError("Cannot call: the name of a target and of its method come first")
    _check_app_name(target)
    return target, method, tuple(rest)


def _is_main_at_work() -> bool:
    """Whether the main thread runs, or would if it could; False where the system does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"R", b"D")
    except (OSError, IndexError):
        return False


def _cancel_stream(reference: "weakref.ref[Stream]") -> None:
    stream = reference()
    if stream is not None:
        stream.cancel()


# --------------------------------------------------------------------------------------------------
# The same for asyncio

_END = object()


async def _in_thread(work: Callable[[], _T], cancel: Callable[[], None] = lambda: None) -> _T:
    """Does `work` in a thread of its own. When the task is cancelled, so is the work."""
    import asyncio

    loop = asyncio.get_running_loop()
    future: "asyncio.Future[_T]" = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: Optional[BaseException]) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def run() -> None:
        result, error = None, None
        try:
            result = context.run(work)
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # The loop was closed meanwhile.
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="neverliie-async", daemon=True).start()
    try:
        return await future
    except asyncio.CancelledError:
        cancel()
        raise


class AsyncStream(Generic[_T]):
    """The items of a stream, or the values of a topic, for `async for`."""

    def __init__(self, items: Union[Stream, Subscription]) -> None:
        self._items = items

    def __aiter__(self) -> "AsyncStream[_T]":
        return self

    async def __anext__(self) -> _T:
        items = self._items
        if items._taken():
            item = next(items, _END)
        else:
            item = await _in_thread(lambda: next(items, _END), items.cancel)
        if item is _END:
            raise StopAsyncIteration
        return cast(_T, item)

    def cancel(self) -> None:
        """Ends it, and its handler; the loop ends without an error."""
        self._items.cancel()

    async def aclose(self) -> None:
        """As `cancel`."""
        self._items.cancel()

    async def __aenter__(self) -> "AsyncStream[_T]":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._items.cancel()


class AsyncRemoteMethod:
    """A method of another app: await a call, or iterate its `stream(…)`."""

    def __init__(self, ipc: "AsyncIPC", target: str, name: str) -> None:
        self._ipc, self._target, self._name = ipc, target, name

    async def __call__(self, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any) -> Any:
        """Calls the method. Raises what goes wrong."""
        return await self._ipc.call(self._target, self._name, *args, _timeout=_timeout, **kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> AsyncStream[Any]:
        """The items of the method."""
        return self._ipc.stream(self._target, self._name, *args, **kwargs)


class AsyncRemote:
    """Another app, its methods as attributes. Made by `AsyncIPC.connect`."""

    def __init__(self, ipc: "AsyncIPC", target: str) -> None:
        self._ipc, self._target = ipc, target

    def __getattr__(self, name: str) -> AsyncRemoteMethod:
        if name.startswith("__"):
            raise AttributeError(name)
        return AsyncRemoteMethod(self._ipc, self._target, name)

    def __getitem__(self, name: str) -> AsyncRemoteMethod:
        """A method whose name is no attribute's."""
        return AsyncRemoteMethod(self._ipc, self._target, name)

    def subscribe(self, topic: str, **options: Any) -> AsyncStream[Any]:
        """As `AsyncIPC.subscribe`."""
        return self._ipc.subscribe(self._target, topic, **options)


class AsyncIPC:
    """
    This program on the mesh, for asyncio: coroutines and async generators that are exposed run on
    the loop, other functions in threads. A task that is cancelled cancels what it called.

        async with await AsyncIPC.open("notes") as ipc:
            ipc.expose("add", add)
            print(await ipc.connect("greeter").greet(name="you"))
            await ipc.closed()
    """

    def __init__(self, core: NeverLiieIPC) -> None:
        """Made by `open` and `client`."""
        #: The same by threads.
        self.core = core

    @classmethod
    async def open(cls, name: str, **options: Any) -> "AsyncIPC":
        """Joins as the app `name`; the options are those of NeverLiieIPC."""
        import asyncio

        loop = asyncio.get_running_loop()
        signals = options.pop("handle_signals", True)

        def join() -> NeverLiieIPC:
            return NeverLiieIPC(name, handle_signals=False, **options)

        core = await _in_thread(join)
        core._loop = loop
        core._exits = signals
        if signals:
            core._install_signals()
        return cls(core)

    @classmethod
    async def client(cls, **options: Any) -> "AsyncIPC":
        """Joins without a name, to call others."""
        import asyncio

        core = NeverLiieIPC.client(**options)
        core._loop = asyncio.get_running_loop()
        return cls(core)

    def expose(self, name: str, function: Optional[Callable[..., Any]] = None, **about: Any) -> Any:
        """As `NeverLiieIPC.expose`; also a decorator."""
        return self.core.expose(name, cast(Any, function), **about)

    def topic(self, name: str, *, retain: bool = False, description: Optional[str] = None) -> Topic:
        """Opens a topic, to which any program subscribes."""
        return self.core.topic(name, retain=retain, description=description)

    async def call(
        self, target: str, method: str, /, *args: Any, _timeout: Optional[float] = 5.0, **kwargs: Any
    ) -> Any:
        """Calls a method, and gives its result. Raises what goes wrong."""
        ended = _Cancel()
        params = _Params(args, kwargs)
        reply = await _in_thread(
            lambda: self.core._request(target, method, params, _timeout, ended),
            lambda: cast(None, ended._cancel(_given_up())),
        )
        return _plain(reply, f'"{method}" of "{target}"')

    def stream(self, target: str, method: str, /, *args: Any, **kwargs: Any) -> AsyncStream[Any]:
        """The items of a streaming method, for `async for`."""
        return AsyncStream(self.core.stream(target, method, *args, **kwargs))

    def connect(self, target: str) -> AsyncRemote:
        """Another app, its methods as attributes. Nothing is sent until one is called."""
        _check_app_name(target)
        return AsyncRemote(self, target)

    def subscribe(self, app: str, topic: str, **options: Any) -> AsyncStream[Any]:
        """The values of another app's topic; the options are those of NeverLiieIPC.subscribe."""
        return AsyncStream(self.core.subscribe(app, topic, **options))

    async def wake(self, target: str) -> None:
        """Starts the target when it sleeps. Raises TargetOfflineError."""
        await _in_thread(lambda: self.core.wake(target))

    async def closed(self) -> None:
        """Returns when this program has left the mesh: by `close`, a signal, or `$/shutdown`."""
        self.core._waited = True
        self.core._opened()
        await _in_thread(lambda: self.core._left.wait())

    async def close(self) -> None:
        """Leaves the mesh."""
        await _in_thread(self.core.close)

    async def __aenter__(self) -> "AsyncIPC":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
