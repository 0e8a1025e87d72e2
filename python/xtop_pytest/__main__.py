"""Starts the fork server (no arguments) or a spawned harness (--spawned FD).

This file runs in any Python that a user may have named, so it says what is wrong with an old one
before it loads anything that an old one can't read.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OLDEST = (3, 7)


def load():
    """Load this directory as a package without leaving it on the suite's sys.path."""
    import importlib.util

    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != HERE]
    spec = importlib.util.spec_from_file_location(
        "xtop_pytest", os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["xtop_pytest"] = package
    spec.loader.exec_module(package)


def refuse():
    """Tell the controller that this Python is too old."""
    python = "%s (Python %d.%d)" % ((sys.executable,) + tuple(sys.version_info[:2]))
    message = "%s is too old: xtop needs Python %d.%d or newer" % ((python,) + OLDEST)
    text = message.replace("\\", "\\\\").replace('"', '\\"')
    os.write(3, ('{"event":"failed","code":4,"message":"%s"}\n' % text).encode("ascii", "replace"))
    os._exit(0)


def main():
    if sys.version_info < OLDEST:
        refuse()
    load()
    if sys.argv[1:2] == ["--spawned"]:
        from xtop_pytest import spawned

        spawned.main(int(sys.argv[2]))
    else:
        from xtop_pytest import server

        server.main()


if __name__ == "__main__":
    main()
