"""Deterministic CBOR (docs/PROTOCOL.md, section 1): read by cbor2, written once more here, and compared."""

from collections.abc import Mapping, Sequence

import cbor2

from .report import Broken, need

DEEPEST = 16


def decode(data, rule="form"):
    """The one item that these bytes are."""
    try:
        value = cbor2.loads(data)
        again = encode(value)
    except Exception as error:  # the library and its decoders of tags raise many kinds
        raise Broken(rule, f"is not CBOR as the protocol allows it: {type(error).__name__}") from error
    need(again == data, rule, "is not in the one form that its value has")
    return value


def encode(value, depth=0):
    """The one encoding of a value; ValueError for a value that must not occur."""
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode()
        return _head(3, len(data)) + data
    if depth == DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        pairs = sorted((encode(key, depth + 1), encode(inner, depth + 1)) for key, inner in value.items())
        return _head(5, len(pairs)) + b"".join(key + inner for key, inner in pairs)
    if isinstance(value, Sequence):
        return _head(4, len(value)) + b"".join(encode(inner, depth + 1) for inner in value)
    raise ValueError(f"no place for a {type(value).__name__}")


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for more, length in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * length:
            return bytes([major << 5 | more]) + number.to_bytes(length)
    raise ValueError("an integer beyond 64 bits")
