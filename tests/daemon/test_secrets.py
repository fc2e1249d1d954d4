from pathlib import Path

import pytest

from daemon.secrets import Secret, SecretError, load_secret, require_secret


def test_a_secret_never_shows() -> None:
    secret = Secret("hunter2")
    assert [repr(secret), str(secret), f"{secret}", f"{[secret]}"] == ["Secret(…)"] * 3 + ["[Secret(…)]"]
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")


def test_the_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n")
    assert load_secret("A_KEY", file) == Secret("from the file")
    monkeypatch.setenv("A_KEY", "from the variable\r\n")
    assert load_secret("A_KEY", file) == Secret("from the variable")
    assert load_secret("A_KEY", None) == Secret("from the variable")


def test_a_credential_of_the_service_manager_counts_where_the_variable_is_not_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "A_KEY").write_text("a credential\n")
    assert load_secret("A_KEY") == Secret("a credential")
    assert load_secret("ANOTHER") is None
    monkeypatch.setenv("A_KEY", "from the variable")
    assert load_secret("A_KEY") == Secret("from the variable")


def test_what_is_empty_or_not_named_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("\n")
    monkeypatch.setenv("A_KEY", "")
    assert load_secret("A_KEY", file) is None
    assert load_secret("A_KEY") is None
    assert load_secret() is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SecretError, match=r"secret file .*nokey: can't be read \(No such file.*\): create it"
    ):
        load_secret(None, tmp_path / "nokey")
    with pytest.raises(SecretError, match=r"can't be read \(Is a directory\)"):
        load_secret(None, tmp_path)


def test_a_value_that_is_no_plain_text_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"hunter\xff2")
    with pytest.raises(SecretError, match="is no UTF-8 text") as caught:
        load_secret(None, file)
    assert caught.value.__cause__ is None
    monkeypatch.setenv("A_KEY", "hunter2\nsecond")
    with pytest.raises(SecretError, match="environment variable A_KEY: holds a line break") as caught:
        load_secret("A_KEY")
    assert "hunter" not in str(caught.value)


def test_a_required_secret_that_is_missing_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("A_KEY", raising=False)
    empty = tmp_path / "key"
    empty.touch()
    with pytest.raises(SecretError) as caught:
        require_secret("the signing key of wos", "A_KEY", empty)
    expected = (
        f"the signing key of wos is missing: set the environment variable A_KEY or write it into {empty}"
    )
    assert str(caught.value) == expected
    with pytest.raises(SecretError, match=r"name its environment variable or its file in config\.toml"):
        require_secret("the signing key of wos")
    monkeypatch.setenv("A_KEY", "k")
    assert require_secret("the signing key of wos", "A_KEY") == Secret("k")
