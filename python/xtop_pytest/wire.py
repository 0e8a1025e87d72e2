"""The lines of JSON that xtop's processes exchange, over file descriptors that tests can't get at.

Everything here is bound once, when the module is imported: a test may replace os.read, os.getpid or
the socket module (mock, gevent, pyfakefs), and the harness must still be able to report it.
"""

import _socket
import errno
import fcntl
import json
import os

HIGH = 200


def valid(text):
    """Return text as strict JSON can carry it.

    Lone surrogates (ids and failure texts have them) and NUL are no valid JSON for the reader in C;
    they become visible escapes.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text


def _valid_tree(value):
    """Return a copy of a JSON value in which every text is valid and every number is finite."""
    if isinstance(value, str):
        return valid(str(value))
    if isinstance(value, dict):
        return {valid(str(key)): _valid_tree(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_valid_tree(each) for each in value]
    if isinstance(value, float):
        return value if value - value == 0.0 else str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    return valid(str(value))


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


def line(message):
    """Return a message as one line of bytes."""
    try:
        text = _encode(message)
        if "\\u0000" not in text:
            return text.encode("utf-8") + b"\n"
    except (UnicodeEncodeError, ValueError, TypeError):
        pass
    return _encode(_valid_tree(message)).encode("utf-8") + b"\n"


def quoted(text):
    """Return text as a JSON string; the pieces of a line that is put together by hand."""
    return _encode(valid(text))


def move_high(descriptor):
    """Move a descriptor to a high number and close the old one; return the new one.

    Tests close and reuse the low numbers (a daemon's os.closerange(0, 10)); what the harness needs
    to report such a test must not be among them.
    """
    for lowest in (HIGH, 64, 16, 3):
        try:
            high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EMFILE):
                raise
        else:
            os.close(descriptor)
            return high
    return descriptor


class Lines:
    """Bytes that come in pieces, as messages."""

    def __init__(self):
        self._rest = b""
        self._lines = []

    def take(self, data):
        """Take in the next bytes of a stream."""
        if self._rest:
            data = self._rest + data
        lines = data.split(b"\n")
        self._rest = lines.pop()
        if lines:
            lines.reverse()
            self._lines = lines + self._lines

    def pending(self):
        """Return the next whole message, or None."""
        while self._lines:
            try:
                message = _decode(self._lines.pop().decode("utf-8"))
            except ValueError:
                # What a killed process left unfinished.
                continue
            if isinstance(message, dict):
                return message
        return None


class Channel(Lines):
    """One end of a stream of lines.

    `busy` is true while bytes are being read or written: an interrupt must not be raised then, the
    rest of the line would be lost.
    """

    def __init__(self, descriptor):
        super().__init__()
        self.busy = False
        # The C class below socket.socket: tests replace that one, and set default time limits.
        self.socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, descriptor)
        self.socket.setblocking(True)
        self._receive = self.socket.recv
        self._send = self.socket.send
        self._quiet = _socket.MSG_NOSIGNAL

    def fileno(self):
        """Return the descriptor; -1 once it is closed."""
        return self.socket.fileno()

    def send(self, message):
        """Send one message; an OSError when nobody reads any more."""
        self.send_bytes(line(message))

    def send_bytes(self, data):
        """Send what `line` made."""
        self.busy = True
        try:
            done = self._send(data, self._quiet)
            if done < len(data):
                view = memoryview(data)
                while done < len(data):
                    done += self._send(view[done:], self._quiet)
        finally:
            self.busy = False

    def receive(self):
        """Wait for the next message; None at the end of the stream."""
        self.busy = True
        try:
            message = self.pending()
            while message is None and self.fill():
                message = self.pending()
            return message
        finally:
            self.busy = False

    def fill(self):
        """Read once what is there; false at the end of the stream."""
        try:
            data = self._receive(65536)
        except OSError:
            return False
        if not data:
            return False
        self.take(data)
        return True

    def close(self):
        """Close the descriptor; closing twice does no harm."""
        self.socket.close()
