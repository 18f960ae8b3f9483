"""The log, leaf by leaf: what each says is needed for the ones after it. `whole` then looks at what lies over them."""

from . import content, folder, statement, whole
from .report import Broken, Report, need
from .series import Series


def verify(files, operator_key=None, kept_heads=None):
    """`operator_key` and `kept_heads` (signed heads by name) came another way than the log, so they prove more."""
    walk = _Walk(files, folder.manifest(files))
    walk.check_operator(operator_key)
    if not walk.operator:
        walk.report.notes.append("Nothing else was checked: all of it hangs on the operator's key.")
        return walk.report
    for leaf, line in enumerate(walk.lines):
        walk.check_leaf(leaf, line)
    for check in (whole.refusals, whole.tree, whole.erasures, whole.texts, whole.files):
        check(walk)
    whole.kept(walk, kept_heads or {})
    return walk.report


class _Walk:
    """What is known so far."""

    def __init__(self, files, manifest):
        self.files, self.manifest, self.report = files, manifest, Report()
        self.lines = folder.lines(files, "log.jsonl", folder.LEAF, self.report)
        self.refusals = folder.lines(files, "refusals.jsonl", folder.REFUSAL, self.report)
        self.lines += [None] * (self.count("statements") - len(self.lines))
        self.entries = [files.get(folder.statement(leaf)) or b"" for leaf in range(len(self.lines))]
        self.operator, self.keys, self.series, self.ids = None, {}, {}, {}
        self.beacons, self.bare, self.erased, self.texts, self.forks = [], {}, set(), {}, 0
        self.revoked, self.roots = set(), []

    def count(self, name):
        return sum(file.startswith(f"{name}/") for file in self.files)

    def check_operator(self, expected):
        """Leaf 0 is the operator's key, signed by itself; everything else hangs on it."""
        name, body = folder.statement(0), folder.content(0)
        first = self.report.attempt(name, lambda: statement.read(self.take(name)))
        members = first and self.report.attempt(body, lambda: content.read(self.take(body), first))
        self.operator = members and self.report.attempt(body, content.key_of, members)
        if not self.operator:
            return
        self.keys.update([self.operator])
        thumbprint = self.operator[0].hex()
        if thumbprint != self.manifest["operator_key"]:
            self.report.find("manifest.json", "manifest", "names another operator's key than the log begins with")
        if expected and thumbprint != expected:
            self.report.find(name, "key", "is not the operator's key that you named")

    def take(self, name):
        need(self.files.get(name) is not None, "files", "is missing")
        return self.files[name]

    def check_leaf(self, leaf, line):
        if line is None:
            self.report.find(folder.line(leaf), "list", "is missing or cannot be read")
        where = folder.statement(leaf)
        stated = self.report.attempt(where, lambda: statement.read(self.take(where)))
        if stated is None:
            return
        if stated.id in self.ids:
            self.report.find(where, "id", f"is the same statement as leaf {self.ids[stated.id]}")
        self.ids.setdefault(stated.id, leaf)
        is_signed = self.report.attempt(where, self.check_signature, stated)
        members, unreadable = self.check_content(leaf, stated)
        is_fork = self.check_place(where, stated)
        self.beacons.append((leaf, where, stated.beacon))
        if line:
            self.check_line(leaf, line, stated, {"fork": is_fork, "unreadable-content": unreadable})
        if is_signed:
            self.report.attempt(where, self.learn, stated, members, is_fork)

    def check_signature(self, stated):
        need(stated.kid in self.keys, "key", f"is signed by a key that nothing before it binds: {stated.kid.hex()}")
        stated.verify(self.keys[stated.kid])
        return True

    def check_content(self, leaf, stated):
        name = folder.content(leaf)
        if self.files.get(name) is None:
            self.bare[stated.id] = name
            return {}, None
        try:
            # What cannot be read for its values, which are not looked at here, the log may call so.
            return content.read(self.files[name], stated), None
        except Broken as broken:
            if broken.rule != "unreadable":
                self.report.find(name, broken.rule, str(broken))
            return {}, broken.rule == "unreadable" or None

    def check_place(self, where, stated):
        key = stated.kid
        if key not in self.series:
            taken = [line for line in self.refusals if line and line["took_place"] and line["key"] == key.hex()]
            self.series[key] = Series({line["seq"]: bytes.fromhex(line["id"]) for line in taken})
        is_fork = self.report.attempt(where, self.series[key].add, stated)
        self.report.attempt(where, self.series[key].note_beacon, stated)
        self.forks += bool(is_fork)
        return is_fork

    def learn(self, stated, members, is_fork):
        """What later leaves depend on. Only the operator binds and revokes keys, publishes and erases."""
        is_operator = stated.kid == self.operator[0]
        own_first = "operator-key" if is_operator else "device-enrolled"
        is_first = stated.seq == 0 and not is_fork
        need(not is_first or stated.kind == own_first, "key", f"begins a series and is no {own_first}")
        if is_first and members:
            need(content.key_of(members)[0] == stated.kid, "key", "names another key than the one that signed it")
        if is_operator and members:
            if stated.kind == "device-bound":
                self.keys.update([content.key_of(members)])
            elif stated.kind == "device-revoked":
                self.revoked.add(content.revoked(members))
            elif stated.kind == "agreement-published":
                self.texts.update(content.texts(members))
            elif stated.kind == "content-erased":
                self.erased.update(content.erased(members))

    def check_line(self, leaf, line, stated, flags):
        where = folder.line(leaf)
        said = (line["leaf_index"], line["id"], line["has_content"])
        if said != (leaf, stated.id.hex(), folder.content(leaf) in self.files):
            self.report.find(where, "list", "says something else than the files of this leaf")
        if "unreadable-content" not in line["flags"]:
            # Authority is judged by what a statement says.
            is_foreign = stated.kind in statement.BY_OPERATOR and stated.kid != self.operator[0]
            flags |= {"no-authority": is_foreign or None, "key-revoked": stated.kid in self.revoked or None}
        for flag, holds in flags.items():
            if holds is not None and holds != (flag in line["flags"]):
                self.report.find(where, "flags", f"bears `{flag}` wrongly" if not holds else f"does not bear `{flag}`")
