"""Marks as attributes of a test: flaky, timeout, serial and what else xtop itself heeds."""

from .reruns import OF_ANOTHER_PLUGIN


def number(value):
    """Return value as a finite, non-negative float, or None."""
    if isinstance(value, bool):
        return None
    try:
        value = float(value)
    except (TypeError, ValueError):
        return None
    return value if 0 <= value < float("inf") else None


def argument(mark, position, name):
    """Return a mark's argument, given by position or by name; None when it is absent."""
    if name in mark.kwargs:
        return mark.kwargs[name]
    if position < len(mark.args):
        return mark.args[position]
    return None


def _flaky(mark, found):
    if any(name in mark.kwargs for name in OF_ANOTHER_PLUGIN):
        return
    # What the mark does not say is as without it, whatever the command line says of delays.
    given = mark.args[0] if mark.args else 1
    found["reruns"] = int(number(mark.kwargs.get("reruns", given)) or 0)
    found["reruns_delay"] = number(argument(mark, 1, "reruns_delay")) or 0.0
    factor = number(argument(mark, 2, "reruns_delay_backoff_factor"))
    found["reruns_delay_factor"] = 1.0 if factor is None else factor


def _timeout(mark, found):
    seconds = number(argument(mark, 0, "timeout"))
    if seconds is not None:
        found["timeout"] = seconds


def _quarantine(mark, found):
    reason = argument(mark, 0, "reason")
    found["quarantine"] = "" if reason is None else str(reason)


def _serial(mark, found):
    found["serial"] = True


_READERS = {"flaky": _flaky, "timeout": _timeout, "quarantine": _quarantine, "serial": _serial}


class Marks:
    """Reads the marks of many items; what they inherit is read once for each parent. `added` reruns
    come on top of a mark's own (--reruns-mode=append)."""

    def __init__(self, added=0):
        self._inherited = {}
        self._added = added

    def read(self, item):
        """Return (names joined by commas, attributes) of an item; the closest mark wins."""
        inherited = self._of_parents(item.parent)
        if not item.own_markers:
            return inherited[1]
        return self._fold(list(item.own_markers) + inherited[0])

    def _of_parents(self, parent):
        if parent is None:
            return [], ("", None)
        known = self._inherited.get(parent)
        if known is None:
            marks = list(parent.own_markers) + self._of_parents(parent.parent)[0]
            known = self._inherited[parent] = (marks, self._fold(marks))
        return known

    def _fold(self, marks):
        names = []
        found = {}
        groups = set()
        seen = set()
        for mark in marks:
            name = getattr(mark, "name", None)
            if not isinstance(name, str):
                continue
            if name == "xdist_group":
                group = argument(mark, 0, "name")
                groups.add("default" if group is None else str(group))
            if name in seen:
                continue
            seen.add(name)
            names.append(name)
            if name in _READERS:
                _READERS[name](mark, found)
        if "reruns" in found:
            found["reruns"] += self._added
        if groups:
            found["group"] = "_".join(sorted(groups))
        return ",".join(names), found or None
