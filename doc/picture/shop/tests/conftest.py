import time
import zlib

import pytest


@pytest.fixture(autouse=True)
def database(request):
    """Takes as long as a test of a real shop: 0.3 to 2 seconds, partly at work; a test's name says how long."""
    seconds = 0.3 + zlib.crc32(request.node.nodeid.encode()) % 170 / 100
    busy = time.process_time() + seconds / 8
    until = time.monotonic() + seconds
    while time.process_time() < busy and time.monotonic() < until:
        pass
    time.sleep(max(0, until - time.monotonic()))
