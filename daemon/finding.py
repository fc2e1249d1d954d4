"""What `perkd check` finds."""

from attrs import frozen


@frozen
class Finding:
    """One thing that was looked at. `way_out` says what to do where it is not well."""

    what: str
    well: bool
    text: str
    way_out: str = ""
