"""What a notebook's kernel gets of the environment, and a batch of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest

from commands import okta_kit
from kit.base.environment import needed_variables, passed_variables
from kit.base.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


TOKEN = "00" + "x" * 40


def shown(folder: Path, *words: str, **more: str) -> str:
    """What a notebook that prints its environment printed."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import os\nprint(dict(os.environ))")]
    )
    nbformat.write(notebook, folder / "environment.ipynb")
    done = okta_kit(
        "report", str(folder / "environment.ipynb"), "--out", str(folder / "out"), *words, **more
    )
    assert done.returncode == 0, done.stderr
    (ran,) = (folder / "out").glob("*/*/notebook.ipynb")
    return ran.read_text(encoding="utf-8")


def test_a_kernel_gets_no_variable_with_an_innocent_name_unless_it_is_passed(
    tmp_path: Path,
) -> None:
    """A secret is not told by its name."""
    assert "planted" not in shown(tmp_path, FOO="planted", AWS_PROFILE="planted")
    assert "planted" in shown(tmp_path, "--pass-env", "FOO", FOO="planted")


@pytest.mark.parametrize(
    "variables",
    [
        {"OKTA_CLIENT_TOKEN": "abcdefghij"},
        {"FOO": TOKEN},
        {"FOO": "abcdefghij", "OKTA_CLIENT_TOKEN": "abcdefghij"},
        {"OKTA_KIT_NOTIFY": "mailto://a:b@example.com"},
        {"FOO": "-----BEGIN RSA PRIVATE KEY-----"},
    ],
)
def test_credentials_of_the_org_are_never_passed_on(variables: dict[str, str]) -> None:
    """Whatever they are called: their value is looked at, too."""
    with pytest.raises(UsageError, match="no notebook ever gets"):
        passed_variables([next(iter(variables))], variables)


@pytest.mark.parametrize("name", ["ABSENT", "FOO=bar", ""])
def test_what_cannot_be_passed_on_is_refused(name: str) -> None:
    """A name that is not set, or with a value beside it."""
    with pytest.raises(UsageError, match="--pass-env"):
        passed_variables([name], {"FOO": "1"})


@pytest.mark.parametrize(
    ("name", "value", "passes"),
    [
        ("HTTPS_PROXY", "http://proxy.example.com:3128", True),
        ("HTTPS_PROXY", "http://dana:pw@proxy.example.com:3128", False),
        ("HTTPS_PROXY", "dana:pw@proxy.example.com:3128", False),
        ("LC_ALL", "C.UTF-8", True),
        ("PYTHONHASHSEED", "0", True),
        ("OMP_NUM_THREADS", "1", True),
        ("JUPYTER_PATH", "/x", True),
        ("JUPYTER_TOKEN", "x", False),
        ("JUPYTERHUB_API_TOKEN", "x", False),
        ("OKTA_KIT_CATALOGUE", "/x", True),
        ("OKTA_KIT_REDACT_KEY", "/x", False),
        ("OKTA_CLIENT_ORGURL", "https://x", False),
        ("SPARK_HOME", "/x", False),
    ],
)
def test_what_a_process_needs_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, *, passes: bool
) -> None:
    """Everything else stays behind."""
    monkeypatch.setenv(name, value)

    assert (name in needed_variables()) is passes


def test_spark_gets_what_it_needs_where_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own settings, but no secret among them."""
    monkeypatch.setenv("SPARK_HOME", "/x")
    monkeypatch.setenv("SPARK_AUTH_SECRET", "x")

    assert "SPARK_HOME" in needed_variables(spark=True)
    assert "SPARK_AUTH_SECRET" not in needed_variables(spark=True)


def test_debug_shows_each_traceback_of_a_batch(tmp_path: Path) -> None:
    """Wherever it stands on the command line."""
    command = ["report", "failure_trends", "remediation", "-j", "2", "--out", str(tmp_path)]
    command += ["--source", str(tmp_path / "none.ndjson")]

    assert "Traceback" not in okta_kit(*command).stderr
    for words in (["--debug", *command], [*command, "--debug"]):
        done = okta_kit(*words)
        assert done.returncode != 0
        assert done.stderr.count("Traceback") == 2
