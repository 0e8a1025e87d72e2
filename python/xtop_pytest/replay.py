"""Carries reports, warnings and workers' output from harnesses to the fork server.

Both ends are the same Python, so messages are marshalled: that is the quickest codec, and it keeps
tuples and any text. A channel is a pair of SOCK_SEQPACKET sockets: a harness may be killed in the
middle of a message, and the next one that writes to the same channel must not be misread, so each
packet says whose it is and where in its message it stands.
"""

import marshal
import os
import socket
import struct

from . import changes

HEAD = struct.Struct("<IB")
PACKET = 60000
# The second field of a packet's head; a message of one packet has 1, which is True.
LAST = 1
CONTINUED = 2

# Bound here, because tests replace them and reports must still arrive.
_read = os.read
_write = os.write
_close = os.close
_getpid = os.getpid
_dumps = marshal.dumps
_loads = marshal.loads


def channel():
    """Return two descriptors: the server's end, which never blocks, and the harnesses' end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours.detach(), theirs.detach()


class Reader:
    """The server's end of one channel."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self._parts = []

    def fileno(self):
        return self.descriptor

    def read(self):
        """Return the messages that have come, without waiting. EOFError when no writer is left."""
        messages = []
        while True:
            try:
                packet = _read(self.descriptor, HEAD.size + PACKET)
            except (BlockingIOError, InterruptedError):
                return messages
            except ConnectionError:
                packet = b""
            if not packet:
                if messages:
                    return messages
                raise EOFError
            _pid, place = HEAD.unpack_from(packet)
            if not place & CONTINUED:
                # What may be here still is of a harness that died within its message.
                self._parts = []
            self._parts.append(packet[HEAD.size :])
            if place & LAST:
                data, self._parts = b"".join(self._parts), []
                messages.extend(_loads(data))

    def close(self):
        _close(self.descriptor)


def plain(value, depth=0):
    """Return a copy of value made of the types that marshal knows; the rest becomes its text."""
    kind = type(value)
    if value is None or kind in (str, int, float, bool, bytes, complex):
        return value
    if depth > 60:
        return repr(kind)
    if isinstance(value, dict):
        return {plain(k, depth + 1): plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v, depth + 1) for v in value]
    if isinstance(value, tuple):
        return tuple(plain(v, depth + 1) for v in value)
    if isinstance(value, (set, frozenset)):
        return {plain(v, depth + 1) for v in value}
    for base in (bool, str, int, float, bytes):
        if isinstance(value, base):
            return base(value)
    try:
        return str(value)
    except Exception:
        return object.__repr__(value)


def encode(message):
    """Return the message's bytes, whatever is in it."""
    try:
        return _dumps(message)
    except ValueError:
        return _dumps(plain(message))


class Sender:
    """A harness' end: sends what the server's plugins listen to, and nothing else.

    Everything is held until flush, so that a test costs one write. The harness flushes before
    it tells its worker that a test is finished.
    """

    def __init__(self, descriptor, config, listens):
        self._descriptor = descriptor
        self._config = config
        self._reports = listens.get("reports", "none")
        self._warnings = bool(listens.get("warnings"))
        self._marks = bool(listens.get("marks"))
        self._cached = cached_ids(config)
        self._held = []
        self._seen = changes.seen_now()
        self._index = None
        self._workerid = None
        self._testrunuid = None
        if self._warnings:
            self._deaf = True
            config.pluginmanager.register(self, "xtop-replay")
            self._deaf = False

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        """Pass on a warning. Old ones, which pytest repeats on registration, the server has."""
        if not self._deaf:
            self.warning(warning_message, when, nodeid, location)

    def start(self, nodeid, location):
        if self._marks:
            self._held.append({"kind": "start", "nodeid": nodeid, "location": location})

    def end(self, nodeid, location):
        if self._marks:
            self._held.append({"kind": "end", "nodeid": nodeid, "location": location})

    def attempt(self, reports, again=False):
        """Send one attempt's reports.

        Where the test will be run again, plugins hear what they would hear of rerunfailures:
        the phases up to the failed one, and that one's outcome is "rerun".
        """
        for report in reports:
            rerun = again and report.outcome == "failed"
            self.report(report, rerun)
            if rerun:
                session = self._config.pluginmanager.get_plugin("session")
                session.testsfailed -= 1
                break

    def report(self, report, rerun=False):
        if self._reports == "all" or (self._reports == "failed" and report.failed):
            hook = self._config.hook
            data = hook.pytest_report_to_serializable(config=self._config, report=report)
            if data is None:
                return
            if rerun:
                data["outcome"] = "rerun"
            self._name(data, report)
            self._held.append({"kind": "report", "data": data})
        elif self._cached is not None and not rerun:
            nodeid = report.nodeid
            if report.failed:
                self._cached.add(nodeid)
            elif nodeid not in self._cached or not (report.when == "call" or report.skipped):
                return
            self._held.append(
                {
                    "kind": "outcome",
                    "nodeid": nodeid,
                    "when": report.when,
                    "outcome": report.outcome,
                    "location": tuple(report.location),
                }
            )

    def _name(self, data, report):
        """Add what xdist adds, by which plugins tell workers and equal ids apart."""
        if self._index is None:
            session = self._config.pluginmanager.get_plugin("session")
            items = getattr(session, "items", None) or []
            self._index = {}
            for number, item in enumerate(items):
                self._index.setdefault(item.nodeid, number)
            given = getattr(self._config, "workerinput", {})
            self._workerid = given.get("workerid", "master")
            self._testrunuid = given.get("testrunuid", "")
        data["item_index"] = self._index.get(report.nodeid, -1)
        data["worker_id"] = self._workerid
        data["testrun_uid"] = self._testrunuid

    def warning(self, message, when, nodeid, location=None):
        if self._warnings:
            data = {"kind": "warning", "when": when, "nodeid": nodeid, "location": location}
            data["message"] = warning_data(message)
            self._held.append(data)

    def imported(self, files=None):
        """Tell which files were loaded since the last call."""
        if files is None:
            files = changes.new_files(self._seen)
        if files:
            self._held.append({"kind": "imported", "files": files})

    def output(self, values):
        """Send config.workeroutput at the end of the worker."""
        self._held.append({"kind": "output", "output": values})
        self.flush()

    def flush(self):
        """Write everything; blocks while the server is behind. Errors: the server is gone."""
        held, self._held = self._held, []
        if not held:
            return
        data = encode(held)
        pid = _getpid()
        try:
            for start in range(0, len(data), PACKET):
                place = LAST if start + PACKET >= len(data) else 0
                place |= CONTINUED if start else 0
                _write(self._descriptor, HEAD.pack(pid, place) + data[start : start + PACKET])
        except OSError:
            self._reports, self._warnings, self._marks = "none", False, False
            self._cached = None


def cached_ids(config):
    """Return the ids in the last-failed cache, or None where there is no such cache."""
    plugin = config.pluginmanager.get_plugin("lfplugin")
    failed = getattr(plugin, "lastfailed", None)
    if failed is None:
        return None
    return {str(nodeid) for nodeid in failed}


def warning_data(message):
    """Return a warnings.WarningMessage as plain values."""
    warning = message.message
    category = message.category
    args = None
    if isinstance(warning, Warning):
        args = plain(warning.args)
    line = message.line
    return {
        "text": str(warning),
        "args": args,
        "class": class_name(type(warning)) if isinstance(warning, Warning) else None,
        "category": class_name(category) if category is not None else None,
        "filename": message.filename,
        "lineno": message.lineno,
        "line": line if line is None else str(line),
    }


def class_name(kind):
    return [kind.__module__, kind.__name__]
