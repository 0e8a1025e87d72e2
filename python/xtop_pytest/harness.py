"""A harness: runs the tests that its worker names, one after the other, in a process that is a
worker to pytest's plugins."""

import inspect
import mmap
import os
import struct
import sys
import traceback

import pytest
from _pytest import nodes, outcomes

from . import afterfork, coverage_support, interrupt, output, replay, reports, reruns, wire
from . import workerhalf

ALONE = (
    "XT5001: breakpoint() has no terminal of its own under xtop: press d on this test in the"
    " dashboard, or run it alone by xtop --pdb ID"
)


NUMBER = struct.Struct("=Q")


class Debugger(outcomes.Failed):
    """Raised where a test wants a debugger and has no terminal for it."""

    __module__ = "builtins"


class Hooks:
    """Our hooks while tests run. Registered before the collection, because pytest's proxies of a
    directory's hooks may not see a plugin that comes later; without a harness they do nothing."""

    def __init__(self):
        self.harness = None

    def pytest_runtest_logreport(self, report):
        if self.harness is not None:
            self.harness.heard(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item):
        if self.harness is not None:
            self.harness.interrupts.check()

    def pytest_exception_interact(self, node, call, report):
        if self.harness is not None:
            self.harness.failed(node, call.excinfo, report)

    def pytest_enter_pdb(self, config, pdb):
        if self.harness is not None:
            self.harness.debugger_wanted()


class NextItem:
    """Stands in for the next test while that is not known yet.

    xtop's worker knows it for certain only when this test's call is over, because others may take
    tests over, and an announced test that does not come would find fixtures that are not its own.
    pytest wants it in the teardown only; anything else that looks gets this test's own parents.
    """

    def __init__(self, harness, item):
        self._harness = harness
        self._item = item

    def __bool__(self):
        return self._harness.next_of(self._item) is not None

    def listchain(self):
        """Return what must be left standing by the teardown."""
        following = self._harness.next_of(self._item)
        if following is None:
            return []
        if following is self._item:
            return self._item.parent.listchain()
        return following.listchain()

    def __getattr__(self, name):
        following = self._harness.next_of(self._item)
        return getattr(self._item if following is None else following, name)


class Standing:
    """Stands in for a next test of which only the nodes that shall be left standing are known."""

    def __init__(self, chain):
        self._chain = chain

    def listchain(self):
        return self._chain


class Harness:
    """The loop over a worker's commands."""

    def __init__(self, session, tests, control, streams, sender, interactive):
        self.session = session
        self.config = session.config
        self.channel = wire.Channel(wire.move_high(control))
        self.interrupts = interrupt.Interrupts(self.channel, streams.stderr_descriptor)
        self._tests = tests
        self._streams = streams
        self._interactive = interactive
        # What tee-sys captures is in the pipes already.
        self._captures = self.config.getoption("capture", "no") not in ("no", "tee-sys")
        self._fold = reports.Fold(self.config)
        self._judge = reruns.Judge(self.config)
        self._heard = []
        self._sender = sender
        self._item = None
        self._next = None
        self._asked = False
        self._again = False
        self._calm_types = {}
        # Bound now: a test may replace os.getpid, and would then be taken for its own child.
        self._getpid = os.getpid
        self._environ = os.environ
        self._pid = os.getpid()
        self._number = 0
        # Shared with what tests fork: the number of the last run from which a child came back.
        self._came_back = mmap.mmap(-1, 8)

    def run(self):
        """Serve the worker until it says leave, or is gone; does not return."""
        self.channel.send({"event": "ready"})
        while True:
            command = self.channel.receive()
            if command is None:
                afterfork.leave(0)
            do = command.get("do")
            if do == "run":
                self._run(command)
            elif do == "leave":
                self._leave()

    def _run(self, command):
        identity, ordinal = command["test"], command.get("ordinal", 1)
        item = self._tests.find(identity, ordinal)
        if item is None:
            message = self._tests.why_gone(identity)
            self.channel.send({"event": "finished", "outcome": "error", "message": message})
            return
        self._prepare(item, command.get("attempt", 1))
        before = self._standing()
        properties = len(item.user_properties)
        environment = command.get("environment")
        if environment:
            self._environ.update(environment)
        self._fold.begin()
        self._judge.begin(item)
        self._heard = []
        self._item = item
        self._number += 1
        self._asked = self._again = False
        self._sender.start(item.nodeid, item.location)
        self.interrupts.arm()
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=NextItem(self, item))
        except BaseException as error:
            self._escaped(error)
        if self._getpid() != self._pid:
            self._end_child(1)
        self._item = None
        del item.user_properties[properties:]
        for node, count in self._standing().items():
            if count > before.get(node, 1):
                self._fold.stands = True
        self._finish(item)

    def _finish(self, item):
        fold = self._fold
        fold.standing = self._standing_node(item)
        fold.alone = fold.outcome in ("failed", "error") and self._is_disturbed(item)
        fold.rerun = self._judge.may_rerun()
        fold.forked = NUMBER.unpack(self._came_back)[0] == self._number
        for note in self._judge.notes:
            fold.note(note)
        stop = self.session.shouldfail or self.session.shouldstop
        if stop:
            fold.stop = str(stop)
        if stop or self.interrupts.wide:
            fold.abandon()
        sender = self._sender
        try:
            sender.attempt(self._heard, self._again)
            sender.end(item.nodeid, item.location)
            sender.imported()
            sender.flush()
        except Exception as error:
            # What plugins in the server hear must not decide what becomes of the test.
            message = "its reports can't be handed on: {!r}\n{}".format(error, trace(error))
            self.channel.send({"event": "log", "level": "error", "message": message})
        self._streams.settle()
        self.channel.send_bytes(fold.line(self._captures))

    def _standing(self):
        """Return how much is to be torn down with each node that stands; 1 is the node itself."""
        stack = self.session._setupstate.stack
        return {node: len(finalizers) for node, (finalizers, _) in stack.items()}

    def _standing_node(self, item):
        """Return the id of the innermost node that has something to tear down, None: there is none."""
        found = None
        for node, (finalizers, _) in self.session._setupstate.stack.items():
            if node is not item and (len(finalizers) > 1 or not self._is_calm(node)):
                found = node
        return None if found is None else id_of_node(found)

    def _is_disturbed(self, item):
        """Tell whether tests that share this one's nodes might change what it finds when it is run
        again: its fixtures of higher scope have parameters, or their failure is remembered."""
        scopes = getattr(getattr(item, "callspec", None), "_arg2scope", None) or {}
        if any(getattr(scope, "value", scope) != "function" for scope in scopes.values()):
            return True
        for node, (_, failure) in self.session._setupstate.stack.items():
            if node is not item and failure:
                return True
        for definitions in getattr(item, "_fixtureinfo", _NOTHING).name2fixturedefs.values():
            for each in definitions:
                cached = getattr(each, "cached_result", None)
                if cached is not None and cached[2] and each.scope != "function":
                    return True
        return False

    def _prepare(self, item, attempt):
        """Make the stack of fixtures fit a test that is not the one that was announced."""
        state = self.session._setupstate
        chain = item.listchain()
        # What pytest-rerunfailures calls it, and tests ask for.
        item.execution_count = attempt
        if attempt > 1:
            chain = self._forget_failures(item, state, chain)
        stack = list(state.stack)
        if stack and stack != chain[: len(stack)]:
            self._tear_down(Standing(chain))

    def _forget_failures(self, item, state, chain):
        """Let an attempt after the first set up again what failed to be set up before it."""
        item._report_sections = []
        for definitions in getattr(item, "_fixtureinfo", _NOTHING).name2fixturedefs.values():
            for each in definitions:
                cached = getattr(each, "cached_result", None)
                if cached is not None and cached[2]:
                    self._finish_fixture(item, each)
        forget_instance(item)
        for number, (_, failure) in enumerate(state.stack.values()):
            if failure:
                return chain[:number]
        return chain

    def _finish_fixture(self, item, definition):
        """Undo what a fixture has done before it failed; without this pytest has only its error."""
        if not getattr(item, "_request", None):
            item._initrequest()
        try:
            definition.finish(item._request)
        except BaseException as error:
            if self._getpid() == self._pid:
                self._late(error)
        if self._getpid() != self._pid:
            afterfork.leave(1)
        definition.cached_result = None

    def _tear_down(self, following):
        try:
            self.session._setupstate.teardown_exact(following)
        except BaseException as error:
            if self._getpid() == self._pid:
                self._late(error)
        if self._getpid() != self._pid:
            afterfork.leave(1)

    def _late(self, error):
        """Report an error that came when its test was finished already."""
        text = "{}: {}".format(type(error).__name__, error)
        self.channel.send({"event": "late", "message": text + "\n" + trace(error)})

    def next_of(self, item):
        """Return the test that follows, None at the end of this worker's tests; asks only once, and
        only in the teardown, and only where the answer makes a difference."""
        if self._asked:
            return self._next
        if not self._tearing_down():
            return item
        self._asked = True
        self._next = item
        if self._fold.outcome not in ("failed", "error") and self._nothing_stands(item):
            return item
        question = {"event": "next?", "outcome": self._fold.outcome}
        may_rerun = self._judge.may_rerun()
        if may_rerun is not None:
            question["rerun"] = may_rerun
        try:
            self.channel.send(question)
            answer = self.channel.receive()
        except OSError:
            answer = None
        if answer is None:
            afterfork.leave(0)
        self._again = bool(answer.get("again"))
        if not self._again:
            following = None
            if answer.get("test") is not None:
                following = self._tests.find(answer["test"], answer.get("ordinal", 1)) or item
            self._next = following
        self.interrupts.check()
        return self._next

    def _tearing_down(self):
        """Tell whether the set-up, or the call, has been reported and the teardown has not."""
        last = self._fold.last
        if last is None or self._getpid() != self._pid:
            return False
        return last.when == "call" or (last.when == "setup" and not self._call_follows(last))

    def _call_follows(self, report):
        return report.passed and not self.config.getoption("setuponly", False)

    def _nothing_stands(self, item):
        """Tell whether no node above a test has anything to tear down: then it does not matter when
        that is done, and two messages are saved."""
        for node, (finalizers, _) in self.session._setupstate.stack.items():
            if node is item:
                continue
            if len(finalizers) > 1 or not self._is_calm(node):
                return False
        return True

    def _is_calm(self, node):
        """Tell whether a node has no teardown of its own."""
        kind = type(node)
        calm = self._calm_types.get(kind)
        if calm is None:
            calm = self._calm_types[kind] = kind.teardown is nodes.Node.teardown
        return calm

    def heard(self, report):
        """Take in a phase's report."""
        if self._getpid() != self._pid:
            self._leave_child(report)
        if self._item is not None:
            self._fold.add(report)
            if report.outcome == "failed":
                self._judge.failed()
            self._heard.append(report)
            self._streams.restore()

    def failed(self, node, excinfo, report):
        """Look at a failure while its exception is at hand."""
        if excinfo is None or node is not self._item or report.outcome != "failed":
            return
        if isinstance(excinfo.value, Debugger):
            self._fold.code = "XT5001"
            self._fold.found_at(*caller_of_debugger(excinfo.tb))
        self._judge.raised(excinfo.value)

    def debugger_wanted(self):
        """Fail a test that calls breakpoint() where nobody can answer."""
        if not self._interactive:
            raise Debugger(ALONE, pytrace=False)

    def _escaped(self, error):
        """Report what pytest does not catch: pytest.exit(), Ctrl-C, a bug of a plugin."""
        if self._getpid() != self._pid:
            return
        first = "{}: {}".format(type(error).__name__, error)
        fold = self._fold
        fold.fail("error", first + "\n" + trace(error))
        fold.abandon()
        self._judge.forbid()
        if isinstance(error, outcomes.Exit):
            fold.stop = str(error.msg)

    def _leave_child(self, report):
        """End a process that a test has forked and that came back to us: it would run the rest of
        the tests a second time."""
        if report.failed:
            try:
                sys.stderr.write(report.longreprtext + "\n")
            except Exception:
                # The text is a help only; the exit status counts.
                pass
        self._end_child(1 if report.failed else 0)

    def _end_child(self, status):
        NUMBER.pack_into(self._came_back, 0, self._number)
        afterfork.leave(status)

    def _leave(self):
        """End as an xdist worker ends: teardown, session finish, exit functions."""
        self._tear_down(None)
        try:
            os.chdir(self.session.startpath if hasattr(self.session, "startpath") else "/")
        except OSError:
            # The directory is gone; what is left to do does not depend on it.
            pass
        values = None
        try:
            coverage_support.before_exit(self.config)
            values = workerhalf.finish_worker(self.config, self.session)
        except BaseException as error:
            self._late(error)
        self._sender.imported()
        self._sender.output(values or {})
        afterfork.run_exits(self._streams.stderr_descriptor)
        afterfork.leave(0)


def id_of_node(node):
    """Return the id that the ids of the tests below a node begin with, of a package its directory's."""
    name = node.nodeid
    if name.endswith("__init__.py") and isinstance(node, pytest.Package):
        name = name[: -len("__init__.py")].rstrip("/")
    return "" if name == "." else name


def forget_instance(item):
    """Let a method's next attempt have an instance of its class of its own."""
    if not isinstance(item.parent, pytest.Class) or not inspect.ismethod(item.__dict__.get("_obj")):
        return
    item.__dict__.pop("_instance", None)
    item._obj = None


def caller_of_debugger(traceback):
    """Return (file, line) of the innermost frame that is neither pytest's nor ours."""
    found = None, None
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if module not in ("_pytest", "pluggy", "xtop_pytest", "pdb", "bdb"):
            found = traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


class _Nothing:
    name2fixturedefs = {}


_NOTHING = _Nothing()


def trace(error):
    """Return an exception's traceback as text."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip("\n")


class Inherited:
    """What a forked harness has from the server.

    `seeded`: the state of Python's generator if the suite seeded it; `listens`: what plugins in
    the server hear; `base`: the server's basetemp; `spawn`: harnesses are interpreters of their own;
    `frozen`: the garbage collector is frozen.
    """

    def __init__(self, session, hooks, tests):
        self.session = session
        self.hooks = hooks
        self.tests = tests
        self.seeded = None
        self.listens = {}
        self.base = None
        self.spawn = False
        self.frozen = False


def run_forked(start, inherited):
    """Make a child that a keeper forked a harness, and run it; does not return."""
    session = inherited.session
    config = session.config
    order = start.order
    slot, serial = order["slot"], bool(order.get("serial"))
    try:
        coverage_support.after_fork(config)
        afterfork.switch_collector_on()
        interactive = serial and os.isatty(0)
        output.end_capture(config)
        streams = output.Streams(start.stdout, start.stderr)
        streams.take(interactive)
        afterfork.send_faults_to(config, streams.stderr_descriptor)
        afterfork.disarm_exits()
        afterfork.forget_tempdir()
        afterfork.reseed(inherited.seeded)
        base = afterfork.basetemp_of(inherited.base, slot, serial, start.number)
        afterfork.give_basetemp(config, base)
        sender = replay.Sender(start.report, config, inherited.listens)
        workerhalf.become_worker(
            config, session, slot, order.get("workers", 1), order.get("run_id", ""), serial
        )
        output.begin_capture(config)
        harness = Harness(session, inherited.tests, start.control, streams, sender, interactive)
        inherited.hooks.harness = harness
    except BaseException as error:
        report_failure(start.control, error)
    harness.run()


def report_failure(control, error):
    """Tell the worker why this process can't run tests, and end it."""
    tell_failure(control, "{}: {}\n{}".format(type(error).__name__, error, trace(error)))
    afterfork.leave(1)


def tell_failure(control, message):
    """Tell the worker why this process can't run tests."""
    try:
        wire.Channel(control).send({"event": "failed", "message": message})
    except OSError:
        # The worker is gone: there is nobody to tell.
        pass
