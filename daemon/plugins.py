"""What installed packages plug in: adapters of their own, by entry point. docs/extending.md."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

CAPTCHA_SOLVERS = "perkd.captcha_solvers"
SOURCES = "perkd.sources"
BOARDS = "perkd.boards"
"""The entry point groups. Each entry names something that can be called, and gives an adapter."""


class PluginError(Exception):
    """A plug-in can't be had; its text names it and the way out."""


@frozen
class Wanted:
    """A plug-in as the configuration names it."""

    group: str
    name: str
    setting: str
    """How the configuration asks for it, as `captcha = 'oracle'`: what every error begins with."""
    what: str
    """What it is to people, as `solver`."""

    def load(self, *given: object, methods: Sequence[str] = (), built_in: Sequence[str] = ()) -> Any:
        """What the entry point of this name gives when it is called with `given`.

        Args:
            given: what the factory is called with.
            methods: those it must have, as `solve(game, player, picture)`.
            built_in: what the setting may be without any plug-in.

        Raises:
            PluginError: there is none of this name, it can't be loaded, or a method is missing.
        """
        points = _points(self.group)
        if self.name not in points:
            known = ", ".join((*built_in, *sorted(points))) or "none"
            raise PluginError(
                f"{self.setting}: no such {self.what}; there are {known}. "
                f"Install the package that offers it (entry point group {self.group}), or name one of these"
            )
        made = self._make(points[self.name], given)
        self.check(made, methods)
        return made

    def check(self, made: object, methods: Sequence[str]) -> None:
        """Raise `PluginError` where one of the methods is missing."""
        for method in methods:
            if not callable(getattr(made, method.partition("(")[0], None)):
                raise PluginError(
                    f"{self.setting}: what the plug-in makes ({type(made).__name__}) has no method {method}: "
                    f"it is no {self.what}; choose another"
                )

    def _make(self, point: "EntryPoint", given: tuple[object, ...]) -> Any:
        try:
            return point.load()(*given)
        except (
            Exception
        ) as error:  # somebody else's code, at the start: any fault of it is a fault in the configuration
            raise PluginError(
                f"{self.setting}: {point.value} can't be loaded ({type(error).__name__}: {error}): "
                f"repair or remove the package that offers it, or choose another {self.what}"
            ) from error


def offered(group: str) -> tuple[str, ...]:
    """The names that installed packages offer in a group."""
    return tuple(sorted(_points(group)))


def _points(group: str) -> "Mapping[str, EntryPoint]":
    from importlib.metadata import entry_points  # noqa: PLC0415 - every command loads the configuration

    return {point.name: point for point in entry_points(group=group)}
