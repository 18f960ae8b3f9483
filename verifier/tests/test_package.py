"""The package that the real program makes of a visit holds; damaged in any way it does not, and the rule is named."""

import hashlib
import json
import unittest

from verifier import folder, package
from verifier.form import Unusable
from verifier.log import verify
from verifier.walk import Walk

from .demo import content, flipped, found, head, packaged, statement, told
from .sealed import Signer

INNER = {"form", "header", "key", "signature", "content", "receipt", "head", "list", "flags", "series", "visit", "id"}


def receipt(leaf):
    return f"receipts/{leaf:012}.cose"


def leaves(files, kind=None):
    """The leaves of a package, those of a kind if one is named."""
    made = sorted(int(name[11:23]) for name in files if name.startswith("statements/"))
    return [leaf for leaf in made if kind is None or kind.encode() in files[statement(leaf)]]


def signed_for(files):
    """As if the operator had signed for these files: only what lies below the manifest can tell then."""
    manifest = json.loads(files["manifest.json"])
    others = {name: data for name, data in files.items() if not name.startswith("manifest.")}
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}
    manifest["statements"] = sum(name.startswith("statements/") for name in files)
    return others | {"manifest.json": json.dumps(manifest).encode(), "manifest.cose": files["manifest.cose"]}


def inner(files):
    """What is found although the manifest fits the files; its signature cannot."""
    return {(where, rule) for where, rule in found(signed_for(files)) if where != "manifest.cose"}


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


class EveryByte(unittest.TestCase):
    def test_of_every_file_is_signed_for(self):
        """One bit of each byte of each file, the page and the texts too: the file is named."""
        files = dict(packaged())
        walk = Walk(files)
        walk.check_operator(None)
        for name, data in list(files.items()):
            if name in ("manifest.json", "manifest.cose"):
                continue
            # A long text is one hash like a short one: a sample of its bytes shows that.
            for at in range(0, len(data), 1 if len(data) < 8_192 else 97):
                files[name] = flipped(data, at, 1 << at % 8)
                self.assertIsNotNone(self.broken(package.check_file, walk, name), f"{name}, byte {at}")
            files[name] = data

    def test_of_the_manifest_and_its_signature(self):
        files = packaged()
        for name in ("manifest.json", "manifest.cose"):
            for at in range(len(files[name])):
                damaged = files | {name: flipped(files[name], at, 1 << at % 8)}
                try:
                    walk = Walk(damaged)
                except Unusable:
                    continue
                walk.check_operator(None)
                self.assertIsNotNone(self.broken(package.check_signature, walk), f"{name}, byte {at}")

    def test_of_what_proves_the_visit_even_if_it_was_signed_for(self):
        files = packaged()
        visit, answer = leaves(files, "visit-registered")[0], leaves(files, "visit-confirmed")[0]
        bound = leaves(files, "device-bound")[0]
        size = json.loads(files["manifest.json"])["tree_size"]
        names = [statement(visit), content(visit), receipt(visit), f"registrations/{visit:012}.cose", statement(answer),
                 statement(bound), content(bound), statement(0), content(0), head(size)]
        for name in names:
            for at in range(0, len(files[name]), 3):
                damaged = files | {name: flipped(files[name], at, 1 << at % 8)}
                these = found(damaged)
                self.assertTrue(any(rule in INNER for _, rule in these), f"{name}, byte {at}: {these}")

    def broken(self, check, *arguments):
        report = arguments[0]
        before = len(report.findings)
        with report.at("here"):
            check(*arguments)
        return report.findings[-1] if len(report.findings) > before else None


class Files(unittest.TestCase):
    def setUp(self):
        self.files = dict(packaged())
        self.visit = leaves(self.files, "visit-registered")[0]
        self.size = json.loads(self.files["manifest.json"])["tree_size"]

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
        self.swap(statement(self.visit), statement(other))
        these = inner(self.files)
        self.assertLessEqual({(receipt(self.visit), "signature"), (receipt(other), "signature")}, these)

    def test_lines_in_another_order(self):
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        self.files["log.jsonl"] = b"".join([lines[1], lines[0], *lines[2:]])
        self.assertIn(("log.jsonl", "list"), inner(self.files))

    def test_contents_that_change_places(self):
        other = self.visit + 1
        self.swap(content(self.visit), content(other))
        self.assertEqual(inner(self.files), {(content(self.visit), "content"), (content(other), "content")})

    def test_a_receipt_of_another_leaf_or_another_log(self):
        self.files[receipt(self.visit)] = self.files[receipt(self.visit + 1)]
        self.assertEqual(inner(self.files), {(receipt(self.visit), "receipt")})
        demo = Signer("another operator")
        self.files[receipt(self.visit)] = demo.head(self.size, b"r" * 32)
        self.assertEqual(inner(self.files), {(receipt(self.visit), "form")})

    def test_a_receipt_under_another_head(self):
        older = f"registrations/{self.visit:012}.cose"
        self.files[receipt(self.visit)] = self.files[older]
        self.assertIn((receipt(self.visit), "receipt"), inner(self.files))

    def test_a_statement_that_is_left_out_of_a_series_that_is_shown(self):
        """A package shows parts of a series, but two neighbours in it are neighbours."""
        self.swap(statement(self.visit), statement(self.visit + 1))
        self.assertTrue(any(rule in ("series", "flags") for _, rule in inner(self.files)))

    def test_without_the_registration(self):
        for name in (statement, content, receipt):
            del self.files[name(self.visit)]
        lines = self.files["log.jsonl"].splitlines(keepends=True)
        kept = [line for line in lines if json.loads(line)["leaf_index"] != self.visit]
        self.files["log.jsonl"] = b"".join(kept)
        self.assertIn(("statements", "visit"), inner(self.files))

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
        told_about = told()
        self.assertTrue(told_about["visit"])
        kept = {"kept.cose": self.later_head(before)}
        self.assertEqual(found(before, kept_heads=kept), {("kept.cose", "history")})

    def later_head(self, files):
        """A head that the operator signs after this package: one more organisation is registered."""
        import pathlib
        import subprocess
        from .demo import HOME, program
        data = str(pathlib.Path(HOME.name, "told"))
        words = ["--name-kk", "Жаңа орталық", "--name-ru", "Новый центр", "--bin", "260140999993"]
        subprocess.run([program("ESEP_OPERATOR_BIN"), "organisation", "add", *words, "--dir", data], check=True,
                       stdout=subprocess.DEVNULL)
        out = pathlib.Path(HOME.name, "later")
        subprocess.run([program("ESEP_OPERATOR_BIN"), "export", "--dir", data, "--out", str(out)], check=True,
                       stdout=subprocess.DEVNULL)
        later = folder.read(out)
        return later[max(name for name in later if name.startswith("heads/"))]

    def swap(self, one, other):
        self.files[one], self.files[other] = self.files[other], self.files[one]
