"""The numbers of one key (docs/PROTOCOL.md, sections 3 and 7): dense from 0, each naming the one before."""

from .form import need


class Series:
    """The main line as far as it went. `taken` are the refused items that consumed a number: number to id. Of a `part`,
    as a package shows it, numbers are missing, but they rise, and two neighbours are neighbours."""

    def __init__(self, is_part):
        self.taken, self.is_part, self.seq, self.prev = {}, is_part, 0, None
        self.ids, self.forks, self.beacons = {}, {}, {}

    def skip_refused(self):
        while self.seq in self.taken:
            before, self.prev = self.prev, self.taken[self.seq]
            self.ids[self.seq], self.beacons[self.prev] = self.prev, self.beacons.get(before, 0)
            self.seq += 1

    def add(self, statement):
        """Puts a statement at its place: whether it is a fork."""
        self.skip_refused()
        seq, prev = statement.seq, statement.prev
        if self.is_part and seq > self.seq:
            self.seq, self.prev = seq, prev
        if (self.taken.get(seq), self.ids.get(seq - 1)) == (statement.id, prev):
            # Bytes that could be attributed only later stand at the place that was kept for them.
            return False
        if (seq, prev) == (self.seq, self.prev):
            self.seq, self.prev, self.ids[seq] = seq + 1, statement.id, statement.id
            return False
        follows_fork = prev is not None and self.forks.get(prev) == seq - 1
        self.forks[statement.id] = seq
        need(seq <= self.seq or follows_fork, "series", f"has number {seq} where {self.seq} was next: some are missing")
        return True

    def note_beacon(self, statement):
        """The last tree head that a device saw never becomes smaller or unknown."""
        size, before = statement.beacon[0] if statement.beacon else 0, self.beacons.get(statement.prev, 0)
        self.beacons[statement.id] = size
        need(size >= before, "beacon", f"knows a log of {size} leaves, the statement before it knew {before}")

    def check_end(self):
        self.skip_refused()
        odd = [seq for seq in self.taken if seq == 0 or seq > self.seq]
        need(not odd, "series", f"ends at {self.seq}, but refused items took the first or later numbers: {odd}")
