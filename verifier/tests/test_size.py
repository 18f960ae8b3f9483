"""The verifier stays small enough to be read before it is believed."""

import ast
import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).resolve().parents[1]
LONGEST, WIDEST = 500, 120


def lines_of_code(path):
    """Lines that hold code: neither blank nor a comment nor part of a docstring."""
    source = path.read_text()
    docs = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            docs.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and at not in docs for at, line in lines)


class Size(unittest.TestCase):
    def test_it_is_read_in_an_hour(self):
        self.assertLessEqual(sum(map(lines_of_code, HERE.glob("*.py"))), LONGEST)

    def test_and_not_by_wide_lines(self):
        wide = [path.name for path in HERE.rglob("*.py") if re.search(f".{{{WIDEST + 1}}}", path.read_text())]
        self.assertEqual(wide, [])
