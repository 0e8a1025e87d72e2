"""Says whether this interpreter can run pytest for xtop at all.

Nothing here imports pytest when the module is loaded, so that a missing pytest is one clear
message and not a traceback.
"""

import sys

OLDEST_PYTHON = (3, 7)
OLDEST_PYTEST = (7, 0)


def check():
    """Return None, or (exit code, message) where Python or pytest is missing or too old."""
    python = "%s (Python %d.%d)" % ((sys.executable or "python",) + tuple(sys.version_info[:2]))
    if sys.version_info < OLDEST_PYTHON:
        return 4, "%s is too old: xtop needs Python %d.%d or newer" % ((python,) + OLDEST_PYTHON)
    try:
        import pytest
    except ModuleNotFoundError as error:
        if error.name == "pytest":
            return 4, "%s has no pytest: install it there, or name another one by --python" % python
        return 4, "%s cannot import pytest: %s" % (python, error)
    except Exception as error:  # a broken installation may raise anything
        text = "%s cannot import pytest: %s: %s" % (python, type(error).__name__, error)
        return 4, text
    version = getattr(pytest, "__version__", "0")
    numbers = []
    for part in version.split(".")[:2]:
        digits = "".join(c for c in part if c.isdigit())
        numbers.append(int(digits or 0))
    if tuple(numbers) < OLDEST_PYTEST:
        return 4, "%s has pytest %s, which is too old: xtop needs %d.%d or newer" % (
            (python, version) + OLDEST_PYTEST
        )
    return None
