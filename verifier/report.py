"""What was looked at and what is wrong with it."""

from dataclasses import asdict, dataclass, field


class Broken(Exception):
    """A rule that does not hold for some bytes; whoever knows where they lie makes a finding of it."""

    def __init__(self, rule, why):
        super().__init__(why)
        self.rule = rule


class Unusable(Exception):
    """What was given is no exported log, so there is nothing to say about it."""


def need(condition, rule, why):
    if not condition:
        raise Broken(rule, why)


@dataclass(frozen=True)
class Finding:
    """Where: a file or a leaf. Rule: a word of the table in README.md."""

    where: str
    rule: str
    why: str

    def __str__(self):
        return f"{self.where}: {self.why} (rule: {self.rule})"


@dataclass
class Report:
    counts: dict = field(default_factory=dict)
    findings: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def find(self, where, rule, why):
        # A file may bear any name, also one that plays with the terminal.
        self.findings.append(Finding(where if where.isprintable() else ascii(where), rule, why))

    def attempt(self, where, check, *arguments):
        """The value of a check, or None and a finding."""
        try:
            return check(*arguments)
        except Broken as broken:
            self.find(where, broken.rule, str(broken))
            return None

    def to_json(self):
        return {"holds": not self.findings, **asdict(self)}
