"""Tests that hang where an interrupt ends them."""

import multiprocessing
import os
import queue
import select
import signal
import socket
import subprocess
import threading
import time

import pytest


@pytest.fixture
def hangs_in_setup():
    time.sleep(1000)


@pytest.fixture
def hangs_in_teardown():
    yield
    time.sleep(1000)


@pytest.fixture(scope="class")
def class_hangs_in_setup():
    time.sleep(1000)


@pytest.fixture(scope="class")
def class_hangs_in_teardown():
    yield
    time.sleep(1000)


def test_loop():
    while True:
        pass


def test_sleep():
    print("words before the end")
    time.sleep(1000)


def test_lock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def test_queue():
    queue.Queue().get()


def test_thread():
    thread = threading.Thread(target=time.sleep, args=(1000,), daemon=True)
    thread.start()
    thread.join()


def test_setup(hangs_in_setup):
    pass


def test_teardown(hangs_in_teardown):
    pass


class TestSetUpOfClass:
    def test_it(self, class_hangs_in_setup):
        pass


class TestTeardownOfClass:
    def test_it(self, class_hangs_in_teardown):
        pass


class Stuck:
    def __del__(self):
        time.sleep(1000)


def test_destructor():
    stuck = Stuck()
    del stuck


def test_child():
    subprocess.run(["sleep", "1000"])


def test_forked_child():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
    child.start()
    child.join()


def test_socket():
    one, other = socket.socketpair()
    one.recv(1)


def test_read():
    reader, writer = os.pipe()
    os.read(reader, 1)


def test_event():
    reader, writer = os.pipe()
    select.select([reader], [], [])


def test_stopped():
    os.kill(os.getpid(), signal.SIGSTOP)


def test_fine():
    """The last one: what is before it has a test that comes next."""
