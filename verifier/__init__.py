"""Checks an exported log offline, from docs/PROTOCOL.md alone: no line of it is shared with what it checks.

- `folder`: the files of an export, and what the lists in it say.
- `cbor`, `cose`: the one form of the bytes; keys and signatures.
- `statement`: a signed statement and its header. `content`: what lies beside it.
- `series`: numbers without gaps. `tree`: the Merkle tree and its signed heads.
- `log`: leaf by leaf. `whole`: what lies over the leaves. `report`: what was found.
"""
