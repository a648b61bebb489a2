"""Whether JSON has exactly the documented members and types."""

from typing import Any, TypeAlias

Shape: TypeAlias = "type | tuple[type, ...] | list[Shape] | dict[str, Shape]"


class ShapeError(ValueError):
    """`at` is the way to the value, such as `person.email`; each vendor words it in its own way."""

    def __init__(self, at: str, value: object, *, unknown: bool = False) -> None:
        super().__init__(at)
        self.at = at
        self.value = value
        self.unknown = unknown


def check_shape(value: Any, shape: Shape, at: str = "") -> None:
    """Raises `ShapeError`. A member may be absent; null is documented nowhere, so it is refused."""
    if isinstance(shape, dict):
        _check_members(value, shape, at)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise ShapeError(at, value)
        for number, one in enumerate(value):
            check_shape(one, shape[0], f"{at}[{number}]")
    elif type(value) not in (shape if isinstance(shape, tuple) else (shape,)):
        raise ShapeError(at, value)


def _check_members(value: Any, members: "dict[str, Shape]", at: str) -> None:
    if not isinstance(value, dict):
        raise ShapeError(at, value)
    for name, one in value.items():
        there = f"{at}.{name}" if at else name
        if name not in members:
            raise ShapeError(there, one, unknown=True)
        check_shape(one, members[name], there)
