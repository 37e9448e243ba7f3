"""Conditions and formulas of forms: the subset of XPath that the server and browsers evaluate alike, as a tree.

Known: texts, numbers, `${question}`, `.`, `or and = != < <= > >= + - * div mod`, brackets, and the functions of
`FUNCTIONS`. Anything else is refused in words. The tree is JSON: browsers get it ready-made and parse nothing.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.fieldwork.xlsforms.patterns import compile_pattern
from xiaoyuan.fieldwork.xlsforms.refusals import ExpressionRefused

Tree = list[Any]
"""["text", t] | ["number", n] | ["answer", name] | ["self"] | ["minus", a] | [operator, a, b] | ["call", name, …]
| ["regex", a, pattern] | ["sum", name] | ["count", name]"""

LONGEST: Final = 1000
DEEPEST: Final = 40
FUNCTIONS: Final[dict[str, tuple[int, int]]] = {
    "true": (0, 0),
    "false": (0, 0),
    "today": (0, 0),
    "not": (1, 1),
    "boolean": (1, 1),
    "number": (1, 1),
    "string": (1, 1),
    "int": (1, 1),
    "date": (1, 1),
    "string-length": (1, 1),
    "count-selected": (1, 1),
    "round": (1, 2),
    "selected": (2, 2),
    "contains": (2, 2),
    "starts-with": (2, 2),
    "coalesce": (2, 2),
    "if": (3, 3),
    "concat": (1, 20),
    "min": (1, 20),
    "max": (1, 20),
}
"""Name and least and most number of arguments."""
GATHERING: Final = ("sum", "count")
"""They take a question within a repeat, or a repeat, by its name."""
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<text>"[^"]*"|'[^']*')|\$\{\s*(?P<answer>[^{}]*?)\s*\}"""
    r"""|(?P<word>[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z][A-Za-z0-9]*)*)|(?P<sign>!=|<=|>=|[=<>+\-*(),.]))"""
)
_LEVELS: Final = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
REFERENCE: Final = re.compile(r"\$\{\s*([^{}]*?)\s*\}")


def parse(text: str) -> Tree:
    """Return the tree of an expression; raises `ExpressionRefused` with a sentence that says what to change."""
    if len(text) > LONGEST:
        raise ExpressionRefused(_("a condition has at most %(most)s characters.") % {"most": LONGEST})
    parser = _Parser(_tokens(text))
    tree = parser.level(0)
    if parser.peek()[1]:
        raise ExpressionRefused(_("“%(what)s” was not expected here.") % {"what": parser.peek()[1]})
    return tree


def references(tree: Tree) -> Iterator[tuple[str, bool]]:
    """Yield the names that a tree refers to, and whether over all entries of a repeat."""
    if tree[0] == "answer":
        yield tree[1], False
    elif tree[0] in GATHERING:
        yield tree[1], True
    else:
        for part in tree[1:]:
            if isinstance(part, list) and part and isinstance(part[0], str):
                yield from references(part)


def names_in(label: str) -> list[str]:
    """Return the questions whose answers a label shows by `${name}`."""
    return REFERENCE.findall(label)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            rest = text[at:].strip()
            if rest[:1] in "/@[|:":
                raise ExpressionRefused(
                    _("paths like “%(what)s” are not supported; name the question as ${name}.")
                    % {"what": rest[:20]}
                )
            raise ExpressionRefused(_("“%(what)s” cannot be read.") % {"what": rest[:20]})
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def take(self, wanted: str = "") -> tuple[str, str]:
        kind, value = self.peek()
        if not kind:
            raise ExpressionRefused(_("it ends too early; is a bracket or a value missing?"))
        if wanted and (kind, value) != ("sign", wanted):
            raise ExpressionRefused(
                _("“%(wanted)s” is expected before “%(what)s”.") % {"wanted": wanted, "what": value}
            )
        self._at += 1
        return kind, value

    def level(self, number: int) -> Tree:
        if number == len(_LEVELS):
            return self._signed()
        tree = self.level(number + 1)
        count = 0
        while self.peek()[0] in ("sign", "word") and self.peek()[1] in _LEVELS[number]:
            operator = self.take()[1]
            tree = [operator, tree, self.level(number + 1)]
            count += 1
            if count > DEEPEST:
                raise ExpressionRefused(_("it is too long; use a calculated question for a part of it."))
        return tree

    def _signed(self) -> Tree:
        if self.peek() == ("sign", "-"):
            self._deeper()
            self.take()
            tree = ["minus", self._signed()]
            self._depth -= 1
            return tree
        return self._value()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionRefused(_("it is nested too deeply."))

    def _value(self) -> Tree:
        kind, value = self.take()
        if kind == "number":
            if float(value) > 1e15:
                raise ExpressionRefused(_("the number %(what)s is too large.") % {"what": value[:20]})
            return ["number", float(value)]
        if kind == "text":
            return ["text", value[1:-1]]
        if kind == "answer":
            return ["answer", value]
        if (kind, value) == ("sign", "."):
            if self.peek() == ("sign", "."):
                raise ExpressionRefused(_("paths like “..” are not supported; name the question as ${name}."))
            return ["self"]
        if (kind, value) == ("sign", "("):
            self._deeper()
            tree = self.level(0)
            self._depth -= 1
            self.take(")")
            return tree
        if kind == "word" and self.peek() == ("sign", "("):
            return self._call(value)
        if kind == "word":
            raise ExpressionRefused(
                _("“%(what)s” is no value: write a question as ${%(what)s} and a text as '%(what)s'.")
                % {"what": value}
            )
        raise ExpressionRefused(_("“%(what)s” was not expected here.") % {"what": value})

    def _call(self, name: str) -> Tree:
        self._deeper()
        self.take("(")
        arguments: list[Tree] = []
        while self.peek() != ("sign", ")"):
            arguments.append(self.level(0))
            if self.peek() != ("sign", ")"):
                self.take(",")
        self.take(")")
        self._depth -= 1
        if name == "regex":
            if len(arguments) != 2 or arguments[1][0] != "text":
                raise ExpressionRefused(_("regex() takes a value and a pattern in quotes."))
            return ["regex", arguments[0], compile_pattern(arguments[1][1])]
        if name in GATHERING:
            if len(arguments) != 1 or arguments[0][0] != "answer":
                raise ExpressionRefused(
                    _("%(name)s() takes one question of a repeat, as ${name}.") % {"name": name}
                )
            return [name, arguments[0][1]]
        if name not in FUNCTIONS:
            known = ", ".join(sorted([*FUNCTIONS, "regex", *GATHERING]))
            raise ExpressionRefused(
                _("the function %(name)s() is not supported. Known are: %(known)s.")
                % {"name": name, "known": known}
            )
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise ExpressionRefused(
                _("%(name)s() takes another number of values (%(least)s to %(most)s).")
                % {"name": name, "least": least, "most": most}
            )
        return ["call", name, *arguments]
