"""The package that the real program makes of a visit holds; damaged in any way it does not, and the rule is named."""

import json
import pathlib
import subprocess
import unittest

import cbor2

from verifier.cose import has_own_id, read_receipt, read_statement
from verifier.form import Unusable
from verifier.log import verify

from .demo import HOME, content, found, head, inner, leaves, made_by, packaged, program, statement, swapped, told
from .sealed import Signer


def receipt(leaf):
    return f"receipts/{leaf:012}.cose"


class ThePackage(unittest.TestCase):
    def test_holds_for_every_reader(self):
        for options in ((), ("--for", "parent"), ("--for", "specialist"), ("--for", "coordinator"), ("--everything",)):
            with self.subTest(options=options):
                report = verify(packaged("visit", *options))
                self.assertEqual(report.findings, [])
                self.assertTrue(any("made not before 20" in note for note in report.notes))

    def test_of_another_visit_holds(self):
        self.assertEqual(found(packaged("other")), set())
        self.assertEqual(found(packaged("visit", "--locale", "ru")), set())

    def test_shows_each_reader_what_that_reader_may_see(self):
        def texts(*options):
            return b"".join(data for name, data in packaged("visit", *options).items() if data)
        care, erased, dispute = "Дыбыстарды қайталадық", "Қате жазылды", "Он минут кеш келді"
        for options, sees_care in ((("--for", "parent"), True), (("--everything",), True), ((), False),
                                   (("--for", "coordinator"), False)):
            self.assertEqual(care.encode() in texts(*options), sees_care, options)
            self.assertIn(dispute.encode(), texts(*options))
            self.assertNotIn(erased.encode(), texts(*options))
        self.assertIn(b"after-visit", texts())
        self.assertNotIn(b"after-visit", texts("--for", "specialist"), "where the parent was is the parent's")

    def test_the_page_is_one_quiet_file(self):
        for locale in ("kk", "ru", "en"):
            page = packaged("visit", "--for", "parent", "--locale", locale)["visit.html"].decode()
            self.assertIn(f'<html lang="{locale}">', page)
            self.assertIn("&amp; &lt;жаттығу&gt;", page, "what people wrote is text, never markup")
            for loud in ("<script", "http://", "https://", "<img", "<link", "javascript:"):
                self.assertNotIn(loud, page)
            self.assertIn(json.loads(packaged()["manifest.json"])["operator_key"], page)


class Files(unittest.TestCase):
    def setUp(self):
        self.files = dict(packaged())
        self.visit = leaves(self.files, "visit-registered")[0]
        self.manifest = json.loads(self.files["manifest.json"])
        self.size = self.manifest["tree_size"]

    def test_each_deleted_file_is_missed(self):
        for name in self.files:
            left = {other: data for other, data in self.files.items() if other != name}
            if name == "manifest.json":
                self.assertRaises(Unusable, verify, left)
            else:
                self.assertIn(name, {where for where, _ in found(left)}, name)

    def test_a_file_that_does_not_belong(self):
        for name in ("notes.txt", statement(1), "agreements/x.txt", "\x1b[2J"):
            these = found(self.files | {name: b"x"})
            self.assertIn((name if name.isprintable() else ascii(name), "files"), these)

    def test_statements_that_change_places(self):
        other = self.visit + 1
        self.files = swapped(self.files, statement(self.visit), statement(other))
        these = inner(self.files)
        self.assertLessEqual({(receipt(self.visit), "signature"), (receipt(other), "signature")}, these)

    def test_lines_in_another_order(self):
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        self.files["log.jsonl"] = b"".join([lines[1], lines[0], *lines[2:]])
        self.assertIn(("log.jsonl", "list"), inner(self.files))

    def test_contents_that_change_places(self):
        other = self.visit + 1
        self.files = swapped(self.files, content(self.visit), content(other))
        self.assertEqual(inner(self.files), {(content(self.visit), "content"), (content(other), "content")})

    def test_a_receipt_of_another_leaf(self):
        self.files[receipt(self.visit)] = self.files[receipt(self.visit + 1)]
        self.assertEqual(inner(self.files), {(receipt(self.visit), "receipt")})

    def test_a_head_in_the_place_of_a_receipt(self):
        self.files[receipt(self.visit)] = self.files[head(self.size)]
        self.assertEqual(inner(self.files), {(receipt(self.visit), "form")})

    def test_a_receipt_that_somebody_else_signed(self):
        """Its proof is the operator's own, of this leaf under this root; nothing but the signer is wrong."""
        name, other = receipt(self.visit), Signer("another operator")
        root, key = (bytes.fromhex(self.manifest[member]) for member in ("root", "operator_key"))
        proofs = cbor2.loads(self.files[name][1:])[1]
        for labels, rule in (({}, "head"), ({"label_4": key}, "signature")):
            forged = other.head(self.size, root, proofs=proofs, **labels)
            self.assertEqual(inner(self.files | {name: forged}), {(name, rule)})
        good = read_receipt(other.head(self.size, root, proofs=proofs), self.files[statement(self.visit)], self.visit,
                            other.cose_key)
        self.assertEqual((good.size, good.root), (self.size, root), "for that signer's own key it is a receipt")

    def test_a_receipt_of_another_log(self):
        """Two operators, who did the same: what the other one registered at this leaf stands in this log nowhere."""
        foreign, name = packaged(operator="told-elsewhere"), receipt(self.visit)
        self.assertEqual(found(foreign), set())
        self.assertEqual(leaves(foreign, "visit-registered"), [self.visit])
        self.assertEqual(inner(self.files | {name: foreign[name]}), {(name, "head")})
        others = [of(self.visit) for of in (statement, content, receipt)]
        these = inner(self.files | {other: foreign[other] for other in others})
        self.assertLessEqual({(statement(self.visit), "key"), (name, "head")}, these)
        self.assertIn((statement(0), "key"), found(foreign, operator_key=self.manifest["operator_key"]))

    def test_a_receipt_under_another_head(self):
        older = f"registrations/{self.visit:012}.cose"
        self.files[receipt(self.visit)] = self.files[older]
        self.assertIn((receipt(self.visit), "receipt"), inner(self.files))

    def test_a_statement_that_is_left_out_of_a_series_that_is_shown(self):
        """A package shows parts of a series, but two neighbours in it are neighbours."""
        self.files = swapped(self.files, statement(self.visit), statement(self.visit + 1))
        self.assertTrue(any(rule in ("series", "flags") for _, rule in inner(self.files)))

    def test_without_the_registration(self):
        for name in (statement, content, receipt):
            del self.files[name(self.visit)]
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        kept = [line for line in lines if json.loads(line)["leaf_index"] != self.visit]
        self.files["log.jsonl"] = b"".join(kept)
        self.assertIn(("statements", "visit"), inner(self.files))

    def test_whose_visit_it_is(self):
        """The id of a visit is made from the key that registers it. The second one is that of docs/PROTOCOL.md."""
        registered = read_statement(self.files[statement(self.visit)])
        vector = bytes.fromhex("017f22e279b07fff9a46e77512654ba1")
        other_key = registered._replace(kid=b"\xab" * 32)
        self.assertTrue(has_own_id(registered))
        self.assertTrue(has_own_id(other_key._replace(sub=vector)))
        self.assertFalse(has_own_id(other_key))
        for bit in range(128):
            other = bytes(byte ^ (at == bit // 8) << bit % 8 for at, byte in enumerate(vector))
            self.assertFalse(has_own_id(other_key._replace(sub=other)), bit)

    def test_statements_of_another_visit(self):
        other = packaged("other")
        leaf = leaves(other, "visit-registered")[0]
        line = next(line for line in other["log.jsonl"].splitlines(keepends=True) if b":%d," % leaf in line)
        for name in (statement, content, receipt):
            self.files[name(leaf)] = other[name(leaf)]
        lines = self.files["log.jsonl"].splitlines(keepends=True) + [line]
        self.files["log.jsonl"] = b"".join(sorted(lines, key=lambda line: json.loads(line)["leaf_index"]))
        self.assertEqual(inner(self.files), {("statements", "visit")})

    def test_a_text_that_was_exchanged(self):
        name = next(name for name in self.files if name.startswith("agreements/"))
        self.files[name] += b"."
        self.assertEqual(inner(self.files), {(name, "agreement")})
        del self.files[name]
        self.assertIn(("statements", "agreement"), inner(self.files))

    def test_of_another_operator(self):
        self.assertIn((statement(0), "key"), found(self.files, operator_key="00" * 32))

    def test_a_checkpoint_that_somebody_kept(self):
        newer = packaged("other")
        kept = {"kept.cose": newer[head(self.size)]}
        self.assertEqual(found(self.files, kept_heads=kept), set())
        smaller = min(int(name[6:18]) for name in self.files if name.startswith("heads/"))
        report = verify(self.files, kept_heads={"kept.cose": self.files[head(smaller)]})
        self.assertEqual(report.findings, [])
        self.assertTrue(any("only the whole log" in note for note in report.notes))

    def test_a_package_that_is_older_than_what_somebody_kept(self):
        before = packaged("visit", "--everything")
        told_about = told("told")
        self.assertTrue(told_about["visit"])
        kept = {"kept.cose": self.later_head(before)}
        self.assertEqual(found(before, kept_heads=kept), {("kept.cose", "history")})

    def later_head(self, files):
        """A head that the operator signs after this package: one more organisation is registered."""
        data = str(pathlib.Path(HOME.name, "told"))
        words = ["--name-kk", "Жаңа орталық", "--name-ru", "Новый центр", "--bin", "260140999993"]
        subprocess.run([program("ESEP_OPERATOR_BIN"), "organisation", "add", *words, "--dir", data], check=True,
                       stdout=subprocess.DEVNULL)
        later = made_by("told")
        return later[max(name for name in later if name.startswith("heads/"))]
