"""Ends a running test from outside: a real-time signal that is raised inside its phases only."""

import _signal
import faulthandler
import signal
import sys

from _pytest import fixtures, outcomes, runner

DEADLINE = signal.SIGRTMIN + 4
CANCELLED = signal.SIGRTMIN + 5
STACKS = signal.SIGRTMIN + 6


class Interrupted(outcomes.Failed):
    """Raised in a test whose deadline has passed, or that was cancelled.

    A kind of pytest's own Failed: a teardown collects no BaseException of another kind, which
    would leave the rest of the fixtures standing; and `except Exception` does not swallow it.
    """

    __module__ = "builtins"


WORDS = {
    # Expressions that look for pytest-timeout's words (--only-rerun) find this one.
    DEADLINE: "Timeout, the test's deadline passed",
    CANCELLED: "the test was cancelled",
}


class Interrupts:
    """The signal's handler and what it found out.

    `wide` tells that something of a higher scope than function was interrupted: its exception is
    cached, or half of it stands, so this process must not run another test.
    """

    def __init__(self, channel, descriptor):
        self.wide = False
        self.pending = None
        self._channel = channel
        self._descriptor = descriptor
        self._handler = self._raise
        # Those in C: the ones in signal.py spend 10 µs a test on making enums.
        self._signal = _signal.signal
        self._getsignal = _signal.getsignal
        self._mask = _signal.pthread_sigmask
        self._unblock = int(signal.SIG_UNBLOCK)
        self._numbers = (DEADLINE, CANCELLED)
        self._unblocked = (DEADLINE, CANCELLED, STACKS)
        self._register = faulthandler.register
        self._unregister = faulthandler.unregister

    def arm(self):
        """Make sure that the next test can be interrupted, whatever the last one did to signals."""
        self.pending = None
        for number in self._numbers:
            if self._getsignal(number) is not self._handler:
                self._install(number)
        self._mask(self._unblock, self._unblocked)

    def _install(self, number):
        if number == DEADLINE:
            self._unregister(number)
        self._signal(number, self._handler)
        if number == DEADLINE:
            # The stacks are written at once and in C: a test that is stuck in C never comes back to
            # the interpreter, where a handler in Python would run.
            self._register(number, file=self._descriptor, all_threads=True, chain=True)
            # Somebody wants to see where the test is; it goes on.
            self._register(STACKS, file=self._descriptor, all_threads=True, chain=False)

    def check(self):
        """Raise what came at a moment when it could not be raised."""
        __tracebackhide__ = True
        if self.pending is not None:
            number, self.pending = self.pending, None
            self._note_scope(sys._getframe(1))
            raise Interrupted("xtop: " + WORDS[number])

    def _raise(self, number, frame):
        __tracebackhide__ = True
        if self._channel.busy or not in_phase(frame):
            self.pending = number
            return
        self._note_scope(frame)
        raise Interrupted("xtop: " + WORDS[number])

    def _note_scope(self, frame):
        if not self.wide:
            self.wide = above_function(frame)


def in_phase(frame):
    """Tell whether a frame runs below pytest's call of a phase, where an exception is caught.

    Outside of it (between two phases, in our own loop) an exception would end the harness. Looking
    at the stack when the signal comes costs a test nothing.
    """
    below = None
    while frame is not None:
        if frame.f_code is _FROM_CALL:
            return below is not None and below.f_code.co_name == "<lambda>"
        below = frame
        frame = frame.f_back
    return False


def above_function(frame):
    """Tell whether a frame sets up or tears down something that lives longer than one test."""
    while frame is not None:
        code = frame.f_code
        if code in _FIXTURE_CODES:
            if getattr(frame.f_locals.get("self"), "scope", "function") != "function":
                return True
        elif code is _SETUP:
            if _is_collector(frame.f_locals.get("col")):
                return True
        elif code is _TEARDOWN:
            if _is_collector(frame.f_locals.get("node")):
                return True
        frame = frame.f_back
    return False


def _is_collector(node):
    return node is not None and not hasattr(node, "runtest")


_FROM_CALL = runner.CallInfo.from_call.__func__.__code__
_SETUP = runner.SetupState.setup.__code__
_TEARDOWN = runner.SetupState.teardown_exact.__code__
_FIXTURE_CODES = (fixtures.FixtureDef.execute.__code__, fixtures.FixtureDef.finish.__code__)
