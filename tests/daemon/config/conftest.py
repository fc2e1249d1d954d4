"""A directory with a configuration file in it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from daemon.config import Config, ConfigError, load_config

Load = Callable[..., Config]
Faults = Callable[..., tuple[str, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write the text as `config.toml` and load it."""

    def load(text: str | bytes, env: Mapping[str, str] | None = None) -> Config:
        path = tmp_path / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_config(path, env or {})

    return load


@pytest.fixture
def faults(load: Load) -> Faults:
    """Load what must be refused; the faults without the file's name."""

    def faults(text: str | bytes, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as refusal:
            load(text, env)
        assert str(refusal.value) == "\n".join(refusal.value.faults)
        return tuple(fault.removeprefix("config.toml: ") for fault in refusal.value.faults)

    return faults
