"""The log of the demo organisation, made and exported once by the real program."""

import functools
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


@functools.cache
def told():
    """Ids of two visits in the log of an operator, and of who reads them."""
    data = str(pathlib.Path(HOME.name, "told"))
    ended = subprocess.run([program("ESEP_TOLD_BIN"), data], check=True, capture_output=True)
    return json.loads(ended.stdout)


@functools.cache
def packaged(visit="visit", *options):
    """The files of a visit's package; options are those of the command."""
    out, told_about = pathlib.Path(tempfile.mkdtemp(dir=HOME.name), "package"), told()
    named = [told_about.get(option, option) for option in options]
    command = [program("ESEP_OPERATOR_BIN"), "export", "--dir", str(pathlib.Path(HOME.name, "told"))]
    command += ["--visit", told_about[visit], "--out", str(out), *named]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder.read(out)


@functools.cache
def exported():
    """The files of the exported log, by name."""
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


def flipped(data, at, bit):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


def found(files, **known):
    """Pairs of place and rule."""
    return {(finding["where"], finding["rule"]) for finding in verify(files, **known).findings}
