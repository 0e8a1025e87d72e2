"""The streams of a harness: xtop's pipes below, what pytest's capture would give above."""

import ctypes
import io
import os
import sys

from _pytest.capture import DontReadFromInput

from . import wire


class Stream(io.TextIOWrapper):
    """Standard output or error with the properties of the stream of pytest's fd capture.

    Tests depend on them: UTF-8 in any locale, unencodable text replaced, written through at once,
    so that the output is in the pipe when the process dies.
    """

    def __init__(self, descriptor):
        super().__init__(
            open(descriptor, "wb", buffering=0, closefd=False),
            encoding="utf-8",
            errors="replace",
            newline="",
            write_through=True,
        )

    @property
    def name(self):
        return repr(self.buffer)

    @property
    def mode(self):
        return self.buffer.mode.replace("b", "")


class Streams:
    """Fds 0 to 2 and sys.stdin, stdout and stderr of a harness, and their repair after a test."""

    def __init__(self, stdout, stderr):
        self._dup2 = os.dup2
        self._fstat = os.fstat
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        self._saved = {1: wire.move_high(stdout), 2: wire.move_high(stderr)}
        self._identity = {number: self._identify(number) for number in (1, 2)}
        self.stderr_descriptor = self._saved[2]
        self._out = None
        self._err = None

    def take(self, interactive):
        """Put the streams into sys; `interactive`: the terminal is ours, for a debugger."""
        buffer_c_by_line()
        self._new()
        if not interactive:
            sys.stdin = DontReadFromInput()

    def _new(self):
        self._out = sys.stdout = Stream(1)
        self._err = sys.stderr = Stream(2)

    def restore(self):
        """Undo what a phase of a test left of its own in sys.stdout and sys.stderr, as pytest's
        capture does between phases."""
        if sys.stdout is not self._out or sys.stderr is not self._err:
            self._flush()
            sys.stdout = self._out
            sys.stderr = self._err
        if self._out.closed or self._err.closed:
            self._new()

    def settle(self):
        """After a test: all that was printed is in the pipes, and fds 1 and 2 are the pipes."""
        if sys.stdout is not self._out or sys.stderr is not self._err:
            self.restore()
        for number in (1, 2):
            if self._identify(number) != self._identity[number]:
                self._dup2(self._saved[number], number)
                try:
                    self._fstat(0)
                except OSError:
                    self._dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def _identify(self, number):
        try:
            found = self._fstat(number)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @staticmethod
    def _flush():
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                # Whatever a test left there is not ours, and may be closed.
                pass


def end_capture(config):
    """End the global capture that a forked process has inherited.

    Without this all harnesses would share one temporary file and its position, and each would read
    what the others printed. What the inherited capture holds belongs to the server.
    """
    manager = config.pluginmanager.getplugin("capturemanager")
    capture = getattr(manager, "_global_capturing", None)
    if capture is not None:
        capture.readouterr()
        capture.stop_capturing()
        manager._global_capturing = None


def begin_capture(config):
    """Start a global capture of this process' own, suspended as pytest leaves it between phases."""
    manager = config.pluginmanager.getplugin("capturemanager")
    if manager is not None:
        manager.start_global_capturing()
        manager.suspend_global_capture()


def buffer_c_by_line():
    """Make C's stdout write each line at once.

    Into a pipe it would write blocks of 4 KiB: the output of an extension module would be shown
    under a later test, and lost when the process dies.
    """
    library = _c_library()
    if library is not None:
        try:
            stdout = ctypes.c_void_p.in_dll(library, "stdout")
            library.setvbuf(stdout, None, 1, 0)
        except (ValueError, AttributeError):
            pass


def flush_c():
    """Write what C's streams hold, before a fork: every child would write it again."""
    library = _c_library()
    if library is not None:
        library.fflush(None)


def _c_library():
    try:
        return ctypes.CDLL(None)
    except OSError:
        return None
