"""What a forked harness must do before its first test, to be as good as a process of its own.

Each function says what goes wrong without it.
"""

import atexit
import faulthandler
import gc
import logging
import os
import random
import sys
import tempfile
import threading
import weakref

EXIT_SECONDS = 10.0
BLOCKS_SEARCHED = 200


def set_environment(values):
    """Set the worker's variables; None unsets one. Without it, fixtures that give each worker a
    database or a port by PYTEST_XDIST_WORKER would all use the same one."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def basetemp(config):
    """Return the directory below which the harnesses' are made, or None."""
    factory = getattr(config, "_tmp_path_factory", None)
    try:
        return factory.getbasetemp() if factory is not None else None
    except Exception:
        # Tests that ask for a directory will fail with the reason; the others can run.
        return None


def basetemp_of(base, slot, serial, number):
    """Return the directory for the harness that is the number-th of its slot; None: the server's.

    A harness that replaces a dead one gets a new directory: what the dead one left is in the way of
    names that a session fixture makes once, and it is evidence.
    """
    if base is None:
        return None
    if serial:
        return None if number == 1 else base / "restart-{}".format(number)
    name = "popen-gw{}".format(slot)
    return base / (name if number == 1 else "{}-{}".format(name, number))


def give_basetemp(config, directory):
    """Use a base temporary directory of this harness' own, laid out as xdist does.

    Without it `mktemp("x", numbered=False)` fails in all workers but the first, and each worker's
    cleaning deletes the others' files. The directory is made when a test first asks for one.
    """
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is None:
        return
    if hasattr(factory, "_exit_stack"):
        # It removes the server's numbered directories, which is the server's to do.
        factory._exit_stack = type(factory._exit_stack)()
    if directory is None:
        return
    config.option.basetemp = str(directory)
    factory._given_basetemp = directory
    factory._basetemp = None
    if hasattr(factory, "_next_number"):
        factory._next_number = {}


def send_faults_to(config, descriptor):
    """Let faulthandler write to this harness' standard error.

    Without it the stack of a crash goes to the server's stderr, under no test. pytest keeps a
    duplicate of the stderr it was configured with; that number becomes ours too.
    """
    from _pytest import faulthandler as plugin

    for name in ("fault_handler_stderr_fd_key", "fault_handler_stderr_key"):
        key = getattr(plugin, name, None)
        kept = config.stash.get(key, None) if key is not None else None
        if kept is not None:
            number = kept if isinstance(kept, int) else kept.fileno()
            os.dup2(descriptor, number, inheritable=False)
    faulthandler.enable(file=descriptor)


def forget_tempdir():
    """Forget the directory that tempfile chose. Without it a TMPDIR of this worker's own is not
    seen, because the server has looked already."""
    tempfile.tempdir = None


class RandomState:
    """The state of Python's generator before the suite was imported.

    Processes of their own begin with states of their own, unless the suite seeds them while it is
    imported: then they are all equal, and tests may rely on that. A state that can be reached from
    the first one by drawing numbers was not seeded.
    """

    def __init__(self):
        self._first = random.getstate()

    def seeded(self):
        """Return the state now if someone has called random.seed() or setstate() since, else None."""
        state = random.getstate()
        now = state[1][:-1]
        if now == self._first[1][:-1]:
            return None
        trial = random.Random()
        trial.setstate(self._first)
        for _ in range(BLOCKS_SEARCHED):
            trial.getrandbits(32 * 624)
            if trial.getstate()[1][:-1] == now:
                return None
        return state


def reseed(seeded):
    """Give this process random numbers of its own, where the suite has not seeded them.

    Without it all workers draw the same "random" names from numpy, and meet. Python seeds its own
    generator anew after each fork: the state that a suite has chosen must be set again.
    """
    if seeded is not None:
        random.setstate(seeded)
    numpy = sys.modules.get("numpy")
    legacy = getattr(getattr(numpy, "random", None), "mtrand", None)
    state = getattr(legacy, "_rand", None)
    generator = getattr(state, "_bit_generator", None)
    # numpy forgets its first entropy when the generator is seeded by hand.
    if generator is not None and getattr(generator, "_seed_seq", None) is not None:
        state.seed()


def disarm_exits():
    """Take back the exit functions that were registered before the fork.

    Without it each worker would at its end stop the services and delete the directories that the
    server's imports have made, while others use them. Those of Python's own modules stay: they are
    about what this process makes from now on.
    """
    atexit._clear()
    for each in list(getattr(weakref.finalize, "_registry", ())):
        each.atexit = False
    weakref.finalize._registered_with_atexit = False
    atexit.register(logging.shutdown)
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        multiprocessing._finalizer_registry.clear()
        atexit.register(multiprocessing._exit_function)


def run_exits(descriptor, seconds=EXIT_SECONDS):
    """Run what was registered since, and wait for threads, under a deadline.

    Without it files of the tests' atexit functions are missing; without the deadline a thread that
    never ends would keep the worker for ever. The watch is one in C: it also ends a process that is
    stuck with the interpreter's lock held, and writes where it was.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=descriptor)
    try:
        threading._shutdown()
    except BaseException:
        report_exit_error()
    try:
        atexit._run_exitfuncs()
    except BaseException:
        report_exit_error()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            # A test may have closed it.
            pass
    faulthandler.cancel_dump_traceback_later()


def report_exit_error():
    """Print the error of an exit function to standard error, as Python does."""
    import traceback

    try:
        traceback.print_exc()
    except Exception:
        # Standard error may be closed by now; the exit goes on.
        pass


LOOK_AT_OBJECTS = ("objgraph", "pympler", "guppy")


def freeze(project):
    """Move all objects out of the collector's sight before a fork: a collection would touch, and so
    copy, every page that is shared with the parent. But gc.get_referrers and gc.get_objects don't
    see frozen objects either: where a module below `project` uses them, nothing is frozen. Return
    whether it was done."""
    if _looks_at_objects(project):
        return False
    _thaw_for_hypothesis()
    gc.freeze()
    return True


def freeze_more(frozen):
    """Freeze what came since, where the server froze; gc itself would have to count the objects."""
    if frozen:
        gc.freeze()


def _looks_at_objects(project):
    below = os.path.join(project, "")
    for name, module in sys.modules.copy().items():
        if name in LOOK_AT_OBJECTS:
            return True
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.startswith(below):
            continue
        if os.sep + "site-packages" + os.sep in file:
            continue
        names = vars(module)
        if names.get("get_referrers") or names.get("get_objects"):
            return True
        if names.get("gc") is gc and _mentions(file, (b"get_referrers", b"get_objects")):
            return True
    return False


def _mentions(file, words):
    try:
        with open(file, "rb") as source:
            text = source.read()
    except OSError:
        # Its source is not there to be asked: better too much memory than a wrong answer.
        return True
    return any(word in text for word in words)


class _Thawing:
    """The module gc, for one that only asks whether an object has referrers."""

    def __getattr__(self, name):
        return getattr(gc, name)

    def get_referrers(self, *objects):
        gc.unfreeze()
        return gc.get_referrers(*objects)


def _thaw_for_hypothesis():
    """hypothesis warns of generators that nothing refers to; warnings may be errors."""
    entropy = sys.modules.get("hypothesis.internal.entropy")
    if entropy is not None and getattr(entropy, "gc", None) is gc:
        entropy.gc = _Thawing()


def switch_collector_on():
    """Collect garbage again, which is off while the suite is imported; without it tests that make
    cycles, or look at what becomes of them, see a Python without a collector."""
    gc.enable()


def fork(fork=os.fork):
    """Fork without Python 3.12's warning about threads, which a suite may have made an error; what
    threads mean for a suite has been judged before, and said."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fork()


def leave(status, exit=os._exit):
    """End this process now: nothing that was inherited runs again."""
    exit(status)


def close_all(descriptors):
    """Close descriptors that belong to others; without it the end of a stream is never seen."""
    for each in descriptors:
        if hasattr(each, "close"):
            each.close()
        else:
            try:
                os.close(each)
            except OSError:
                pass
