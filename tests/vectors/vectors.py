#!/usr/bin/env python3
"""Test vectors of docs/PROTOCOL.md, written from that page alone with independent COSE and CBOR libraries.

    vectors.py make [FOLDER]   writes the vectors, the same bytes each time
    vectors.py check FILE      verifies what another implementation sealed and proved
"""

import json
import pathlib
import sys

import checks
import codes
import contents
import keys
import negative
import negative_log
import packed
import positive
from form import Refused

HERE = pathlib.Path(__file__).resolve().parent


def make(folder):
    signers = {name: keys.Signer(name) for name in positive.SIGNERS}
    stated = positive.make_statements(signers)
    newer = positive.make_newer(signers)
    entries = [bytes.fromhex(one["statement"]) for one in stated]
    log = positive.make_log(signers["operator"], entries)
    log["refused"] = negative_log.make_receipts(signers, entries)
    made = {
        "keys.json": {name: signer.to_json() for name, signer in signers.items()},
        "statements.json": {"sealed": stated, "newer": newer},
        "refused.json": negative.make_statements(signers),
        "log.json": log,
        "packed.json": packed.make(signers, stated),
        "codes.json": codes.make(signers),
        "scopes.json": positive.make_scopes(),
        "cbor.json": {"accepted": positive.make_cbor(), "refused": negative_log.make_cbor()},
    }
    checks.check_own(signers, made)
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in made.items():
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    print(f"vectors: {len(stated)} statements of {len(contents.KINDS)} kinds, {len(made['refused.json'])} to refuse")


def check(file):
    made = json.loads(file.read_text(encoding="utf-8"))
    try:
        checks.check_foreign(made)
    except (checks.Wrong, Refused) as wrong:
        sys.exit(f"vectors: {file.name} of seed {made['seed']}: {wrong}")


def main(arguments):
    match arguments:
        case ["make"]:
            make(HERE)
        case ["make", folder]:
            make(pathlib.Path(folder))
        case ["check", file]:
            check(pathlib.Path(file))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
