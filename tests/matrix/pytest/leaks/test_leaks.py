"""Tests that leave processes behind."""

import subprocess

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


def test_child():
    null = subprocess.DEVNULL
    subprocess.Popen(["sleep", "1201"], stdin=null, stdout=null, stderr=null)


def test_daemon():
    subprocess.run(["perl", "-e", DAEMON], check=True)


def test_pipe():
    print("words before the leak")
    subprocess.Popen(["sleep", "1203"])


def test_fine():
    """The last one: what is before it has a test that comes next."""
