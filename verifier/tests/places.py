"""One changed byte at every place of a file; only what looks at this file is asked, which is quick enough for all."""

from verifier import cose, package
from verifier.cose import read_statement
from verifier.log import verify
from verifier.walk import Walk

from .demo import flipped, heads, leaves, statement

# The rules by folder: a file with a changed byte breaks one of them.
RULES = {
    "statements": {"form", "header", "key", "signature"}, "contents": {"content"}, "agreements": {"agreement"},
    "heads": {"form", "head", "signature", "history"},
    "receipts": {"form", "head", "signature", "receipt"}, "registrations": {"form", "head", "signature", "receipt"},
}


def folder_of(name):
    return name.partition("/")[0]


class Places:
    """A log or a package that holds, after the walk through it. `missed` puts the changed file before the very checks
    of that walk which look at it. What they add to the walk by then is no more than a second look at the same leaf."""

    def __init__(self, files):
        self.files = dict(files)
        self.walk = verify(self.files)
        assert not self.walk.findings, self.walk.findings
        self.size = heads(self.files)[-1]
        if self.walk.is_part:
            # Each head of a package is the checkpoint or one that a statement names.
            roots = dict(stated.beacon for stated, _ in self.walk.read.values() if stated.beacon)
            self.root_at = (roots | {self.size: bytes.fromhex(self.walk.manifest["root"])}).get
        else:
            self.root_at = cose.tree(self.files[statement(leaf)] for leaf in leaves(self.files))

    def names(self, folder):
        names = [name for name in self.files if folder_of(name) == folder]
        assert names, folder
        return names

    def missed(self, name):
        """The places of a file at which a changed byte is not found there, by a rule of its folder; which bit of the
        byte is changed follows from the place."""
        good, (walk, look) = self.files[name], self.look_at(name)
        missed = []
        for at in range(len(good)):
            self.files[name] = walk.files[name] = flipped(good, at, 1 << at % 8)
            if not {one["rule"] for one in self.found(walk, look) if one["where"] == name} & RULES[folder_of(name)]:
                missed.append(at)
        self.files[name] = walk.files[name] = good
        assert not self.found(walk, look), f"{name} as it is must hold"
        return missed

    def found(self, walk, look):
        walk.findings.clear()
        walk.notes.clear()
        look()
        return walk.findings

    def look_at(self, name):
        """The walk that is asked, and the check of this file."""
        walk, kind = self.walk, folder_of(name)
        if kind == "agreements":
            return self.look_at_text(name)
        number = int(name.partition("/")[2][:12])
        checks = {
            "statements": lambda: walk.check_leaf(number, None, number + 1),
            "contents": lambda: walk.check_content(number, stated),
            "heads": lambda: walk.check_head(name, walk.files[name], self.size, self.root_at),
            "receipts": lambda: package._receipt(walk, number, name),
            "registrations": lambda: package._receipt(walk, number, name),
        }
        stated = read_statement(self.files[statement(number)]) if kind == "contents" else None
        return walk, checks[kind]

    def look_at_text(self, name):
        """A walk that knows only this text: the check compares all that it knows."""
        text, walk = name[len("agreements/"):-len(".txt")], Walk(self.files)
        walk.texts = {text: self.walk.texts[text]}
        return walk, lambda: walk.check_contents(is_whole=True)
