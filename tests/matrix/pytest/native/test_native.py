"""A test that waits in C, while another thread wants the interpreter."""

import ctypes
import threading
import time


def lock_in_c():
    mutex = ctypes.create_string_buffer(256)
    lock = ctypes.PyDLL(None).pthread_mutex_lock
    lock(mutex)
    lock(mutex)


def test_native():
    threading.Thread(target=lambda: [time.sleep(0.01) for _ in range(10**6)], daemon=True).start()
    lock_in_c()


def test_fine():
    """The last one: what is before it has a test that comes next."""
