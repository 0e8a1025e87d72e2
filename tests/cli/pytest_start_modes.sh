#!/bin/sh
# What a suite does while the server collects, and what makes xtop start its workers one by one. TAP on stdout.
# shellcheck disable=SC1091
. "${srcdir:-$(dirname "$0")/../..}/tests/lib/cases.sh"
. "$srcdir/tests/lib/python.sh"

# suite <TEXT: that conftest, and a test in each of two workers. Where a worker imported the suite itself is seen by who
# imported it.
suite() {
	rm -rf suite && mkdir suite && cd suite || exit 99
	cat >conftest.py
	cat >test_start.py <<'END'
import os
import pytest

IMPORTED_BY = os.getpid()


@pytest.mark.parametrize("n", range(4))
def test_who(n):
    print("forked" if os.getpid() != IMPORTED_BY else "spawned")
END
}

# starts HOW: that is how the workers started.
starts() {
	code 0
	for n in 0 1 2 3; do
		output_of "test_start.py::test_who[$n]"
	done | sort -u >"$scratch/starts"
	equal 'how workers started' "$1" "$(cat "$scratch/starts")"
}

# says TEXT: in an event of the log.
says() {
	perl -MJSON::PP -ne 'my $e = decode_json $_; print "$e->{message}\n" if $e->{type} eq "log"' \
		"$scratch/events" >"$scratch/log"
	grep -q -F -e "$1" "$scratch/log" || complain "the log has '$1', but found: $(cat "$scratch/log")"
}

# spawns NAME REASON <CONFTEST
spawns() {
	begin "$which: $1"
	suite
	pytest_run -n 2
	starts spawned
	says "$2"
	cd ..
	end
}

# forks NAME <CONFTEST
forks() {
	begin "$which: $1"
	suite
	pytest_run -n 2
	starts forked
	cd ..
	end
}

cases() {
	cd "$here" || exit 99
	PYTEST_DEBUG_TEMPROOT=$scratch
	export PYTEST_DEBUG_TEMPROOT
	forks 'a suite that does nothing special is forked' <<'END'
import os
HOME = os.environ.get("HOME")
END
	spawns 'a worker variable read while conftest.py is imported' 'conftest.py:2' <<'END'
import os
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "none")
END
	spawns 'by os.getenv' 'conftest.py:3' <<'END'
import os

WORKER = os.getenv("XTOP_WORKER")
END
	spawns 'by a subscript' 'conftest.py:3' <<'END'
import os
try:
    WORKER = os.environ["PYTEST_XDIST_WORKER_COUNT"]
except KeyError:
    WORKER = None
END
	spawns 'by in' 'conftest.py:2' <<'END'
import os
PARALLEL = "PYTEST_XDIST_TESTRUNUID" in os.environ
END
	spawns 'the address of a Redis server' 'REDIS_URL' <<'END'
import os
REDIS = os.environ.get("REDIS_URL", "redis://localhost")
END
	spawns 'the directory for temporary files' 'TMPDIR' <<'END'
import os
TMP = os.environ.get("TMPDIR")
END
	spawns 'a thread that runs at the fork' 'thread' <<'END'
import threading
EVENT = threading.Event()
THREAD = threading.Thread(target=EVENT.wait, daemon=True)
THREAD.start()
END
	spawns 'a socket that is open at the fork' 'socket' <<'END'
import socket
LISTENER = socket.socket()
LISTENER.bind(("127.0.0.1", 0))
LISTENER.listen()
END
	spawns 'workerinput in pytest_configure' 'conftest.py:2' <<'END'
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.database = "test_" + config.workerinput["workerid"]
    else:
        config.database = "test"
END
	forks 'a thread that has ended, a socket that is closed' <<'END'
import socket
import threading
THREAD = threading.Thread(target=int)
THREAD.start()
THREAD.join()
socket.socket().close()
END
	forks 'a variable that is read in a fixture' <<'END'
import os
import pytest
@pytest.fixture(autouse=True)
def worker():
    assert os.environ["PYTEST_XDIST_WORKER"].startswith("gw")
END

	begin "$which: a spawned worker sees its own variables while it imports"
	suite <<'END'
import os
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
END
	cat >test_start.py <<'END'
import os, pytest
from conftest import WORKER
@pytest.mark.parametrize("n", range(4))
def test_who(n, worker_id):
    assert WORKER == worker_id == os.environ["PYTEST_XDIST_WORKER"]
    print("spawned")
END
	pytest_run -n 2
	starts spawned
	cd ..
	end

	begin "$which: --python-start rules"
	suite <<'END'
import os
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
END
	pytest_run -n 2 --python-start fork
	starts forked
	printf '\n' >conftest.py
	pytest_run -n 2 --python-start spawn
	starts spawned
	cd ..
	end
}

each_python cases
cd "$here" && rm -rf suite
finish
