"""Tests that hang and don't let themselves be interrupted."""

import ctypes
import signal
import time


def every_signal(what):
    for number in range(1, signal.NSIG):
        try:
            what(number)
        except (OSError, ValueError):
            # KILL, STOP and those that the C library keeps for itself.
            pass


def lock_in_c():
    """Wait in C, where no signal is heard, without giving the interpreter to others."""
    mutex = ctypes.create_string_buffer(256)
    lock = ctypes.PyDLL(None).pthread_mutex_lock
    lock(mutex)
    lock(mutex)


def test_native():
    print("words before the end")
    lock_in_c()


def test_catches_all():
    while True:
        try:
            time.sleep(1000)
        except:
            pass


def test_catches_all_and_computes():
    while True:
        try:
            while True:
                pass
        except:
            pass


def test_handlers():
    every_signal(lambda number: signal.signal(number, lambda *_: None))
    while True:
        time.sleep(1000)


def test_ignores_signals():
    every_signal(lambda number: signal.signal(number, signal.SIG_IGN))
    time.sleep(1000)


def test_blocks_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    time.sleep(1000)


def test_ignores_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    lock_in_c()


def test_fine():
    """The last one: what is before it has a test that comes next."""
