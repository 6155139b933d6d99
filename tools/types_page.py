"""Write docs/types.md: each type of the table, taken through its round trips, and how it is stored.

    python -m tools.types_page                      with memory://
    python -m tools.types_page redis://localhost    with that server, whose answers must be the same
    python -m tools.types_page --check              fail unless the page is what a run gives

Nothing is written where a value does not come back.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import create_model

import rapyer_sync
from rapyer_core.errors import RapyerSerializationError
from rapyer_sync import AtomicRedisModel, isolated_models
from tests.round_trips import EXAMPLES, FIELDS, plain_form
from tests.round_trips import ROWS as VALUES
from tools.types_table import ROWS, Row

__all__ = ["PAGE", "main", "page"]

_HERE = Path(__file__).resolve()
PAGE: Path = _HERE.parent.parent / "docs" / "types.md"
# A type checker takes these for types only where their arguments are written out.
_LIST: Any = list
_DICT: Any = dict
_TEMPLATE = _HERE.with_suffix(".md")


def page(url: str) -> str:
    """Return the page's text, from a run with a server.

    Raises:
        AssertionError: a value does not come back.
    """
    with _initialised(url):
        rows = "".join(_row(row) for row in ROWS)
    template = _TEMPLATE.read_text(encoding="utf-8")
    return template.format(
        rows=rows, examples=EXAMPLES, models=6 * EXAMPLES, fields=FIELDS, values=VALUES
    )


@contextmanager
def _initialised(url: str) -> Iterator[None]:
    rapyer_sync.init_rapyer(url)
    try:
        yield
    finally:
        rapyer_sync.teardown_rapyer()


def _row(row: Row) -> str:
    with isolated_models():
        text, key = _round_trip(row), _as_key(row)
    cells = (_code(row.text), _code(_shown(row.value)), _code(text), _code(key) if key else "")
    return "| " + " | ".join(cells) + " |\n"


def _round_trip(row: Row) -> str:
    """Take a value through every place, and return the text that is stored."""
    given, annotation = row.value if row.given is None else row.given, row.annotation
    fields: dict[str, Any] = {
        "value": (annotation, ...),
        "items": (_LIST[annotation], []),
        "named": (_DICT[str, annotation], {}),
    }
    cls: Any = create_model("Typed", __base__=AtomicRedisModel, **fields)
    form = plain_form(row.value)
    model = cls(value=given).save()
    text = model.redis_dump_json().split(":", 1)[1].removesuffix(',"items":[],"named":{}}')
    _same(row, cls.get(model.key).value, form)
    model.update(value=given)
    model.items.append(given)
    model.items.set_item(0, given)
    model.named.set_item("a b", given)
    with model.pipeline():
        model.value = given
    again = cls.get(model.key)
    for value in (again.value, again.items[0], again.named["a b"], model.value, model.items[0]):
        _same(row, value, form)
    model.delete()
    return str(text)


def _as_key(row: Row) -> str:
    """Return how a value is stored as the key of a dict; '' where it cannot be one."""
    try:
        hash(row.value)
        hash(row.given)
        fields: Any = {"keyed": (_DICT[row.annotation, int], {})}
        cls: Any = create_model("Keyed", __base__=AtomicRedisModel, **fields)
        model = cls(keyed={row.value if row.given is None else row.given: 1}).save()
    except (TypeError, RapyerSerializationError):
        return ""
    (key,) = cls.get(model.key).keyed
    _same(row, key, plain_form(row.value))
    model.keyed.set_item(key, 2)
    assert cls.get(model.key).keyed == {key: 2}, row.text
    (name,) = model.redis_dump()["keyed"]
    model.delete()
    return str(name)


def _same(row: Row, value: Any, form: Any) -> None:
    assert plain_form(value) == form, f"{row.text}: {row.value!r} came back as {value!r}"


def _shown(value: Any) -> str:
    return repr(value).replace("datetime.", "")


def _code(text: str) -> str:
    # A cell ends at a bar, also in code.
    return "`" + text.replace("|", "\\|") + "`"


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or check it; return the exit status."""
    parser = argparse.ArgumentParser(description="Write docs/types.md from an actual run.")
    parser.add_argument("url", nargs="?", default="memory://types-page")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    text = page(options.url)
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is not what a run gives: python -m tools.types_page", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
