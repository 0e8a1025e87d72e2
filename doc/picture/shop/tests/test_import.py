import os

import pytest


@pytest.mark.parametrize("size", [10, 100, 1000, 10000])
def test_csv(size):
    assert len(list(range(size))) == size


@pytest.mark.flaky(reruns=0)
def test_images():
    print("decoding teapot.webp", flush=True)
    os.abort()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-16"])
def test_encoding(encoding):
    assert "cup".encode(encoding).decode(encoding) == "cup"
