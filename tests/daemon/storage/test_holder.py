import shutil
import socket
from pathlib import Path

from daemon.storage.holder import holder_id


def test_a_restart_on_the_same_disk_is_the_same_holder(tmp_path: Path) -> None:
    first = holder_id(tmp_path / "var")
    assert holder_id(tmp_path / "var") == first
    assert first.endswith("@" + socket.gethostname())
    assert (tmp_path / "var" / "perkd.holder").stat().st_mode & 0o777 == 0o600


def test_another_disk_is_another_holder(tmp_path: Path) -> None:
    assert holder_id(tmp_path / "a") != holder_id(tmp_path / "b")


def test_a_copy_of_the_directory_on_the_same_host_is_another_holder(tmp_path: Path) -> None:
    first = holder_id(tmp_path / "var")
    shutil.copytree(tmp_path / "var", tmp_path / "var2")
    assert holder_id(tmp_path / "var2") != first
    assert holder_id(tmp_path / "var") == first


def test_a_directory_that_was_renamed_is_the_same_holder(tmp_path: Path) -> None:
    first = holder_id(tmp_path / "var")
    (tmp_path / "var").rename(tmp_path / "elsewhere")
    assert holder_id(tmp_path / "elsewhere") == first


def test_a_spoilt_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "perkd.holder").write_bytes(b"\xff not an id")
    first = holder_id(tmp_path)
    assert holder_id(tmp_path) == first


def test_where_no_file_can_be_made_there_is_an_id_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    assert len(holder_id(blocked / "var").partition("@")[0]) == 32
