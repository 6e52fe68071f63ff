# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The types that a project adds: its Enums and dataclasses, and the handles of its clients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, fields
from enum import EnumMeta, Flag
from functools import cached_property
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

from cbor2 import CBORTag, dumps
from twisted.logger import Logger

from wstwist.exceptions import CannotCross
from wstwist.values.refusal import Refusal, name_of, show

if TYPE_CHECKING:
    from wstwist.values.successors import Successors

DATACLASS = 60008

_MOST_WARNINGS = 20  # fields of one class that are named in the log

_log = Logger(namespace="wstwist")


class ProjectTypes:
    """The client handles, Enums and dataclasses of a project; the arguments are those of `Values`."""

    def __init__(
        self,
        namespace: Mapping[str, object],
        handle: type,
        pack_handle: Callable[[Any], bytes],
        unpack_handle: Callable[[bytes], Any],
        successors: Successors | None = None,
    ) -> None:
        """Keep what `Values` was given."""
        self.successors = successors
        self.handle = handle
        self._pack_handle = pack_handle
        self._unpack_handle = unpack_handle
        self._namespace = namespace
        self._names: dict[type, str] = {}
        self._shapes: dict[tuple[str, type], Shape] = {}

    def renewed(self, value: Any) -> Any:
        """Give what a member or an instance of a class that was replaced is today."""
        if self.successors is None:
            return value
        fresh = self.successors.renewed(value)
        if fresh is value and self.successors.of(type(value)) is not type(value):
            raise Refusal(
                f"a {name_of(type(value))} that is none of its class any more: the code was reloaded"
            )
        return fresh

    def name(self, cls: type) -> str:
        """Find the name under which the project's module knows an Enum or a dataclass."""
        name = self._names.get(cls)
        if name is not None and self._namespace.get(name) is cls:
            return name
        for name, found in tuple(self._namespace.items()):
            if found is cls:
                self._names[cls] = name
                return name
        kind = "an Enum" if is_enum(cls) else "a dataclass"
        module = self._namespace.get("__name__", "the project's module")
        raise Refusal(f"a {name_of(cls)}, {kind} that {module} does not know: define or import it there")

    def named(self, name: Any, kind: Callable[[type], bool]) -> Any:
        """Find an Enum or a dataclass by its name in the project's module."""
        cls = self._namespace.get(name) if type(name) is str else None
        if isinstance(cls, type) and kind(cls) and cls is not self.handle:
            return cls
        raise Refusal(f"the project's module knows no such class as {show(name)}")

    def shape(self, cls: type) -> Shape:
        """Look at a dataclass, once."""
        key = self.name(cls), cls
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = Shape(*key)
        return shape

    def pack(self, handle: Any) -> bytes:
        """Give the bytes that a handle is made of."""
        try:
            return self._pack_handle(handle)
        except CannotCross as error:
            raise _within(error) from None

    def unpack(self, data: Any) -> Any:
        """Make a handle of such bytes again."""
        if type(data) is not bytes:
            raise Refusal("the tag is not around a byte string")
        try:
            return self._unpack_handle(data)
        except CannotCross as error:
            raise _within(error) from None


def _within(error: CannotCross) -> Refusal:
    """Refuse a handle for what is wrong within it."""
    refusal = Refusal(error.why)
    refusal.steps.append(error.where)
    return refusal


class Shape:
    """What is to be known of a dataclass.

    Args:
        name: The class's name on the wire.
        cls: The class.

    Attributes:
        fields: The names of its fields.
        frozen: Whether an instance may be shared when its fields are.
        size: The bytes of an instance on the wire, after the first one, less those of its fields.
    """

    def __init__(self, name: str, cls: type) -> None:
        """Look at the class."""
        _blank(cls)  # refuses a class of which no instance can be rebuilt
        attributes = {key: value for base in reversed(cls.__mro__) for key, value in vars(base).items()}
        caches = {key for key, value in attributes.items() if isinstance(value, cached_property)}
        slots = {key for key, value in attributes.items() if isinstance(value, MemberDescriptorType)}
        self.cls = cls
        self.name = name
        self.fields = tuple(field.name for field in fields(cls))
        self.frozen: bool = cls.__dataclass_params__.frozen and not caches  # type: ignore[attr-defined]
        self.size = len(dumps(CBORTag(DATACLASS, [name, dict.fromkeys(self.fields)]))) - 1
        self._known = {*self.fields, *caches, "__orig_class__"}
        self._has_dict = bool(cls.__dictoffset__)
        self._defaults = {field.name: field for field in fields(cls)}
        self._warned_of: set[str] = set()
        for slot in slots.difference(self.fields):
            raise Refusal(f"the dataclass {name_of(cls)} has a slot {slot!r} that is none of its fields")

    def take_apart(self, instance: object) -> list[Any]:
        """Give the values of all fields, which are all that the instance has."""
        values = []
        for name in self.fields:
            try:
                values.append(object.__getattribute__(instance, name))
            except Exception:  # noqa: BLE001 - an author's descriptor may raise anything
                raise Refusal(f"a {name_of(self.cls)} without its field {name!r}: set it") from None
        if self._has_dict:
            for name in object.__getattribute__(instance, "__dict__").keys() - self._known:
                raise Refusal(f"a {name_of(self.cls)} with an attribute {name!r} that is none of its fields")
        return values

    def value_of(self, name: str, known: Mapping[str, Any]) -> Any:
        """Give a field's value: what came, or else its default.

        Raises:
            Refusal: It has none.
        """
        if name in known:
            return known[name]
        default = self._defaults[name]
        if default.default is not MISSING:
            return default.default
        if default.default_factory is MISSING:
            raise Refusal(f"the field {name!r} of {name_of(self.cls)} did not come, and has no default")
        try:
            return default.default_factory()
        except Exception as error:  # noqa: BLE001 - it is the author's
            raise Refusal(f"the default of {name_of(self.cls)}.{name} raised {error!r}") from None

    def warn_of(self, names: AbstractSet[str]) -> None:
        """Log fields that came and are not known here, once."""
        for name in sorted(map(str, names - self._warned_of))[: _MOST_WARNINGS - len(self._warned_of)]:
            self._warned_of.add(name)
            _log.warn(
                "a {cls} came with the field {field}, which is not known here, and was dropped: "
                "another node has another version of the project",
                cls=name_of(self.cls),
                field=ascii(name[:100]),
            )

    def put_together(self, values: Iterable[Any]) -> Any:
        """Make an instance of the fields' values, without running the author's initialiser."""
        instance = _blank(self.cls)
        try:
            for name, value in zip(self.fields, values, strict=True):
                object.__setattr__(instance, name, value)
        except Exception:  # noqa: BLE001 - as above
            raise Refusal(f"a {name_of(self.cls)} whose field {name!r} cannot be set") from None
        return instance


def _blank(cls: type) -> Any:
    """Make an instance without fields."""
    try:
        return object.__new__(cls)
    except TypeError:
        why = "extends a built-in type, of which a part would be lost, or is abstract"
        raise Refusal(f"the dataclass {name_of(cls)} {why}: hold that part in a field") from None


def is_enum(cls: type) -> bool:
    """Tell whether a class is an Enum."""
    return isinstance(cls, EnumMeta)


def member_by(cls: Any, key: Any) -> Any:
    """Find the member of a name, or a Flag's combination of a number; None where there is none."""
    if type(key) is str:
        return cls.__members__.get(key)
    if type(key) is int and issubclass(cls, Flag):
        try:
            return cls(key)
        except Exception:  # noqa: BLE001 - an author's _missing_ may raise anything
            return None
    return None


def key_of(member: Any) -> str | int:
    """Say which member of its Enum this is."""
    for key in (member._name_, member._value_):
        if member_by(type(member), key) is member:
            return key  # type: ignore[no-any-return]
    raise Refusal(f"a {name_of(type(member))} that is no member of its class any more")
