"""Leaf by leaf: what each says is needed for the ones after it. `log` and `package` look at what lies over them."""

from collections import Counter, defaultdict
from contextlib import contextmanager, suppress

from . import folder
from .cose import BY_OPERATOR, has_own_id, point_of, read_head, read_statement, sha256, verify
from .form import Broken, decode, each, fits, need, octets, optional
from .series import Series

OLDER = "The kept head is older than the package: only the whole log can be held against it."
BOTH, PAUSE = {"shares": "both", "reason": str, "shares_of": optional(octets(32))}, 10 * 24 * 60 * 60
TEXTS = each(lambda one: isinstance(one, dict) and octets(32)(one.get("sha256")))


class Walk:
    """What is known so far, and what was found: where (a file or a line), which rule (see README.md), and why."""

    def __init__(self, files):
        self.files, self.manifest = files, folder.manifest(files)
        self.counts, self.findings, self.notes, self.keys, self.ids, self.read, self.bare = {}, [], [], {}, {}, {}, {}
        self.operator, self.erased, self.texts, self.told, self.revoked, self.hosts = None, set(), {}, {}, set(), {}
        self.is_part, self.in_folder = "visit" in self.manifest, Counter(name.split("/")[0] for name in files)
        self.series = defaultdict(lambda: Series(self.is_part))
        self.learns = {
            "device-revoked": ("key", octets(32), self.revoked.add),
            "content-erased": ("statements", each(octets(32)), lambda _: None),
            "agreement-published": ("texts", TEXTS, lambda texts: self.texts.update(
                (text["sha256"].hex(), text.get("length_bytes")) for text in texts)),
        }

    def need(self, condition, where, rule, why):
        if not condition:
            # A file may bear any name, also one that plays with the terminal.
            self.findings.append({"where": where if where.isprintable() else ascii(where), "rule": rule, "why": why})

    @contextmanager
    def at(self, where):
        """What breaks a rule within is a finding there, and what follows goes on."""
        try:
            yield
        except Broken as broken:
            self.need(False, where, *broken.args)

    def take(self, name):
        need(self.files.get(name) is not None, "files", "is missing")
        return self.files[name]

    def check_operator(self, expected):
        """Leaf 0 is the operator's key, signed by itself; everything else hangs on it."""
        name, body = folder.statement(0), folder.content(0)
        with self.at(name):
            first = read_statement(self.take(name))
            with self.at(body):
                self.operator = key_of(read_content(self.take(body), first.payload) or {})
        if not self.operator:
            return self.notes.append("Nothing else was checked: all of it hangs on the operator's key.")
        thumbprint = sha256(self.operator)
        self.keys[thumbprint] = self.operator
        self.need(thumbprint.hex() == self.manifest["operator_key"], "manifest.json", "manifest", "names another key")
        self.need(expected in (None, thumbprint.hex()), name, "key", "is not the operator's key that you named")

    def check_leaf(self, leaf, line, place):
        """The statement at a leaf, its line in the list, and its place in the numbers of its key."""
        where, is_fork = folder.statement(leaf), None
        with self.at(where):
            stated = read_statement(self.take(where))
            first = self.ids.setdefault(stated.id, leaf)
            self.need(first == leaf, where, "id", f"is the same statement as leaf {first}")
            members = self.check_content(leaf, stated)
            self.read[leaf] = stated, members or {}
            with self.at(where):
                is_fork = self.series[stated.kid].add(stated)
                self.series[stated.kid].note_beacon(stated)
            if line:
                self.check_line(f"log.jsonl, line {place}", leaf, line, members, is_fork)
            need(stated.kid in self.keys, "key", f"is signed by a key that nothing before it binds: {stated.kid.hex()}")
            verify(self.keys[stated.kid], stated.message, stated.signature)
            self.learn(stated, members, is_fork)
            self.told |= {leaf: stated.iat} if self.keys[stated.kid] == self.operator else {}

    def check_head(self, name, data, size, root_at):
        """A good head of a log of this size; its root is compared where the root at its size is known."""
        with self.at(name):
            head = read_head(data or b"", self.operator)
            is_named = name == folder.head(head.size) or self.files.get(name) is not data
            need(is_named, "head", f"is the head of {head.size} leaves under another name")
            need(head.size <= size, "history", f"speaks of {head.size} leaves; here the log has only {size}")
            head.check(root) if (root := root_at(head.size)) else self.notes.append(OLDER)
            self.told |= {head.size - 0.5: head.iat} if root else {}
            return head

    def check_content(self, leaf, stated):
        """Its members, or None when they cannot be read, which the log must say."""
        name = folder.content(leaf)
        with self.at(name):
            if self.files.get(name) is not None:
                return read_content(self.files[name], stated.payload)
            self.bare[stated.id] = name
        return {}

    def learn(self, stated, members, is_fork):
        """What later leaves depend on. Only the operator binds and revokes keys, publishes and erases."""
        is_operator = self.keys[stated.kid] == self.operator
        if stated.seq == 0 and not is_fork:
            own_first = "operator-key" if is_operator else "device-enrolled"
            need(stated.kind == own_first, "key", f"begins a series and is no {own_first}")
            need(not members or sha256(key_of(members)) == stated.kid, "key", "names another key than its own")
        if not is_operator or not members:
            return
        if stated.kind == "device-bound":
            kid = sha256(key_of(members))
            self.keys[kid], self.hosts[kid] = members["key"], octets(16)(members.get("host"))
        elif stated.kind in self.learns:
            member, is_such, learn = self.learns[stated.kind]
            need(is_such(members.get(member)), "content", f"names no {member} that it could speak of")
            learn(members[member])

    def judge_erasures(self):
        """Whoever holds the shares of the recovery key can open accounts and erase, so each new one is told. One that
        came without both old shares erases nothing for ten days, unless both object (section 6.3). `told` is what the
        operator's clock said at its leaf, and for a head of a size half a leaf before the leaf of that number."""
        key, pauses = None, []
        for leaf in sorted(self.told.keys() & self.read.keys()):
            (stated, said), name = self.read[leaf], folder.statement(leaf)
            if stated.kind == "content-erased":
                is_early = any(at < end and (place == leaf or end - PAUSE <= at) for end, _ in pauses
                               for place, at in self.told.items() if place >= leaf)
                self.erased.update(() if is_early else said.get("statements", ()))
                self.notes += [f"{name} erases within a pause of the recovery key: it does not count."] * is_early
            elif stated.kind == "operator-key" and said and said.get("recovery_key") != key:
                before, key, renewed = key, said.get("recovery_key"), said.get("recovery_renewed")
                old = fits(renewed, BOTH) and renewed.get("shares_of")
                heard = [at for at, (end, whose) in enumerate(pauses) if whose == old and stated.iat < end]
                is_alone = before is not None and old is not None and not heard
                since = max(at for place, at in self.told.items() if place <= leaf)
                pauses = (pauses[:heard[0]] if heard else pauses) + [(since + PAUSE, before)] * is_alone
                how = "nothing says that officers agree" if is_alone else "both old shares were there, it says"
                self.notes += [f"{name} gives the operator a new recovery key: {how}."] * (before is not None)

    def check_line(self, where, leaf, line, members, is_fork):
        stated, said = self.read[leaf][0], (line["leaf_index"], line["id"], line["has_content"])
        self.need(said == (leaf, stated.id.hex(), folder.content(leaf) in self.files), where, "list", "belies its file")
        # None is not judged. The log may call a content unreadable for its values, and then judges no authority.
        is_read, is_foreign = "unreadable-content" not in line["flags"], stated.kid != sha256(self.operator)
        for flag, holds in {
            "fork": is_fork, "unreadable-content": members is None or None,
            "no-authority": not has_own_id(stated) or is_read and is_foreign and stated.kind in BY_OPERATOR or None,
            "key-revoked": is_read and stated.kid in self.revoked or None,
        }.items():
            why = f"does not bear `{flag}`" if holds else f"bears `{flag}` wrongly"
            self.need(holds in (None, flag in line["flags"]), where, "flags", why)

    def check_contents(self, is_whole):
        """What is absent was erased, in a whole log; what was erased is absent; texts are those that were published."""
        self.judge_erasures()
        for id_ in self.bare.keys() - self.erased if is_whole else ():
            self.need(False, self.bare[id_], "content", "is missing, and nothing that counts says why")
        for id_ in self.erased & self.ids.keys() - self.bare.keys():
            self.need(False, folder.content(self.ids[id_]), "content", "is there, though said to be erased")
        for text, length in self.texts.items():
            name, data = f"agreements/{text}.txt", self.files.get(f"agreements/{text}.txt") or b""
            is_text = (sha256(data).hex(), len(data)) == (text, length) or not is_whole and name not in self.files
            self.need(is_text, name, "agreement", "is missing or not the text that was published")


def read_content(data, payload):
    """The members of what was signed; None when they cannot be read as a map with a salt."""
    need(sha256(data) == payload, "content", "is not the content whose hash was signed")
    need(len(data) <= 65_536, "content", "has a content longer than 65536 bytes")
    with suppress(Broken, AttributeError):
        return members if octets(16)((members := decode(data)).get("salt")) else None


def key_of(members):
    need(isinstance(members.get("key"), bytes) and point_of(members["key"]), "key", "holds no P-256 key")
    return members["key"]
