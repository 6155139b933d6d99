"""The types that docs/types.md lists, each with a value that is taken through a round trip."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    RootModel,
    SecretStr,
    computed_field,
    field_serializer,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from rapyer_sync import (
    AtomicRedisModel,
    Big,
    NaiveAs,
    RedisDatetimeTimestamp,
    Reference,
    StoredSecret,
)

__all__ = ["ROWS", "Row"]


class Row(NamedTuple):
    """A type as it is written, the annotation itself, and a value of it.

    `given`: what the constructor gets, where that is not the value.
    """

    text: str
    annotation: Any
    value: Any
    given: Any = None


class TypesAuthor(AtomicRedisModel):
    name: str = ""


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    HIGH = 2


class Corner(enum.Enum):
    LEFT = (0, 1)


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass(frozen=True)
class Price:
    amount: Decimal
    currency: str = "EUR"


class Size(TypedDict, total=False):
    width: int
    made: date


class Note(BaseModel):
    text: str
    at: datetime | None = None


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: int = 0


class Numbers(RootModel[list[int]]):
    pass


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    name: str = Field("", alias="fullName")


class Square(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    side: int

    @computed_field  # type: ignore[prop-decorator]  # mypy's issue 1362
    @property
    def area(self) -> int:
        return self.side**2


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str


class Checked(BaseModel):
    low: int
    high: int
    word: str = ""

    @field_validator("word")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()

    @field_serializer("high", when_used="json")
    def _as_text(self, value: int) -> str:
        return str(value)

    @model_validator(mode="after")
    def _ordered(self) -> Checked:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901)

ROWS = (
    Row("str", str, 'any "text" ü'),
    Row("int", int, 2**63 - 1),
    Row("Annotated[int, Big()]", Annotated[int, Big()], 2**70),
    Row("float", float, 0.9452706955539223),
    Row("float", float, float("-inf")),
    Row("bool", bool, True),
    Row("bytes", bytes, b"\xff\x00"),
    Row("None", None, None),
    Row("datetime", datetime, MOMENT),
    Row("datetime", datetime, MOMENT.replace(tzinfo=timezone(timedelta(hours=5.5)))),
    Row("RedisDatetimeTimestamp", RedisDatetimeTimestamp, MOMENT.replace(tzinfo=timezone.utc)),
    Row(
        "Annotated[RedisDatetimeTimestamp, NaiveAs(utc)]",
        Annotated[RedisDatetimeTimestamp, NaiveAs(timezone.utc)],
        MOMENT.replace(tzinfo=timezone.utc),
        given=MOMENT,
    ),
    Row("date", date, date(2026, 1, 2)),
    Row("time", time, time(3, 4, 5, 678901)),
    Row("timedelta", timedelta, timedelta(days=-1, microseconds=7)),
    Row("Decimal", Decimal, Decimal("1.10")),
    Row("UUID", UUID, UUID(int=7)),
    Row("Enum", Color, Color.RED),
    Row("IntEnum", Level, Level.HIGH),
    Row("Enum of tuples", Corner, Corner.LEFT),
    Row("Literal['a', 1]", Literal["a", 1], 1),
    Row("Path", Path, Path("/srv/a b")),
    Row("IPv4Address", ipaddress.IPv4Address, ipaddress.IPv4Address("10.0.0.1")),
    Row("IPv6Network", ipaddress.IPv6Network, ipaddress.IPv6Network("fe80::/10")),
    Row("HttpUrl", HttpUrl, HttpUrl("https://example.org/a?b=1")),
    Row(
        "Annotated[SecretStr, StoredSecret()]", Annotated[SecretStr, StoredSecret()], SecretStr("s")
    ),
    Row("Json[list[int]]", Json[list[int]], [1, 2], given="[1, 2]"),
    Row("list[date]", list[date], [date(2026, 1, 2)]),
    Row("tuple[int, str]", tuple[int, str], (1, "a")),
    Row("tuple[Decimal, ...]", tuple[Decimal, ...], (Decimal("1.0"),)),
    Row("set[int]", set[int], {1}),
    Row("frozenset[Color]", frozenset[Color], frozenset({Color.RED})),
    Row("NamedTuple", Point, Point(1, 2)),
    Row("dict[str, bytes]", dict[str, bytes], {"a.b": b"\xff"}),
    Row("dict[date, int]", dict[date, int], {date(2026, 1, 2): 1}),
    Row("dict[tuple[int, str], int]", dict[tuple[int, str], int], {(1, "a,b"): 2}),
    Row("dict[int | None, str]", dict[int | None, str], {None: "a"}),
    Row("dataclass", Price, Price(Decimal("9.90"))),
    Row("TypedDict", Size, {"width": 1, "made": date(2026, 1, 2)}),
    Row("pydantic model", Note, Note(text="a", at=MOMENT)),
    Row("… with aliases", Aliased, Aliased(fullName="a")),
    Row("… frozen, extra='forbid', a computed field", Square, Square(side=3)),
    Row("… extra='allow'", Open, Open(name="a", more=[1])),  # type: ignore[call-arg]  # which is what it allows
    Row("… validators and a serializer", Checked, Checked(low=1, high=2, word="w")),
    Row("RootModel[list[int]]", Numbers, Numbers([1, 2])),
    Row("int | None", int | None, None),
    Row("int | str", int | str, "1"),
    Row("str | Color", str | Color, Color.RED),
    Row("date | datetime", date | datetime, datetime(2026, 1, 2)),
    Row("Cat | Dog", Cat | Dog, Dog(tricks=2)),
    Row(
        "… with a discriminator",
        Annotated[Cat | Dog, Field(discriminator="kind")],
        Dog(tricks=2),
    ),
    Row("Annotated[str, Field(pattern=…)]", Annotated[str, Field(pattern="^a+$")], "aa"),
    Row("Reference[Author]", Reference[TypesAuthor], Reference("TypesAuthor:1")),
    Row("list[Reference[Author]]", list[Reference[TypesAuthor]], [Reference("TypesAuthor:1")]),
    Row("Any", Any, {"a": [1, 2.5, None]}),
)
