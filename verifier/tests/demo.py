"""What the real programs make and export, once each: the log of the demo, and one in which visits were told about."""

import functools
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

from verifier import cose, folder
from verifier.folder import content, head, statement
from verifier.log import verify

HOME = tempfile.TemporaryDirectory(prefix="esep-verifier-")
WHOLE = pathlib.Path(HOME.name, "log")


def program(name):
    found = os.environ.get(name)
    if not found:
        raise RuntimeError(f"{name} must name a built program (cargo xtask verifier does it)")
    return found


def made_by(operator, *options):
    """The files that this operator exports; options are those of the command."""
    out = pathlib.Path(tempfile.mkdtemp(dir=HOME.name), "export")
    command = [program("ESEP_OPERATOR_BIN"), "export", "--dir", str(pathlib.Path(HOME.name, operator))]
    subprocess.run([*command, "--out", str(out), *options], check=True, stdout=subprocess.DEVNULL)
    return folder.read(out)


@functools.cache
def told(operator):
    """Ids of two visits in the log of an operator, and of who reads them; each name is an operator of its own."""
    data = str(pathlib.Path(HOME.name, operator))
    ended = subprocess.run([program("ESEP_TOLD_BIN"), data], check=True, capture_output=True)
    return json.loads(ended.stdout)


@functools.cache
def packaged(visit="visit", *options, operator="told"):
    """The files of a visit's package."""
    told_about = told(operator)
    return made_by(operator, "--visit", told_about[visit], *(told_about.get(option, option) for option in options))


@functools.cache
def told_log():
    """The files of the log in which visits were told about: answers, a dispute, an erased note, a revoked device."""
    told("told")
    return made_by("told")


@functools.cache
def exported():
    """The files of the exported log of the demo, by name; they stay in the folder `WHOLE`."""
    data = str(pathlib.Path(HOME.name, "operator"))
    for arguments in (
        ["demo", "--dir", data, "--address", "http://127.0.0.1:1", "--json"],
        ["export", "--dir", data, "--out", str(WHOLE)],
    ):
        subprocess.run([program("ESEP_OPERATOR_BIN"), *arguments], check=True, stdout=subprocess.DEVNULL)
    return folder.read(WHOLE)


def heads(files):
    """The sizes of the signed heads, from the smallest."""
    return sorted(int(name[6:18]) for name in files if name.startswith("heads/"))


def shortened(files):
    """The log as it was when its first head was signed: a good one, and a quick one to check."""
    size = heads(files)[0]
    keep = {statement(leaf) for leaf in range(size)} | {content(leaf) for leaf in range(size)} | {head(size)}
    short = {name: data for name, data in files.items() if name in keep or name.startswith("agreements/")}
    lines = files["log.jsonl"].splitlines(keepends=True)
    short |= {"log.jsonl": b"".join(lines[:size]), "refusals.jsonl": b""}
    return with_manifest(short | {"manifest.json": files["manifest.json"]}, root_of(short, size))


def root_of(files, size):
    return cose.tree(files[statement(leaf)] for leaf in range(size))(size).hex()


def with_manifest(files, root=None):
    """The files with a manifest that counts them, as somebody would write who wants to hide what was done."""
    manifest = json.loads(files["manifest.json"])
    for name in ("statements", "heads", "agreements"):
        manifest[name] = sum(file.startswith(f"{name}/") for file in files)
    manifest["refusals"] = files["refusals.jsonl"].count(b"\n")
    manifest["root"] = root or manifest["root"]
    return files | {"manifest.json": json.dumps(manifest).encode()}


def leaves(files, kind=None):
    """The leaves of a log or a package, those of a kind if one is named."""
    made = sorted(int(name[11:23]) for name in files if name.startswith("statements/"))
    return [leaf for leaf in made if kind is None or kind.encode() in files[statement(leaf)]]


def cut_out(files, leaf):
    """The log without a leaf, numbered and counted anew, as somebody would who wants it forgotten."""
    lines, left = [json.loads(line) for line in files["log.jsonl"].splitlines()], dict(files)
    last = len(lines) - 1
    for name in (statement, content):
        for at in range(leaf, last):
            left.pop(name(at), None)
            left |= {name(at): files[name(at + 1)]} if name(at + 1) in files else {}
        left.pop(name(last), None)
    lines[leaf:] = [line | {"leaf_index": line["leaf_index"] - 1} for line in lines[leaf + 1:]]
    left["log.jsonl"] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return with_manifest(left, root_of(left, last))


def swapped(files, one, other):
    """The files of which two bear the other's name."""
    return files | {one: files[other], other: files[one]}


def flipped(data, at, bit):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


def found(files, **known):
    """Pairs of place and rule."""
    return {(finding["where"], finding["rule"]) for finding in verify(files, **known).findings}


def signed_for(files):
    """A package as if the operator had signed for these files: only what lies below the manifest can tell then."""
    manifest = json.loads(files["manifest.json"])
    others = {name: data for name, data in files.items() if not name.startswith("manifest.")}
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in others.items()}
    manifest["statements"] = sum(name.startswith("statements/") for name in files)
    return others | {"manifest.json": json.dumps(manifest).encode(), "manifest.cose": files["manifest.cose"]}


def inner(files):
    """What is found although the manifest fits the files; its signature cannot."""
    return {(where, rule) for where, rule in found(signed_for(files)) if where != "manifest.cose"}
