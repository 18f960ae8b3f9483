"""Deterministic CBOR (docs/PROTOCOL.md, section 1) by cbor2, which alone neither sorts nor refuses as we need."""

import cbor2

DEEPEST = 16
_LOWEST, _HIGHEST = -(2**64), 2**64 - 1


class Refused(Exception):
    """Bytes that a reader must not accept, with the rule that they break."""

    def __init__(self, rule, why):
        super().__init__(f"{rule}: {why}")
        self.rule = rule


def encode(value):
    """The one encoding of a value; a ValueError for what no value may hold."""
    return cbor2.dumps(ordered(value))


def decode(data, rule):
    """Reads one item in its one form; anything else breaks `rule`."""
    try:
        value = cbor2.loads(data)
        again = encode(value)
    except Exception as error:  # cbor2 and its decoders of tags raise many kinds
        raise Refused(rule, f"not the CBOR that we write: {error}") from error
    if again != data:
        raise Refused(rule, "another encoding of the same value, or bytes follow")
    return value


def ordered(value, depth=0):
    """The same value with its maps in the order in which cbor2 has to write them."""
    if value is None or isinstance(value, (bool, bytes, str)):
        return value
    if isinstance(value, int):
        if not _LOWEST <= value <= _HIGHEST:
            raise ValueError("an integer beyond 64 bits")
        return value
    if not isinstance(value, (dict, list)):
        raise ValueError(f"no place for a {type(value).__name__}")
    if depth == DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [ordered(item, depth + 1) for item in value]
    # RFC 8949 sorts by the bytes of the encoded keys; cbor2's own "canonical" order is that of the older RFC 7049.
    entries = sorted(value.items(), key=lambda entry: cbor2.dumps(entry[0]))
    return {ordered(key, depth + 1): ordered(item, depth + 1) for key, item in entries}
