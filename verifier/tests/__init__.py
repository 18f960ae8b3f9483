"""Tests look at hundreds of copies of one log that differ in a byte: what stays the same is computed once."""

import functools

from verifier import cose

# Before anything else of the verifier is loaded, which takes these two by name.
for name in ("read_statement", "verify"):
    setattr(cose, name, functools.lru_cache(65_536)(getattr(cose, name)))
