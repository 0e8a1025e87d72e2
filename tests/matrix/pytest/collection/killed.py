import os

print("words before the end", flush=True)
os.kill(os.getpid(), 9)


def test_it():
    pass
