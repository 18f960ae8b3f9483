"""The log that the real program exports holds; damaged in any of these ways it does not, and the rule is named."""

import json
import unittest

from verifier.log import verify
from verifier.form import Unusable

from .demo import content, exported, flipped, found, head, heads, root_of, shortened, statement, with_manifest
from .sealed import Signer

FORMS = {"form", "header", "key", "signature"}


class TheRealLog(unittest.TestCase):
    def test_holds(self):
        report = verify(exported())
        self.assertEqual(report.findings, [])
        self.assertGreater(report.counts["statements"], 100)
        self.assertGreaterEqual(report.counts["heads"], 2, "the cases below need an older head")

    def test_is_that_of_the_operator_that_was_named(self):
        named = json.loads(exported()["manifest.json"])["operator_key"]
        self.assertEqual(found(exported(), operator_key=named), set())
        self.assertEqual(found(exported(), operator_key="00" * 32), {(statement(0), "key")})

    def test_as_it_was_at_its_first_head_holds_too(self):
        self.assertEqual(found(shortened(exported())), set())


class EveryByte(unittest.TestCase):
    """One bit of one byte, at every place of a file; which bit changes with the place."""

    def check(self, files, name, wanted, step=1):
        for at in range(0, len(files[name]), step):
            with self.subTest(file=name, byte=at):
                self.assertTrue(wanted(found(files | {name: flipped(files[name], at, 1 << at % 8)})))

    def test_of_statements(self):
        files = shortened(exported())
        size = heads(files)[0]
        for leaf in (0, 1, size - 1):
            name = statement(leaf)
            if leaf == 0:
                # Everything hangs on the operator's key: nothing else is checked without it.
                rules = FORMS | {"content"}
                places = {name, content(0)}
            else:
                rules, places = FORMS, {name}
            self.check(files, name, lambda these, rules=rules, places=places: any(
                where in places and rule in rules for where, rule in these
            ))
            if leaf:
                self.check(files, name, lambda these: (head(size), "signature") in these)

    def test_of_statements_deep_in_the_log(self):
        for leaf in (len(exported()["log.jsonl"].splitlines()) // 2, 57):
            name = statement(leaf)
            wanted = lambda these, name=name: any(where == name and rule in FORMS for where, rule in these)
            self.check(exported(), name, wanted, step=23)

    def test_of_contents(self):
        files = shortened(exported())
        for leaf in (0, 1, heads(files)[0] - 1):
            self.check(files, content(leaf), lambda these, leaf=leaf: (content(leaf), "content") in these)

    def test_of_heads(self):
        files = shortened(exported())
        name = head(heads(files)[0])
        rules = {"form", "head", "signature", "history"}
        self.check(files, name, lambda these: any(where == name and rule in rules for where, rule in these))

    def test_of_the_newest_head(self):
        name = head(heads(exported())[-1])
        rules = {"form", "head", "signature", "history"}
        self.check(exported(), name, lambda these: any(
            where == name and rule in rules for where, rule in these
        ), step=11)

    def test_of_a_published_text(self):
        files = shortened(exported())
        name = next(name for name in files if name.startswith("agreements/"))
        self.check(files, name, lambda these: these == {(name, "agreement")}, step=997)


class Files(unittest.TestCase):
    def setUp(self):
        self.files = dict(exported())
        self.size = heads(self.files)[-1]

    def test_a_leaf_that_is_deleted(self):
        for leaf in (0, 40, self.size - 1):
            left = {name: data for name, data in self.files.items() if name != statement(leaf)}
            self.assertIn((statement(leaf), "files"), found(left))

    def test_a_leaf_that_is_cut_out_with_its_line(self):
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        left = dict(self.files) | {"log.jsonl": b"".join(lines[:40] + lines[41:])}
        for leaf in range(40, self.size - 1):
            left[statement(leaf)], left[content(leaf)] = left[statement(leaf + 1)], left[content(leaf + 1)]
        del left[statement(self.size - 1)], left[content(self.size - 1)]
        these = found(with_manifest(left, root_of(left, self.size - 1)))
        self.assertIn((statement(40), "series"), these)
        self.assertIn((head(self.size), "history"), these)

    def test_a_content_that_is_deleted(self):
        del self.files[content(40)]
        self.assertEqual(found(self.files), {(content(40), "content"), ("log.jsonl, line 41", "list")})

    def test_a_content_that_is_deleted_and_said_to_be_absent(self):
        del self.files[content(40)]
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        lines[40] = lines[40].replace(b'"has_content":true', b'"has_content":false')
        self.assertEqual(found(self.files | {"log.jsonl": b"".join(lines)}), {(content(40), "content")})

    def test_an_older_head_that_is_deleted(self):
        del self.files[head(heads(self.files)[0])]
        self.assertEqual(found(self.files), {("manifest.json", "manifest")})

    def test_the_last_head_that_is_deleted(self):
        del self.files[head(self.size)]
        these = found(with_manifest(self.files))
        self.assertEqual(these, {("heads", "head")})

    def test_leaves_that_change_places(self):
        self.swap(statement(40), statement(41))
        self.swap(content(40), content(41))
        these = found(self.files)
        self.assertLessEqual({(statement(40), "series"), (head(self.size), "signature")}, these)
        self.assertIn(("log.jsonl, line 41", "list"), these)

    def test_contents_that_change_places(self):
        self.swap(content(40), content(41))
        self.assertEqual(found(self.files), {(content(40), "content"), (content(41), "content")})

    def test_a_head_of_another_operator(self):
        root = bytes.fromhex(root_of(self.files, self.size))
        self.files[head(self.size)] = Signer("another operator").head(self.size, root)
        self.assertEqual(found(self.files), {(head(self.size), "head"), ("heads", "head")})

    def test_an_older_head_under_the_newest_name(self):
        older = heads(self.files)[0]
        self.files[head(self.size)] = self.files[head(older)]
        self.assertEqual(found(self.files), {(head(self.size), "head"), ("heads", "head")})

    def test_a_log_cut_back_to_an_older_head(self):
        """It was a good log once; only who kept something of the longer one can tell."""
        kept = {"kept.cose": self.files[head(self.size)]}
        self.assertEqual(found(shortened(self.files), kept_heads=kept), {("kept.cose", "history")})
        self.assertEqual(found(self.files, kept_heads=kept), set())

    def test_a_log_cut_back_while_the_newest_head_stays(self):
        cut = shortened(self.files) | {head(self.size): self.files[head(self.size)]}
        self.assertEqual(found(with_manifest(cut)), {(head(self.size), "history")})

    def test_lines_in_another_order(self):
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        lines[40], lines[41] = lines[41], lines[40]
        these = found(self.files | {"log.jsonl": b"".join(lines)})
        self.assertEqual(these, {("log.jsonl, line 41", "list"), ("log.jsonl, line 42", "list")})

    def test_lines_that_are_missing_or_no_lines(self):
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        these = found(self.files | {"log.jsonl": b"".join(lines[:-1])})
        self.assertEqual(these, {(f"log.jsonl, line {self.size}", "list")})
        for broken in (b"[]\n", b"{\n", b"[" * 9_999 + b"\n", lines[0].replace(b'"leaf_index":0', b'"leaf_index":"0"')):
            these = found(self.files | {"log.jsonl": broken + b"".join(lines[1:])})
            self.assertEqual(these, {("log.jsonl, line 1", "files"), ("log.jsonl, line 1", "list")})

    def test_lists_that_are_missing_or_cut_off(self):
        self.assertEqual(found(self.files | {"log.jsonl": self.files["log.jsonl"][:-1]}), {("log.jsonl", "files")})
        del self.files["refusals.jsonl"]
        self.assertEqual(found(self.files), {("refusals.jsonl", "files")})

    def test_files_that_do_not_belong(self):
        extra = [content(self.size), "notes.txt", "statements/1.cose", f"agreements/{'0' * 64}.txt"]
        for name in extra:
            self.assertIn((name, "files"), found(with_manifest(self.files | {name: b"x"})), name)
        self.assertIn((r"'\x1b[2J\udcff'", "files"), found(self.files | {"\x1b[2J\udcff": b""}))
        these = found(with_manifest(self.files | {statement(self.size): b"x"}))
        self.assertLessEqual({(statement(self.size), "form"), (f"log.jsonl, line {self.size + 1}", "list")}, these)
        self.assertIn(("heads/1.cose", "form"), found(self.files | {"heads/1.cose": b""}))
        again = self.files[head(heads(self.files)[0])]
        self.assertIn(("heads/1.cose", "head"), found(self.files | {"heads/1.cose": again}), "a head has one name")
        self.assertIn((statement(3), "files"), found(self.files | {statement(3): None}), "a link, a pipe")

    def test_a_text_that_is_missing(self):
        name = next(name for name in self.files if name.startswith("agreements/"))
        del self.files[name]
        self.assertEqual(found(with_manifest(self.files)), {(name, "agreement")})

    def test_a_manifest_that_says_something_else(self):
        whole = json.loads(self.files["manifest.json"])
        for name in ("statements", "heads", "refusals", "agreements"):
            self.check_manifest(whole | {name: whole[name] + 1})
        self.check_manifest(whole | {"root": "00" * 32})
        self.check_manifest(whole | {"root": None})
        self.check_manifest(whole | {"operator_key": "00" * 32})

    def test_a_manifest_that_is_none(self):
        whole = json.loads(self.files["manifest.json"])
        for text in ("", "{", "[]", json.dumps(whole | {"layout": 2}), json.dumps(whole | {"heads": "2"})):
            with self.assertRaises(Unusable):
                verify(self.files | {"manifest.json": text.encode()})

    def check_manifest(self, manifest):
        these = found(self.files | {"manifest.json": json.dumps(manifest).encode()})
        self.assertEqual(these, {("manifest.json", "manifest")})

    def swap(self, one, other):
        self.files[one], self.files[other] = self.files[other], self.files[one]
