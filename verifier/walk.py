"""Leaf by leaf: what each says is needed for the ones after it. `log` and `package` look at what lies over them."""

import functools

from . import folder
from .cose import BY_OPERATOR, point_of, read_head, read_statement, sha256, verify
from .form import Broken, Report, decode, each, need, octets

OLDER = "The kept head is older than the package: only the whole log can be held against it."


class Walk:
    """What is known so far."""

    def __init__(self, files):
        self.files, self.manifest, self.report = files, folder.manifest(files), Report()
        self.operator, self.keys, self.series, self.ids, self.read = None, {}, {}, {}, {}
        self.bare, self.erased, self.texts, self.forks, self.revoked = {}, set(), {}, 0, set()

    def take(self, name):
        need(self.files.get(name) is not None, "files", "is missing")
        return self.files[name]

    def count(self, name):
        return sum(file.startswith(f"{name}/") for file in self.files)

    def check_operator(self, expected):
        """Leaf 0 is the operator's key, signed by itself; everything else hangs on it."""
        name, body = folder.statement(0), folder.content(0)
        with self.report.at(name):
            first = read_statement(self.take(name))
            with self.report.at(body):
                self.operator = key_of(read_content(self.take(body), first.payload) or {})
        if not self.operator:
            return self.report.notes.append("Nothing else was checked: all of it hangs on the operator's key.")
        thumbprint = sha256(self.operator)
        self.keys[thumbprint] = self.operator
        if thumbprint.hex() != self.manifest["operator_key"]:
            self.report.find("manifest.json", "manifest", "names another operator's key than the log begins with")
        if expected not in (None, thumbprint.hex()):
            self.report.find(name, "key", "is not the operator's key that you named")

    def check_leaf(self, leaf, line, place, series):
        """The statement at a leaf, its line in the list, and its place in the numbers of its key."""
        where, is_fork = folder.statement(leaf), None
        with self.report.at(where):
            stated = read_statement(self.take(where))
            if self.ids.setdefault(stated.id, leaf) != leaf:
                self.report.find(where, "id", f"is the same statement as leaf {self.ids[stated.id]}")
            members = self.check_content(leaf, stated)
            self.read[leaf] = stated, members or {}
            numbers = self.series[stated.kid] = self.series.get(stated.kid) or series(stated.kid)
            with self.report.at(where):
                is_fork = numbers.add(stated)
                self.forks += is_fork
                numbers.note_beacon(stated)
            if line:
                # What cannot be read for its values, which are not looked at here, the log may call so.
                flags = {"fork": is_fork, "unreadable-content": members is None or None}
                self.check_line(f"log.jsonl, line {place}", leaf, line, stated, flags)
            need(stated.kid in self.keys, "key", f"is signed by a key that nothing before it binds: {stated.kid.hex()}")
            verify(self.keys[stated.kid], stated.message, stated.signature)
            self.learn(stated, members, is_fork)

    def check_head(self, name, data, size, roots):
        """The size of a head of a log of this size; its root is compared if it is among these."""
        with self.report.at(name):
            head = read_head(data or b"", self.operator)
            need(head.size <= size, "history", f"speaks of {head.size} leaves; here the log has only {size}")
            if head.size in roots:
                head.check(roots[head.size])
            else:
                self.report.notes.append(OLDER)
            return head.size

    def check_content(self, leaf, stated):
        """Its members, or None when they cannot be read, which the log must say."""
        name = folder.content(leaf)
        if self.files.get(name) is None:
            self.bare[stated.id] = name
            return {}
        with self.report.at(name):
            return read_content(self.files[name], stated.payload)
        return {}

    def learn(self, stated, members, is_fork):
        """What later leaves depend on. Only the operator binds and revokes keys, publishes and erases."""
        is_operator = self.keys[stated.kid] == self.operator
        if stated.seq == 0 and not is_fork:
            own_first = "operator-key" if is_operator else "device-enrolled"
            need(stated.kind == own_first, "key", f"begins a series and is no {own_first}")
            is_own = not members or sha256(key_of(members)) == stated.kid
            need(is_own, "key", "names another key than the one that signed it")
        if not is_operator or not members:
            return
        if stated.kind == "device-bound":
            self.keys[sha256(key_of(members))] = members["key"]
        elif stated.kind == "device-revoked":
            need(octets(32)(members.get("key")), "content", "revokes what is no key")
            self.revoked.add(members["key"])
        elif stated.kind == "agreement-published":
            is_text = lambda text: isinstance(text, dict) and octets(32)(text.get("sha256"))
            need(each(is_text)(members.get("texts")), "content", "publishes no texts")
            self.texts |= {text["sha256"].hex(): text.get("length_bytes") for text in members["texts"]}
        elif stated.kind == "content-erased":
            need(each(octets(32))(members.get("statements")), "content", "erases what are no statements")
            self.erased.update(members["statements"])

    def check_line(self, where, leaf, line, stated, flags):
        said = (line["leaf_index"], line["id"], line["has_content"])
        if said != (leaf, stated.id.hex(), folder.content(leaf) in self.files):
            self.report.find(where, "list", "says something else than the files of this leaf")
        if "unreadable-content" not in line["flags"]:
            # Authority is judged by what a statement says.
            is_foreign = stated.kind in BY_OPERATOR and stated.kid != sha256(self.operator)
            flags |= {"no-authority": is_foreign or None, "key-revoked": stated.kid in self.revoked or None}
        for flag, holds in flags.items():
            if holds is not None and holds != (flag in line["flags"]):
                self.report.find(where, "flags", f"bears `{flag}` wrongly" if not holds else f"does not bear `{flag}`")

    def check_contents(self, is_whole):
        """What is absent was erased, in a whole log; what was erased is absent; texts are those that were published."""
        for id_ in self.bare.keys() - self.erased if is_whole else ():
            self.report.find(self.bare[id_], "content", "is missing, and no statement says that it was erased")
        for id_ in self.erased & self.ids.keys() - self.bare.keys():
            self.report.find(folder.content(self.ids[id_]), "content", "is there, though it is said to be erased")
        for text, length in self.texts.items():
            name = f"agreements/{text}.txt"
            data = self.files.get(name) or b""
            if (is_whole or name in self.files) and (sha256(data).hex(), len(data)) != (text, length):
                self.report.find(name, "agreement", "is missing or not the text that was published")


@functools.lru_cache(65_536)
def read_content(data, payload):
    """The members of what was signed; None when they cannot be read as a map with a salt."""
    need(sha256(data) == payload, "content", "is not the content whose hash was signed")
    need(len(data) <= 65_536, "content", "has a content longer than 65536 bytes")
    try:
        members = decode(data)
        return members if octets(16)(members.get("salt")) else None
    except (Broken, AttributeError):
        return None


def key_of(members):
    need(isinstance(members.get("key"), bytes) and point_of(members["key"]), "key", "holds no P-256 key")
    return members["key"]
