"""Makes pytest-cov's numbers under xtop those of a serial run.

In the server pytest-cov measures as if alone: the modules are imported there. A forked harness goes
on measuring with the same object, saves a data file of its own when it leaves, and pytest-cov in
the server combines all of them when the run is over, as it does with those of subprocesses.
"""

import glob
import os
import socket
import sqlite3
import sys

from .state import state


def _plugin(config):
    return config.pluginmanager.get_plugin("_cov")


def _controller(config):
    return getattr(_plugin(config), "cov_controller", None)


def _started():
    """Return the coverage objects that measure in this process."""
    control = sys.modules.get("coverage.control")
    kind = getattr(control, "Coverage", None)
    return list(getattr(kind, "_instances", ()))


def _pid_of(cov):
    return getattr(getattr(cov, "_collector", None), "pid", None)


def after_fork(config):
    """Make the inherited measurement this process' own."""
    collector = sys.modules.get("coverage.collector")
    if collector is None:
        return
    pid = os.getpid()
    # Coverage's patch=fork has begun a new measurement in this process already.
    state(config).measuring = [cov for cov in _started() if _pid_of(cov) == pid]
    for each in getattr(collector.Collector, "_collectors", ()):
        # A coverage object that a test starts would throw away those of another process.
        each.pid = pid
    instances = _started()
    own = getattr(_controller(config), "cov", None)
    if own is not None:
        instances.append(own)
    for cov in instances:
        _be_quiet(cov)
        # The server looks for files that nobody has run; once is enough.
        inorout = getattr(cov, "_inorout", None)
        if hasattr(inorout, "find_possibly_unexecuted_files"):
            inorout.find_possibly_unexecuted_files = _none
    if _plugin(config) is not None:
        _plugin(config).pid = pid


def _be_quiet(cov):
    """Give no warning on what one process alone has never run."""
    cov._warn_no_data = False
    cov._warn_unimported_source = False


def _none():
    return []


def before_exit(config):
    """Save what this harness has measured; after the last teardown."""
    own = getattr(_controller(config), "cov", None)
    instances = [cov for cov in reversed(_started()) if getattr(cov, "_auto_save", False)]
    if own is not None:
        # What else measured before pytest-cov did has been paused since, and isn't pytest-cov's.
        begun = state(config).measuring
        instances = [own] + [cov for cov in instances if cov in begun]
    for cov in instances:
        here = None
        try:
            # pytest-cov's data goes to where the session began.
            here = os.getcwd()
            os.chdir(str(config.invocation_params.dir))
        except OSError:
            pass
        try:
            cov.stop()
            cov.save()
        except Exception as error:
            sys.stderr.write("xtop: coverage data of a worker is lost: %s\n" % error)
        if here is not None:
            try:
                os.chdir(here)
            except OSError:
                pass
    output = getattr(config, "workeroutput", None)
    if own is not None and output is not None:
        output["cov_worker_node_id"] = config.workerinput.get("workerid", "")


def combine(config):
    """Prepare the server for pytest-cov's own combining, which comes when the loop has ended.

    A killed harness may have left a data file half-written; it would stay for ever.
    """
    own = getattr(_controller(config), "cov", None)
    path = getattr(getattr(own, "config", None), "data_file", None)
    if path is None:
        return
    _be_quiet(own)
    for name in glob.glob(glob.escape(os.path.abspath(path)) + ".*"):
        if name.endswith(".rcfile"):
            continue
        try:
            connection = sqlite3.connect("file:%s?mode=ro" % name.replace("?", "%3f"), uri=True)
            try:
                connection.execute("select count(*) from file").fetchone()
            finally:
                connection.close()
        except sqlite3.Error:
            try:
                os.unlink(name)
            except OSError:
                pass


def worker_input(config):
    """Return what pytest-cov puts into workerinput, for a harness that is spawned."""
    controller = _controller(config)
    if controller is None:
        return {}
    return {
        "cov_master_host": socket.gethostname(),
        "cov_master_topdir": str(getattr(controller, "topdir", os.getcwd())),
        "cov_master_rsync_roots": [],
    }
