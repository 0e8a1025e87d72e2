"""What a collection found, as lines for the controller, and the items by the ids in them."""

from . import marks, options, wire


def scope_of(identity):
    """Return the unit that shares fixtures: all before the last '::' that no '[' precedes."""
    path, colons, rest = identity.partition("::")
    head = rest.partition("[")[0].rpartition("::")[0]
    return path + "::" + head if head else path


class Collection:
    """The items of a session by wire id.

    Two items may have one id (a file given twice with --keep-duplicates, ids that differ in bytes
    that JSON can't carry): an ordinal, counted in the order of the items, tells them apart.
    """

    def __init__(self, session, failures=None):
        self.session = session
        self.items = {}
        self._failures = failures
        counts = {}
        for item in session.items:
            identity = wire.valid(item.nodeid)
            ordinal = counts.get(identity, 0) + 1
            counts[identity] = ordinal
            self.items[identity, ordinal] = item

    def find(self, identity, ordinal):
        """Return an item, or None when this process did not collect it."""
        return self.items.get((identity, ordinal))

    def why_gone(self, identity):
        """Say why there is no such test: the error of its file, where that is known."""
        for nodeid, text in self._failures.errors if self._failures is not None else ():
            if identity.partition("::")[0] == nodeid.partition("::")[0]:
                return text
        return "{} is gone: this collection has no such test".format(identity)

    def lines(self):
        """Return a "found" line for each item, as one piece of bytes.

        Put together by hand: with 10,000 tests the encoder alone would take a tenth of a second.
        """
        read = marks.Marks(options.added_reruns(self.session.config)).read
        files = {}
        scopes = {}
        parts = []
        for (identity, ordinal), item in self.items.items():
            file = identity.partition("::")[0]
            known = files.get(file)
            if known is None:
                known = files[file] = wire.quoted(file)
            scope = scope_of(identity)
            quoted_scope = scopes.get(scope)
            if quoted_scope is None:
                quoted_scope = scopes[scope] = wire.quoted(scope)
            names, attributes = read(item)
            parts.append(
                '{"event":"found","id":%s,"file":%s,"scope":%s'
                % (wire.quoted(identity), known, quoted_scope)
            )
            if ordinal > 1:
                parts.append(',"ordinal":%d' % ordinal)
            number = line_of(item, file)
            if number is not None:
                parts.append(',"line":%d' % number)
            if names:
                parts.append(',"marks":%s' % wire.quoted(names))
            if attributes:
                parts.append("," + wire.line(attributes).decode("utf-8")[1:-2])
            parts.append("}\n")
        return "".join(parts).encode("utf-8")


def line_of(item, file):
    """Return the line of a test in its own file, from 1; None where it was written elsewhere."""
    try:
        where, number = item.location[:2]
    except Exception:
        # A plugin's item whose reportinfo() raises can still be run.
        return None
    if number is None or wire.valid(str(where)).replace("\\", "/") != file:
        return None
    return number + 1


class Failures:
    """The collectors that failed or were skipped as a whole, noted while pytest collects."""

    def __init__(self):
        self.errors = []
        self.skipped = {}

    def note(self, report):
        """Take in a collect report that has not passed."""
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            self.skipped[wire.valid(report.nodeid)] = skip_reason(reason)
        elif report.failed:
            self.errors.append((report.nodeid, error_text(report)))

    def lines(self):
        """Return the events for them."""
        lines = []
        for identity, reason in self.skipped.items():
            file = identity.partition("::")[0]
            lines.append(
                {"event": "found", "id": identity, "file": file, "scope": scope_of(identity)}
            )
            lines[-1].update(outcome="skipped", reason=reason)
        for identity, message in self.errors:
            file = identity.partition("::")[0] or "."
            lines.append({"event": "collect.error", "file": file, "message": message})
        return b"".join(wire.line(each) for each in lines)


def skip_reason(reason):
    """Return a skip's own words, without the name of the exception before them."""
    reason = str(reason)
    return reason[9:] if reason.startswith("Skipped: ") else reason


def error_text(report):
    """Return why a file could not be collected: the error in one line, then the whole text."""
    text = report.longreprtext
    crash = getattr(report.longrepr, "reprcrash", None)
    first = crash.message if crash is not None else ""
    if not first:
        marked = [each[1:].strip() for each in text.splitlines() if each.startswith("E ")]
        plain = [each.strip() for each in text.splitlines() if each.strip()]
        first = (marked or plain or ["could not be collected"])[0]
    first = first.splitlines()[0]
    for name, content in report.sections:
        text += "\n{:-^80}\n{}".format(" " + name + " ", content.rstrip("\n"))
    return first + "\n" + text
