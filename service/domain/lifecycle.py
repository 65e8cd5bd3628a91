"""State machines as tables: the code, the error and the diagram in the docs come from the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from service.domain.errors import Conflict

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Transition(Generic[State]):
    """From `source`, `event` leads to `target`."""

    source: State
    event: str
    target: State


@dataclass(frozen=True, slots=True)
class Lifecycle(Generic[State]):
    """The transition table of one kind of object."""

    name: str
    initial: State
    transitions: tuple[Transition[State], ...]

    def __post_init__(self) -> None:
        """Refuse a table in which one event leads two ways."""
        pairs = [(t.source, t.event) for t in self.transitions]
        if len(pairs) != len(set(pairs)):
            raise ValueError(f"{self.name}: an event leads to two states")

    def after(self, state: State, event: str) -> State:
        """The state that `event` leads to.

        Raises:
            Conflict: the table has no such transition (`<name>-state`, naming state and event).
        """
        for transition in self.transitions:
            if transition.source == state and transition.event == event:
                return transition.target
        raise Conflict(f"{self.name}-state", {"state": state.value, "event": event})

    def allows(self, state: State, event: str) -> bool:
        """Whether `event` is possible in `state`."""
        return any(t.source == state and t.event == event for t in self.transitions)

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {_node(self.initial)}"]
        lines += [f"    {_node(t.source)} --> {_node(t.target)}: {t.event}" for t in self.transitions]
        sources = {t.source for t in self.transitions}
        ends = dict.fromkeys(t.target for t in self.transitions if t.target not in sources)
        lines += [f"    {_node(end)} --> [*]" for end in ends]
        return "\n".join(lines)


def _node(state: StrEnum) -> str:
    return state.value.replace("-", "_")
