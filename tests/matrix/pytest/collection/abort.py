import os

print("words before the end", flush=True)
os.abort()


def test_it():
    pass
