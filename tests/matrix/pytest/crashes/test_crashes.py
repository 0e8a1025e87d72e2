"""Tests that end their process, or make another of it, each in its own way."""

import ctypes
import os
import resource
import signal
import sys
import threading
import time

import pytest


@pytest.fixture(autouse=True)
def words():
    print("words before the end")


@pytest.fixture
def killed_in_setup():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def killed_in_teardown():
    yield
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def leaves_in_setup():
    os._exit(0)


@pytest.fixture
def leaves_in_teardown():
    yield
    os._exit(0)


def parent(pid):
    with open("/proc/{}/stat".format(pid)) as stat:
        return int(stat.read().rpartition(")")[2].split()[1])


def test_segfault():
    ctypes.string_at(0)


def test_abort():
    os.abort()


def test_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def test_killed_in_setup(killed_in_setup):
    pass


def test_killed_in_teardown(killed_in_teardown):
    pass


def test_exit_0():
    os._exit(0)


def test_exit_0_in_thread():
    threading.Thread(target=os._exit, args=(0,)).start()
    time.sleep(1000)


def test_exit_0_in_setup(leaves_in_setup):
    pass


def test_exit_0_in_teardown(leaves_in_teardown):
    pass


def test_becomes_a_program():
    os.execvp("true", ["true"])


def test_exit_3():
    os._exit(3)


def test_sys_exit():
    sys.exit(0)


def test_fork_returns():
    child = os.fork()
    if child == 0:
        return
    assert os.waitpid(child, 0)[1] == 0


def test_fork_raises():
    child = os.fork()
    assert child, "words of the child"
    assert os.waitpid(child, 0)[1] == 1 << 8


def test_fork_whose_parent_exits():
    if os.fork():
        os._exit(0)


class Nested:
    def __repr__(self):
        return repr(self)


def test_stack_overflow():
    sys.setrecursionlimit(10000)
    resource.setrlimit(resource.RLIMIT_STACK, (4096, resource.getrlimit(resource.RLIMIT_STACK)[1]))
    repr(Nested())


def test_stack_overflow_in_c():
    nested = []
    for _ in range(7000):
        nested = [nested]
    sys.setrecursionlimit(10000)
    resource.setrlimit(resource.RLIMIT_STACK, (4096, resource.getrlimit(resource.RLIMIT_STACK)[1]))
    repr(nested)


def test_recursion():
    def deeper():
        deeper()

    deeper()


def test_sanitizer():
    # Of a library that is not built with it there is only what it would say.
    os.write(2, b"==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n")
    os.write(2, b"SUMMARY: AddressSanitizer: heap-use-after-free lock.c:12 in take\n")
    os._exit(1)


def test_worker():
    # The server that forked this has the same parent as the workers.
    guardian = parent(parent(parent(os.getpid())))
    with open("/proc/{0}/task/{0}/children".format(guardian)) as children:
        for pid in children.read().split():
            with open("/proc/{}/comm".format(pid)) as name:
                if name.read() == "xtop-gw0\n":
                    os.kill(int(pid), signal.SIGKILL)
    time.sleep(1000)


def test_fine():
    """The last one: what is before it has a test that comes next."""
