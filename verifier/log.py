"""The whole log: every leaf, refused items, tree, beacons, erasures, texts, and that no file is left."""

import re

from . import cose, folder, package
from .form import Broken, need
from .series import Series
from .walk import Walk

REASONS = "too-large not-a-statement bad-signature unknown-key wrong-content".split()


def verify(files, operator_key=None, kept_heads=None):
    """`operator_key` and `kept_heads` (signed heads by name) came another way than the files, so they prove more."""
    walk = Walk(files)
    lines = folder.lines(files, "log.jsonl", folder.LEAF, walk.report)
    walk.check_operator(operator_key)
    if walk.operator:
        (package.check if "visit" in walk.manifest else check)(walk, lines, kept_heads or {})
    return walk.report


def check(walk, lines, kept):
    refusals = folder.lines(walk.files, "refusals.jsonl", folder.REFUSAL, walk.report)
    lines += [None] * (walk.count("statements") - len(lines))
    for leaf, line in enumerate(lines):
        if line is None:
            walk.report.find(f"log.jsonl, line {leaf + 1}", "list", "is missing or cannot be read")
        walk.check_leaf(leaf, line, leaf + 1, lambda kid: Series({
            line["seq"]: bytes.fromhex(line["id"])
            for line in refusals if line and line["took_place"] and line["key"] == kid.hex()
        }))
    for number, line in enumerate(refusals, 1):
        with walk.report.at(f"refusals.jsonl, line {number}"):
            if line:
                _refusal(walk, line)
    for key, series in walk.series.items():
        with walk.report.at(f"the series of key {key.hex()}"):
            series.check_end()
    _tree(walk, len(lines), kept)
    walk.check_contents(is_whole=True)
    _files(walk, len(lines), len(refusals))


def _refusal(walk, line):
    key, id_, data = (bytes.fromhex(line[name]) for name in ("key", "id", "statement"))
    need(key in walk.keys, "refusal", "is of a key that nothing binds")
    need(line["reason"] in REASONS, "refusal", "gives a reason that there is not")
    taken = walk.series[key].taken.get(line["seq"]) if key in walk.series else None
    need(not line["took_place"] or taken == id_, "refusal", "took a number that another refused item took")
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


def _tree(walk, size, kept):
    entries = [walk.files.get(folder.statement(leaf)) or b"" for leaf in range(size)]
    roots, covered = dict(enumerate(cose.roots(entries))), 0
    for leaf, (stated, _) in walk.read.items():
        if stated.beacon and (stated.beacon[0] > leaf or roots[stated.beacon[0]] != stated.beacon[1]):
            walk.report.find(folder.statement(leaf), "beacon", "names a log that never was: a sign that two were shown")
    heads = {name: data for name, data in walk.files.items() if name.startswith("heads/")}
    for name, data in kept.items():
        walk.check_head(name, data, size, roots)
    for name, data in heads.items():
        found = walk.check_head(name, data, size, roots)
        covered = max(covered, found or 0)
        if found and name != folder.head(found):
            walk.report.find(name, "head", "is a head under another name")
    if covered < size:
        walk.report.find("heads", "head", f"the leaves from {covered} on are under no signed head that holds")
    if walk.manifest["root"] != (roots[size].hex() if heads else None):
        walk.report.find("manifest.json", "manifest", "names another last root than the leaves have")


def _files(walk, size, refusals):
    allowed = {"log.jsonl", "refusals.jsonl", "manifest.json"} | {f"agreements/{name}.txt" for name in walk.texts}
    allowed |= {name(leaf) for leaf in range(size) for name in (folder.statement, folder.content)}
    for name, data in walk.files.items():
        if data is None or not (name in allowed or re.fullmatch(r"heads/[0-9]{12}\.cose", name)):
            walk.report.find(name, "files", "does not belong to an exported log")
    counts = {name: walk.count(name) for name in ("statements", "contents", "heads", "agreements")} | {"refusals": refusals}
    for name in counts.keys() & walk.manifest.keys():
        if walk.manifest[name] != counts[name]:
            walk.report.find("manifest.json", "manifest", f"counts other {name} than there are")
    walk.report.counts = counts | {"forks": walk.forks, "keys": len(walk.keys)}
