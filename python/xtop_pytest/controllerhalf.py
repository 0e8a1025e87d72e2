"""Makes the fork server look to plugins like xdist's controller.

Plugins hear of nodes that come and go, of every report and warning, and end the session; what they
print at its end is gathered. Only pytest's own lists of failures and its last line are left out,
since xtop shows those itself.
"""

import os
import sys
import traceback
import types
import warnings

import pytest

from .state import base_input, state

# Installed plugins that implement a reporting hook, but need no reports to do so: they only draw,
# or tell their own facts.
DEAF = (
    "xtop_pytest",
    "xdist",
    "anyio",
    "faker",
    "pytest_asyncio",
    "pytest_benchmark",
    "pytest_cov",
    "pytest_django",
    "pytest_instafail",
    "pytest_metadata",
    "pytest_mock",
    "pytest_randomly",
    "pytest_rerunfailures",
    "pytest_subtests",
    "pytest_sugar",
    "pytest_timeout",
)
LISTENING = ("pytest_runtest_logreport", "pytest_report_teststatus", "pytest_terminal_summary")
# Names in the code of a pytest_sessionfinish that looks at reports.
LOOKING = ("stats", "terminalreporter", "getreports")
# The terminal reporter's own parts of the summary.
OWN_PARTS = (
    "summary_errors",
    "summary_failures",
    "summary_xfailures",
    "summary_passes",
    "summary_xpasses",
    "summary_stats",
    "short_test_summary",
    "_report_keyboardinterrupt",
)


# Bound here, because tests replace it.
_write = os.write


class Retired:
    """Stands in for a plugin whose hooks are gone: it can still be found and asked."""

    def __init__(self, plugin):
        self.__dict__["_plugin"] = plugin

    def __getattr__(self, name):
        return getattr(self.__dict__["_plugin"], name)

    def __setattr__(self, name, value):
        setattr(self.__dict__["_plugin"], name, value)

    def __dir__(self):
        return []


def retire(manager, plugin):
    """Take a plugin's hooks away, but leave its name."""
    name = manager.get_name(plugin)
    manager.unregister(plugin)
    manager.register(Retired(plugin), name)


class Screen:
    """Where the terminal reporter writes: nowhere, until the end of the run is to be told.

    In a harness the reporter's hooks are gone, and what is still written to it is a test's output:
    live logs, or the debugger's.
    """

    encoding = "utf-8"

    def __init__(self):
        self.parts = []
        self.on = False
        self.through = False

    def write(self, text):
        if self.on:
            self.parts.append(text)
        elif self.through:
            try:
                _write(1, text.encode("utf-8", "replace"))
            except OSError:
                # A test may close anything.
                pass
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

    def text(self):
        return "".join(self.parts)


def mute(config):
    """Turn the terminal reporter, whichever it is, to a screen that nobody sees."""
    from _pytest.config import create_terminal_writer

    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or isinstance(reporter, Retired):
        return
    screen = state(config).screen = Screen()
    writer = create_terminal_writer(config, screen)
    writer.hasmarkup = False
    reporter._tw = writer
    reporter.hasmarkup = False
    for name in OWN_PARTS:
        if hasattr(reporter, name):
            setattr(reporter, name, _nothing)


def _nothing(*_args, **_kwargs):
    return None


def look_distributed(config):
    """Set the options so that xdist's is_xdist_controller, and plugins' own ways, say yes."""
    given = state(config)
    if given.spawned is not None or not given.workers or not hasattr(config.option, "tx"):
        return
    config.option.numprocesses = given.workers
    config.option.tx = ["popen"] * given.workers
    if config.option.dist == "no":
        config.option.dist = given.dist()


class Spec:
    """What execnet says of a worker's process; what it doesn't say is None."""

    def __init__(self, name):
        self.id = name
        self.popen = True
        self.execmodel = "main_thread_only"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def __str__(self):
        return "popen//id=%s" % self.id


class Gateway:
    def __init__(self, name):
        self.id = name
        self.spec = Spec(name)

    def __repr__(self):
        return "<Gateway id=%r>" % self.id

    def _rinfo(self, update=False):
        return types.SimpleNamespace(
            executable=sys.executable,
            version_info=tuple(sys.version_info),
            platform=sys.platform,
            cwd=os.getcwd(),
            pid=os.getpid(),
        )


class Node:
    """What plugins know as xdist's WorkerController. workeroutput is there once it has come."""

    def __init__(self, config, manager, slot, workers, run_id):
        self.config = config
        self.nodemanager = manager
        self.gateway = Gateway("gw%d" % slot)
        self.workerinput = base_input(slot, workers, run_id)
        self.workerinfo = {
            "version": sys.version,
            "version_info": tuple(sys.version_info),
            "sysplatform": sys.platform,
            "platform": sys.platform,
            "executable": sys.executable,
            "cwd": os.getcwd(),
            "id": self.gateway.id,
            "spec": self.gateway.spec,
        }
        self.shutting_down = False

    def __repr__(self):
        return "<WorkerController %s>" % self.gateway.id

    def log(self, *_args, **_kwargs):
        return None


class Controller:
    """The server's side of all nodes."""

    def __init__(self, config, session):
        self._config = config
        self._session = session
        self._given = state(config)
        self._manager = types.SimpleNamespace(config=config, specs=[], roots=[], testrunuid=None)
        self._broken = None
        self._failed = 0
        self._errors = session.testsfailed
        self._serial = False
        self._left = False
        self._outcomes = {}
        self._failed_on = {}
        self._listens = None
        self.record = None

    def listens(self):
        """Return what harnesses must send."""
        if self._listens is None:
            self._listens = {
                "reports": self._wanted_reports(),
                "warnings": self._wants_warnings(),
                "marks": self._has_foreign("pytest_runtest_logstart", "pytest_runtest_logfinish"),
            }
        return self._listens

    def _foreign(self, name):
        """Return the implementations of a hook that neither pytest nor a deaf plugin has."""
        caller = getattr(self._config.hook, name, None)
        found = []
        for hook in caller.get_hookimpls() if caller is not None else ():
            package = (getattr(hook.function, "__module__", None) or "").partition(".")[0]
            if package != "_pytest" and package not in DEAF:
                found.append((package, hook))
        return found

    def unheeded(self):
        """Return a text for each plugin that wants to schedule xdist's workers itself."""
        if self._given.auxiliary or not self._given.workers:
            return []
        root = str(self._config.rootpath)
        said = (
            "XT6001: pytest_xdist_make_scheduler of %s can't be honoured: it schedules xdist's"
            " workers, and there are none; nearest: --dist loadscope|loadgroup, a rule with `scope:`"
            " in xtop.yaml, or a plugin (xtop-scheduler(3))"
        )
        return [
            said % file_of(hook, root)
            for _package, hook in self._foreign("pytest_xdist_make_scheduler")
        ]

    def _has_foreign(self, *names):
        return any(self._foreign(name) for name in names)

    def _wanted_reports(self):
        if self._given.auxiliary:
            return "none"
        wanted = "none"
        for name in LISTENING:
            for package, _hook in self._foreign(name):
                if package != "_hypothesis_pytestplugin":
                    return "all"
                if self._config.getoption("hypothesis_show_statistics", False):
                    return "all"
                wanted = "failed"
        for _package, hook in self._foreign("pytest_sessionfinish"):
            if mentions(getattr(hook.function, "__code__", None), LOOKING):
                return "all"
        option = self._config.option
        if any(getattr(option, name, None) for name in ("xmlpath", "pastebin", "stepwise")):
            return "all"
        return wanted

    def _wants_warnings(self):
        if self._given.auxiliary or not self._config.pluginmanager.has_plugin("warnings"):
            return False
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        shown = reporter is not None and reporter.hasopt("w")
        return shown or self._has_foreign("pytest_warning_recorded")

    def _call(self, name, **kwargs):
        """Call a hook of nodes on all plugins but pytest-cov, which would wait for xdist's data."""
        if getattr(self._config.hook, name, None) is None:
            return
        manager = self._config.pluginmanager
        without = [plugin for plugin in [manager.get_plugin("_cov")] if plugin is not None]
        with self._care():
            manager.subset_hook_caller(name, without)(**kwargs)

    def _care(self):
        return Care(self)

    def node_up(self, slot, workers, run_id, serial):
        """A worker comes; before its keeper is forked, which inherits what plugins hand over."""
        config = self._config
        self._serial = bool(serial)
        if serial:
            self._given.workers = 0
            for name, value in (("numprocesses", 0), ("dist", "no"), ("tx", [])):
                if hasattr(config.option, name):
                    setattr(config.option, name, value)
            return
        self._given.workers = workers
        look_distributed(config)
        first = not self._given.nodes
        self._manager.testrunuid = run_id
        node = self._given.nodes[slot] = Node(config, self._manager, slot, workers, run_id)
        self._manager.specs.append(node.gateway.spec)
        if first:
            self._call("pytest_xdist_setupnodes", config=config, specs=self._manager.specs)
        self._call("pytest_xdist_newgateway", gateway=node.gateway)
        self._call("pytest_configure_node", node=node)
        self._call("pytest_testnodeready", node=node)
        if self._foreign("pytest_xdist_node_collection_finished"):
            ids = [item.nodeid for item in self._session.items]
            self._call("pytest_xdist_node_collection_finished", node=node, ids=ids)

    def node_down(self, slot, how=None):
        """A harness has left (how is None), or died: how says it."""
        if how is None:
            self._left = True
        node = self._given.nodes.get(slot)
        if node is None:
            return
        self._call("pytest_testnodedown", node=node, error=how)
        node.__dict__.pop("workeroutput", None)

    def receive(self, slot, message):
        """Take one message of a harness."""
        handle = getattr(self, "_take_" + message.get("kind", ""), None)
        if handle is not None:
            handle(self._given.nodes.get(slot), message)

    def _take_report(self, node, message):
        hook = self._config.hook
        with self._care():
            data = message["data"]
            report = hook.pytest_report_from_serializable(config=self._config, data=data)
            if node is not None:
                report.node = node
            hook.pytest_runtest_logreport(report=report)
        self._keep_failure(node, report)

    def _take_outcome(self, node, message):
        self._note(
            node, message["nodeid"], message["when"], message["outcome"], message["location"]
        )

    def _note(self, node, nodeid, when, outcome, location):
        """Tell the last-failed cache, to which outcomes are enough."""
        report = pytest.TestReport(
            nodeid=nodeid,
            location=tuple(location),
            keywords={},
            outcome=outcome,
            longrepr=None,
            when=when,
        )
        self._outcomes[nodeid] = outcome == "failed"
        plugin = self._config.pluginmanager.get_plugin("lfplugin")
        if plugin is not None:
            with self._care():
                plugin.pytest_runtest_logreport(report)
        self._keep_failure(node, report)

    def _keep_failure(self, node, report):
        """Leave a test among those that failed last which failed on one worker, and passed on
        another one later: with --dist each it is run by all of them."""
        if node is None or self._given.dist() != "each":
            return
        failed = self._failed_on.setdefault(report.nodeid, set())
        if report.failed:
            failed.add(node.gateway.id)
        elif report.skipped or report.when == "call":
            failed.discard(node.gateway.id)
        plugin = self._config.pluginmanager.get_plugin("lfplugin")
        if failed and hasattr(plugin, "lastfailed"):
            plugin.lastfailed[report.nodeid] = True

    def _take_start(self, node, message):
        with self._care():
            self._config.hook.pytest_runtest_logstart(
                nodeid=message["nodeid"], location=tuple(message["location"])
            )

    def _take_end(self, node, message):
        with self._care():
            self._config.hook.pytest_runtest_logfinish(
                nodeid=message["nodeid"], location=tuple(message["location"])
            )

    def _take_warning(self, node, message):
        kwargs = {
            "warning_message": warning_of(message["message"]),
            "when": message["when"],
            "nodeid": message["nodeid"],
            "location": message["location"],
        }
        with self._care():
            self._config.hook.pytest_warning_recorded.call_historic(kwargs=kwargs)

    def _take_output(self, node, message):
        if node is not None:
            node.workeroutput = message["output"]

    def _take_imported(self, node, message):
        if self.record is not None:
            self.record.merge(message["files"])

    def crashed(self, slot, nodeid, ordinal, message):
        """A harness died in a test: plugins hear the failed report that xdist makes of it."""
        if self.listens()["reports"] == "none":
            location = (nodeid.partition("::")[0], None, nodeid)
            self._note(self._given.nodes.get(slot), nodeid, "???", "failed", location)
            return
        path = nodeid.partition("::")[0]
        report = pytest.TestReport(
            nodeid=nodeid,
            location=(path, None, path),
            keywords={},
            outcome="failed",
            longrepr=message,
            when="???",
        )
        node = self._given.nodes.get(slot)
        if node is not None:
            report.node = node
        with self._care():
            self._config.hook.pytest_runtest_logreport(report=report)
        self._keep_failure(node, report)

    def finish(self, failed, passed, stop=None):
        """Set the session to the run's result; the loop returns right after this."""
        session = self._session
        # Files that could not be collected have failed too.
        self._failed = session.testsfailed = max(failed, self._errors)
        if self._given.nodes and getattr(self._config.option, "numprocesses", None):
            self._config.option.numprocesses = len(self._given.nodes)
        if stop and not session.shouldstop:
            session.shouldstop = stop
        if self._given.screen is not None:
            self._given.screen.on = True
        if self._given.auxiliary:
            self._finish_auxiliary()
        elif self._serial and self._left:
            # The harness was the whole session: what the project does at the end has been done.
            self._remove(lambda package, hook: is_conftest(hook.plugin), "pytest_sessionfinish")

    def _finish_auxiliary(self):
        """Only bring the cache up to date: on the disk there may be a later state than ours."""
        everything = ("pytest_sessionfinish", "pytest_terminal_summary")
        for name in everything:
            self._remove(lambda package, hook: package != "_pytest", name)
        plugin = self._config.pluginmanager.get_plugin("lfplugin")
        cache = getattr(self._config, "cache", None)
        if plugin is None or cache is None:
            return
        merged = dict(cache.get("cache/lastfailed", {}))
        for nodeid, failed in self._outcomes.items():
            if failed:
                merged[nodeid] = True
            else:
                merged.pop(nodeid, None)
        cache.set("cache/lastfailed", merged)
        for name in ("lfplugin", "nfplugin", "stepwiseplugin"):
            plugin = self._config.pluginmanager.get_plugin(name)
            if plugin is not None:
                self._config.pluginmanager.unregister(plugin)

    def _remove(self, unwanted, name):
        caller = getattr(self._config.hook, name)
        for hook in list(caller.get_hookimpls()):
            package = (getattr(hook.function, "__module__", None) or "").partition(".")[0]
            if unwanted(package, hook):
                caller._remove_plugin(hook.plugin)

    def summary(self):
        """Return what plugins, and pytest's list of warnings, told at the end; maybe nothing."""
        if self._given.screen is None or self._given.auxiliary:
            return ""
        lines = [line.rstrip() for line in self._given.screen.text().splitlines()]
        return "\n".join(lines).strip("\n")

    def status(self, status):
        """Return 0 where pytest's exit status only tells of the tests, else the plugins' status."""
        status = int(status)
        if self._broken is not None:
            return 3
        if status == 0 or self._given.auxiliary:
            return 0
        if status == pytest.ExitCode.NO_TESTS_COLLECTED and not self._session.testscollected:
            return 0
        if status == pytest.ExitCode.TESTS_FAILED and self._failed:
            return 1 if self._session.testsfailed > self._failed else 0
        return status


class Care:
    """A plugin's error is told once and ends the run with pytest's code for internal errors."""

    def __init__(self, controller):
        self._controller = controller

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        if error is None:
            return False
        if isinstance(error, pytest.exit.Exception):
            session = self._controller._session
            if not session.shouldstop:
                session.shouldstop = str(error) or "pytest.exit"
            return True
        if not isinstance(error, Exception):
            return False
        if self._controller._broken is None:
            self._controller._broken = error
            text = "".join(traceback.format_exception(kind, error, _traceback))
            sys.stderr.write("a plugin fails in the controller:\n%s" % text)
        return True


def mentions(code, names):
    """Say whether a function's code, or a function within it, uses one of the names."""
    if code is None:
        return True
    if any(name in code.co_names for name in names):
        return True
    for constant in code.co_consts:
        if isinstance(constant, str) and constant in names:
            return True
        if isinstance(constant, types.CodeType) and mentions(constant, names):
            return True
    return False


def file_of(hook, root):
    """Return the file that a hook is written in, relative to the root directory if it is below."""
    code = getattr(hook.function, "__code__", None)
    path = code.co_filename if code is not None else getattr(hook.plugin, "__file__", None)
    if not path:
        return str(hook.plugin_name)
    path = os.path.abspath(path)
    return os.path.relpath(path, root) if path.startswith(os.path.join(root, "")) else path


def is_conftest(plugin):
    path = getattr(plugin, "__file__", None)
    return isinstance(path, str) and os.path.basename(path) == "conftest.py"


def warning_of(data):
    """Return the warnings.WarningMessage that replay.warning_data has taken apart."""
    category = class_of(data["category"]) or UserWarning
    message = data["text"]
    if data["class"] is not None:
        kind = class_of(data["class"])
        try:
            message = kind(*(data["args"] or ()))
        except Exception:
            message = None
        if message is None or str(message) != data["text"]:
            message = stand_in(kind)(data["text"])
    return warnings.WarningMessage(
        message, category, data["filename"], data["lineno"], line=data["line"]
    )


def class_of(names):
    """Return a warning's class by its module and name, or one of that name; imports nothing."""
    if names is None:
        return None
    module, name = names
    kind = getattr(sys.modules.get(module), name, None)
    if isinstance(kind, type) and issubclass(kind, Warning):
        return kind
    return type(str(name), (Warning,), {"__module__": module})


def stand_in(kind):
    """Return a class that looks like this one, and takes any text."""
    plain = {"__init__": Exception.__init__, "__str__": Exception.__str__}
    return type(kind.__name__, (kind,), dict(plain, __module__=kind.__module__))
