"""Bodies whose numbers are read exactly: 0.1 is one tenth, and an amount is what was written."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from orderwright.api.graphql.scalars import exact

M = TypeVar("M", bound=BaseModel)


async def body_of(request: Request, model: type[M]) -> M:
    """Read the body of a request; an empty one is an empty object.

    Raises:
        HTTPException: 400, it is not JSON.
        RequestValidationError: 422, a field of it is wrong.
    """
    text = await request.body()
    try:
        read = json.loads(text, parse_float=exact) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
    try:
        return model.model_validate(read)
    except ValidationError as invalid:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in invalid.errors()]
        raise RequestValidationError(errors) from None


def documented(model: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI says of a body that `body_of` reads."""
    schema = model.model_json_schema()
    return {"requestBody": {"content": {"application/json": {"schema": schema}}, "required": True}}
