"""Tests that leave processes behind, and others that do not."""

import multiprocessing
import subprocess
import time

import pytest

DAEMON = """
use POSIX ();
unless (fork) {
    POSIX::setsid();
    exit 0 if fork;
    POSIX::close($_) for 0 .. 2;
    $SIG{$_} = "IGNORE" for qw(TERM HUP INT);
    exec "sleep", "1202";
}
wait;
"""


def sleeper(seconds):
    null = subprocess.DEVNULL
    return subprocess.Popen(["sleep", seconds], stdin=null, stdout=null, stderr=null)


@pytest.fixture(scope="module")
def server():
    process = sleeper("1210")
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def own():
    process = sleeper("1211")
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def forgets():
    sleeper("1212")


def test_server(server):
    pass


def test_server_lives(server):
    assert server.poll() is None


def test_own(own):
    pass


def test_child():
    sleeper("1201")


def test_fixture_forgets(forgets):
    pass


def test_daemon():
    subprocess.run(["perl", "-e", DAEMON], check=True)


def test_pipe():
    print("words before the leak")
    subprocess.Popen(["sleep", "1203"])


def test_fails():
    sleeper("1204")
    assert False


def test_two():
    sleeper("1205")
    sleeper("1206")


def test_forks():
    multiprocessing.get_context("fork").Process(target=time.sleep, args=(0,), daemon=True).start()


def test_tracker():
    multiprocessing.get_context("spawn").Semaphore()


def test_not_waited_for():
    sleeper("0.01")


def test_fine():
    """The last one: what is before it has a test that comes next."""
