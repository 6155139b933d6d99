"""What a source of the sync twin may not contain, and what the twin may not still contain.

A trap is code that unasync 0.6.0 would translate wrongly, or differently from one Python
version to the next (before 3.12 an f-string is one token, and nothing in it is renamed). A
leftover is anything in the result that still speaks of waiting, be it in a comment.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import tokenize_rt

__all__ = ["Names", "Problem", "entry", "find_leftovers", "find_traps", "find_used_names"]

_PLAIN_STRING = re.compile(r"""^(?:"[^"\\]*"|'[^'\\]*')$""", re.DOTALL)
_WAITING_WORD = re.compile(r"async|await|anyio|(?<![a-z])trio(?![a-z])", re.IGNORECASE)
_GUESSED = re.compile(r"Async[A-Z]")

# Names that unasync leaves as they are, and what to do instead of using them.
_UNTRANSLATED: dict[str, str] = {
    "AsyncExitStack": "its methods are renamed too; nest the blocks, or use a task group",
    "Awaitable": "its twin is the plain type; use a generic alias of the seam",
    "Coroutine": "its twin is the plain type; use a generic alias of the seam",
    "__await__": "nothing in the twin is waited for; make it a function",
    "isawaitable": "the twin has nothing to recognise; put the decision into the seam",
    "iscoroutine": "the twin has nothing to recognise; put the decision into the seam",
    "iscoroutinefunction": "the twin has nothing to recognise; put the decision into the seam",
}
# Those that are fine as soon as the table has them.
_NEEDS_ENTRY: dict[str, str] = {
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncContextDecorator": "ContextDecorator",
    "AsyncContextManager": "ContextManager",
    "AsyncGenerator": "Generator",
    "AsyncIterable": "Iterable",
    "AsyncIterator": "Iterator",
    "StopAsyncIteration": "StopIteration",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclosing": "closing",
    "aiter": "iter",
    "anext": "next",
    "asynccontextmanager": "contextmanager",
}


class Problem(NamedTuple):
    """Something that fails the run. `line` is 0 where it is about a whole file."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class Names(NamedTuple):
    """The table: what is renamed, which of it is our own, and what keeps its name."""

    renames: Mapping[str, str]
    public: frozenset[str]
    kept: frozenset[str]


def find_used_names(source: str) -> set[str]:
    """Return every name, and every one-quote string, of which unasync asks its table."""
    used: set[str] = set()
    for token in tokenize_rt.src_to_tokens(source):
        if token.name == "NAME":
            used.add(token.src)
        elif token.name == "STRING" and _PLAIN_STRING.match(token.src):
            used.add(token.src[1:-1])
    return used


def find_traps(path: str, source: str, names: Names, *, public_api: bool) -> list[Problem]:
    """Return what must not be in a source; `public_api` asks for the table to be complete.

    Raises SyntaxError for a source that is not Python.
    """
    tree = ast.parse(source, path)
    found: list[tuple[int, str]] = [
        *_token_traps(source, names),
        *_formatted_string_traps(tree, names),
        *_collisions(tree, names),
        *_waits_for_a_value(tree),
    ]
    if public_api:
        found += _unlisted_names(tree, names)
    return [Problem(path, line, message) for line, message in sorted(set(found))]


def entry(name: str, twin: str) -> str:
    """Return the table's line for `name`, for a message that says what to add or remove."""
    return f'`"{name}": "{twin}",`'


def _token_traps(source: str, names: Names) -> Iterator[tuple[int, str]]:
    tokens = tokenize_rt.src_to_tokens(source)
    for token, following in pairwise(tokens):
        line = token.line or 0
        if token.name == "NAME":
            if token.src in {"async", "await"} and following.name != "UNIMPORTANT_WS":
                yield line, f"`{token.src}` needs a space after it: unasync drops what follows"
            elif token.src not in names.renames:
                yield from ((line, message) for message in _untranslated(token.src))
        elif token.name == "STRING" and _PLAIN_STRING.match(token.src):
            text = token.src[1:-1]
            if _GUESSED.match(text) and text not in names.renames:
                yield line, f"unasync rewrites the string {token.src}: begin it differently"


def _untranslated(name: str) -> Iterator[str]:
    if name in _UNTRANSLATED:
        yield f"{name} has no twin: {_UNTRANSLATED[name]}"
    elif name in _NEEDS_ENTRY:
        line = entry(name, _NEEDS_ENTRY[name])
        yield f"{name} is not in the table: add {line} to STANDARD in tools/sync_names.py"
    elif _GUESSED.match(name):
        yield f"unasync would guess a name for {name}: call it something else, or list it"


def _formatted_string_traps(tree: ast.AST, names: Names) -> Iterator[tuple[int, str]]:
    for formatted in ast.walk(tree):
        if not isinstance(formatted, ast.JoinedStr):
            continue
        for node in ast.walk(formatted):
            if isinstance(node, ast.Await):
                yield formatted.lineno, "`await` inside an f-string: wait on the line before"
            elif isinstance(node, ast.comprehension) and node.is_async:
                yield formatted.lineno, "`async` inside an f-string: wait on the line before"
            elif isinstance(node, ast.Constant) and _WAITING_WORD.search(str(node.value)):
                yield formatted.lineno, f"an f-string speaks of waiting: {node.value!r}"
            for name in _identifiers(node):
                if name in names.renames:
                    yield formatted.lineno, f"{name} inside an f-string: name it before"


def _identifiers(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return (name,)
        case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
            return (name,)
        case _:
            return ()


def _collisions(tree: ast.Module, names: Names) -> Iterator[tuple[int, str]]:
    """Find two names that would become one: methods of a class, or plain names of a file."""
    plain: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _merged(_defined_in(node.body), names.renames)
        elif isinstance(node, ast.Name):
            plain.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.arg):
            plain.setdefault(node.arg, node.lineno)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            for alias in node.names:
                plain.setdefault(alias.asname or alias.name, node.lineno)
    plain |= {name: line for name, line in _defined_in(tree.body).items() if name not in plain}
    # A library's name and its twin may well be used in one file, and then be one.
    yield from _merged(plain, {name: names.renames[name] for name in names.public})


def _defined_in(body: Iterable[ast.stmt]) -> dict[str, int]:
    defined: dict[str, int] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.setdefault(node.name, node.lineno)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    defined.setdefault(target.id, node.lineno)
    return defined


def _merged(defined: Mapping[str, int], renames: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    sources: dict[str, list[str]] = defaultdict(list)
    for name in defined:
        sources[renames.get(name, name)].append(name)
    for target, merged in sources.items():
        if len(merged) > 1:
            line = max(defined[name] for name in merged)
            yield line, f"{' and '.join(sorted(merged))} both become {target} in the twin"


def _waits_for_a_value(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Name | ast.Attribute):
            waited = ast.unparse(node.value)
            yield node.lineno, f"the twin has nothing to wait for in {waited}: wait for a call"


def _unlisted_names(tree: ast.Module, names: Names) -> Iterator[tuple[int, str]]:
    for line, name in _waiting_names(tree):
        if name.startswith("a") and name not in names.renames and name not in names.kept:
            message = f"add {entry(name, name[1:])} to PUBLIC in tools/sync_names.py"
            natural = f'or `"{name}",` to KEPT there if its a is no prefix'
            yield line, f"public name {name} is not in the table: {message}, {natural}"


def _waiting_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in _public_statements(tree.body):
        if isinstance(node, ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            if _WAITING_WORD.search(ast.unparse(node.returns)):
                yield node.lineno, node.name
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            for item in ast.walk(node.value):
                if isinstance(item, ast.Constant):
                    yield item.lineno, str(item.value)


def _public_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            if not node.name.startswith("_"):
                yield from _public_statements(node.body)
        elif isinstance(node, ast.If):  # TYPE_CHECKING, versions
            yield from _public_statements([*node.body, *node.orelse])
        else:
            yield node


def find_leftovers(path: str, translated: str, names: Names, source_folder: str) -> list[Problem]:
    """Return where a translated text, comments included, still speaks of waiting.

    unasync keeps lines as they are, so a line's number is that of the source.
    """
    forbidden = "|".join(map(re.escape, [*names.renames, source_folder.replace("/", ".")]))
    pattern = re.compile(rf"(?<!\w)(?:{forbidden})(?!\w)")
    problems: list[Problem] = []
    for number, line in enumerate(translated.splitlines(), 1):
        words = [found.group() for found in pattern.finditer(line)]
        words += [found.group() for found in _WAITING_WORD.finditer(line)]
        problems += [
            Problem(path, number, f"{word!r} is left in the twin: {line.strip()!r}")
            for word in dict.fromkeys(words)
        ]
    return problems
