import ctypes

print("words before the end", flush=True)
ctypes.string_at(0)


def test_it():
    pass
