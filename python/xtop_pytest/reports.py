"""Folds the reports of a test's phases into the one result that xtop shows."""

from . import wire
from .collection import skip_reason

# What a later phase may change: a failure in the call outweighs an error in set-up or teardown,
# which outweighs a skip, which outweighs a pass.
RANK = {"passed": 0, "xpassed": 1, "skipped": 2, "xfailed": 3, "error": 4, "failed": 5}


def outcome_of(report):
    """Return the outcome that one phase's report stands for."""
    outcome = report.outcome
    if outcome == "passed":
        return "xpassed" if report.when == "call" and hasattr(report, "wasxfail") else "passed"
    if outcome == "skipped":
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    if outcome == "failed":
        return "failed" if report.when == "call" else "error"
    return "passed"


def is_point(report):
    """Tell whether a report is that of a subtest (pytest 9's, or pytest-subtests')."""
    return hasattr(report, "context") and type(report).__name__.lower() == "subtestreport"


def point_name(report):
    """Return what the test called a subtest."""
    context = report.context
    parts = []
    if context.msg is not None:
        parts.append("[{}]".format(context.msg))
    if context.kwargs:
        parts.append("({})".format(", ".join("%s=%s" % each for each in context.kwargs.items())))
    return " ".join(parts) or "(<subtest>)"


def crash_line(report):
    """Return a failure in one line, as `AssertionError: assert 3 == 2`."""
    longrepr = report.longrepr
    crash = getattr(longrepr, "reprcrash", None)
    text = crash.message if crash is not None else getattr(longrepr, "errorstring", None)
    if not isinstance(text, str) or not text.strip():
        lines = [each for each in report.longreprtext.splitlines() if each.strip()]
        marked = [each[1:] for each in lines if each.startswith("E ")]
        text = (marked or lines or ["failed"])[0]
    text = text.strip().splitlines()[0]
    if text.startswith("assert ") and crash is not None:
        # pytest drops the name where it has rewritten the assertion; expressions over failures
        # (--only-rerun) look for it.
        text = "AssertionError: " + text
    return text


def failure_text(report):
    """Return the whole text of a failure with its captured log."""
    parts = [report.longreprtext]
    for name, content in report.sections:
        if not name.startswith(("Captured stdout", "Captured stderr")):
            parts.append("{:-^80}\n{}".format(" " + name + " ", content.rstrip("\n")))
    return "\n".join(parts)


# A test that passed and has nothing to say: put together by hand, as most tests are such.
PASSED = b'{"event":"finished","outcome":"passed","setup":%.6f,"call":%.6f,"teardown":%.6f}\n'
PASSED_STANDS = PASSED.replace(b"}", b',"stands":true}')


def with_node(line, node):
    """Return such a line with the id of the node of which something stands, if there is one."""
    if node is None:
        return line
    return line[:-2] + b',"standing":' + wire.quoted(node).encode() + b"}\n"


class Fold:
    """The result of one attempt, built from its reports in their order."""

    def __init__(self, config):
        self._root = str(config.rootpath)
        self.begin()

    def begin(self):
        """Forget the last attempt."""
        self.outcome = "passed"
        self.plain = True
        self.last = None
        self.rerun = None
        self.code = None
        self.stop = None
        self.stands = False
        self.forked = False
        self.standing = None
        self.alone = False
        self._keep = True
        self._durations = {}
        self._texts = []
        self._first = None
        self._points = []
        self._where = None
        self._fixed = None
        self._reason = None

    def add(self, report):
        """Take in a report of pytest_runtest_logreport."""
        if is_point(report):
            self._add_point(report)
            return
        self.last = report
        when = report.when
        durations = self._durations
        durations[when] = durations.get(when, 0.0) + report.duration
        if report.outcome == "passed" and not hasattr(report, "wasxfail"):
            return
        outcome = outcome_of(report)
        if report.outcome == "failed":
            self._fail(report, outcome)
        elif RANK[outcome] > RANK[self.outcome]:
            self._take_reason(report)
        if RANK[outcome] > RANK[self.outcome]:
            self.outcome = outcome
            self.plain = False

    def _fail(self, report, outcome):
        text = failure_text(report)
        if self._first is None or RANK[outcome] > RANK[self.outcome]:
            self._first = crash_line(report)
            self._where = self._location(report)
        elif outcome == "error":
            text = "error in {}: {}\n{}".format(report.when, crash_line(report), text)
        self._texts.append(text)

    def _take_reason(self, report):
        longrepr = report.longrepr
        if hasattr(report, "wasxfail"):
            reason = str(report.wasxfail)
            self._reason = reason[8:] if reason.startswith("reason: ") else reason
        elif isinstance(longrepr, tuple) and len(longrepr) == 3:
            self._reason = skip_reason(longrepr[2])
            self._where = (self._relative(str(longrepr[0])), longrepr[1])
        elif longrepr is not None:
            self._reason = skip_reason(longrepr)

    def _add_point(self, report):
        outcome = outcome_of(report)
        point = {"name": point_name(report), "outcome": outcome}
        self.plain = False
        if outcome in ("failed", "error"):
            first = "{} {}".format(point["name"], crash_line(report))
            point["message"] = crash_line(report) + "\n" + failure_text(report)
            if self._first is None:
                self._first = first
                self._where = self._location(report)
            self._texts.append("{}\n{}".format(point["name"], failure_text(report)))
            self.outcome = "failed"
        self._points.append(point)

    def fail(self, outcome, message):
        """Make the attempt a failure for which no phase has a report."""
        self.plain = False
        if RANK[outcome] > RANK[self.outcome]:
            self.outcome = outcome
        if self._first is None:
            self._first = message.splitlines()[0]
        self._texts.append(message)

    def abandon(self):
        """Say that this process must not run another test."""
        self.plain = False
        self._keep = False

    def found_at(self, path, line):
        """Say where a failure comes from whose traceback does not."""
        if path is not None:
            self._fixed = self._relative(path), line

    def note(self, text):
        """Add a line to a failure's text."""
        self._texts.append(text)

    def _location(self, report):
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is None or not crash.path:
            return None
        return self._relative(str(crash.path)), crash.lineno

    def _relative(self, path):
        root = self._root + "/"
        return path[len(root) :] if path.startswith(root) else path

    def line(self, captured):
        """Return the "finished" event as a line; `captured`: pytest has captured the output."""
        durations = self._durations
        last = self.last
        plain = self.plain and not self.forked
        plain = plain and not (last is not None and last.user_properties)
        output = self._output() if captured else None
        if plain and not output and not self.alone:
            passed = (PASSED_STANDS if self.stands else PASSED) % (
                durations.get("setup", 0.0),
                durations.get("call", 0.0),
                durations.get("teardown", 0.0),
            )
            return with_node(passed, self.standing)
        return wire.line(self._message(output))

    def _message(self, output):
        message = {"event": "finished", "outcome": self.outcome}
        for when in ("setup", "call", "teardown"):
            message[when] = round(self._durations.get(when, 0.0), 6)
        failed = self.outcome in ("failed", "error")
        if failed:
            message["message"] = "\n".join([self._first or "failed"] + self._texts)
            if self.rerun is not None:
                message["rerun"] = self.rerun
        elif self._reason is not None:
            message["reason"] = self._reason
        where = self._fixed or self._where
        if where is not None:
            message["file"] = where[0]
            if isinstance(where[1], int) and where[1] > 0:
                message["line"] = where[1]
        if self.code is not None and failed:
            message["code"] = self.code
        if self.stands:
            message["stands"] = True
        if self.forked:
            message["forked"] = True
        if self.standing is not None:
            message["standing"] = self.standing
        if self.alone:
            message["alone"] = True
        if not self._keep:
            message["keep"] = False
        if self.stop is not None:
            message["stop"] = self.stop
        if self.last is not None and self.last.user_properties:
            message["properties"] = [
                [str(name), str(value)] for name, value in self.last.user_properties
            ]
        if output:
            message["output"] = output
        if self._points:
            message["points"] = self._points
        return message

    def _output(self):
        output = []
        for name, content in self.last.sections if self.last is not None else ():
            if name.startswith("Captured stdout"):
                output.append(["stdout", content])
            elif name.startswith("Captured stderr"):
                output.append(["stderr", content])
        return output
