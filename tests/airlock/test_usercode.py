"""A model's own code: found beside its spec, apart from every other, and never on sys.path."""

import sys
from pathlib import Path

import pytest

from airlock.usercode import PACKAGE, UserCodeError, code_digest, importing_from, resolve


def write(models: Path, name: str, content: str) -> Path:
    file = models / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return models


def loaded() -> set[str]:
    return {name for name in sys.modules if name.split(".")[0] == PACKAGE}


def test_a_name_beside_the_spec_is_found_and_its_module_forgotten(tmp_path: Path) -> None:
    models = write(tmp_path, "loans/data.py", "from airlock_models.loans.words import GREETING\n")
    write(models, "loans/words.py", "GREETING = 'hello'\n")
    path = list(sys.path)
    assert resolve(f"{PACKAGE}.loans.data.GREETING", models) == "hello"
    assert loaded() == set()
    assert sys.path == path


def test_an_installed_name_is_found() -> None:
    assert resolve("fractions.Fraction", Path("nowhere"))(1, 2) == 0.5


def test_two_versions_of_one_module_are_kept_apart(tmp_path: Path) -> None:
    old = write(tmp_path / "old", "loans/data.py", "VERSION = 1\n")
    new = write(tmp_path / "new", "loans/data.py", "VERSION = 2\n")
    name = f"{PACKAGE}.loans.data.VERSION"
    assert [resolve(name, models) for models in (old, new, old)] == [1, 2, 1]
    with importing_from(old):
        from airlock_models.loans.data import VERSION as outer  # type: ignore[import-not-found]

        assert resolve(name, new) == 2
        assert sys.modules[f"{PACKAGE}.loans.data"].VERSION == outer == 1
    assert loaded() == set()


def test_an_error_inside_the_block_leaves_no_module_behind(tmp_path: Path) -> None:
    models = write(tmp_path, "loans/data.py", "")
    with pytest.raises(RuntimeError), importing_from(models):
        __import__(f"{PACKAGE}.loans.data")
        raise RuntimeError
    assert loaded() == set()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("load", r"'load' is not a dotted path\. Write package\.module\.Name\."),
        (f"{PACKAGE}.loans.nothing.load", "cannot be imported: No module named"),
        (f"{PACKAGE}.loans.data.laod", r"has nothing called 'laod'\. Correct the last part\."),
        (f"{PACKAGE}.loans.broken.load", r"cannot be imported: division by zero\..*can be named"),
        ("no_such_package.module.Name", "cannot be imported: No module named 'no_such_package'"),
        (".data.load", "cannot be imported"),
        ("data..load", "cannot be imported"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_with_the_cure(tmp_path: Path, path: str, message: str) -> None:
    models = write(tmp_path, "loans/data.py", "def load(): ...\n")
    write(models, "loans/broken.py", "1 / 0\n")
    with pytest.raises(UserCodeError, match=message):
        resolve(path, models)
    assert loaded() == set()


def test_the_digest_is_of_every_python_file_and_of_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path, "loans/data.py", "A = 1\n") / "loans"
    first = code_digest(folder)
    write(folder, "model.yaml", "title: Loans\n")
    write(folder, "__pycache__/data.cpython-311.pyc", "compiled")
    assert code_digest(folder) == first
    write(folder, "parts/more.py", "")
    second = code_digest(folder)
    write(folder, "data.py", "A = 2\n")
    third = code_digest(folder)
    (folder / "data.py").rename(folder / "other.py")
    assert len({first, second, third, code_digest(folder)}) == 4
