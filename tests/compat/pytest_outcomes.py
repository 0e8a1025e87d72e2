#!/usr/bin/env python3
"""Runs a pytest suite under plain pytest and under xtop and compares the outcome of each test.

    pytest_outcomes.py [OPTION...] DIRECTORY [PATH...] [-- PYTEST-ARGUMENT...]

DIRECTORY is where both are started, PATHs are what they are given, and what stands behind `--` goes to pytest.
Plain pytest runs twice; a test whose outcome is not the same both times is named as flaky and not compared. Differences
are printed one a line, and a summary as the last line. Exit code: 0 no difference, 1 differences, 2 a run that is none.

The outcome of a test folds those of its phases: a failure in its call is more than an error in its set-up or tear-down,
that is more than a skip or an expected failure, and that is more than a pass.
"""
import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

RANKS = ["passed", "xpassed", "xfailed", "skipped", "error", "failed"]


class Recorder:
    """A plugin of plain pytest that writes "id TAB ordinal TAB outcome" for each test."""

    def __init__(self, path):
        self.path = path
        self.ordinals = collections.Counter()
        self.outcomes = collections.OrderedDict()

    def pytest_runtest_logstart(self, nodeid):
        self.ordinals[nodeid] += 1

    def add(self, key, outcome):
        before = self.outcomes.get(key)
        if before is None or RANKS.index(outcome) > RANKS.index(before):
            self.outcomes[key] = outcome

    def pytest_runtest_logreport(self, report):
        expected = hasattr(report, "wasxfail")
        if report.failed:
            outcome = "failed" if report.when == "call" else "error"
        elif report.skipped:
            outcome = "xfailed" if expected else "skipped"
        elif report.passed:
            outcome = "xpassed" if expected and report.when == "call" else "passed"
        else:
            return  # "rerun"
        self.add((report.nodeid, self.ordinals[report.nodeid]), outcome)

    def pytest_collectreport(self, report):
        if report.failed:
            self.add((report.nodeid, 1), "error")
        elif report.skipped:
            self.add((report.nodeid, 1), "skipped")

    def pytest_unconfigure(self):
        with open(self.path, "w", encoding="utf-8", errors="backslashreplace") as out:
            for (nodeid, ordinal), outcome in self.outcomes.items():
                out.write("%s\t%d\t%s\n" % (json.dumps(nodeid), ordinal, outcome))


def record(path, arguments):
    """Is pytest with the plugin, as the `pytest` command would be: without this directory on sys.path."""
    del sys.path[0]
    import pytest

    sys.argv = [os.path.join(os.path.dirname(sys.executable), "pytest")] + arguments
    sys.exit(pytest.main(plugins=[Recorder(path)]))


def environment():
    """What a user has, not what this script was called with."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST_", "XTOP"))
    }


class Run:
    """How a run went: its outcomes by (id, ordinal), its seconds, exit code, and what else is to be said."""

    def __init__(self):
        self.outcomes = {}
        self.crashes = {}
        self.seconds = 0.0
        self.code = None
        self.complaints = []


def execute(run, command, options, output, meanwhile=None):
    begin = time.monotonic()
    with open(output, "wb") as out:
        process = subprocess.Popen(
            command,
            cwd=options.directory,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if meanwhile:
            thread = threading.Thread(target=meanwhile, args=(process,), daemon=True)
            thread.start()
        try:
            run.code = process.wait(options.limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            run.complaints.append("it did not end within %d s" % options.limit)
            run.code = -signal.SIGKILL
    run.seconds = time.monotonic() - begin
    return run


def run_plain(options, scratch, extra=()):
    run = Run()
    path = os.path.join(scratch, "outcomes")
    if os.path.exists(path):
        os.unlink(path)
    command = [options.python, os.path.abspath(__file__), "--record", path]
    command += list(extra) + options.arguments + options.paths
    execute(run, command, options, os.path.join(scratch, "plain.out"))
    if os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                nodeid, ordinal, outcome = line.rstrip("\n").split("\t")
                run.outcomes[json.loads(nodeid), int(ordinal)] = outcome
    return run


def descendants(root):
    """(pid, command line) of each process below one."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as stat:
                    fields = stat.read().rpartition(")")[2].split()
                with open("/proc/%s/cmdline" % name, "rb") as text:
                    command = text.read().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            parents[int(name)] = (int(fields[1]), command)
    for pid, (parent, command) in parents.items():
        depth = 1
        while parent not in (root, 0, 1) and parent in parents:
            parent = parents[parent][0]
            depth += 1
        if parent == root:
            yield pid, depth, command


def killer(options, events):
    """Kills below xtop, at random: whatever runs a test, keeps one that does, or is a worker or the server.

    The guardian (xtop's child) stays: without it the run is over, as it should be. Nothing is killed before the first
    test has started, and the server only once, because what dies again and again is given up.
    """
    chance = random.Random(options.seed)

    def started():
        try:
            with open(events, encoding="utf-8") as lines:
                return any('"type":"test.started"' in line for line in lines)
        except OSError:
            return False

    def kill(process):
        left = options.kill
        servers = 1
        while process.poll() is None and not started():
            time.sleep(0.05)
        while left and process.poll() is None:
            time.sleep(chance.uniform(*options.kill_every))
            targets = []
            for pid, depth, command in descendants(process.pid):
                is_server = depth == 2 and "xtop_pytest" in command
                if depth > 1 and (servers or not is_server):
                    targets.append((pid, is_server))
            if not targets:
                continue
            pid, is_server = chance.choice(sorted(targets))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            servers -= is_server
            left -= 1

    return kill


def run_xtop(options, scratch):
    run = Run()
    path = os.path.join(scratch, "events")
    if os.path.exists(path):
        os.unlink(path)
    command = [options.xtop, "--no-tui", "--adapter", "pytest", "--python", options.python]
    command += ["-n", str(options.numprocesses), "--events", path]
    if options.python_start:
        command += ["--python-start", options.python_start]
    command += options.xtop_option + options.paths
    if options.arguments:
        command += ["--"] + options.arguments
    output = os.path.join(scratch, "xtop.out")
    execute(run, command, options, output, killer(options, path) if options.kill else None)
    finished = False
    found = collections.Counter()
    if os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)
                key = (event.get("id"), event.get("ordinal", 1))
                if event["type"] == "test.found":
                    found[key] += 1
                elif event["type"] == "test.verdict":
                    if key in run.outcomes:
                        run.complaints.append("%s has two verdicts" % key[0])
                    run.outcomes[key] = event["outcome"]
                    if event["outcome"] == "crashed":
                        run.crashes[key] = event
                elif event["type"] == "run.finished":
                    finished = True
    if not finished:
        run.complaints.append("no run.finished; exit code %s" % run.code)
    for key in found:
        if key not in run.outcomes:
            run.complaints.append("%s has no verdict" % key[0])
    if run.complaints:
        with open(output, encoding="utf-8", errors="replace") as text:
            run.complaints += ["its output: " + line.rstrip() for line in text.readlines()[-15:]]
    return run


def name_of(key):
    text = key[0].encode("unicode_escape").decode("ascii")
    return text if key[1] == 1 else "%s (no. %d)" % (text, key[1])


def compare(options):
    with tempfile.TemporaryDirectory(prefix="xtop-compat-") as scratch:
        first = run_plain(options, scratch)
        if not first.outcomes:
            with open(os.path.join(scratch, "plain.out"), errors="replace") as text:
                sys.stdout.write("".join("pytest: " + line for line in text.readlines()[-15:]))
            print("%s: plain pytest ran no test" % options.name)
            return 2
        flaky = set()
        for _ in range(options.runs - 1):
            again = run_plain(options, scratch)
            flaky |= {
                key
                for key in set(first.outcomes) | set(again.outcomes)
                if first.outcomes.get(key) != again.outcomes.get(key)
            }
        run = run_xtop(options, scratch)
    for key in sorted(flaky):
        print("flaky: %s" % name_of(key))
    for complaint in run.complaints:
        print("xtop: %s" % complaint)
    differences = 0
    for key in sorted(set(first.outcomes) | set(run.outcomes)):
        expected, found = first.outcomes.get(key, "-"), run.outcomes.get(key, "-")
        if key in flaky or expected == found:
            continue
        if options.kill and found == "crashed" and len(run.crashes) <= options.kill:
            continue
        differences += 1
        if differences <= options.show:
            print("differs: %s: pytest %s, xtop %s" % (name_of(key), expected, found))
    # A harness that is killed together with its keeper: nobody is left who could tell.
    unnamed = sum(not event.get("signal") for event in run.crashes.values())
    counts = collections.Counter(first.outcomes.values())
    print(
        "%s: %d tests (%s), %d flaky, %d differ%s; pytest %.1f s, xtop %.1f s"
        % (
            options.name,
            len(first.outcomes),
            ", ".join("%d %s" % (counts[outcome], outcome) for outcome in RANKS if counts[outcome]),
            len(flaky),
            differences,
            ", %d crashed, %d of them without a signal" % (len(run.crashes), unnamed) if options.kill else "",
            first.seconds,
            run.seconds,
        )
    )
    return 1 if differences or run.complaints else 0


def main():
    if sys.argv[1:2] == ["--record"]:
        record(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--xtop", default=os.environ.get("XTOP", "./xtop"))
    parser.add_argument("-n", dest="numprocesses", default="2")
    parser.add_argument("--python-start", choices=["fork", "spawn", "auto"])
    parser.add_argument("--xtop-option", action="append", default=[], metavar="OPTION")
    parser.add_argument("--name")
    parser.add_argument("--runs", type=int, default=2, help="of plain pytest")
    parser.add_argument("--limit", type=int, default=1800, help="seconds for each run")
    parser.add_argument("--show", type=int, default=20, help="differences at most")
    parser.add_argument("--kill", type=int, default=0, help="processes to kill at random while xtop runs")
    parser.add_argument("--kill-every", type=float, nargs=2, default=[0.1, 1.0], metavar=("MIN", "MAX"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("directory")
    parser.add_argument("paths", nargs="*")
    arguments = sys.argv[1:]
    behind = []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, behind = arguments[:place], arguments[place + 1 :]
    options = parser.parse_args(arguments)
    options.arguments = behind
    options.xtop = os.path.abspath(options.xtop)
    options.directory = os.path.abspath(options.directory)
    options.name = options.name or os.path.basename(options.directory)
    sys.exit(compare(options))


if __name__ == "__main__":
    main()
