"""Marks as attributes of a test: flaky, timeout, serial and what else xtop itself heeds."""

import os
import platform
import re
import sys

# The package `flaky` uses the same mark with arguments of its own and reruns by itself.
OF_ANOTHER_PLUGIN = ("max_runs", "min_passes", "rerun_filter")


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
    reruns = argument(mark, 0, "reruns")
    reruns = 1 if reruns is None else number(reruns)
    if reruns is not None:
        found["reruns"] = int(reruns)
    delay = number(argument(mark, 1, "reruns_delay"))
    if delay is not None:
        found["reruns_delay"] = delay


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
    """Reads the marks of many items; what they inherit is read once for each parent."""

    def __init__(self):
        self._inherited = {}

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

    @staticmethod
    def _fold(marks):
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
        if groups:
            found["group"] = "_".join(sorted(groups))
        return ",".join(names), found or None


def _condition(item, value):
    """Judge a mark's condition as pytest judges skipif's: a text is an expression."""
    if not isinstance(value, str):
        return bool(value)
    names = {"os": os, "sys": sys, "platform": platform, "config": item.config}
    names.update(getattr(getattr(item, "obj", None), "__globals__", {}))
    return bool(eval(compile(value, "<flaky condition>", "eval"), names))


def _matches(wanted, error):
    """Tell whether an exception is among those that a mark names: by regex or by class."""
    if isinstance(wanted, (str, type)):
        wanted = [wanted]
    text = None
    for each in wanted:
        if isinstance(each, type):
            if isinstance(error, each):
                return True
        elif isinstance(each, str):
            if text is None:
                text = "{}: {}".format(type(error).__name__, error)
            if re.search(each, text):
                return True
    return False


def may_rerun(item, error):
    """Judge the flaky mark of an item that failed with an exception.

    None: the mark says nothing about it. The judgement needs the process of the test: conditions
    are expressions over the test's module, and exception classes can't travel.
    """
    mark = item.get_closest_marker("flaky")
    if mark is None or any(name in mark.kwargs for name in OF_ANOTHER_PLUGIN):
        return None
    if "condition" in mark.kwargs and not _condition(item, mark.kwargs["condition"]):
        return False
    only = mark.kwargs.get("only_rerun")
    never = mark.kwargs.get("rerun_except")
    if not only and not never:
        return None
    if only and not _matches(only, error):
        return False
    return not (never and _matches(never, error))
