"""Notices what the project's code does before the fork that each worker should have done itself.

xdist's workers import everything in their own process, with their own variables. A fork server
imports once. That is the same for nearly every suite; it is not for one that reads its worker's
number, or that opens a connection or starts a thread, while it is imported. Such a suite is
started by spawn, and the user is told which line asked for it.
"""

import os
import site
import socket
import sys
import sysconfig
import threading
import weakref

SELF = os.path.dirname(os.path.abspath(__file__))
PREFIXES = ("PYTEST_XDIST_", "REDIS_", "XTOP_")
NAMES = ("TMPDIR",)
# These are the same in all processes of a run.
COMMON = ("XTOP_RUN_ID", "PYTEST_XDIST_AUTO_NUM_WORKERS")
# Frames of these only pass on what their caller asked.
THROUGH = (os.__file__, "<frozen os>", "_collections_abc")
RUNNER = ("_pytest", "pluggy", "pytest", "xdist")


class Watch:
    """What was seen since start; one object a process."""

    def __init__(self):
        self.places = []
        self.sockets = []
        self.threads = []
        self.restore = []
        self.active = False

    def note(self, frame, what):
        self.places.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, what))


_watch = Watch()


def start(rootdir_guess=None):
    """Begin to watch; before pytest's configuration is made.

    What counts as the project's is decided at the end, when pytest has found its root directory.
    """
    if _watch.active:
        return
    _watch.active = True
    _watch_environment()
    _watch_sockets()
    _watch_threads()


def attach(config):
    """Notice who asks this configuration for `workerinput` or -output, which only workers have."""
    kind = type(config)
    if getattr(kind, "_xtop_watched", False):
        return
    state = config.__dict__.setdefault("_xtop_asked", [])

    def missing(self, name):
        if name in ("workerinput", "workeroutput"):
            _asked(sys._getframe(1), state, name)
        raise AttributeError("%r object has no attribute %r" % (kind.__name__, name))

    watched = type(kind.__name__, (kind,), {"__getattr__": missing, "_xtop_watched": True})
    watched.__module__ = kind.__module__
    watched.__qualname__ = kind.__qualname__
    config.__class__ = watched


def detach(config):
    kind = type(config)
    if getattr(kind, "_xtop_watched", False):
        config.__class__ = kind.__mro__[1]


def stop(config):
    """Stop watching and return the reasons to spawn, each with its place, in order."""
    detach(config)
    for undo in reversed(_watch.restore):
        undo()
    _watch.restore = []
    if not _watch.active:
        return []
    _watch.active = False
    root = str(config.rootpath)
    found = []
    for filename, line, function, what in _watch.places:
        _add(found, root, filename, line, what + _when(function))
    for reference, place in _watch.sockets:
        sock = reference()
        if sock is not None and _is_open(sock):
            _add(found, root, place[0], place[1], "opens a socket before the fork")
    for filename, line in _live_threads():
        _add(found, root, filename, line, "starts a thread before the fork")
    _watch.places, _watch.sockets, _watch.threads = [], [], []
    return found


def _add(found, root, filename, line, what):
    if not is_project(filename, root):
        return
    text = "%s:%d: %s" % (os.path.relpath(os.path.abspath(filename), root), line, what)
    if text not in found:
        found.append(text)


def _when(function):
    if function == "<module>":
        return " while it is imported"
    return " before the fork, in %s" % function


def _places():
    """Return the directories of installed code and the interpreter's."""
    places = {SELF, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    places.update(sysconfig.get_paths()[name] for name in ("purelib", "platlib"))
    try:
        places.update(site.getsitepackages())
        places.add(site.getusersitepackages())
    except AttributeError:  # old virtual environments have a site module of their own
        pass
    if sys.prefix != sys.base_prefix:
        places.add(sys.prefix)
    return tuple(os.path.join(os.path.abspath(place), "") for place in places if place)


_PLACES = _places()
_NAMES = ("site-packages", "dist-packages", ".venv", ".tox", ".nox")
_PARTS = tuple(os.sep + name + os.sep for name in _NAMES)


def is_installed(filename):
    """Say whether a code object's file is no project's own: installed, the interpreter's, none."""
    if not filename or filename[0] == "<":
        return True
    filename = os.path.abspath(filename)
    return filename.startswith(_PLACES) or any(part in filename for part in _PARTS)


def place_of(frame):
    """Return "test_a.py:3: " for the innermost frame that is in no installed code, else nothing."""
    while frame is not None:
        filename = frame.f_code.co_filename
        if not is_installed(filename):
            return "%s:%d: " % (os.path.relpath(filename), frame.f_lineno)
        frame = frame.f_back
    return ""


def is_project(filename, root):
    """Say whether a file is the project's own code."""
    if is_installed(filename):
        return False
    return os.path.abspath(filename).startswith(os.path.join(root, ""))


def _passes_on(filename):
    return filename.startswith(THROUGH[:2]) or THROUGH[2] in filename


def _is_runner(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0] in RUNNER


def _reader(frame):
    """Return the project's frame that a read of a variable is done for, or None.

    A library which the project's code calls reads for it (settings libraries do nothing else). One
    that is being imported, or that pytest calls, reads for itself.
    """
    while frame is not None:
        filename = frame.f_code.co_filename
        if not is_installed(filename):
            return frame
        if not _passes_on(filename):
            if "importlib" in filename or _is_runner(frame) or filename.startswith(SELF):
                return None
            if not any(part in filename for part in _PARTS):
                return None  # the interpreter's own library, tempfile for example
        frame = frame.f_back
    return None


def _nearest(frame):
    """Return (file, line) of the project's frame nearest to this one, or None."""
    while frame is not None:
        filename = frame.f_code.co_filename
        if not is_installed(filename):
            return filename, frame.f_lineno
        frame = frame.f_back
    return None


def _asked(frame, state, name):
    """Note which hook asked for its role, and the project's line if it is one."""
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "xdist":
        frame = frame.f_back
    if frame is None:
        return
    if _watch.active and not is_installed(frame.f_code.co_filename):
        _watch.note(frame, "asks for config.%s" % name)
    while frame is not None:
        if frame.f_code.co_name in ("pytest_configure", "pytest_sessionstart"):
            if frame.f_code not in state:
                state.append(frame.f_code)
            return
        frame = frame.f_back


def _interesting(key):
    return key not in COMMON and (key.startswith(PREFIXES) or key in NAMES)


def _watch_environment():
    """Give os.environ a class that looks at each read. It stays the same object."""
    environ = os.environ
    kind = type(environ)
    copying = [None]

    class Watched(kind):
        def __getitem__(self, key):
            if _watch.active and isinstance(key, str) and _interesting(key):
                _read(key, sys._getframe(1), copying[0])
            return kind.__getitem__(self, key)

        def __iter__(self):
            copying[0] = _line_of(sys._getframe(1))
            return kind.__iter__(self)

        def keys(self):
            copying[0] = _line_of(sys._getframe(1))
            return kind.keys(self)

    Watched.__name__ = kind.__name__
    Watched.__qualname__ = kind.__qualname__
    Watched.__module__ = kind.__module__
    environ.__class__ = Watched

    def undo():
        environ.__class__ = kind

    _watch.restore.append(undo)


def _line_of(frame):
    while frame is not None and _passes_on(frame.f_code.co_filename):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def _read(key, frame, copying):
    """Note a read of one variable. A copy of the whole environment comes here for each of them."""
    if "_collections_abc" in frame.f_code.co_filename and frame.f_code.co_name == "__iter__":
        return
    if copying is not None and _line_of(frame) == copying:
        return
    reader = _reader(frame)
    if reader is not None:
        _watch.note(reader, "reads %s" % key)


def _watch_sockets():
    original = socket.socket.__init__

    def __init__(self, *args, **kwargs):
        original(self, *args, **kwargs)
        if _watch.active:
            place = _nearest(sys._getframe(1))
            if place is not None:
                _watch.sockets.append((weakref.ref(self), place))

    socket.socket.__init__ = __init__

    def undo():
        if socket.socket.__init__ is __init__:
            socket.socket.__init__ = original

    _watch.restore.append(undo)


def _is_open(sock):
    try:
        return sock.fileno() != -1
    except Exception:
        return False


def _watch_threads():
    original = threading.Thread.start

    def start(self):
        if _watch.active:
            place = _nearest(sys._getframe(1))
            if place is not None:
                _watch.threads.append((weakref.ref(self), place))
        return original(self)

    threading.Thread.start = start

    def undo():
        if threading.Thread.start is start:
            threading.Thread.start = original

    _watch.restore.append(undo)


def _live_threads():
    """Return the places of threads that would not be there after the fork.

    Pools of native libraries have no Python frame and start again by themselves.
    """
    places = []
    known = set()
    for reference, place in _watch.threads:
        thread = reference()
        if thread is not None and thread.is_alive():
            known.add(thread.ident)
            places.append(place)
    own = threading.get_ident()
    for ident, frame in sys._current_frames().items():
        if ident != own and ident not in known:
            place = _nearest(frame)
            if place is not None:
                places.append(place)
    return places
