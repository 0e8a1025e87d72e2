"""Judges whether a test that failed may be run again, as pytest-rerunfailures does.

The judgement needs the process of the test: exceptions and their classes can't travel, and
conditions are expressions over the test's module. How often, and when, is xtop's own business.
"""

import inspect
import os
import platform
import re
import sys
import traceback

import pytest

from .state import state

# The package `flaky` uses the same mark with arguments of its own and reruns by itself.
OF_ANOTHER_PLUGIN = ("max_runs", "min_passes", "rerun_filter")

FILTERS = ("only_rerun", "rerun_except")


def flaky_mark(item):
    """Return an item's closest mark `flaky`, if it is one of ours."""
    mark = item.get_closest_marker("flaky")
    if mark is None or any(name in mark.kwargs for name in OF_ANOTHER_PLUGIN):
        return None
    return mark


def given_filters(config, name):
    """Return the patterns of an option: xtop's own ones, else pytest's, else those of its ini file."""
    given = state(config).settings.get(name)
    if not given:
        given = getattr(config.option, name, None)
    if given is None:
        try:
            given = config.getini(name)
        except (KeyError, ValueError):
            given = None
    return list(given or ())


def check_filters(config):
    """Raise pytest.UsageError for a pattern that is no regular expression."""
    for name in FILTERS:
        for pattern in given_filters(config, name):
            try:
                re.compile(pattern)
            except re.error as error:
                option = "--" + name.replace("_", "-")
                said = "invalid regular expression for {}: {!r} ({})".format(option, pattern, error)
                raise pytest.UsageError(said) from error


def chain(error, context):
    """Go from an exception to its causes; `context`: also to what was being handled."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if error.__cause__ is not None:
            error = error.__cause__
        elif context and not error.__suppress_context__:
            error = error.__context__
        else:
            return


def matches(wanted, error, context):
    """Tell whether an exception, or one behind it, is named: by a class or a regular expression."""
    for each in chain(error, context):
        text = "{}: {}".format(type(each).__name__, each)
        for one in wanted:
            if isinstance(one, type) and issubclass(one, BaseException):
                if isinstance(each, one):
                    return True
            elif re.search(one, text):
                return True
    return False


def evaluate(item, condition, error):
    """Judge a mark's condition: a function, an expression as in skipif, or a value."""
    if callable(condition):
        return bool(condition(*_arguments_of(condition, error)))
    if not isinstance(condition, str):
        return bool(condition)
    names = {"os": os, "sys": sys, "platform": platform, "config": item.config}
    names.update(getattr(getattr(item, "obj", None), "__globals__", {}))
    names["error"] = error
    return bool(eval(compile(condition, "<flaky condition>", "eval"), names))


def _arguments_of(condition, error):
    try:
        signature = inspect.signature(condition)
    except (TypeError, ValueError):
        return (error,)
    for arguments in ((error,), ()):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return arguments
    raise TypeError("a condition takes one argument, the error, or none")


class Judge:
    """Hears of the failures of one attempt after the other, and says what they mean for another."""

    def __init__(self, config):
        self._given = {name: given_filters(config, name) for name in FILTERS}
        spared = getattr(config.option, "rerun_exclude_path", None) or ()
        self._spared = [config.rootpath / each for each in spared]
        self.begin(None)

    def begin(self, item):
        """Begin an attempt."""
        self.notes = []
        self._item = item
        self._unexplained = 0
        self._never = False
        self._holds = None

    def failed(self):
        """Take in that a phase has failed; its exception follows, if it has one."""
        self._unexplained += 1

    def forbid(self):
        """Take in that something ended the attempt that is no failure of its test."""
        self._never = True

    def raised(self, error):
        """Take in the exception of the last failure."""
        self._unexplained = max(self._unexplained - 1, 0)
        self._hear(error)

    def may_rerun(self):
        """Return False where the failures so far allow no other attempt; None: nothing is against it.

        One failure that is excluded is enough; and of those that a condition judges, one has to meet
        it, in whatever phase.
        """
        for _ in range(self._unexplained):
            self._hear(None)
        self._unexplained = 0
        return False if self._never or self._holds is False else None

    def _hear(self, error):
        mark = flaky_mark(self._item)
        try:
            if not self._never:
                self._never = self._is_spared() or self._is_excluded(mark, error)
            if mark is None or "condition" not in mark.kwargs or self._holds:
                return
            self._holds = evaluate(self._item, mark.kwargs["condition"], error)
        except Exception as problem:
            said = traceback.format_exception_only(type(problem), problem)
            self.notes.append("the flaky mark can't be judged: " + "".join(said).rstrip())
            self._never = True

    def _is_spared(self):
        """Tell whether the test lies below a --rerun-exclude-path."""
        path = getattr(self._item, "path", None)
        return path is not None and any(each in (path, *path.parents) for each in self._spared)

    def _is_excluded(self, mark, error):
        """Tell whether an exception is one after which nothing is to be run again."""
        only = self._filters(mark, "only_rerun")
        never = self._filters(mark, "rerun_except")
        if only and not matches(only, error, True):
            return True
        return bool(never) and matches(never, error, False)

    def _filters(self, mark, name):
        if mark is None or name not in mark.kwargs:
            return self._given[name]
        wanted = mark.kwargs[name]
        return [wanted] if isinstance(wanted, (str, type)) else wanted
