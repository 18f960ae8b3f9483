"""The whole log: every leaf, refused items, tree, beacons, erasures, texts, and that no file is left."""

from . import cose, folder, package
from .form import Broken, need
from .walk import Walk

REASONS = "too-large not-a-statement bad-signature unknown-key wrong-content".split()


def verify(files, operator_key=None, kept_heads=None):
    """`operator_key` and `kept_heads` (signed heads by name) came another way than the files, so they prove more."""
    walk = Walk(files)
    lines = folder.lines(files, "log.jsonl", folder.LEAF, walk.need)
    walk.check_operator(operator_key)
    if walk.operator:
        (package.check if walk.is_part else check)(walk, lines, kept_heads or {})
    return walk


def check(walk, lines, kept):
    refusals = folder.lines(walk.files, "refusals.jsonl", folder.REFUSAL, walk.need)
    for line in (one for one in refusals if one and one["took_place"]):
        walk.series[bytes.fromhex(line["key"])].taken[line["seq"]] = bytes.fromhex(line["id"])
    lines += [None] * (walk.in_folder["statements"] - len(lines))
    for leaf, line in enumerate(lines):
        walk.need(line, f"log.jsonl, line {leaf + 1}", "list", "is missing or cannot be read")
        walk.check_leaf(leaf, line, leaf + 1)
    for number, line in enumerate(refusals, 1):
        with walk.at(f"refusals.jsonl, line {number}"):
            if line:
                _refusal(walk, line)
    for key, series in walk.series.items():
        with walk.at(f"the series of key {key.hex()}"):
            series.check_end()
    _tree(walk, len(lines), kept, lines)
    walk.check_contents(is_whole=True)
    _files(walk, len(lines), len(refusals))


def _refusal(walk, line):
    key, id_, data = (bytes.fromhex(line[name]) for name in ("key", "id", "statement"))
    need(key in walk.keys, "refusal", "is of a key that nothing binds")
    need(line["reason"] in REASONS, "refusal", "gives a reason that there is not")
    is_free = not line["took_place"] or walk.series[key].taken[line["seq"]] == id_
    need(is_free, "refusal", "took a number that another refused item took")
    need(not data or cose.sha256(data).hex() == line["sha256"], "refusal", "holds other bytes than it says")
    try:
        stated = cose.read_statement(data)
        cose.verify(walk.keys[key], stated.message, stated.signature)
    except Broken:
        return
    # The content that came with it is not kept, so what was said of it stands.
    is_lost = id_ not in walk.ids and line["reason"] not in ("wrong-content", "too-large")
    is_lost = is_lost and (stated.kid, stated.id, stated.seq) == (key, id_, line["seq"])
    need(not is_lost, "refusal", "is a good statement that had to be registered")


def _tree(walk, size, kept, lines):
    root_at = cose.tree(walk.files.get(folder.statement(leaf)) or b"" for leaf in range(size))
    for leaf, (stated, _) in walk.read.items():
        was = not stated.beacon or stated.beacon[0] <= leaf and root_at(stated.beacon[0]) == stated.beacon[1]
        # Who signed it may have been shown another log, or lie; nobody else knows which, so the log says that it is so.
        where, is_told = folder.statement(leaf), "split-view" in (lines[leaf] or {"flags": ()})["flags"]
        walk.need(was or is_told, where, "beacon", "names a log that never was, and the log does not say so")
        walk.need(not was or not is_told, f"log.jsonl, line {leaf + 1}", "flags", "bears `split-view` wrongly")
        walk.notes += [] if was else [f"{where} names a log that never was: its signer was shown another, or lies."]
    heads = {name: data for name, data in walk.files.items() if name.startswith("heads/")}
    _, good = ([walk.check_head(*one, size, root_at) for one in which.items()] for which in (kept, heads))
    covered = max((head.size for head in good if head), default=0)
    walk.need(covered >= size, "heads", "head", f"the leaves from {covered} on are under no signed head that holds")
    is_last = walk.manifest.get("root") == (root_at(size).hex() if heads else None)
    walk.need(is_last, "manifest.json", "manifest", "names another last root than the leaves have")


def _files(walk, size, refusals):
    allowed = {"log.jsonl", "refusals.jsonl", "manifest.json"} | {f"agreements/{name}.txt" for name in walk.texts}
    allowed |= {name(leaf) for leaf in range(size) for name in (folder.statement, folder.content)}
    for name, data in walk.files.items():
        # What lies in `heads` is read as a head, which has one name.
        is_ours = data is not None and (name in allowed or name.startswith("heads/"))
        walk.need(is_ours, name, "files", "does not belong to an exported log")
    walk.counts = {name: walk.in_folder[name] for name in ("statements", "contents", "heads", "agreements")}
    forks = sum(len(series.forks) for series in walk.series.values())
    walk.counts |= {"refusals": refusals, "forks": forks, "keys": len(walk.keys)}
    for name in walk.counts.keys() & walk.manifest.keys():
        walk.need(walk.manifest[name] == walk.counts[name], "manifest.json", "manifest", f"counts {name} wrongly")
