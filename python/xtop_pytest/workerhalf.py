"""Makes a harness look to plugins and tests like a worker of xdist.

A forked harness inherits a process that was the controller: plugins that only a controller has are
taken away, and those that asked which of the two they are get asked again, now with `workerinput`.
"""

import base64
import contextlib
import marshal
import os
import sys
import traceback
import types
import uuid

import pytest

from . import controllerhalf, coverage_support, watch
from .replay import plain
from .state import base_input, state

# Plugins of pytest's own that write the cache. Only the server does that.
CACHES = ("lfplugin-collwrapper", "lfplugin", "nfplugin", "stepwiseplugin")
# What a plugin that reports about the whole run does at its end.
REPORTING = ("pytest_runtest_logreport", "pytest_sessionfinish", "pytest_terminal_summary")


@pytest.fixture(scope="session")
def worker_id(request):
    """The worker's name ("gw0" …), or "master" where tests are not distributed."""
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture(scope="session")
def testrun_uid(request):
    """A text that is the same for all workers of this run."""
    given = getattr(request.config, "workerinput", {})
    return given.get("testrunuid") or uuid.uuid4().hex


def fixtures():
    """Return xdist's fixtures as a plugin, for where xdist is not installed.

    A module: pytest 10 has no session's fixtures that are methods.
    """
    plugin = types.ModuleType("xtop_fixtures")
    plugin.worker_id, plugin.testrun_uid = worker_id, testrun_uid
    return plugin


class Specifications:
    """xdist's hooks, where xdist is not loaded: pytest refuses those that nobody has specified, and
    a suite that implements them need not change."""

    def pytest_xdist_setupnodes(self, config, specs):
        """Before any node is set up."""

    def pytest_xdist_newgateway(self, gateway):
        """A node's gateway was made."""

    def pytest_xdist_rsyncstart(self, source, gateways):
        """Never called."""

    def pytest_xdist_rsyncfinish(self, source, gateways):
        """Never called."""

    @pytest.hookspec(firstresult=True)
    def pytest_xdist_getremotemodule(self):
        """Never called."""

    def pytest_configure_node(self, node):
        """A node is about to be started; its workerinput can still be changed."""

    def pytest_testnodeready(self, node):
        """A node is ready."""

    def pytest_testnodedown(self, node, error):
        """A node has ended."""

    def pytest_xdist_node_collection_finished(self, node, ids):
        """A node has collected."""

    @pytest.hookspec(firstresult=True)
    def pytest_xdist_make_scheduler(self, config, log):
        """Never called, which is told (controllerhalf.Controller.unheeded)."""

    @pytest.hookspec(firstresult=True)
    def pytest_xdist_auto_num_workers(self, config):
        """The number for `-n auto`; asked before it is specified (options.ask_for_workers)."""

    @pytest.hookspec(firstresult=True)
    def pytest_handlecrashitem(self, crashitem, report, sched):
        """Never called."""


def specify_hooks(config):
    """Let plugins implement xdist's hooks, whether xdist is loaded or not."""
    manager = config.pluginmanager
    known = getattr(manager.hook, "pytest_xdist_make_scheduler", None)
    if known is None or not known.has_spec():
        manager.add_hookspecs(Specifications)


class Registrations:
    """Notices which plugins a pytest_configure registers."""

    def __init__(self, registered):
        self._registered = registered

    def pytest_plugin_registered(self, plugin):
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_name == "pytest_configure":
                self._registered.append((plugin, frame.f_code))
                return
            frame = frame.f_back


def enter_server(config):
    """Begin to notice who asks for workerinput, and what is registered by those."""
    given = state(config)
    watch.attach(config)
    if not config.pluginmanager.has_plugin("xtop-registrations"):
        config.pluginmanager.register(Registrations(given.registered), "xtop-registrations")


def export_input(config, slot):
    """Return a node's workerinput as one text, for a harness that is not forked."""
    node = state(config).nodes.get(slot)
    values = dict(node.workerinput) if node is not None else {}
    values.update(coverage_support.worker_input(config))
    return base64.b64encode(marshal.dumps(plain(values))).decode("ascii")


def set_input(config):
    """Give a spawned harness its workerinput before anything is configured."""
    spawned = state(config).spawned
    if spawned.get("serial"):
        return
    values = base_input(spawned["slot"], spawned["workers"], spawned["run_id"])
    if spawned.get("workerinput"):
        values.update(marshal.loads(base64.b64decode(spawned["workerinput"])))
    config.workerinput = values
    config.workeroutput = {}


def look_like_worker(config):
    """Set the options as xdist sets them in its workers."""
    option = config.option
    if not hasattr(option, "tx"):
        return
    if (state(config).spawned or {}).get("serial"):
        return
    option.loadgroup = state(config).dist() == "loadgroup"
    values = {
        "looponfail": False,
        "usepdb": False,
        "dist": "no",
        "distload": False,
        "numprocesses": None,
        "maxprocesses": None,
        "tx": [],
    }
    for name, value in values.items():
        setattr(option, name, value)


def become_worker(config, session, slot, workers, run_id, serial):
    """Turn this process, a harness, into a worker; before its first test."""
    given = state(config)
    watch.detach(config)
    _leave_caches(config)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not isinstance(reporter, controllerhalf.Retired):
        controllerhalf.retire(config.pluginmanager, reporter)
    if given.screen is not None:
        given.screen.through = True
    if serial:
        for plugin, _code in _controllers(config):
            _strip(config.pluginmanager, plugin, REPORTING)
        return
    if given.spawned is not None:
        return
    node = given.nodes.get(slot)
    config.workerinput = base_input(slot, workers, run_id)
    if node is not None:
        config.workerinput.update(node.workerinput)
    config.workeroutput = {}
    look_like_worker(config)
    _begin_again(config, session)


def _leave_caches(config):
    for name in CACHES:
        plugin = config.pluginmanager.get_plugin(name)
        if plugin is not None:
            config.pluginmanager.unregister(plugin)


def _controllers(config):
    """Return (plugin, code) of what was registered by a pytest_configure that asked its role."""
    asked = config.__dict__.get("_xtop_asked", ())
    manager = config.pluginmanager
    return [
        (plugin, code)
        for plugin, code in state(config).registered
        if code in asked and manager.is_registered(plugin)
    ]


def _strip(manager, plugin, names):
    """Take some hooks away from a plugin."""
    for caller in manager.get_hookcallers(plugin) or ():
        if caller.name in names:
            caller._remove_plugin(plugin)


def _begin_again(config, session):
    """Let each plugin that asked for its role decide anew, as a worker."""
    manager = config.pluginmanager
    for plugin, _code in _controllers(config):
        manager.unregister(plugin)
    _forget_junit(config)
    asked = config.__dict__.get("_xtop_asked", ())
    # pytest-cov goes on measuring with what it has (see coverage_support).
    coverage = manager.get_plugin("_cov")
    given = {"config": config, "session": session}
    with _known_specifications(manager):
        for name in ("pytest_configure", "pytest_sessionstart"):
            for hook in list(getattr(config.hook, name).get_hookimpls()):
                code = getattr(hook.function, "__code__", None)
                if code not in asked or hook.hookwrapper or hook.plugin is coverage:
                    continue
                try:
                    hook.function(*[given[argument] for argument in hook.argnames])
                except Exception:
                    error = traceback.format_exc()
                    sys.stderr.write("xtop: %s fails as a worker:\n%s" % (hook.plugin_name, error))


@contextlib.contextmanager
def _known_specifications(manager):
    """Let plugins add specifications of hooks once more, which the server's copy has added."""
    original = manager.add_hookspecs

    def add_hookspecs(module_or_class):
        try:
            original(module_or_class)
        except ValueError:
            pass

    manager.add_hookspecs = add_hookspecs
    try:
        yield
    finally:
        del manager.add_hookspecs


def _forget_junit(config):
    """Let the fixtures that write to pytest's own JUnit file do nothing, as in xdist's workers."""
    from _pytest import junitxml

    key = getattr(junitxml, "xml_key", None)
    if key is not None and key in config.stash:
        del config.stash[key]


def finish_worker(config, session):
    """Run the end of the session in this worker and return its workeroutput.

    Errors of plugins do not stop the rest; late_error tells them.
    """
    given = state(config)
    given.late = None
    session.exitstatus = pytest.ExitCode.TESTS_FAILED if session.testsfailed else pytest.ExitCode.OK
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output["exitstatus"] = int(session.exitstatus)
        output["shouldfail"] = session.shouldfail
        output["shouldstop"] = session.shouldstop
    os.chdir(str(config.invocation_params.dir))
    finish = config.hook.pytest_sessionfinish
    _guarded(given, lambda: finish(session=session, exitstatus=session.exitstatus))
    if given.spawned is not None:
        _guarded(given, config._ensure_unconfigure)
    return plain(output or {})


def _guarded(given, action):
    try:
        action()
    except pytest.exit.Exception:
        pass
    except Exception:
        given.late = (given.late or "") + traceback.format_exc()


def late_error(config):
    """Return the traceback of what finish_worker met, or None."""
    return state(config).late
