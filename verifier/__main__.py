"""python -m verifier FOLDER [--operator-key THUMBPRINT] [--checkpoint FILE]... [--json]"""

import argparse
import base64
import json
import sys
from pathlib import Path

from . import folder
from .form import Unusable
from .log import verify

NOT_COMPARED = "The operator's key was not compared with one that you got another way (--operator-key)."
NOT_DATED = "Nothing shows that the log is not shorter than it once was (--checkpoint)."
SHOWN = 20


def thumbprint(text):
    data = bytes.fromhex(text) if len(text) == 64 else base64.urlsafe_b64decode(text + "=")
    if len(data) != 32:
        raise ValueError
    return data.hex()


def main():
    parser = argparse.ArgumentParser(prog="python -m verifier", description="Checks an exported log or a package.")
    parser.add_argument("folder", help="what `esep-operator export --out` wrote")
    parser.add_argument("--operator-key", type=thumbprint, help="its thumbprint, in hexadecimal or as in a link")
    parser.add_argument("--checkpoint", action="append", default=[], help="a signed head that was kept before")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        kept = {name: Path(name).read_bytes() for name in options.checkpoint}
        report = verify(folder.read(options.folder), options.operator_key, kept)
    except (Unusable, OSError) as error:
        print(json.dumps({"unusable": str(error)}) if options.json else f"Nothing was checked: {error}.")
        return 2
    report.notes += [note for note, given in ((NOT_COMPARED, options.operator_key), (NOT_DATED, kept)) if not given]
    wrong, what = len(report.findings), "package" if "receipts" in report.counts else "log"
    said = ["{where}: {why} (rule: {rule})".format_map(finding) for finding in report.findings[:SHOWN]]
    said += [f"... and {wrong - SHOWN} more, which --json shows; they may follow from the first."] * (wrong > SHOWN)
    said.append("Looked at: " + ", ".join(f"{count} {name}" for name, count in report.counts.items()) + ".")
    answer = {"holds": not wrong, "counts": report.counts, "findings": report.findings, "notes": report.notes}
    end = f"does NOT hold, findings: {wrong}." if wrong else "holds: no rule that was checked is broken."
    said += [*report.notes, f"The {what} {end}"]
    print(json.dumps(answer, indent=1) if options.json else "\n".join(said))
    return int(wrong > 0)


sys.exit(main())
