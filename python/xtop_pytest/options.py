"""Gives pytest its command line, and keeps what xtop does itself from happening in pytest too.

The user's configuration stays pytest's business: root directory, ini file, addopts, plugins. Some
options that are found there (-n, -x, --reruns, --timeout …) are xtop's work in this run. They are
taken out of pytest's hands after it has read them, and reported as defaults.
"""

import copy
import os
import re
import traceback
import unicodedata

import pytest

from . import controllerhalf, reruns, watch, workerhalf
from .state import State, state

MARKERS = (
    "serial: run this test alone, with no other test running (xtop)",
    "quarantine(reason): run this test, but don't let it fail the run (xtop)",
    "flaky(reruns=1, reruns_delay=0, reruns_delay_backoff_factor=1, condition=True, only_rerun=(),"
    " rerun_except=()): run this test again when it fails (xtop)",
    "timeout(seconds): interrupt this test after so many seconds (xtop)",
    "xdist_group(name): run all tests of a group on the same worker (xtop)",
)

# The options that xtop takes over, where the plugin that has them is not installed.
ADOPTED = (
    (("-n", "--numprocesses"), {"dest": "numprocesses"}),
    (("--maxprocesses",), {"dest": "maxprocesses", "type": int}),
    (("--max-worker-restart",), {"dest": "maxworkerrestart"}),
    (("--dist",), {"dest": "dist", "default": "no"}),
    (("-d",), {"dest": "distload", "action": "store_true", "default": False}),
    (("--maxschedchunk",), {"dest": "maxschedchunk", "type": int}),
    (
        ("--loadscope-reorder",),
        {"dest": "loadscopereorder", "action": "store_true", "default": True},
    ),
    (("--no-loadscope-reorder",), {"dest": "loadscopereorder", "action": "store_false"}),
    (("--testrunuid",), {"dest": "testrunuid"}),
    (("--reruns",), {"dest": "reruns", "type": int}),
    (("--reruns-delay",), {"dest": "reruns_delay", "type": float}),
    (("--reruns-delay-backoff-factor",), {"dest": "reruns_delay_backoff_factor", "type": float}),
    (("--force-reruns",), {"dest": "force_reruns", "type": int}),
    (("--max-suite-reruns",), {"dest": "max_suite_reruns", "type": int}),
    (("--only-rerun",), {"dest": "only_rerun", "action": "append"}),
    (("--rerun-except",), {"dest": "rerun_except", "action": "append"}),
    (("--rerun-exclude-path",), {"dest": "rerun_exclude_path", "action": "append"}),
    (
        ("--reruns-mode",),
        {"dest": "reruns_mode", "choices": ("strict", "append"), "default": "strict"},
    ),
    (("--fail-on-flaky",), {"dest": "fail_on_flaky", "action": "store_true"}),
    (("--rerun-show-tracebacks",), {"dest": "rerun_show_tracebacks", "action": "store_true"}),
    (("--timeout",), {"dest": "timeout", "type": float}),
    (("--timeout-method",), {"dest": "timeout_method"}),
    (("--session-timeout",), {"dest": "session_timeout", "type": float}),
)
ADOPTED_INI = {
    "timeout": "string",
    "timeout_method": "string",
    "timeout_func_only": "string",
    "session_timeout": "string",
    "reruns": "string",
    "reruns_delay": "string",
    "reruns_delay_backoff_factor": "string",
    "only_rerun": "linelist",
    "rerun_except": "linelist",
}

# Plugins whose work xtop does: their options, ini values and marks stay, their hooks go.
RETIRED = ("pytest_rerunfailures", "pytest_timeout")

# Where plugins write reports about the whole run.
REPORTS = (
    "xmlpath",
    "htmlpath",
    "pastebin",
    "json_report_file",
    "report_log",
    "allure_report_dir",
)


def prepare(settings):
    """Return (arguments, plugins) for pytest from the controller's "collect" message."""
    capture = settings.get("capture") or "live"
    args = ["--capture=%s" % ("no" if capture == "live" else capture)]
    if settings.get("collect_only"):
        args.append("--collect-only")
    args.extend(each_once(settings.get("args") or []))
    return args, [OptionsPlugin(settings), AfterXdist()]


def each_once(args):
    """Leave out what is named again by the paths and ids that the arguments begin with.

    pytest before 9 runs a test as often as its id is given, which is no choice that anybody makes
    in a list of thousands; --keep-duplicates asks for it.
    """
    args = [str(each) for each in args]
    count = next((i for i, each in enumerate(args) if each.startswith("-")), len(args))
    if "--keep-duplicates" in args[count:]:
        return args
    return list(dict.fromkeys(args[:count])) + args[count:]


def defaults(config):
    """Return what addopts, ini and PYTEST_ADDOPTS say of xtop's own options."""
    return dict(state(config).defaults)


class OptionsPlugin:
    """The hooks that must come before everybody else's."""

    def __init__(self, settings):
        self._state = State(settings)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config, parser, args):
        early_config._xtop = self._state
        workerhalf.enter_server(early_config)
        self._calm_early_readers(early_config.known_args_namespace)
        outcome = yield
        if outcome.excinfo is None:
            adopt_options(early_config, parser, args)

    def _calm_early_readers(self, known):
        """Change what pytest-cov looks at early: it would wait for xdist's workers."""
        for name, value in (("numprocesses", 0), ("dist", "no"), ("distload", False), ("tx", [])):
            if hasattr(known, name):
                setattr(known, name, value)
        if self._state.auxiliary and hasattr(known, "no_cov"):
            known.no_cov = True
        if self._state.spawned is not None and hasattr(known, "cov_append"):
            # Otherwise a worker that starts late erases the data of those that have finished.
            known.cov_append = True

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config):
        reruns.check_filters(config)
        self._state.defaults = find_defaults(config)
        take_over(config)
        if self._state.auxiliary:
            silence_reports(config)
        if self._state.spawned is not None:
            workerhalf.set_input(config)
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        for line in MARKERS:
            config.addinivalue_line("markers", line)
        if not hasattr(config.option, "tx"):
            config.pluginmanager.register(workerhalf.fixtures(), "xtop-fixtures")
        workerhalf.specify_hooks(config)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionstart(self, session):
        controllerhalf.mute(session.config)
        controllerhalf.look_distributed(session.config)
        yield


class AfterXdist:
    """Runs behind xdist's own pytest_cmdline_main, which switches the distribution off."""

    def pytest_cmdline_main(self, config):
        given = state(config)
        if given.spawned is not None:
            workerhalf.look_like_worker(config)
        elif given.workers and hasattr(config.option, "tx"):
            # Plugins ask these in pytest_configure; xdist itself asks for tx as well.
            config.option.numprocesses = given.workers
            config.option.dist = given.dist()


def option_names(parser):
    """Return all option strings that pytest's parser knows."""
    groups = list(getattr(parser, "_groups", ())) + [getattr(parser, "_anonymous", None)]
    names = set()
    for group in groups:
        for option in getattr(group, "options", ()):
            names.update(option.names())
    return names


def is_given(names, args):
    """Say whether one of the option strings stands in the arguments, with or without a value."""
    for arg in args:
        for name in names:
            if arg == name or arg.startswith(name + "="):
                return True
            if not name.startswith("--") and arg.startswith(name):
                return True
    return False


def adopt_options(config, parser, args):
    """Register those of xtop's options that addopts has, but no plugin knows here."""
    known = option_names(parser)
    group = parser.getgroup("xtop", "options that xtop takes over")
    new = False
    for names, settings in ADOPTED:
        if not known.intersection(names) and is_given(names, args):
            group._addoption(*names, help="Taken over by xtop.", **settings)
            new = True
    for name, kind in ADOPTED_INI.items():
        if name not in parser._inidict:
            parser.addini(name, "Taken over by xtop.", type=kind)
    if new:
        space = parser.parse_known_args(args, namespace=copy.copy(config.option))
        for names, settings in ADOPTED:
            if settings["dest"] in vars(space):
                value = getattr(space, settings["dest"])
                setattr(config.known_args_namespace, settings["dest"], value)


def ini(config, name):
    try:
        value = config.getini(name)
    except (KeyError, ValueError):
        return None
    return value if value else None


def number(value, kind):
    try:
        return kind(value)
    except (TypeError, ValueError):
        return None


def find_defaults(config):
    """Read xtop's options out of pytest's configuration, before they are taken away."""
    option = config.option
    found = {}

    def first(kind, *values):
        for value in values:
            value = number(value, kind)
            if value is not None:
                return value
        return None

    processes = getattr(option, "numprocesses", None)
    specs = getattr(option, "tx", None) or []
    if processes is None and specs:
        processes = sum(number(spec.split("*")[0], int) or 1 for spec in specs)
    if processes in ("auto", "logical"):
        processes = ask_for_workers(config) or processes
    if processes is not None:
        found["numprocesses"] = str(processes)
    dist = "load" if getattr(option, "distload", False) else getattr(option, "dist", "no")
    if dist and dist != "no":
        found["dist"] = dist
    found["maxfail"] = getattr(option, "maxfail", 0) or None
    found["reruns"] = first(int, getattr(option, "reruns", None), ini(config, "reruns")) or None
    delay = first(float, getattr(option, "reruns_delay", None), ini(config, "reruns_delay"))
    found["reruns_delay"] = delay or None
    factor = getattr(option, "reruns_delay_backoff_factor", None)
    found["reruns_delay_backoff_factor"] = first(
        float, factor, ini(config, "reruns_delay_backoff_factor")
    )
    for name in ("force_reruns", "max_suite_reruns"):
        found[name] = number(getattr(option, name, None), int)
    if getattr(option, "fail_on_flaky", False):
        found["flaky_result"] = "fail"
    variable = os.environ.get("PYTEST_TIMEOUT")
    limit = first(float, getattr(option, "timeout", None), variable, ini(config, "timeout"))
    found["timeout"] = limit if limit and limit > 0 else None
    whole = first(float, getattr(option, "session_timeout", None), ini(config, "session_timeout"))
    found["session_timeout"] = whole if whole and whole > 0 else None
    found["durations"] = getattr(option, "durations", None)
    for name in reruns.FILTERS:
        found[name] = reruns.given_filters(config, name) or None
    for name in ("maxprocesses", "testrunuid"):
        found[name] = getattr(option, name, None) or None
    found["max_worker_restart"] = number(getattr(option, "maxworkerrestart", None), int)
    found["maxschedchunk"] = number(getattr(option, "maxschedchunk", None), int)
    if not getattr(option, "loadscopereorder", True):
        found["no_loadscope_reorder"] = "true"
    if getattr(option, "collectonly", False) and not state(config).settings.get("collect_only"):
        found["collect_only"] = True
    return {name: value for name, value in found.items() if value is not None}


def added_reruns(config):
    """Return how many reruns a mark's own are added to (--reruns-mode=append)."""
    if getattr(config.option, "reruns_mode", "strict") != "append":
        return 0
    return max(state(config).defaults.get("reruns", 0), 0)


def ask_for_workers(config):
    """Let a conftest's own pytest_xdist_auto_num_workers decide; xdist's is not asked."""
    hook = getattr(config.hook, "pytest_xdist_auto_num_workers", None)
    if hook is None:
        return None
    for implementation in reversed(hook.get_hookimpls()):
        module = getattr(implementation.function, "__module__", None) or ""
        if module.partition(".")[0] != "xdist":
            given = [config for _ in implementation.argnames]
            answer = implementation.function(*given)
            if answer is not None:
                return number(answer, int)
    return None


def take_over(config):
    """Switch off in pytest what xtop does."""
    option = config.option
    # tx stays empty whatever -n says, so that xdist never starts.
    values = {
        "numprocesses": 0,
        "dist": "no",
        "distload": False,
        "tx": [],
        "looponfail": False,
        "maxfail": 0,
        "durations": None,
        "reruns": None,
        "force_reruns": None,
        "fail_on_flaky": False,
        "timeout": None,
        "session_timeout": None,
    }
    for name, value in values.items():
        if hasattr(option, name):
            setattr(option, name, value)
    manager = config.pluginmanager
    for name, plugin in list(manager.list_name_plugin()):
        if plugin is not None and getattr(plugin, "__name__", None) in RETIRED:
            controllerhalf.retire(manager, plugin)


def silence_reports(config):
    """Keep an auxiliary server, which only reruns a few tests, from writing the run's reports."""
    for name in REPORTS:
        if hasattr(config.option, name):
            setattr(config.option, name, None)
    if hasattr(config.option, "json_report"):
        config.option.json_report = False


def check_expressions(config):
    """Raise pytest.UsageError for a -k or -m that does not parse."""
    from _pytest.mark.expression import Expression

    for flag, text in (("-k", config.option.keyword), ("-m", config.option.markexpr)):
        text = (text or "").strip()
        if not text:
            continue
        if flag == "-k" and int(pytest.__version__.split(".")[0]) < 8:
            # Two old forms that pytest 7 still knows.
            text = "not " + text[1:] if text.startswith("-") else text
            text = text[:-1] if text.endswith(":") else text
        try:
            Expression.compile(text)
        except Exception as error:
            said = "wrong expression passed to '%s': %s: %s" % (flag, text, _say(error))
            raise pytest.UsageError(said + _pointer(text, said))


def _say(error):
    """Return an expression's error with its column; newer pytests raise a SyntaxError."""
    if isinstance(error, SyntaxError) and error.offset is not None:
        return "at column %d: %s" % (error.offset, error.msg)
    return str(error)


def _pointer(text, said):
    """Return the expression with a caret below the column that its error names, if it does."""
    found = re.search(r"at column (\d+)", said[said.find(text) + len(text) :])
    if found is None or "\n" in text:
        return ""
    before = text[: int(found.group(1)) - 1]
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in before)
    blank = "".join(each if each == "\t" else " " for each in before) + " " * wide
    return "\n  %s\n  %s^" % (text, blank)


def failure(problem, text=""):
    """Return (exit code, one clear message) for what ended pytest before or while collecting.

    `problem` is an exception or pytest's exit status; `text` is what pytest printed.
    """
    if isinstance(problem, BaseException):
        return _failure_of(problem)
    code = int(problem or 0)
    text = (text or "").strip()
    if code == 3 and text:
        return 3, _internal(text)
    said = {
        0: "pytest ended before it collected tests: its --help, --version and the like are its own",
        1: "pytest failed before the tests were collected",
        2: "the collection was interrupted",
        3: "pytest had an internal error while collecting",
        4: "pytest could not be used like this",
        5: "no tests were collected",
    }.get(code, "pytest ended with status %d before the tests were collected" % code)
    return code or 4, said + (":\n" + text if text else "")


def _failure_of(problem):
    from _pytest.config import ConftestImportFailure
    from _pytest.outcomes import Exit

    if isinstance(problem, ConftestImportFailure):
        cause = getattr(problem, "cause", None)
        if cause is None:
            cause = problem.excinfo[1]
        path = str(problem.path)
        if isinstance(cause, (Exit, SystemExit)):
            return _failure_of(cause)
        return 4, "%s cannot be imported: %s\n%s" % (_short(path), _name(cause), _trace(cause))
    if isinstance(problem, pytest.UsageError):
        return 4, _usage(str(problem))
    if isinstance(problem, Exit):
        code = getattr(problem, "returncode", None)
        said = getattr(problem, "msg", "") or problem
        return code or 2, "%spytest.exit: %s" % (_where(problem), said)
    if isinstance(problem, SystemExit):
        code = problem.code if isinstance(problem.code, int) and problem.code else 2
        said = problem.code if isinstance(problem.code, str) else "status %s" % (problem.code or 0)
        return code, "%sexits while the tests are being collected: %s" % (_where(problem), said)
    if isinstance(problem, KeyboardInterrupt):
        return 2, _where(problem) + "interrupted while the tests were being collected"
    if type(problem).__name__ == "PluginImportFailure" or isinstance(problem, ImportError):
        cause = problem.__cause__ or problem
        if isinstance(cause, ModuleNotFoundError) and not _frames(cause):
            return 4, str(problem)
        return 4, "a pytest plugin cannot be imported: %s\n%s" % (problem, _trace(cause))
    if isinstance(problem, OSError) and not _frames(problem):
        return 4, str(problem)
    return 3, "%s%s\n%s" % (_where(problem), _name(problem), _trace(problem))


def _internal(text):
    """Return an internal error's traceback, from the project's code on, behind one line on it."""
    lines = text.splitlines()
    first = place = None
    for index, line in enumerate(lines):
        found = re.match(r'\s*File "([^"]+)", line (\d+)', line)
        if found and not watch.is_installed(found.group(1)):
            first = index if first is None else first
            place = "%s:%s: " % (_short(found.group(1)), found.group(2))
    # An exception may have notes; its own line is the first behind the frames.
    said = next((line for line in reversed(lines) if line and not line[0].isspace()), lines[-1])
    return "%s%s\n%s" % (place or "", said, "\n".join(lines[first or 0 :]))


def _usage(text):
    """Return the words of a usage error without pytest's own usage line."""
    head, found, rest = text.rpartition(": error: ")
    return rest if found else text


def _name(error):
    text = str(error)
    return "%s: %s" % (type(error).__name__, text) if text else type(error).__name__


def _short(path):
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return path
    return path if relative.startswith("..") else relative


def _frames(error):
    """Return the traceback's frames that are not pytest's, the import system's or ours."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not watch.is_installed(frame.filename)]
    return own


def _where(error):
    frames = _frames(error)
    return "%s:%d: " % (_short(frames[-1].filename), frames[-1].lineno) if frames else ""


def _trace(error):
    """Return a traceback that begins with the project's own code."""
    if isinstance(error, SyntaxError):
        lines = traceback.format_exception_only(type(error), error)
        return "".join(lines).rstrip()
    here = os.path.dirname(os.path.abspath(__file__)) + os.sep
    entries = traceback.extract_tb(error.__traceback__)
    entries = [frame for frame in entries if not frame.filename.startswith(here)]
    first = 0
    for index, frame in enumerate(entries):
        if not watch.is_installed(frame.filename):
            first = index
            break
    lines = traceback.format_list(entries[first:])
    lines += traceback.format_exception_only(type(error), error)
    return "".join(lines).rstrip()
