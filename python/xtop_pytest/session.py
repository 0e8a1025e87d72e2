"""The pytest session of the fork server: where pytest would run the tests, keepers are forked."""

import _socket
import gc
import os
import select
import struct
import sys

import pytest
from _pytest.config import _prepareconfig

from . import afterfork, changes, collection, controllerhalf, coverage_support, harness, keeper
from . import options, output, replay, watch, wire, workerhalf

CREDENTIALS = struct.Struct("3i")
FIRST_LINE = 1 << 20
FIRST_LINE_SECONDS = 10.0


def run_pytest(arguments, plugins):
    """Run pytest as its own main does; return (exit status, None) or (None, exception)."""
    if tuple(int(each) for each in pytest.__version__.split(".")[:2]) >= (8, 2):
        os.environ["PYTEST_VERSION"] = pytest.__version__
    try:
        config = _prepareconfig(arguments, plugins)
        try:
            return config.hook.pytest_cmdline_main(config=config), None
        finally:
            config._ensure_unconfigure()
    except BaseException as error:
        return None, error


class Keep:
    """One worker's keeper as the server sees it."""

    def __init__(self, slot, pid, reader):
        self.slot = slot
        self.pid = pid
        self.reader = reader


class ServerSession:
    """The plugin that turns a pytest session into a fork server."""

    def __init__(self, controller, settings, state, started):
        self.hooks = harness.Hooks()
        self.collected = False
        self.problem = None
        self.text = ""
        self.half = None
        self._controller = controller
        self._settings = settings
        self._state = state
        self._started = started
        self._failures = collection.Failures()
        self._deselected = 0
        self._keeps = {}
        self._finish = None
        self._names_run = None
        self.release = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        # xdist before 3.0 takes the session over as soon as --dist is set, even without workers.
        config.pluginmanager.set_blocked("dsession")
        config.pluginmanager.set_blocked("terminaldistreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session):
        config = session.config
        options.check_expressions(config)
        ini = config.inipath
        defaults = options.defaults(config)
        self._names_run = defaults.get("testrunuid")
        self._controller.tell(
            {
                "event": "configured",
                "pytest": pytest.__version__,
                "python": ".".join(str(each) for each in sys.version_info[:3]),
                "executable": sys.executable,
                "rootdir": str(config.rootpath),
                "inifile": str(ini) if ini is not None else None,
                "defaults": defaults,
            }
        )

    def pytest_collectreport(self, report):
        if not report.passed:
            self._failures.note(report)

    def pytest_deselected(self, items):
        self._deselected += len(items)

    def pytest_keyboard_interrupt(self, excinfo):
        if self.hooks.harness is None:
            self.problem = excinfo.value

    def pytest_internalerror(self, excrepr, excinfo):
        if self.hooks.harness is None:
            self.text = str(excrepr)
            if isinstance(excinfo.value, SystemExit):
                self.problem = excinfo.value

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        config = session.config
        if not self._controller.is_ours():
            afterfork.leave(0)
        if self.release is not None:
            self.release()
        why = watch.stop(config)
        stop = bool(session.testsfailed) and not config.option.continue_on_collection_errors
        tests = collection.Collection(session)
        start = self._settings.get("start", "auto")
        if start == "auto":
            start = "spawn" if why else "fork"
        self._controller.tell_bytes(tests.lines() + self._failures.lines())
        self.half = controllerhalf.Controller(config, session)
        if not self._settings.get("collect_only"):
            for text in self.half.unheeded():
                self._controller.tell({"event": "log", "level": "warning", "message": text})
        self.half.record = changes.Record(config)
        self.half.record.began(self._started)
        self.half.record.take()
        listener = self._listen()
        self.collected = True
        done = {"event": "collected", "tests": len(session.items), "deselected": self._deselected}
        done.update(start=start, why=why)
        if stop:
            done["stop"] = True
        self._controller.tell(done)
        inherited = self._inherited(session, tests)
        inherited.spawn = start == "spawn"
        self._serve(listener, inherited)
        self._end(config)
        if stop:
            errors = "{} error{} during collection"
            count = session.testsfailed
            raise session.Interrupted(errors.format(count, "s" if count != 1 else ""))
        return True

    def _listen(self):
        listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        listener.setblocking(True)
        listener.bind(b"\0" + self._settings["socket"].encode("utf-8"))
        listener.listen(64)
        number = wire.move_high(listener.detach())
        return _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, number)

    def _inherited(self, session, tests):
        """Note what harnesses must know of this process, before the first fork."""
        inherited = harness.Inherited(session, self.hooks, tests)
        inherited.seeded = self._state.seeded()
        inherited.listens = self.half.listens()
        return inherited

    def _serve(self, listener, inherited):
        """Answer the controller, workers and harnesses until the run is finished. In a forked
        harness this does not return."""
        poll = select.poll()
        poll.register(listener.fileno(), select.POLLIN)
        poll.register(self._controller.fileno(), select.POLLIN)
        while self._finish is None:
            for descriptor, _ in poll.poll():
                if descriptor == listener.fileno():
                    kept = self._accept(listener, inherited)
                    if kept is not None:
                        poll.register(kept.reader.fileno(), select.POLLIN)
                elif descriptor == self._controller.fileno():
                    self._hear(inherited)
                elif not self._replay(self._keeps[descriptor]):
                    poll.unregister(descriptor)
                    self._forget(descriptor)
        listener.close()

    def _hear(self, inherited):
        if not self._controller.fill():
            afterfork.leave(0)
        while True:
            message = self._controller.pending()
            if message is None:
                return
            do = message.get("do")
            if do == "crashed":
                self._crashed(inherited, message)
            elif do == "changes":
                files = self.half.record.changed()
                self._controller.tell({"event": "changes", "files": files})
            elif do == "finish":
                self._finish = message

    def _crashed(self, inherited, message):
        identity, ordinal = message.get("test", ""), message.get("ordinal", 1)
        item = inherited.tests.find(identity, ordinal)
        nodeid = item.nodeid if item is not None else identity
        text = message.get("message", "crashed")
        self.half.crashed(message.get("slot", 0), nodeid, ordinal, text)

    def _accept(self, listener, inherited):
        """Fork a keeper for a worker that connects."""
        descriptor, _ = listener._accept()
        connection = wire.move_high(descriptor)
        order = self._read_order(connection)
        if order is None:
            os.close(connection)
            return None
        slot = order["slot"]
        serial = bool(order.get("serial"))
        self.half.node_up(slot, order.get("workers", 1), order.get("run_id", ""), serial)
        if inherited.base is None:
            inherited.base = afterfork.basetemp(inherited.session.config)
        ours, theirs = replay.channel()
        ours, theirs = wire.move_high(ours), wire.move_high(theirs)
        output.flush_c()
        inherited.frozen = afterfork.freeze(str(inherited.session.config.rootpath))
        pid = afterfork.fork()
        if pid == 0:
            self._become_keeper(listener, ours, connection, theirs, order, inherited)
        os.close(connection)
        os.close(theirs)
        kept = Keep(slot, pid, replay.Reader(ours))
        self._keeps[ours] = kept
        self._controller.tell({"event": "keeper", "slot": slot, "pid": pid})
        return kept

    def _read_order(self, connection):
        """Read a worker's first line, and not a byte more: the next ones carry descriptors."""
        peer = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, os.dup(connection))
        try:
            peer.settimeout(FIRST_LINE_SECONDS)
            options = peer.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, CREDENTIALS.size)
            if CREDENTIALS.unpack(options)[1] != os.getuid():
                return None
            data = b""
            while b"\n" not in data and len(data) < FIRST_LINE:
                seen = peer.recv(65536, _socket.MSG_PEEK)
                if not seen:
                    return None
                size = seen.find(b"\n") + 1 or len(seen)
                data += peer.recv(size)
            lines = wire.Lines()
            lines.take(data)
            order = lines.pending()
            if order is None or "slot" not in order:
                return None
            self._name_run(order)
            return order
        except OSError:
            return None
        finally:
            peer.close()

    def _name_run(self, order):
        """Let --testrunuid, xtop's own or else that of addopts, name the run for the suite."""
        environment = order.get("environment") or {}
        given = environment.get("PYTEST_XDIST_TESTRUNUID")
        if given and given == order.get("run_id"):
            given = environment["PYTEST_XDIST_TESTRUNUID"] = self._names_run or given
        if given:
            order["run_id"] = given

    def _become_keeper(self, listener, ours, connection, theirs, order, inherited):
        """Be a keeper; a harness that it forks goes on from here. Does not return."""
        try:
            afterfork.close_all([listener, self._controller, ours])
            for each in self._keeps.values():
                each.reader.close()
            self._keeps = {}
            spawner = keeper.spawner(self._settings_of(inherited)) if inherited.spawn else None
            start = keeper.Keeper(connection, order, theirs, spawner, inherited.frozen).run()
            harness.run_forked(start, inherited)
        finally:
            afterfork.leave(1)

    def _settings_of(self, inherited):
        """Return the function that makes a spawned harness' settings."""
        config = inherited.session.config

        def settings_of(start):
            order = start.order
            slot, serial = order["slot"], bool(order.get("serial"))
            base = afterfork.basetemp_of(inherited.base, slot, serial, start.number)
            spawned = {
                "slot": slot,
                "workers": order.get("workers", 1),
                "run_id": order.get("run_id", ""),
                "serial": serial,
                "workerinput": workerhalf.export_input(config, slot),
                "listens": inherited.listens,
            }
            return {
                "collect": dict(self._settings, spawned=spawned),
                "control": start.control,
                "stdout": start.stdout,
                "stderr": start.stderr,
                "report": start.report,
                "base": str(base) if base is not None else None,
            }

        return settings_of

    def _replay(self, kept):
        """Take in what a slot's harness reports; false at the end."""
        try:
            messages = kept.reader.read()
        except EOFError:
            return False
        for message in messages:
            if message.get("kind") == "ended":
                self.half.node_down(kept.slot, message["how"])
            else:
                self.half.receive(kept.slot, message)
        return True

    def _forget(self, descriptor):
        kept = self._keeps.pop(descriptor)
        kept.reader.close()
        try:
            os.waitpid(kept.pid, os.WNOHANG)
        except ChildProcessError:
            # A plugin that waits for any child has reaped it.
            pass

    def _end(self, config):
        """Read what is under way, then let plugins finish.

        Every harness has left by now, so what it had to say can be read at once; keepers live on.
        """
        poll = select.poll()
        for descriptor in self._keeps:
            poll.register(descriptor, select.POLLIN)
        while True:
            ready = poll.poll(0) if self._keeps else []
            if not ready:
                break
            for descriptor, _ in ready:
                if not self._replay(self._keeps[descriptor]):
                    poll.unregister(descriptor)
                    self._forget(descriptor)
        if "_hypothesis_pytestplugin" in sys.modules:
            # It looks for referrers at the end, and sees none that is frozen. Elsewhere frozen
            # objects spare pytest's own collections at its end most of their time.
            gc.unfreeze()
        gc.enable()
        coverage_support.combine(config)
        message = self._finish
        self.half.finish(message.get("failed", 0), message.get("passed", 0), message.get("stop"))
