import os

print("words before the end", flush=True)
os._exit(3)


def test_it():
    pass
