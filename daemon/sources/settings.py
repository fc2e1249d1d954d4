"""What the adapters need to know of a `[[sources]]` table."""

from enum import StrEnum

from attrs import Attribute, field, frozen

from daemon.secrets import Secret


class SourceKind(StrEnum):
    """The kinds that come with perkd; see the module of the same name."""

    JSON = "json"
    RSS = "rss"
    DISTRIBUTION = "distribution"
    WEBSOCKET = "websocket"


def _fits_a_header(
    owner: "SourceSettings", attribute: "Attribute[Secret | None]", value: Secret | None
) -> None:
    # Refused here, since the HTTP library's own refusal quotes the value.
    if value is not None and not (value.reveal().isascii() and value.reveal().isprintable()):
        raise ValueError(f"source {owner.name}: its {attribute.name} may hold visible ASCII characters only")


@frozen
class SourceSettings:
    """One source. `timeout` is in seconds, for one whole fetch, or for connecting to a feed."""

    name: str
    game: str
    kind: str
    """A `SourceKind`, or the name of a plugged-in one."""
    url: str
    secret: Secret | None = field(default=None, validator=_fits_a_header)
    """`X-API-Key` of a distribution, bearer token of a WebSocket feed; a plug-in's own."""
    timeout: float = 20.0
