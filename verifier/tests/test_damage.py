"""The log that the real program exports holds; damaged in any of these ways it does not, and the rule is named."""

import json
import unittest

from verifier.log import verify
from verifier.form import Unusable

from .demo import (
    content, cut_out, exported, found, head, heads, leaves, root_of, shortened, statement, swapped, told_log,
    with_manifest,
)
from .sealed import Signer


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


class TheToldLog(unittest.TestCase):
    """A log in which more was said: answers, a dispute, an erased note, a device that was revoked."""

    def setUp(self):
        self.files = told_log()
        self.size = heads(self.files)[-1]

    def leaf(self, kind):
        return leaves(self.files, kind)[-1]

    def cut(self, leaf):
        return found(cut_out(self.files, leaf))

    def test_holds(self):
        report = verify(self.files)
        self.assertEqual(report.findings, [])
        kinds = {stated.kind for stated, _ in report.read.values()}
        wanted = "visit-disputed visit-confirmed visit-corrected visit-reviewed content-erased device-revoked"
        self.assertLessEqual(set(wanted.split()), kinds)
        self.assertEqual(len(report.bare), 1, "a content was erased")
        self.assertEqual(found(self.files, operator_key="00" * 32), {(statement(0), "key")})

    def test_a_dispute_that_is_deleted(self):
        leaf = self.leaf("visit-disputed")
        left = {name: data for name, data in self.files.items() if name != statement(leaf)}
        self.assertIn((statement(leaf), "files"), found(left))
        # Where it is cut out with its line, its device and the signed heads still tell.
        self.assertLessEqual({(statement(leaf), "series"), (head(self.size), "history")}, self.cut(leaf))
        left = {name: data for name, data in self.files.items() if name != content(leaf)}
        self.assertIn((content(leaf), "content"), found(left), "what was erased is another one")

    def test_an_answer_and_a_dispute_that_change_places(self):
        one, other = self.leaf("visit-disputed"), self.leaf("visit-confirmed")
        these = found(swapped(swapped(self.files, statement(one), statement(other)), content(one), content(other)))
        self.assertLessEqual({(statement(one), "series"), (head(self.size), "signature")}, these)
        these = found(swapped(self.files, content(one), content(other)))
        self.assertEqual(these, {(content(one), "content"), (content(other), "content")})

    def test_without_the_erasure_the_erased_note_is_missed(self):
        bare, leaf = verify(self.files).bare, self.leaf("content-erased")
        self.assertLessEqual({(name, "content") for name in bare.values()}, self.cut(leaf))

    def test_a_revocation_that_is_cut_out(self):
        """The operator's last word: nothing in its series comes after it, but a signed head stands over it."""
        these = self.cut(self.leaf("device-revoked"))
        self.assertIn((head(self.size), "history"), these)


class Files(unittest.TestCase):
    def setUp(self):
        self.files = dict(exported())
        self.size = heads(self.files)[-1]

    def test_a_leaf_that_is_deleted(self):
        for leaf in (0, 40, self.size - 1):
            left = {name: data for name, data in self.files.items() if name != statement(leaf)}
            self.assertIn((statement(leaf), "files"), found(left))

    def test_a_leaf_that_is_cut_out_with_its_line(self):
        these = found(cut_out(self.files, 40))
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
        self.files = swapped(self.files, statement(40), statement(41))
        self.files = swapped(self.files, content(40), content(41))
        these = found(self.files)
        self.assertLessEqual({(statement(40), "series"), (head(self.size), "signature")}, these)
        self.assertIn(("log.jsonl, line 41", "list"), these)

    def test_contents_that_change_places(self):
        self.files = swapped(self.files, content(40), content(41))
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
