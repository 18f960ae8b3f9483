"""Reading vectors back: our own before they are written, and those of another implementation."""

from collections import Counter

from cwt import COSE

import contents
import form
import keys
import log
import positive
import statements


class Wrong(Exception):
    """A vector that does not hold."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def check_own(signers, made):
    """What was made is accepted and refused by the reader of this folder, each by its rule."""
    stated = made["statements.json"]
    for vector in stated["sealed"] + stated["newer"]:
        signer = signers[vector["signer"]]
        read = statements.read(octets(vector, "statement"), signer.cose_key, octets(vector, "content_bytes"))
        expect(read["id"].hex() == vector["id"], f"id of {vector['kind']}")
    found = Counter(vector["kind"] for vector in stated["sealed"])
    expect(set(found) == set(contents.KINDS), "a kind without a vector")
    for vector in made["refused.json"]:
        signer = signers[vector["signer"]]
        statement = octets(vector, "statement")
        rule = rule_of(statements.read, statement, signer.cose_key, octets(vector, "content_bytes"))
        expect(rule == vector["rule"], f"{vector['name']}: refused by {rule}, not by {vector['rule']}")
        lax = is_taken_by_library(statement, signer)
        expect(lax == vector["lax"], f"{vector['name']}: taken by a lax reader: {lax}")
    for vector in made["log.json"]["refused"]:
        rule = rule_of(log.read_receipt, octets(vector, "receipt"), octets(vector, "statement"),
                       signers["operator"].cose_key)
        expect(rule == vector["rule"], f"receipt, {vector['name']}: refused by {rule}, not by {vector['rule']}")
    for data in made["cbor.json"]["accepted"]:
        form.decode(bytes.fromhex(data), "form")
    for data in made["cbor.json"]["refused"]:
        expect(rule_of(form.decode, bytes.fromhex(data), "form") == "form", f"{data} is accepted")
    names = [vector["name"] for vector in made["refused.json"]]
    expect(len(names) == len(set(names)), f"two vectors of one name: {Counter(names).most_common(1)}")
    check_log(made["log.json"], [octets(vector, "statement") for vector in stated["sealed"]],
              signers["operator"].cose_key)


def check_foreign(made):
    """Statements, tree heads, receipts and proofs of another implementation, for inputs that it drew itself."""
    stated = made["statements"]
    found = Counter()
    series = {}
    for number, vector in enumerate(stated):
        where = f"statement {number}"
        statement, content = octets(vector, "statement"), octets(vector, "content_bytes")
        try:
            read = statements.read(statement, octets(vector, "key"), content)
        except form.Refused as refused:
            raise Wrong(f"{where}: {refused}") from refused
        for name in ("id", "subject", "epoch"):
            expect(read[name] == octets(vector, name), f"{where}: {name}")
        for name in ("kind", "iat", "seq", "elapsed_ms"):
            expect(read[name] == vector[name], f"{where}: {name}")
        members = {name: value for name, value in read["content"].items() if name != "salt"}
        expect(is_same(vector["content"], members), f"{where}: the content means something else")
        expect(not contents.unknown(read["kind"], read["content"]), f"{where}: a member that the table does not name")
        before = series.get(vector["key"], (-1, None))
        expect((read["seq"], read["prev"]) == (before[0] + 1, before[1]), f"{where}: its place in the series")
        series[vector["key"]] = (read["seq"], read["id"])
        found[read["kind"]] += 1
        beacon = read["beacon"] and [read["beacon"][0], read["beacon"][1].hex()]
        expect(beacon == vector["beacon"], f"{where}: beacon")
    expect(set(found) == set(contents.KINDS), f"kinds without a statement: {set(contents.KINDS) - set(found)}")
    check_damage(stated[len(stated) // 2])
    check_log(made["log"], [octets(vector, "statement") for vector in stated], octets(made, "operator"))
    print(f"vectors: {len(stated)} foreign statements of {len(found)} kinds and their log verified")


def is_same(stated, value):
    """Whether a content read from its bytes is the one stated in JSON, where bytes are hexadecimal or numbers."""
    if isinstance(value, bytes):
        return stated in (value.hex(), list(value))
    if isinstance(value, dict):
        present = {name: inner for name, inner in stated.items() if inner is not None}
        return set(present) == set(value) and all(is_same(present[name], value[name]) for name in value)
    if isinstance(value, list):
        return len(stated) == len(value) and all(map(is_same, stated, value))
    return type(stated) is type(value) and stated == value


def check_damage(vector):
    """This reader can tell: a changed byte anywhere in a statement or its content is refused."""
    key, whole = octets(vector, "key"), [octets(vector, "statement"), octets(vector, "content_bytes")]
    for part in (0, 1):
        for at in range(len(whole[part])):
            damaged = [bytearray(data) for data in whole]
            damaged[part][at] ^= 1
            statement, content = map(bytes, damaged)
            expect(rule_of(statements.read, statement, key, content), f"byte {at} of part {part} may change")


def check_log(made, entries, cose_key):
    """Every root, proof, head and receipt is what RFC 9162 and RFC 9942 say for these entries."""
    leaves = [log.leaf_hash(entry) for entry in entries]
    for name in ("leaf_hashes", "roots", "inclusion", "ranges", "consistency", "heads", "receipts"):
        expect(made[name], f"the log has no {name}")
    expect(made["leaf_hashes"] == positive.hexes(leaves), "leaf hashes")
    expect(made["roots"] == [log.root(leaves[:size]).hex() for size in range(len(leaves) + 1)], "roots")
    for proof in made["inclusion"]:
        index, size = proof["leaf_index"], proof["tree_size"]
        expect(proof["path"] == positive.hexes(log.path(index, leaves[:size])), f"path of {index} in {size}")
        climbed = log.climb(leaves[index], index, size, [bytes.fromhex(one) for one in proof["path"]])
        expect(climbed == log.root(leaves[:size]), f"path of {index} in {size} leads elsewhere")
    for proof in made["ranges"]:
        first, size = proof["first"], proof["tree_size"]
        right = log.range_proof(first, first + proof["count"], leaves[:size])
        expect(proof["proof"] == positive.hexes(right), f"range {proof}")
    for proof in made["consistency"]:
        right = log.consistency(proof["old"], leaves[: proof["new"]])
        expect(proof["proof"] == positive.hexes(right), f"consistency {proof}")
    for signed in made["heads"]:
        size = signed["tree_size"]
        read = log.read_head(octets(signed, "head"), log.root(leaves[:size]), cose_key)
        expect(read == (size, signed["iat"]), f"head of {size}")
    for signed in made["receipts"]:
        index = signed["leaf_index"]
        read = log.read_receipt(octets(signed, "receipt"), entries[index], cose_key)
        expect(read == (index, signed["tree_size"]), f"receipt of {index}")


def rule_of(read, *arguments):
    """The rule by which a reader refuses, or None when it accepts."""
    try:
        read(*arguments)
    except form.Refused as refused:
        return refused.rule
    return None


def is_taken_by_library(statement, signer):
    """Whether the COSE library by itself, which knows no rule of ours, takes a statement."""
    try:
        COSE.new().decode(statement, [keys.read_public(signer.cose_key)[0]])
    except Exception:  # any failure means that it does not
        return False
    return True


def octets(vector, name):
    return bytes.fromhex(vector[name])
