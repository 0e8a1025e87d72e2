"""A test that takes memory for ever, but never so fast that the machine could not bear it until somebody looks."""

import time


def test_grows():
    print("words before the end")
    parts = []
    for _ in range(4000):
        parts.append(b"x" * (1 << 20))
        time.sleep(0.002)
    time.sleep(1000)


def test_fine():
    """The last one: what is before it has a test that comes next."""
