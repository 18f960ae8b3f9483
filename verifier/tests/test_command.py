"""The command as an auditor gives it: what it prints and how it ends."""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from .demo import WHOLE, content, exported, head, heads, shortened

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments):
    command = [sys.executable, "-m", "verifier", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class Command(unittest.TestCase):
    def setUp(self):
        exported()
        home = tempfile.TemporaryDirectory(prefix="esep-verifier-")
        self.addCleanup(home.cleanup)
        self.copy = pathlib.Path(home.name, "log")

    def test_a_log_that_holds(self):
        began = time.monotonic()
        ended = run(WHOLE)
        self.assertLess(time.monotonic() - began, 10, "seconds for the demo log")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("The log holds", ended.stdout)
        self.assertIn("was not compared", ended.stdout, "what was not checked is said")

    def test_with_what_was_known_before(self):
        key = json.loads(exported()["manifest.json"])["operator_key"]
        kept = WHOLE / head(heads(exported())[0])
        ended = run(WHOLE, "--operator-key", key.upper(), "--checkpoint", kept, "--json")
        answer = json.loads(ended.stdout)
        self.assertEqual((ended.returncode, answer["holds"], answer["findings"], answer["notes"]), (0, True, [], []))

    def test_the_key_as_a_link_of_an_activation_names_it(self):
        key = bytes.fromhex(json.loads(exported()["manifest.json"])["operator_key"])
        for data, code in ((key, 0), (bytes(32), 1), (key[:16], 2)):
            named = base64.urlsafe_b64encode(data).decode().rstrip("=")
            self.assertEqual(run(WHOLE, f"--operator-key={named}").returncode, code)

    def test_a_log_that_was_cut_back(self):
        for name, data in shortened(exported()).items():
            (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
            (self.copy / name).write_bytes(data)
        self.assertEqual(run(self.copy).returncode, 0, "by itself it is a good log")
        kept = WHOLE / head(heads(exported())[-1])
        ended = run(self.copy, "--checkpoint", kept)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("(rule: history)", ended.stdout)

    def test_a_log_that_is_damaged(self):
        shutil.copytree(WHOLE, self.copy)
        (self.copy / content(7)).write_bytes(b"")
        (self.copy / "statements" / "link").symlink_to(WHOLE / "log.jsonl")
        ended = run(self.copy)
        self.assertEqual(ended.returncode, 1)
        self.assertIn(f"{content(7)}: is not the content whose hash was signed (rule: content)", ended.stdout)
        self.assertIn("statements/link: does not belong to an exported log (rule: files)", ended.stdout)
        self.assertIn("The log does NOT hold", ended.stdout)
        answer = json.loads(run(self.copy, "--json").stdout)
        self.assertFalse(answer["holds"])
        rules = {(finding["where"], finding["rule"]) for finding in answer["findings"]}
        self.assertIn((content(7), "content"), rules)

    def test_what_is_no_log(self):
        self.copy.mkdir()
        for arguments in ([self.copy], [self.copy / "nothing"], [WHOLE, "--checkpoint", self.copy / "nothing"]):
            ended = run(*arguments)
            self.assertEqual((ended.returncode, ended.stderr), (2, ""))
            self.assertIn("Nothing was checked", ended.stdout)
            self.assertIn("unusable", json.loads(run(*arguments, "--json").stdout))
