"""What one pytest configuration knows of the run it belongs to.

It hangs on the configuration, so it crosses the fork with it, and a test that runs pytest inside of
pytest has a configuration without it.
"""

import sys

# Modes of distribution that xdist has as well, and plugins may know.
XDIST_MODES = ("each", "load", "loadscope", "loadfile", "loadgroup", "worksteal")


class State:
    def __init__(self, settings=None):
        self.settings = settings or {}
        self.workers = self.settings.get("workers") or 0
        self.auxiliary = bool(self.settings.get("auxiliary"))
        self.spawned = self.settings.get("spawned")
        self.defaults = {}
        self.nodes = {}
        self.screen = None
        self.registered = []
        self.late = None
        self.measuring = []

    def dist(self):
        """Return how tests are distributed, in the words of xdist."""
        asked = self.settings.get("dist") or self.defaults.get("dist")
        return asked if asked in XDIST_MODES else "load"


def state(config):
    """Return the configuration's state; an empty one for a configuration that is not ours."""
    found = config.__dict__.get("_xtop")
    if found is None:
        found = config._xtop = State()
    return found


def base_input(slot, workers, run_id):
    """Return the workerinput that xdist itself makes."""
    return {
        "workerid": "gw%d" % slot,
        "workercount": workers,
        "testrunuid": run_id,
        "mainargv": list(sys.argv),
    }
