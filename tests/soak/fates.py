"""What the tests of a soak do (Plan.pm says which does what). They wait, and then pass or don't."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

# Seconds; as an argument it marks what this run has started.
LONG = int(os.environ["SOAK_LONG"])


def meet(number, fate, seconds):
    """Run a test's body: leave a note that it ran, wait, and meet its fate."""
    first = note(number)
    if fate == "skip":
        pytest.skip("some are")
    time.sleep(seconds)
    words = fate.split("_")
    if words[0] == "pass" or (words[-1] == "once" and not first):
        return
    if words[0] == "flake":
        assert not first
    elif words[0] == "fail":
        raise AssertionError("this one always fails")
    else:
        FATES[words[0] + "_" + words[1]]()


def note(number):
    """Append to the list of what ran, and tell whether this test did for the first time."""
    with open(os.path.join(os.environ["SOAK_STATE"], "ran"), "a") as ran:
        ran.write(number + "\n")
    path = os.path.join(os.environ["SOAK_STATE"], number)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def will_hang(request):
    """Tell whether a fixture is to hang: it is set up before, and torn down after, the test's note is there."""
    words = request.node.name.split("_")
    if words[-1] != "once":
        return True
    return os.environ["XTOP_ATTEMPT"] == "1"


@pytest.fixture
def hangs_in_setup(request):
    """Hang before the test, which then never runs: the note is left here."""
    if will_hang(request):
        note(request.node.name.split("_")[1])
        time.sleep(LONG)


@pytest.fixture
def hangs_in_teardown(request):
    """Hang after the test."""
    yield
    if will_hang(request):
        time.sleep(LONG)


# --- crashes ---


def crash_segv():
    ctypes.string_at(0)


def crash_abort():
    os.abort()


def crash_kill():
    os.kill(os.getpid(), signal.SIGKILL)


def crash_exit0():
    os._exit(0)


def crash_exit3():
    os._exit(3)


# --- hangs ---


def hang_sleep():
    time.sleep(LONG)


def hang_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def hang_child():
    subprocess.call(["sleep", str(LONG)])


def hang_spin():
    while True:
        pass


def hang_swallow():
    while True:
        try:
            time.sleep(LONG)
        except BaseException:
            pass


def hang_stubborn():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.SIGRTMAX + 1))
    time.sleep(LONG)


def hang_native():
    """Wait in C with the interpreter held, where Python hears no signal."""
    mutex = ctypes.create_string_buffer(256)
    lock = ctypes.PyDLL(None).pthread_mutex_lock
    lock(mutex)
    lock(mutex)


def hang_setup():
    """Pass: the fixture does it."""


def hang_teardown():
    """Pass: the fixture does it."""


# --- leaks; each prints the pid that the run has to name ---


def leak_child():
    child = subprocess.Popen(
        ["sleep", str(LONG)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    print("leaked", child.pid)


def leak_pipe():
    print("leaked", subprocess.Popen(["sleep", str(LONG)]).pid)


def leak_daemon():
    """Fork twice; what stays has nothing of the test: session, parent, streams, directory, environment."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(write, b"%d" % os.getpid())
        os.chdir("/")
        os.execvpe("sleep", ["sleep", str(LONG)], {"PATH": os.environ["PATH"]})
    os.close(write)
    os.waitpid(child, 0)
    # Its end comes when the other one has become the program that is to be named.
    with open(read) as pid:
        print("leaked", pid.read())


FATES = {
    name: value
    for name, value in list(vars(sys.modules[__name__]).items())
    if name.startswith(("crash_", "hang_", "leak_"))
}
