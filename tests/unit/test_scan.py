"""The scan for secrets: what is known passes, what is new does not."""

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, over a repository of its own."""
    spec = importlib.util.spec_from_file_location("scan", ROOT / "tools/scan.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not here")
    subprocess.run([git, "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "ours.py").write_text("token = load()\n")
    subprocess.run([git, "add", "."], cwd=tmp_path, check=True)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "BASELINE", tmp_path / ".secrets.baseline")
    return module


def test_a_new_secret_stops_the_check_until_somebody_accepts_it(
    scan: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scan.main(["secrets", "--accept"]) == 0
    (tmp_path / "ours.py").write_text("\npassword = 'kA93-sd!kfj29xQ'\n")
    assert scan.main(["secrets"]) == 1
    said = capsys.readouterr().out
    assert "ours.py:2: Secret Keyword" in said
    assert "kA93" not in said
    assert scan.main(["secrets", "--accept"]) == 0
    (tmp_path / "ours.py").write_text("\n\n\npassword = 'kA93-sd!kfj29xQ'\n")
    assert scan.main(["secrets"]) == 0


def test_the_repository_has_a_baseline() -> None:
    assert (ROOT / ".secrets.baseline").read_text().strip()
