"""Types of the members of contents: each checks a value and draws examples of it."""

import hashlib

import keys


class Draw:
    """Repeatable chance, and what it has chosen so far."""

    def __init__(self, name):
        self.name, self.count, self.seen = name, 0, set()

    def below(self, limit):
        self.count += 1
        return int.from_bytes(hashlib.sha256(f"{self.name}/{self.count}".encode()).digest()) % limit

    def octets(self, length):
        self.count += 1
        return hashlib.shake_128(f"{self.name}/{self.count}".encode()).digest(length)


def expect(condition, where, what):
    if not condition:
        raise ValueError(f"{where}: {what} was expected")


class Value:
    """What holds for values without members and choices."""

    def coverage(self, _where):
        """What a full set of examples has chosen."""
        return set()

    def unknown(self, _value, _where):
        """Members that the table does not name: readers skip them, writers must not write them."""
        return []


class Bytes(Value):
    def __init__(self, length):
        self.length = length

    def check(self, value, where):
        expect(isinstance(value, bytes) and len(value) == self.length, where, f"a byte string of {self.length}")

    def example(self, draw, _where):
        return draw.octets(self.length)


class PublicKey(Bytes):
    """A byte string that holds a COSE_Key."""

    def __init__(self):
        super().__init__(None)

    def check(self, value, where):
        expect(isinstance(value, bytes), where, "a byte string")
        keys.read_public(value)

    def example(self, draw, where):
        return keys.Signer(f"{where} {draw.below(1000)}").cose_key


class Text(Value):
    def __init__(self, *examples):
        self.examples = examples

    def check(self, value, where):
        expect(isinstance(value, str), where, "a text")

    def example(self, draw, _where):
        return self.examples[draw.below(len(self.examples))]


class Whole(Value):
    """An integer; examples prefer the edges of the encoded lengths."""

    EDGES = [0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 1_795_000_000_123]

    def __init__(self, low, high):
        self.low, self.high = low, high
        edges = [*self.EDGES, *(-1 - edge for edge in self.EDGES), low, high]
        self.edges = [edge for edge in edges if low <= edge <= high]

    def check(self, value, where):
        whole = isinstance(value, int) and not isinstance(value, bool)
        expect(whole and self.low <= value <= self.high, where, f"an integer in {self.low}..{self.high}")

    def example(self, draw, _where):
        return self.edges[draw.below(len(self.edges))]


class Flag(Value):
    def check(self, value, where):
        expect(isinstance(value, bool), where, "true or false")

    def example(self, draw, where):
        value = draw.below(2) == 1
        draw.seen.add((where, value))
        return value

    def coverage(self, where):
        return {(where, True), (where, False)}


class Choice(Value):
    def __init__(self, *names):
        self.names = names

    def check(self, value, where):
        expect(value in self.names, where, f"one of {', '.join(self.names)}")

    def example(self, draw, where):
        name = self.names[draw.below(len(self.names))]
        draw.seen.add((where, name))
        return name

    def coverage(self, where):
        return {(where, name) for name in self.names}


class ListOf(Value):
    """An array; its examples hold none to three items."""

    def __init__(self, item):
        self.item = item

    def check(self, value, where):
        expect(isinstance(value, list), where, "an array")
        for item in value:
            self.item.check(item, where)

    def example(self, draw, where):
        length = draw.below(4)
        draw.seen.add((where, length == 0))
        return [self.item.example(draw, where) for _ in range(length)]

    def coverage(self, where):
        return {(where, True), (where, False)} | self.item.coverage(where)

    def unknown(self, value, where):
        return [name for item in value for name in self.item.unknown(item, where)]


class Optional:
    def __init__(self, inner):
        self.inner = inner


class Map(Value):
    """A map with named members."""

    def __init__(self, members):
        self.members = members

    def check(self, value, where):
        expect(isinstance(value, dict), where, "a map")
        for name, inner in self.members.items():
            if name in value:
                getattr(inner, "inner", inner).check(value[name], f"{where}.{name}")
            else:
                expect(isinstance(inner, Optional), where, f"the member {name}")

    def unknown(self, value, where):
        names = [f"{where}.{name}" for name in value if name not in self.members]
        for name, inner in self.members.items():
            if name in value:
                names += getattr(inner, "inner", inner).unknown(value[name], f"{where}.{name}")
        return names

    def example(self, draw, where):
        made = {}
        for name, inner in self.members.items():
            at = f"{where}.{name}"
            if isinstance(inner, Optional):
                present = draw.below(2) == 1
                draw.seen.add((at, "present", present))
                if not present:
                    continue
                inner = inner.inner
            made[name] = inner.example(draw, at)
        return made

    def coverage(self, where):
        wanted = set()
        for name, inner in self.members.items():
            at = f"{where}.{name}"
            if isinstance(inner, Optional):
                wanted |= {(at, "present", True), (at, "present", False)}
                inner = inner.inner
            wanted |= inner.coverage(at)
        return wanted


class OneOf(Value):
    """A map with exactly one of the named members."""

    def __init__(self, members):
        self.members = members

    def check(self, value, where):
        expect(isinstance(value, dict) and len(value) == 1, where, "a map of one member")
        [(name, inner)] = value.items()
        expect(name in self.members, where, f"one of {', '.join(self.members)}")
        self.members[name].check(inner, f"{where}.{name}")

    def unknown(self, value, where):
        [(name, inner)] = value.items()
        return self.members[name].unknown(inner, f"{where}.{name}")

    def example(self, draw, where):
        name = list(self.members)[draw.below(len(self.members))]
        draw.seen.add((where, name))
        return {name: self.members[name].example(draw, f"{where}.{name}")}

    def coverage(self, where):
        wanted = {(where, name) for name in self.members}
        return wanted.union(*(inner.coverage(f"{where}.{name}") for name, inner in self.members.items()))


ID, MS = Bytes(16), Whole(-(2**63), 2**63 - 1)
