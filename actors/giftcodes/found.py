"""What pollers and feeds tell the campaign."""

from attrs import frozen

from actors.ports import FoundCode


@frozen
class CodesFound:
    """A source lists these codes now. Asked of the campaign, by `source` (its name in `config.toml`).

    The answer is True once every code is recorded; only then may the source treat them as delivered.
    What a listing leaves out says nothing: an outage is not an empty list, and an empty list ends no code.
    """

    source: str
    codes: tuple[FoundCode, ...]
