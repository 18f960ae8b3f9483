"""Proofs in the operator's Merkle log (docs/PROTOCOL.md, section 6; RFC 9162, section 2.1)."""

from form import digest, need

EMPTY = digest(b"")


def leaf_hash(statement):
    return digest(b"\x00" + statement)


def node(left, right):
    return digest(b"\x01" + left + right)


def half(width):
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


class Range:
    """Neighbouring leaves from `first` on in a tree of `size` leaves, and the hashes that make its root of them."""

    def __init__(self, first, leaves, proof, size):
        need(leaves and first + len(leaves) <= size, "leaves beyond the tree")
        self._first, self._leaves, self._rest, self._size = first, leaves, iter(proof), size
        self._nodes = {}
        self.root = self._walk(0, size)
        need(next(self._rest, None) is None, "a range proof with more hashes")

    def _walk(self, low, high):
        if high <= self._first or low >= self._first + len(self._leaves):
            made = next(self._rest, None)
            need(made is not None, "a range proof with fewer hashes")
        elif high - low == 1:
            made = self._leaves[low - self._first]
        else:
            middle = low + half(high - low)
            made = node(self._walk(low, middle), self._walk(middle, high))
        self._nodes[low, high] = made
        return made

    def inclusion(self, leaf):
        """The path of one of these leaves, from the leaf to the root."""
        low, high, path = 0, self._size, []
        while high - low > 1:
            middle = low + half(high - low)
            path.append(self._nodes[(middle, high) if leaf < middle else (low, middle)])
            low, high = (low, middle) if leaf < middle else (middle, high)
        return path[::-1]


def root_of_inclusion(leaf, index, size, path):
    """RFC 9162, section 2.1.3.2."""
    need(index < size, "a leaf beyond the tree")
    first, last, root = index, size - 1, leaf
    for sibling in path:
        need(last > 0, "an inclusion proof that is too long")
        if first & 1 or first == last:
            root = node(sibling, root)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            root = node(root, sibling)
        first, last = first >> 1, last >> 1
    need(last == 0, "an inclusion proof that is too short")
    return root


def check_consistency(old, new, proof):
    """That the tree `new` goes on from `old`, both (size, root): RFC 9162, section 2.1.4.2."""
    (small, old_root), (large, new_root) = old, new
    need(small <= large, "a tree that became smaller")
    if small in (0, large):
        need(proof == [] and old_root == (new_root if small else EMPTY), "another root for the same tree")
        return
    path = list(proof) if small & small - 1 else [old_root, *proof]
    need(path, "a consistency proof without hashes")
    first, last = small - 1, large - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        need(last > 0, "a consistency proof that is too long")
        if first & 1 or first == last:
            was, now = node(sibling, was), node(sibling, now)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            now = node(now, sibling)
        first, last = first >> 1, last >> 1
    need(last == 0 and was == old_root and now == new_root, "a tree that does not go on from the one before")
