"""Models of generated types: what is saved, updated, put into lists and dicts comes back."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, given, settings
from pydantic import create_model

from rapyer_async import isolated_models
from tests.round_trips import EXAMPLES, Case, Shape, cases, plain_form

law = settings(
    max_examples=int(os.environ.get("RAPYER_ROUND_TRIPS", EXAMPLES)),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def model_of(rapyer: ModuleType, parts: list[Shape]) -> Any:
    fields: dict[str, Any] = {}
    for i, part in enumerate(parts):
        fields[f"value{i}"] = (part.annotation, ...)
        fields[f"items{i}"] = (list[part.annotation], [])
        fields[f"named{i}"] = (dict[str, part.annotation], {})
        if part.is_key:
            fields[f"keyed{i}"] = (dict[part.annotation, int], {})
    return create_model("Generated", __base__=rapyer.AtomicRedisModel, **fields)


def named(row: list[Any]) -> dict[str, Any]:
    return {f"value{i}": value for i, value in enumerate(row)}


async def check(cls: Any, model: Any) -> None:
    """The document holds what the model does."""
    again = await cls.aget(model.key)
    assert plain_form(again) == plain_form(model)
    # It validates as it was read. (A bound bool is an int to a union of both.)
    assert plain_form(cls(**vars(again))) == plain_form(again)


@law
@given(case=cases())
async def test_generated_models_come_back(rapyer: ModuleType, case: Case) -> None:
    saved, updated, queued, assigned, first, second = case.rows
    with isolated_models(), rapyer.isolated_models():
        cls = model_of(rapyer, case.parts)
        model = cls(**named(saved))
        form = plain_form(model)
        await model.asave()
        assert plain_form(model) == form
        await check(cls, model)
        await model.aupdate(**named(updated))
        await check(cls, model)
        for i, part in enumerate(case.parts):
            items = getattr(model, f"items{i}")
            await items.aappend(first[i])
            await items.aset_item(0, second[i])
            await items.ainsert(0, first[i])
            await getattr(model, f"named{i}").aset_item("a b", first[i])
            await getattr(model, f"named{i}").aupdate({"c": second[i]})
            if part.is_key:
                await getattr(model, f"keyed{i}").aset_item(first[i], 1)
                await getattr(model, f"keyed{i}").aupdate({second[i]: 2})
        await check(cls, model)
        async with model.apipeline():
            for name, value in named(queued).items():
                setattr(model, name, value)
        await check(cls, model)
        for name, value in named(assigned).items():
            setattr(model, name, value)
        await model.asave()
        await check(cls, model)
        await model.adelete()
