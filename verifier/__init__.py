"""Checks an exported log, or a visit's package, offline, from docs/PROTOCOL.md alone: it shares no line with the product.

`form`: shapes, CBOR, findings. `folder`: files. `cose`: statements, heads, receipts. `walk`: leaf by leaf. `series`: numbers
without gaps. `log`, `package`: what lies over the leaves.
"""
