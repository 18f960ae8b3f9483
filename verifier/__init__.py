"""Checks an exported log, or a visit's package, offline, from docs/PROTOCOL.md alone: no line is the product's.

`form`: shapes and CBOR. `folder`: files. `cose`: statements, heads, receipts. `walk`: leaf by leaf, and what was found.
`series`: numbers without gaps. `log`, `package`: what lies over the leaves.
"""
