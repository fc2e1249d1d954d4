"""What `perkd check` finds."""

from attrs import frozen

from daemon.secrets import SecretError


@frozen
class Finding:
    """One thing that was looked at. `way_out` says what to do where it is not well."""

    what: str
    well: bool
    text: str
    way_out: str = ""


def not_loaded(what: str, error: Exception) -> Finding:
    """What a secret or a plugin could not be loaded for."""
    if isinstance(error, SecretError):
        return Finding(what, well=False, text=error.fault, way_out=error.way_out)
    return Finding(what, well=False, text=str(error))
