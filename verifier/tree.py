"""The Merkle tree of RFC 9162, section 2.1, and its signed heads (docs/PROTOCOL.md, section 6)."""

from . import cbor
from .cose import ES256, has_labels, is_whole, sha256, split, to_be_signed, verify
from .report import need


def roots(entries):
    """The root of every size from 0 on, in one pass: `full` are the complete subtrees from left to right."""
    full, found = [], [sha256(b"")]
    for count, entry in enumerate(entries, 1):
        full.append(sha256(b"\0" + entry))
        while count % 2 == 0:
            right = full.pop()
            full[-1] = sha256(b"\1" + full[-1] + right)
            count //= 2
        whole = full[-1]
        for left in reversed(full[:-1]):
            whole = sha256(b"\1" + left + whole)
        found.append(whole)
    return found


def read_head(data, operator):
    """The size that a head speaks of, and what checks it against a root."""
    thumbprint, key = operator
    protected, payload, signature = split(data)
    need(payload is None, "head", "has a payload, which a tree head has not")
    labels = cbor.decode(protected)
    need(has_labels(labels, {1, 4, 15, 395, -75002}), "head", "has other labels in its header than a tree head")
    size, claims = labels[-75002], labels[15]
    need(labels[1] == ES256 and is_whole(labels[395], 1, 1), "head", "names other algorithms than ES256 and RFC 9162")
    need(has_labels(claims, {6}), "head", "has other claims than iat")
    need(is_whole(claims[6], -(2**63), 2**63 - 1), "head", "has no time in seconds")
    need(is_whole(size, 1, 2**64 - 1), "head", "names no tree size")
    need(labels[4] == thumbprint, "head", "is signed by another key than the operator's")
    return size, lambda root: verify(key, to_be_signed(protected, root), signature)


def check_head(data, operator, all_roots):
    """The size of a head that this very log has."""
    size, check = read_head(data, operator)
    need(size < len(all_roots), "history", f"speaks of {size} leaves; this log has only {len(all_roots) - 1}")
    check(all_roots[size])
    return size
