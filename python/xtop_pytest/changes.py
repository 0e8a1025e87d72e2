"""Knows which files the processes have loaded, and which of them differ on the disk now.

A rerun by key must never run code that changed after the fork, so the server remembers the state of
each file at the time that it was loaded, harnesses tell what they imported later, and a question
compares both with the files as they are.
"""

import os
import sys
import sysconfig
import time

_stat = os.stat

# A file's time comes from a coarser clock than time.time.
SLACK_NS = 20000000
FRESH_SECONDS = 10
NO_SOURCES = ("__pycache__", "node_modules")


class Record:
    """The files behind one fork server."""

    def __init__(self, config):
        self._config = config
        self._files = {}
        self._absent = set()
        self._began = time.time_ns()

    def began(self, when_ns):
        """Say when the first file may have been loaded, in nanoseconds since the epoch."""
        self._began = when_ns

    def take(self):
        """Remember all that is loaded now; to be called when the collection is complete."""
        for path in self._loaded_files():
            state = state_of(path)
            if state is None:
                continue
            if state[0] >= self._began - SLACK_NS:
                # It was written while we loaded: nobody knows which text was read.
                state = None
            self._files[path] = state
        for directory in {os.path.dirname(path) for path in self._paths_of_items()}:
            self._look_for_conftests(directory)

    def merge(self, files):
        """Add what a harness imported: [[path, time, size], …]."""
        for path, changed_ns, size in files:
            state = (changed_ns, size)
            if path not in self._files:
                self._files[path] = state
            elif self._files[path] != state:
                self._files[path] = None

    def changed(self):
        """Return the paths whose loaded text is no longer the file's, sorted."""
        changed = []
        for path, state in self._files.items():
            if state is None or state_of(path) != state:
                changed.append(path)
        changed.extend(path for path in self._absent if os.path.exists(path))
        return sorted(changed)

    def _paths_of_items(self):
        session = self._config.pluginmanager.get_plugin("session")
        # The tests of a file share its path's object, and there may be very many tests.
        paths = {id(item.path): item.path for item in getattr(session, "items", None) or ()}
        return {str(path) for path in paths.values()}

    def _loaded_files(self):
        files = set(loaded().values())
        files.update(self._paths_of_items())
        for plugin in self._config.pluginmanager.get_plugins():
            # Of several conftest.py, only the last stays in sys.modules.
            path = file_of(plugin)
            if path is not None:
                files.add(path)
        if self._config.inipath is not None:
            files.add(str(self._config.inipath))
        return files

    def _look_for_conftests(self, directory):
        """Note where a conftest.py would be read if somebody wrote one."""
        root = str(self._config.rootpath)
        while directory == root or directory.startswith(root.rstrip(os.sep) + os.sep):
            path = os.path.join(directory, "conftest.py")
            if path in self._absent:
                return
            if path not in self._files and not os.path.exists(path):
                self._absent.add(path)
            if directory == root:
                return
            directory = os.path.dirname(directory)


def state_of(path):
    """Return (time of the last change, size) or None where there is no such file."""
    try:
        status = _stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def _own_places():
    """Return the directories of the interpreter, whose files do not change during a run."""
    names = ("stdlib", "platstdlib")
    places = {sysconfig.get_path(name) for name in names if sysconfig.get_path(name)}
    places.add(os.path.dirname(os.path.abspath(__file__)))
    return tuple(os.path.join(place, "") for place in places)


_OWN = _own_places()
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


def file_of(module):
    """Return the source file that a module was loaded from, or None."""
    try:
        path = module.__file__
    except Exception:  # lazy modules do anything here
        return None
    if not isinstance(path, str) or not path:
        return None
    if path.endswith(".pyc"):
        path = path[:-1]
    if not os.path.isabs(path):
        path = os.path.abspath(path)
    if path.startswith(_OWN) and not any(part in path for part in _INSTALLED):
        return None
    return path


def loaded():
    """Return {module's name: file} of all modules that are loaded, without the interpreter's."""
    found = {}
    for name, module in sys.modules.copy().items():
        path = file_of(module)
        if path is not None:
            found[name] = path
    return found


class Seen(dict):
    """What a harness has told already: module names to files, with a cheap sign of news."""

    def __init__(self, *args):
        super().__init__(*args)
        self.count = len(sys.modules)


def new_files(seen):
    """Return [[path, time, size], …] of modules that came since the last call with `seen`."""
    count = len(sys.modules)
    if count == getattr(seen, "count", -1):
        return []
    seen.count = count
    files = []
    # A copy: the collector may take modules away while a list of them is made.
    for name, module in sys.modules.copy().items():
        if name in seen:
            continue
        path = file_of(module)
        seen[name] = path
        state = state_of(path) if path is not None else None
        if state is not None:
            files.append([path, state[0], state[1]])
    return files


def seen_now():
    """Return the state from which new_files counts."""
    return Seen(dict.fromkeys(sys.modules))


def forget_fresh_bytecode(root):
    """Remove the bytecode of files below `root` that were written in the last seconds.

    Bytecode is tied to its source by the time, in whole seconds, and the size: a second edit within
    a second that changes no length would be run stale.
    """
    border = time.time() - FRESH_SECONDS
    for directory, below, files in os.walk(root):
        if "pyvenv.cfg" in files:
            del below[:]
            continue
        below[:] = [each for each in below if not each.startswith(".") and each not in NO_SOURCES]
        for name in files:
            if name.endswith(".py") and _is_fresh(os.path.join(directory, name), border):
                _forget_bytecode(directory, name[: -len("py")])


def _is_fresh(path, border):
    try:
        return _stat(path).st_mtime >= border
    except OSError:
        # Gone since it was listed: then nothing is cached for it that could be read.
        return False


def _forget_bytecode(directory, stem):
    cache = os.path.join(directory, "__pycache__")
    try:
        names = os.listdir(cache)
    except OSError:
        # Nothing is cached here.
        return
    for name in names:
        if name.startswith(stem) and name.endswith(".pyc"):
            try:
                os.unlink(os.path.join(cache, name))
            except OSError:
                # Not ours to remove: Python goes by its time, as ever.
                pass
