"""The whole log, leaf by leaf, and then what lies over it: series, tree, beacons, texts, lists."""

from . import content, folder, statement, tree
from .cose import sha256
from .report import Broken, Report, need
from .series import Series


def verify(files, operator_key=None, kept_heads=None):
    """`operator_key` and `kept_heads` (signed heads by name) came another way than the log, so they prove more."""
    walk = _Walk(files, folder.manifest(files))
    walk.check_operator(operator_key)
    if walk.operator is None:
        walk.report.notes.append("Nothing else was checked: all of it hangs on the operator's key.")
        return walk.report
    for leaf, line in enumerate(walk.lines):
        walk.check_leaf(leaf, f"statements/{leaf:012}.cose", line)
    walk.check_refusals()
    walk.check_tree(kept_heads or {})
    walk.check_erased()
    walk.check_texts()
    walk.check_files()
    return walk.report


class _Walk:
    def __init__(self, files, manifest):
        self.files, self.manifest, self.report = files, manifest, Report()
        self.lines = folder.lines(files, "log.jsonl", folder.LEAF, self.report)
        self.refusals = folder.lines(files, "refusals.jsonl", folder.REFUSAL, self.report)
        self.lines += [None] * (self.count("statements") - len(self.lines))
        self.entries = [files.get(f"statements/{leaf:012}.cose") or b"" for leaf in range(len(self.lines))]
        self.operator, self.keys, self.series, self.ids = None, {}, {}, {}
        self.beacons, self.bare, self.erased, self.texts, self.forks = [], {}, set(), {}, 0

    def count(self, name):
        return sum(file.startswith(f"{name}/") for file in self.files)

    def check_operator(self, expected):
        """Leaf 0 is the operator's key, signed by itself; everything else hangs on it."""
        name, body = "statements/000000000000.cose", "contents/000000000000.cbor"
        for file in (name, body):
            if self.files.get(file) is None:
                return self.report.find(file, "files", "is missing")
        first = self.report.attempt(name, statement.read, self.entries[0])
        if first is None:
            return None
        if first.kind != "operator-key":
            return self.report.find(name, "key", "is not the operator's key, with which a log begins")
        members = self.report.attempt(body, content.read, self.files[body], first)
        self.operator = members and self.report.attempt(body, content.key_of, members)
        if not self.operator:
            return None
        self.keys.update([self.operator])
        thumbprint = self.operator[0].hex()
        if thumbprint != self.manifest["operator_key"]:
            self.report.find("manifest.json", "manifest", "names another operator's key than the log begins with")
        if expected and thumbprint != expected:
            self.report.find(name, "key", "is not the operator's key that you named")
        return None

    def check_leaf(self, leaf, where, line):
        if line is None:
            self.report.find(f"log.jsonl, line {leaf + 1}", "list", "is missing or cannot be read")
        data = self.files.get(where)
        if data is None:
            return self.report.find(where, "files", "is missing")
        stated = self.report.attempt(where, statement.read, data)
        if stated is None:
            return None
        if stated.id in self.ids:
            self.report.find(where, "id", f"is the same statement as leaf {self.ids[stated.id]}")
        self.ids.setdefault(stated.id, leaf)
        self.report.attempt(where, self.check_signature, stated)
        members, unreadable = self.check_content(leaf, stated)
        is_fork = self.check_place(where, stated)
        self.report.attempt(where, self.learn, stated, members)
        self.beacons.append((leaf, where, stated.beacon))
        if line:
            self.check_line(leaf, line, stated, {"fork": is_fork, "unreadable-content": unreadable})
        return None

    def check_signature(self, stated):
        need(stated.kid in self.keys, "key", f"is signed by a key that nothing before it binds: {stated.kid.hex()}")
        stated.verify(self.keys[stated.kid])

    def check_content(self, leaf, stated):
        name = f"contents/{leaf:012}.cbor"
        if self.files.get(name) is None:
            self.bare[stated.id] = name
            return {}, None
        try:
            return content.read(self.files[name], stated), None
        except Broken as broken:
            if broken.rule != "unreadable":
                self.report.find(name, broken.rule, str(broken))
            return {}, broken.rule == "unreadable"

    def check_place(self, where, stated):
        key = stated.kid
        if key not in self.series:
            taken = [line for line in self.refusals if line and line["took_place"] and line["key"] == key.hex()]
            self.series[key] = Series({line["seq"]: bytes.fromhex(line["id"]) for line in taken})
        is_fork = self.report.attempt(where, self.series[key].add, stated)
        self.report.attempt(where, self.series[key].note_beacon, stated)
        self.forks += bool(is_fork)
        return is_fork

    def learn(self, stated, members):
        """What later leaves depend on. Only the operator binds keys, publishes and erases."""
        is_operator = stated.kid == self.operator[0]
        own_first = "operator-key" if is_operator else "device-enrolled"
        need(stated.seq != 0 or stated.kind == own_first, "key", f"begins a series and is no {own_first}")
        if stated.kind == own_first and members:
            need(content.key_of(members)[0] == stated.kid, "key", "names another key than the one that signed it")
        if is_operator and members:
            if stated.kind == "device-bound":
                self.keys.update([content.key_of(members)])
            elif stated.kind == "agreement-published":
                self.texts.update(content.texts(members))
            elif stated.kind == "content-erased":
                self.erased.update(content.erased(members))

    def check_line(self, leaf, line, stated, flags):
        where = f"log.jsonl, line {leaf + 1}"
        said = (line["leaf_index"], line["id"], line["has_content"])
        if said != (leaf, stated.id.hex(), f"contents/{leaf:012}.cbor" in self.files):
            self.report.find(where, "list", "says something else than the files of this leaf")
        if stated.kind in statement.BY_OPERATOR and stated.kid != self.operator[0]:
            flags["no-authority"] = True
        for flag, holds in flags.items():
            if holds is not None and holds != (flag in line["flags"]):
                self.report.find(where, "flags", f"bears `{flag}` wrongly" if not holds else f"does not bear `{flag}`")

    def check_refusals(self):
        for number, line in enumerate(self.refusals, 1):
            if line:
                self.report.attempt(f"refusals.jsonl, line {number}", self.check_refusal, line)
        for key, series in self.series.items():
            self.report.attempt(f"the series of key {key.hex()}", series.check_end)

    def check_refusal(self, line):
        data, key = bytes.fromhex(line["statement"]), bytes.fromhex(line["key"])
        need(key in self.keys, "refusal", "is of a key that nothing binds")
        need(line["reason"] in folder.REASONS, "refusal", "gives a reason that there is not")
        need(not data or sha256(data).hex() == line["sha256"], "refusal", "holds other bytes than it says")
        try:
            stated = statement.read(data)
            stated.verify(self.keys[key])
        except Broken:
            return
        is_as_claimed = (stated.kid, stated.id.hex(), stated.seq) == (key, line["id"], line["seq"])
        is_lost = is_as_claimed and stated.id not in self.ids and line["reason"] != "wrong-content"
        need(not is_lost, "refusal", "is a good statement that had to be registered")

    def check_tree(self, kept_heads):
        roots = tree.roots(self.entries)
        for leaf, where, beacon in self.beacons:
            if beacon and (beacon[0] > leaf or roots[beacon[0]] != beacon[1]):
                why = f"names a log of {beacon[0]} leaves that this log never was: a sign that two were shown"
                self.report.find(where, "beacon", why)
        covered = 0
        heads = {name: data for name, data in self.files.items() if name.startswith("heads/")}
        for name, data in heads.items():
            size = self.report.attempt(name, tree.check_head, data or b"", self.operator, roots)
            if size is not None and name != f"heads/{size:012}.cose":
                self.report.find(name, "head", f"is the head of {size} leaves under another name")
            covered = max(covered, size or 0)
        if covered < len(self.entries):
            self.report.find("heads", "head", f"the leaves from {covered} on are under no signed head that holds")
        if self.manifest["root"] != (roots[-1].hex() if heads else None):
            self.report.find("manifest.json", "manifest", "names another last root than the leaves have")
        for name, data in kept_heads.items():
            self.report.attempt(name, tree.check_head, data, self.operator, roots)

    def check_erased(self):
        for id_, name in self.bare.items():
            if id_ not in self.erased:
                self.report.find(name, "content", "is missing, and no statement says that it was erased")
        for id_ in self.erased & self.ids.keys() - self.bare.keys():
            self.report.find(f"contents/{self.ids[id_]:012}.cbor", "content", "is there, though it is said to be erased")

    def check_texts(self):
        for name, length in self.texts.items():
            data = self.files.get(f"agreements/{name}.txt")
            if data is None or (sha256(data).hex(), len(data)) != (name, length):
                self.report.find(f"agreements/{name}.txt", "agreement", "is missing or not the text that was published")

    def check_files(self):
        allowed = folder.LISTS | {f"statements/{leaf:012}.cose" for leaf in range(len(self.lines))}
        allowed |= {f"contents/{leaf:012}.cbor" for leaf in range(len(self.lines))}
        allowed |= {f"agreements/{name}.txt" for name in self.texts}
        for name, data in self.files.items():
            is_head = name.startswith("heads/") and folder.NAME.fullmatch(name)
            if data is None or not (name in allowed or is_head):
                self.report.find(name, "files", "does not belong to an exported log")
        counts = {name: self.count(name) for name in ("statements", "contents", "heads", "agreements")}
        self.report.counts = counts | {"refusals": len(self.refusals), "forks": self.forks, "keys": len(self.keys)}
        for name in ("statements", "heads", "agreements", "refusals"):
            if self.manifest[name] != self.report.counts[name]:
                self.report.find("manifest.json", "manifest", f"counts other {name} than there are")
