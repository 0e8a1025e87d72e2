"""A keeper: a warm process that forks one worker's harness, reaps it, and says how it ended."""

import _socket
import array
import ctypes
import os
import select
import signal
import sys
import tempfile
import time

from . import afterfork, output, replay, wire

SUB_REAPER = 36
DESCRIPTORS = 3
REAP_SECONDS = 2.0
# The keeper must outlive what the suite does with these; a harness gets the suite's handlers back.
HELD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Start:
    """What a harness is started with."""

    def __init__(self, order, number, descriptors, report):
        self.order = order
        self.number = number
        self.control, self.stdout, self.stderr = descriptors
        self.report = report


class Keeper:
    """One worker's keeper. `spawn`: a function that replaces a forked child by a fresh interpreter,
    or None where the fork itself becomes the harness. `frozen`: the garbage collector is frozen."""

    def __init__(self, connection, order, report, spawn, frozen):
        self._worker = wire.Channel(connection)
        self._order = order
        self._report = report
        self._spawn = spawn
        self._frozen = frozen
        self._descriptors = []
        self._starts = 0
        self._waiting = 0
        self._harness = None
        self._handlers = {}
        self._wakeup = -1

    def run(self):
        """Serve the worker. Returns in a forked harness only, with its Start."""
        self._settle()
        poll = select.poll()
        poll.register(self._worker.fileno(), select.POLLIN)
        poll.register(self._alarm, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._alarm:
                    os.read(self._alarm, 4096)
            if not self._hear():
                self._kill_all()
                afterfork.leave(0)
            self._reap()
            if self._waiting and self._harness is None:
                start = self._start()
                if start is not None:
                    return start

    def _settle(self):
        os.setpgid(0, 0)
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(SUB_REAPER, 1, 0, 0, 0)
        afterfork.set_environment(self._order.get("environment") or {})
        one, other = os.pipe()
        self._alarm, self._alarm_end = wire.move_high(one), wire.move_high(other)
        os.set_blocking(self._alarm, False)
        os.set_blocking(self._alarm_end, False)
        for number in HELD:
            self._handlers[number] = signal.getsignal(number)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, _nothing)
        self._wakeup = signal.set_wakeup_fd(self._alarm_end, warn_on_full_buffer=False)

    def _unsettle(self):
        """Give a forked harness the signals that the suite left; close what is the keeper's."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            # None: installed by other than Python, and inherited as it is.
            if handler is not None:
                signal.signal(number, handler)
        afterfork.close_all([self._worker, self._alarm, self._alarm_end])

    def _hear(self):
        """Take in what the worker says; false when it is gone."""
        try:
            data, attached, _, _ = self._worker.socket.recvmsg(
                65536,
                _socket.CMSG_SPACE(4 * 4 * DESCRIPTORS),
                _socket.MSG_DONTWAIT | _socket.MSG_CMSG_CLOEXEC,
            )
        except BlockingIOError:
            return True
        except OSError:
            return False
        for level, kind, content in attached:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                self._descriptors.extend(numbers)
        if not data:
            return False
        self._worker.take(data)
        while True:
            message = self._worker.pending()
            if message is None:
                return True
            if message.get("do") == "start":
                self._waiting += 1
            elif message.get("do") == "kill":
                self._kill(int(message.get("signal", signal.SIGKILL)))

    def _start(self):
        self._waiting -= 1
        if len(self._descriptors) < DESCRIPTORS:
            self._tell({"event": "log", "level": "error", "message": "start without descriptors"})
            return None
        descriptors = self._descriptors[:DESCRIPTORS]
        del self._descriptors[:DESCRIPTORS]
        self._starts += 1
        start = Start(self._order, self._starts, descriptors, self._report)
        afterfork.freeze_more(self._frozen)
        output.flush_c()
        pid = afterfork.fork()
        if pid == 0:
            os.setpgid(0, 0)
            self._unsettle()
            if self._spawn is not None:
                self._spawn(start)
            return start
        try:
            os.setpgid(pid, pid)
        except OSError:
            # The child did it first, and may have executed its interpreter already.
            pass
        afterfork.close_all(descriptors)
        self._harness = pid
        self._tell({"event": "started", "pid": pid})
        return None

    def _reap(self):
        """Collect the dead: the harness, and orphans that came to this sub-reaper."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._harness:
                self._harness = None
                self._end_children()
                self._ended(pid, status, usage)

    def _ended(self, pid, status, usage):
        message = {"event": "ended", "pid": pid}
        how = None
        if os.WIFSIGNALED(status):
            message["signal"] = os.WTERMSIG(status)
            if os.WCOREDUMP(status):
                message["core"] = True
            how = "killed by {}".format(signal_name(message["signal"]))
        else:
            message["exit_code"] = os.WEXITSTATUS(status)
            if message["exit_code"]:
                how = "exit code {}".format(message["exit_code"])
        message["cpu"] = round(usage.ru_utime + usage.ru_stime, 6)
        message["rss"] = usage.ru_maxrss * 1024
        ended = replay.encode([{"kind": "ended", "pid": pid, "how": how}])
        try:
            os.write(self._report, replay.HEAD.pack(pid, True) + ended)
        except OSError:
            # The fork server is gone; keepers go on.
            pass
        # Last: once all harnesses are known to have ended, the server is told to finish, and reads
        # what there is.
        self._tell(message)

    def _kill(self, number):
        if self._harness is not None:
            try:
                os.killpg(self._harness, number)
            except OSError:
                # It ended in this moment; its end is reported as usual.
                pass
        if number == signal.SIGKILL:
            for pid in children():
                _kill_quietly(pid)

    def _kill_all(self):
        self._kill(signal.SIGKILL)
        self._end_children()

    def _end_children(self):
        """Kill and reap everything below: what the tests started must not outlive them. Children
        of the killed become ours, so this ends when none is left."""
        until = time.monotonic() + REAP_SECONDS
        while True:
            try:
                if os.wait4(-1, os.WNOHANG)[0]:
                    continue
            except ChildProcessError:
                return
            for pid in children():
                _kill_quietly(pid)
            if time.monotonic() > until:
                return
            time.sleep(0.001)

    def _tell(self, message):
        try:
            self._worker.send(message)
        except OSError:
            self._kill_all()
            afterfork.leave(0)


def children():
    """Return the pids of this process' children."""
    try:
        with open("/proc/self/task/{}/children".format(os.getpid())) as file:
            return [int(each) for each in file.read().split()]
    except OSError:
        return list(_children_by_parent(os.getpid()))


def _children_by_parent(parent):
    """Find children where the kernel has no list of them."""
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/{}/stat".format(name), "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            yield int(name)


def _kill_quietly(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        # It is gone already.
        pass


def _nothing(number, frame):
    """A handler in Python, so that the wake-up descriptor is written to."""


def signal_name(number):
    """Return SIGSEGV for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return "signal {}".format(number)


def spawner(settings_of):
    """Return the function that turns a forked child into a fresh interpreter for `spawned.py`.

    settings_of(start) makes what that one must know.
    """

    def spawn(start):
        with tempfile.TemporaryFile() as file:
            file.write(wire.line(settings_of(start)))
            file.seek(0)
            for each in (file.fileno(), start.control, start.stdout, start.stderr, start.report):
                os.set_inheritable(each, True)
            os.dup2(start.stdout, 1)
            os.dup2(start.stderr, 2)
            package = os.path.dirname(os.path.abspath(__file__))
            arguments = [sys.executable, "-u", package, "--spawned", str(file.fileno())]
            os.execv(sys.executable, arguments)

    return spawn
