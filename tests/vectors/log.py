"""The log as docs/PROTOCOL.md, section 6, and RFC 9162, section 2.1, define it: by recursion over the whole list.

Nothing is stored or shortened on purpose: these are the definitions, not an implementation to be quick with.
"""

import cbor2
from cwt import COSE, COSEMessage

import form
import keys
from form import Refused
from keys import sha256

ALG, KID, CLAIMS, IAT = 1, 4, 15, 6
VDS, VDP, RFC9162_SHA256, INCLUSION, TREE_SIZE = 395, 396, 1, -1, -75002


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def split(size):
    """The largest power of two below a size above one."""
    return 1 << ((size - 1).bit_length() - 1)


def root(leaves):
    """MTH of section 2.1.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    k = split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def path(index, leaves):
    """PATH of section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return path(index, leaves[:k]) + [root(leaves[k:])]
    return path(index - k, leaves[k:]) + [root(leaves[:k])]


def consistency(old, leaves):
    """PROOF of section 2.1.4.1; empty from nothing and to the same size."""
    return [] if old == 0 else _subproof(old, leaves, True)


def _subproof(old, leaves, whole):
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return _subproof(old, leaves[:k], whole) + [root(leaves[k:])]
    return _subproof(old - k, leaves[k:], False) + [root(leaves[:k])]


def range_proof(first, last, leaves, begin=0):
    """The hashes of the subtrees that do not meet the leaves [first, last), left to right."""
    end = begin + len(leaves)
    if last <= begin or end <= first:
        return [root(leaves)]
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return range_proof(first, last, leaves[:k], begin) + range_proof(first, last, leaves[k:], begin + k)


def head_header(signer, tree_size, iat):
    return {ALG: keys.ES256, KID: signer.thumbprint, CLAIMS: {IAT: iat}, VDS: RFC9162_SHA256, TREE_SIZE: tree_size}


def head(signer, header, signed_root, unprotected=None):
    """A signed tree head, or with an unprotected header a receipt."""
    whole = COSE.new().encode_and_sign(signed_root, signer, form.ordered(header), unprotected or {})
    detached, _ = COSEMessage.loads(whole).detach_payload()
    return detached.dumps()


def inclusion(tree_size, index, hashes):
    """The unprotected header of a receipt."""
    return {VDP: {INCLUSION: [form.encode([tree_size, index, hashes])]}}


def read_head(data, signed_root, cose_key, unprotected_expected=None):
    """Reads a signed tree head: its size and iat. Raises Refused with the rule: form, key or signature."""
    if data[:1] != b"\xd2":
        raise Refused("form", "tag 18 was expected")
    parts = form.decode(data[1:], "form")
    if not isinstance(parts, list) or len(parts) != 4:
        raise Refused("form", "an array of four was expected")
    protected, unprotected, payload, signature = parts
    if unprotected != (unprotected_expected or {}) or payload is not None:
        raise Refused("form", "unprotected header or payload")
    if not isinstance(protected, bytes) or not isinstance(signature, bytes) or len(signature) != 64:
        raise Refused("form", "protected header or signature")
    labels = form.decode(protected, "form")
    public, thumbprint = keys.read_public(cose_key)
    if not isinstance(labels, dict) or set(labels) != {ALG, KID, CLAIMS, VDS, TREE_SIZE}:
        raise Refused("form", "labels")
    size, claims = labels[TREE_SIZE], labels[CLAIMS]
    if labels[ALG] != keys.ES256 or labels[VDS] != RFC9162_SHA256 or set(claims) != {IAT}:
        raise Refused("form", "header")
    if not isinstance(size, int) or size < 0 or not isinstance(claims[IAT], int):
        raise Refused("form", "tree size or iat")
    if labels[KID] != thumbprint:
        raise Refused("key", "signed by another key")
    if not keys.is_low(signature):
        raise Refused("signature", "S is in the upper half")
    try:
        COSE.new(verify_kid=True).decode(data, [public], detached_payload=signed_root)
    except Exception as error:  # the library's own and those of the libraries below it
        raise Refused("signature", str(error)) from error
    return size, claims[IAT]


def read_receipt(data, statement, cose_key):
    """Reads the receipt of a statement: its leaf index and the head's size. Also raises Refused with the rule proof."""
    try:
        unprotected = cbor2.loads(data).value[1]
        [proof] = unprotected[VDP][INCLUSION]
        size, index, hashes = form.decode(proof, "form")
        well = all(isinstance(h, bytes) and len(h) == 32 for h in hashes)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Refused("form", f"one inclusion proof was expected: {error!r}") from error
    if not well:
        raise Refused("form", "hashes of 32 bytes were expected")
    if not 0 <= index < size:
        raise Refused("proof", "no such leaf")
    signed_root = climb(leaf_hash(statement), index, size, list(hashes))
    signed_size, _ = read_head(data, signed_root, cose_key, inclusion(size, index, hashes))
    if signed_size != size:
        raise Refused("proof", "proven for another tree size than the signed one")
    return index, size


def climb(leaf, index, size, hashes):
    """The root that a path leads to: the inverse of `path`, from its last hash downwards."""
    if size == 1:
        if hashes:
            raise Refused("proof", "too many hashes")
        return leaf
    if not hashes:
        raise Refused("proof", "too few hashes")
    k, other = split(size), hashes[-1]
    if index < k:
        return node_hash(climb(leaf, index, k, hashes[:-1]), other)
    return node_hash(other, climb(leaf, index - k, size - k, hashes[:-1]))
