"""The fork server's beginning and end: what it says to the controller around pytest's own run."""

import functools
import gc
import os
import sys
import threading
import time
import traceback

from . import afterfork, requirements, wire

CONTROLLER = 3


class Controller(wire.Channel):
    """The channel to the controller; without one there is nothing left to do. A process that the
    suite forks while it is imported, and that comes back to us, has nothing to say on it."""

    def __init__(self, descriptor):
        super().__init__(descriptor)
        self._pid = os.getpid()

    def is_ours(self):
        """Tell whether this process is the server itself."""
        return os.getpid() == self._pid

    def tell(self, message):
        """Send a message, or end."""
        self.tell_bytes(wire.line(message))

    def tell_bytes(self, data):
        """Send whole lines, or end."""
        if not self.is_ours():
            afterfork.leave(0)
        try:
            self.send_bytes(data)
        except OSError:
            afterfork.leave(0)


def main():
    """Run a suite's server over descriptor 3; does not return."""
    controller = Controller(wire.move_high(CONTROLLER))
    settings = controller.receive()
    if settings is None or settings.get("do") != "collect":
        afterfork.leave(3)
    problem = requirements.check()
    if problem is not None:
        fail(controller, *problem)
    gc.disable()
    state = afterfork.RandomState()
    sys.argv = [command_name()] + [str(each) for each in settings.get("args", ())]
    try:
        serve(controller, settings, state)
    except BaseException as error:
        fail(controller, 3, "xtop's pytest adapter: {!r}\n{}".format(error, traceback.format_exc()))


def command_name():
    """Return what sys.argv[0] is under `python -m pytest`."""
    import pytest

    return os.path.join(os.path.dirname(os.path.abspath(pytest.__file__)), "__main__.py")


def fail(controller, code, message):
    """Tell the controller why nothing can be run, and end."""
    end(controller, {"event": "failed", "code": code, "message": message})


def end(controller, last):
    """Do what Python does at its end, send the last message, and be gone.

    What the suite's imports have started is stopped by exit functions; they may hang, so a thread
    sends the message in their place after a while, and the watch in C ends a process in which no
    thread can run any more.
    """

    if not controller.is_ours():
        afterfork.leave(0)

    def leave():
        controller.tell(last)
        afterfork.leave(0)

    late = threading.Timer(afterfork.EXIT_SECONDS, leave)
    late.daemon = True
    late.start()
    afterfork.run_exits(2, 2 * afterfork.EXIT_SECONDS)
    late.cancel()
    leave()


def watch_exits(controller, run):
    """Let os._exit say where it is called while the tests are being collected: it leaves no other
    trace, and no test that one could look at. Return the function that ends this."""
    from . import watch

    exit = os._exit

    @functools.wraps(exit)
    def _exit(status):
        if controller.is_ours() and not run.collected:
            place = watch.place_of(sys._getframe(1))
            said = "XT1011: {}os._exit({!r}) is called while the tests are being collected"
            message = {"event": "failed", "code": 2, "message": said.format(place, status)}
            controller.tell(message)
        exit(status)

    def end():
        if os._exit is _exit:
            os._exit = exit

    os._exit = _exit
    return end


def serve(controller, settings, state):
    """Collect, serve the workers, finish."""
    from . import changes, options, session, watch

    if settings.get("auxiliary"):
        # It is there because somebody edits.
        changes.forget_fresh_bytecode(os.getcwd())
    started = time.time_ns()
    arguments, plugins = options.prepare(settings)
    watch.start(os.getcwd())
    run = session.ServerSession(controller, settings, state, started)
    run.release = watch_exits(controller, run)
    status, error = session.run_pytest(arguments, plugins + [run.hooks, run])
    if not run.collected:
        fail(controller, *options.failure(error or run.problem or status, run.text))
    if error is not None:
        _, message = options.failure(error)
        controller.tell({"event": "log", "level": "error", "message": message})
        status = 3
    if run.half is not None:
        summary = run.half.summary()
        if summary:
            controller.tell({"event": "summary", "text": summary})
        status = run.half.status(int(status))
    end(controller, {"event": "finished", "status": status})
