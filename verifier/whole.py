"""What can be told once every leaf was read: refusals, tree, beacons, erasures, texts, and that no file is left."""

from . import folder, statement
from . import tree as merkle
from .cose import sha256
from .report import Broken, need


def refusals(walk):
    for number, line in enumerate(walk.refusals, 1):
        if line:
            walk.report.attempt(f"refusals.jsonl, line {number}", _refusal, walk, line)
    for key, series in walk.series.items():
        walk.report.attempt(f"the series of key {key.hex()}", series.check_end)


def _refusal(walk, line):
    key, id_, data = (bytes.fromhex(line[name]) for name in ("key", "id", "statement"))
    need(key in walk.keys, "refusal", "is of a key that nothing binds")
    need(line["reason"] in folder.REASONS, "refusal", "gives a reason that there is not")
    taken = walk.series[key].taken.get(line["seq"]) if key in walk.series else None
    need(not line["took_place"] or taken == id_, "refusal", "took a number that another refused item took")
    need(not data or sha256(data).hex() == line["sha256"], "refusal", "holds other bytes than it says")
    try:
        stated = statement.read(data)
        stated.verify(walk.keys[key])
    except Broken:
        return
    is_as_claimed = (stated.kid, stated.id, stated.seq) == (key, id_, line["seq"])
    # The content that came with it is not kept, so what was said of it stands.
    is_for_content = line["reason"] in ("wrong-content", "too-large")
    is_lost = is_as_claimed and stated.id not in walk.ids and not is_for_content
    need(not is_lost, "refusal", "is a good statement that had to be registered")


def tree(walk):
    walk.roots = merkle.roots(walk.entries)
    for leaf, where, beacon in walk.beacons:
        if beacon and (beacon[0] > leaf or walk.roots[beacon[0]] != beacon[1]):
            why = f"names a log of {beacon[0]} leaves that this log never was: a sign that two were shown"
            walk.report.find(where, "beacon", why)
    covered, heads = 0, [name for name in walk.files if name.startswith("heads/")]
    for name in heads:
        size = walk.report.attempt(name, merkle.check_head, walk.files[name] or b"", walk.operator, walk.roots)
        if size is not None and name != folder.head(size):
            walk.report.find(name, "head", f"is the head of {size} leaves under another name")
        covered = max(covered, size or 0)
    if covered < len(walk.entries):
        walk.report.find("heads", "head", f"the leaves from {covered} on are under no signed head that holds")
    if walk.manifest["root"] != (walk.roots[-1].hex() if heads else None):
        walk.report.find("manifest.json", "manifest", "names another last root than the leaves have")


def kept(walk, heads):
    """Heads that somebody kept must be heads of this log."""
    for name, data in heads.items():
        walk.report.attempt(name, merkle.check_head, data, walk.operator, walk.roots)


def erasures(walk):
    for id_, name in walk.bare.items():
        if id_ not in walk.erased:
            walk.report.find(name, "content", "is missing, and no statement says that it was erased")
    for id_ in walk.erased & walk.ids.keys() - walk.bare.keys():
        walk.report.find(folder.content(walk.ids[id_]), "content", "is there, though it is said to be erased")


def texts(walk):
    for name, length in walk.texts.items():
        data = walk.files.get(f"agreements/{name}.txt")
        if data is None or (sha256(data).hex(), len(data)) != (name, length):
            walk.report.find(f"agreements/{name}.txt", "agreement", "is missing or not the text that was published")


def files(walk):
    allowed = folder.LISTS | {f"agreements/{name}.txt" for name in walk.texts}
    allowed |= {name(leaf) for leaf in range(len(walk.lines)) for name in (folder.statement, folder.content)}
    for name, data in walk.files.items():
        if data is None or not (name in allowed or folder.HEAD.fullmatch(name)):
            walk.report.find(name, "files", "does not belong to an exported log")
    counts = {name: walk.count(name) for name in ("statements", "contents", "heads", "agreements")}
    walk.report.counts = counts | {"refusals": len(walk.refusals), "forks": walk.forks, "keys": len(walk.keys)}
    for name in ("statements", "heads", "agreements", "refusals"):
        if walk.manifest[name] != walk.report.counts[name]:
            walk.report.find("manifest.json", "manifest", f"counts other {name} than there are")
