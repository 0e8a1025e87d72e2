"""A harness in an interpreter of its own: collects by itself, as an xdist worker does."""

import gc
import json
import os
import sys

import pytest

from . import afterfork, options, output, replay, workerhalf
from . import collection, harness, server
from .session import run_pytest


class SpawnedSession:
    """The plugin that runs a worker's tests where pytest would run all of them."""

    def __init__(self, settings, streams, hooks):
        self._settings = settings
        self._streams = streams
        self._hooks = hooks
        self._failures = collection.Failures()
        self.problem = None
        self.text = ""
        self.pid = os.getpid()

    def pytest_collectreport(self, report):
        if not report.passed:
            self._failures.note(report)

    def pytest_keyboard_interrupt(self, excinfo):
        self.problem = excinfo.value

    def pytest_internalerror(self, excrepr, excinfo):
        self.text = str(excrepr)
        if isinstance(excinfo.value, SystemExit):
            self.problem = excinfo.value

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        config = session.config
        if os.getpid() != self.pid:
            # The suite has forked while it was imported, and this is the child.
            afterfork.leave(0)
        spawned = self._settings["collect"]["spawned"]
        try:
            gc.enable()
            tests = collection.Collection(session, self._failures)
            afterfork.send_faults_to(config, self._streams.stderr_descriptor)
            sender = replay.Sender(self._settings["report"], config, spawned["listens"])
            workerhalf.become_worker(
                config,
                session,
                spawned["slot"],
                spawned["workers"],
                spawned["run_id"],
                spawned["serial"],
            )
            self._hooks.harness = harness.Harness(
                session, tests, self._settings["control"], self._streams, sender, False
            )
        except BaseException as error:
            harness.report_failure(self._settings["control"], error)
        self._hooks.harness.run()


class Basetemp:
    """Sets the harness' own base temporary directory, as xdist does before it configures pytest."""

    def __init__(self, directory):
        self._directory = directory

    def pytest_cmdline_main(self, config):
        if self._directory is not None:
            config.option.basetemp = self._directory


def main(descriptor):
    """Run the harness that a keeper has described; does not return."""
    with open(descriptor, "rb") as file:
        settings = json.loads(file.read().decode("utf-8"))
    for name in ("control", "stdout", "stderr", "report"):
        os.set_inheritable(settings[name], False)
    control = settings["control"]
    gc.disable()
    streams = output.Streams(settings["stdout"], settings["stderr"])
    streams.take(False)
    collect = settings["collect"]
    sys.argv = [server.command_name()] + [str(each) for each in collect.get("args", ())]
    arguments, plugins = options.prepare(collect)
    hooks = harness.Hooks()
    run = SpawnedSession(settings, streams, hooks)
    plugins = plugins + [Basetemp(settings["base"]), hooks, run]
    status, error = run_pytest(arguments, plugins)
    _, message = options.failure(error or run.problem or status, run.text)
    if os.getpid() == run.pid:
        harness.tell_failure(control, message)
    afterfork.leave(1)
