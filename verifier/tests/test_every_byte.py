"""Each byte of each file of a real log and of a real package, changed: it is found where it lies, by a rule for it.

`places` asks only what looks at the file; the whole check is run as well, on one byte of each file.
"""

import functools
import json
import unittest
import zlib
from unittest import mock

from verifier import folder, package
from verifier.form import Unusable
from verifier.log import verify
from verifier.walk import Walk

from .demo import content, exported, flipped, found, head, heads, inner, packaged, shortened, statement, told_log
from .places import RULES, Places, folder_of
from .sealed import Log


@functools.cache
def places(of):
    return Places(of())


def one_byte(name, data):
    """The file with one changed byte, at a place that follows from its name."""
    at = zlib.crc32(name.encode())
    return flipped(data, at % len(data), 1 << at % 8)


class EveryByte(unittest.TestCase):
    def check(self, of, *folders):
        for kind in folders:
            for name in places(of).names(kind):
                self.assertEqual(places(of).missed(name), [], name)

    def check_whole(self, files, find):
        """One byte of each file that has rules of its own."""
        for name, data in files.items():
            if folder_of(name) in RULES:
                these = find(files | {name: one_byte(name, data)})
                self.assertTrue({rule for where, rule in these if where == name} & RULES[folder_of(name)], name)


class OfALog(EveryByte):
    """Lists are looked at below."""

    def test_every_statement(self):
        self.check(told_log, "statements")

    def test_every_content(self):
        self.check(told_log, "contents")

    def test_every_head(self):
        self.check(told_log, "heads")

    def test_every_text(self):
        self.check(told_log, "agreements")

    def test_by_the_whole_check(self):
        self.check_whole(told_log(), found)

    def test_a_statement_is_missed_by_the_head_too(self):
        """Every byte of three statements and of the head of a short log, by the whole check."""
        files = shortened(exported())
        size = heads(files)[0]
        names = [statement(leaf) for leaf in (0, 1, size - 1)]
        for name in [*names, head(size)]:
            for at in range(len(files[name])):
                these = found(files | {name: flipped(files[name], at, 1 << at % 8)})
                wanted = {(name, rule) for rule in RULES[folder_of(name)]}
                # The payload of leaf 0 is held against the operator's key, which is needed to verify anything.
                wanted |= {(content(0), "content")} if name == statement(0) else set()
                self.assertTrue(these & wanted, f"{name}, byte {at}")
                if name in names[1:]:
                    self.assertIn((head(size), "signature"), these)


class OfAPackage(EveryByte):
    def test_every_file_is_signed_for(self):
        """The page, the list and the texts too: the file is named."""
        files = dict(packaged())
        walk = Walk(files)
        walk.check_operator(None)
        for name, data in packaged().items():
            if name in ("manifest.json", "manifest.cose"):
                continue
            for at in range(len(data)):
                files[name] = flipped(data, at, 1 << at % 8)
                self.assertTrue(self.broken(package.check_file, walk, name), f"{name}, byte {at}")
            files[name] = data
            self.assertFalse(self.broken(package.check_file, walk, name), name)

    def test_the_manifest_and_its_signature(self):
        files = packaged()
        for name in ("manifest.json", "manifest.cose"):
            for at in range(len(files[name])):
                damaged = files | {name: flipped(files[name], at, 1 << at % 8)}
                try:
                    walk = Walk(damaged)
                except Unusable:
                    continue
                walk.check_operator(None)
                self.assertTrue(self.broken(package.check_signature, walk), f"{name}, byte {at}")

    def test_every_part_of_the_proof_even_if_it_was_signed_for(self):
        self.check(packaged, *RULES)

    def test_by_the_whole_check(self):
        files = packaged()
        self.check_whole(files, inner)
        for name, data in files.items():
            if not name.startswith("manifest."):
                these = found(files | {name: one_byte(name, data)})
                # Without the operator's key, which leaf 0 gives, nothing else is checked.
                is_first = name in (statement(0), content(0))
                self.assertIn(name if is_first else (name, "files"), {where for where, _ in these} | these)

    def broken(self, check, walk, *arguments):
        walk.findings.clear()
        with walk.at("here"):
            check(walk, *arguments)
        return bool(walk.findings)


JUDGED = {"fork", "unreadable-content", "no-authority", "key-revoked", "split-view"}
UNSIGNED_IN_LOG = {"registered_at_ms", "flags"}
UNSIGNED_IN_REFUSALS = {"reason", "refused_at_ms"}


def members(before, after):
    """The members in which two lines differ; of their flags those count here that the verifier judges."""
    differ = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    judged = [set(line.get("flags", ())) & JUDGED for line in (before, after)]
    return differ | {"judged flags"} if judged[0] != judged[1] else differ


class OfTheLists(unittest.TestCase):
    """Nobody signs the lists of a log. Each change is found, or lies in what README.md names as the operator's own
    words. All eight bits of each byte are changed, one at a time, or the one that follows from the place."""

    def changes(self, data, bits=8):
        for at in range(len(data)):
            for bit in range(8) if bits == 8 else (at % 8,):
                yield at, flipped(data, at, 1 << bit)

    def check(self, files, name, *unsigned, bits=8):
        """By the whole check; `unsigned` are the members of each line."""
        before = [json.loads(line) for line in files[name].splitlines()]
        for at, data in self.changes(files[name], bits):
            if not found(files | {name: data}):
                after = [json.loads(line) for line in data.splitlines()]
                self.assertEqual(len(before), len(after))
                for one, other, words in zip(before, after, unsigned, strict=True):
                    self.assertLessEqual(members(one, other), words, f"{name}, byte {at}")

    def test_each_line_of_a_real_log(self):
        """Each line at its turn, while the walk knows no more than it did then."""
        files, check_line, seen = told_log(), Walk.check_line, []
        lines = files["log.jsonl"].splitlines()

        def check(walk, where, leaf, line, *known):
            check_line(walk, where, leaf, line, *known)
            self.assertEqual(walk.findings, [])
            for at, data in self.changes(lines[leaf]):
                made = folder.lines({"log.jsonl": data + b"\n"}, "log.jsonl", folder.LEAF, walk.need)
                if not walk.findings:
                    check_line(walk, where, leaf, made[0], *known)
                if not walk.findings:
                    differ = members(json.loads(lines[leaf]), made[0])
                    self.assertLessEqual(differ, UNSIGNED_IN_LOG, f"{where}, byte {at}")
                walk.findings.clear()
            seen.append(leaf)

        with mock.patch.object(Walk, "check_line", check):
            self.assertEqual(found(files), set())
        self.assertEqual(seen, list(range(len(lines))))

    def test_each_end_of_a_line_of_a_real_log(self):
        files = told_log()
        for at, byte in enumerate(files["log.jsonl"]):
            if byte == ord("\n"):
                these = found(files | {"log.jsonl": flipped(files["log.jsonl"], at, 1 << at % 8)})
                self.assertIn("files", {rule for _, rule in these}, f"byte {at}")

    def test_the_manifest_of_a_real_log(self):
        files = told_log()
        for at, data in self.changes(files["manifest.json"]):
            try:
                self.assertEqual(found(files | {"manifest.json": data}), {("manifest.json", "manifest")}, at)
            except Unusable:
                continue

    def test_a_list_with_every_flag_that_is_judged(self):
        log = Log()
        device, visit = log.device, log.visit
        visit("late")
        log.add(device.seal("device-revoked", {"key": log.operator.kid}), "no-authority")
        log.add(device.seal("visit-noted", b"\xa0"), "unreadable-content")
        visit(goes_on=False)
        visit("fork", goes_on=False, series={5: 8})
        log.add(log.operator.seal("device-revoked", {"key": device.kid}))
        visit("fork", "key-revoked", goes_on=False, series={5: 9})
        visit("fork", "key-revoked", "split-view", beacon=(3, b"?" * 32), goes_on=False, series={5: 10})
        self.assertEqual(set().union(*log.flags), JUDGED | {"late"})
        self.assertEqual(found(log.files()), set())
        self.check(log.files(), "log.jsonl", *[UNSIGNED_IN_LOG] * len(log.leaves), bits=1)

    def test_refused_items(self):
        log = Log()
        log.visit()
        log.refuse(b"nonsense", b"r" * 32)
        log.visit()
        log.refuse(b"", b"t" * 32, "too-large")
        log.visit()
        log.refuse(b"more", b"u" * 32, took_place=False)
        log.refuse(b"last", b"v" * 32)
        self.assertEqual(found(log.files()), set())
        self.check(log.files(), "refusals.jsonl", UNSIGNED_IN_REFUSALS, UNSIGNED_IN_REFUSALS | {"sha256"},
                   UNSIGNED_IN_REFUSALS | {"id", "seq"}, UNSIGNED_IN_REFUSALS | {"id"})
