"""Tests that wait until tests/lib/matrix.sh has killed enough workers."""

import os
import time

import pytest


@pytest.mark.parametrize("number", range(3))
def test_waits(number):
    while not os.path.exists(os.path.join(os.environ["SCRATCH"], "go")):
        time.sleep(0.02)
