"""One visit with its evidence (docs/PROTOCOL.md, section 10): every file signed for, every statement under one head."""

from datetime import datetime, timedelta

from . import cose, folder
from .form import fits, need, octets, time


def check(walk, lines, kept):
    manifest, size = walk.manifest, walk.manifest["tree_size"]
    with walk.at("manifest.cose"):
        check_signature(walk)
    for name in (walk.files.keys() | manifest["files"].keys()) - {"manifest.json", "manifest.cose"}:
        with walk.at(name):
            check_file(walk, name)
    for number, line in enumerate(lines, 1):
        if line:
            leaf = line["leaf_index"]
            walk.check_leaf(leaf, line, number)
            head = _receipt(walk, leaf, name := folder.receipt(leaf))
            is_ours = not head or (head.size, head.root.hex()) == (size, manifest["root"])
            walk.need(is_ours, name, "receipt", "is of another head than the package's")
    with walk.at("log.jsonl"):
        leaves = [line["leaf_index"] if line else -1 for line in lines]
        need(leaves == sorted(set(leaves)), "list", "is not in the order of the log")
        is_all = set(map(folder.statement, leaves)) == {name for name in walk.files if name.startswith("statements/")}
        need(is_all and manifest["statements"] == len(leaves), "list", "names other statements than there are")
    with walk.at("statements"):
        _visit(walk)
    for name, data in [(folder.head(size), walk.files.get(folder.head(size))), *kept.items()]:
        walk.check_head(name, data, size, {size: bytes.fromhex(manifest["root"])}.get)
    walk.check_contents(is_whole=False)
    walk.counts = {name: walk.in_folder[name] for name in ("statements", "contents", "receipts", "agreements")}
    walk.counts |= {"contents withheld or erased": len(walk.bare), "keys": len(walk.keys)}


def check_signature(walk):
    header, _, payload, signature, to_sign = cose.open_sign1(walk.take("manifest.cose"), octets(32), {})
    own = {1: -7, 4: cose.sha256(walk.operator), 15: {6: time}, 258: -16, 259: "application/vnd.esep.package+json"}
    need(fits(header, own), "manifest", "is no signature of the operator for a package")
    need(payload == cose.sha256(walk.take("manifest.json")), "manifest", "signs another manifest.json")
    cose.verify(walk.operator, to_sign(payload), signature)


def check_file(walk, name):
    need(cose.sha256(walk.take(name)).hex() == walk.manifest["files"].get(name), "files", "is not one that it signed")


def _time(walk, leaf, stated):
    """Between which moments something was said: after the head that it names, before the first head over it."""
    size, root = stated.beacon or (0, b"")
    before, after = folder.head(size), folder.registration(leaf)
    named = walk.check_head(before, walk.files[before], size, {size: root}.get) if before in walk.files else None
    over = _receipt(walk, leaf, after) if after in walk.files else None
    by = ", by a guest." if walk.hosts.get(stated.kid) and stated.kind[6:] in ("confirmed", "disputed") else "."
    walk.notes.append(f"Leaf {leaf}, {stated.kind}: made not before {_moment(named)} and not after {_moment(over)}{by}")


def _receipt(walk, leaf, name):
    with walk.at(name):
        return cose.read_receipt(walk.take(name), walk.take(folder.statement(leaf)), leaf, walk.operator)


def _moment(head):
    """When a head was signed, as people read it; beyond the years that there are, the first or last of them."""
    seconds = max(-2**35, min(head.iat, 2**37)) if head else 0
    return f"{datetime(1970, 1, 1) + timedelta(seconds=seconds)} UTC" if head else "an unknown time"


def _visit(walk):
    about = {leaf: stated for leaf, (stated, _) in walk.read.items() if stated.kind.startswith("visit-")}
    for leaf, stated in about.items():
        _time(walk, leaf, stated)
    need({stated.sub.hex() for stated in about.values()} == {walk.manifest["visit"]}, "visit", "speak of another visit")
    need("visit-registered" in {it.kind for it in about.values() if cose.has_own_id(it)}, "visit", "do not register it")
    for stated, members in walk.read.values():
        if stated.kind == "agreement-accepted" and members:
            name = members["sha256"].hex() if octets(32)(members.get("sha256")) else ""
            is_here = f"agreements/{name}.txt" in walk.files and name in walk.texts
            need(is_here, "agreement", f"accept a text that is not here: {name}")
