"""Part of `make check`: no secret in the repository, and no known hole in what is pinned.

`python tools/scan.py secrets [--accept]`: what detect-secrets finds in the tracked files, against
.secrets.baseline (file, kind and hash; a line that moves is no news). `python tools/scan.py holes`:
pip-audit over requirements.lock; where it cannot reach its data it says so and stops nothing.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BASELINE = ROOT / ".secrets.baseline"
BIN = Path(sys.executable).parent
UNTOLD = frozenset({"requirements.lock", ".secrets.baseline"})  # hashes are what they are made of
TIME = 120  # seconds


def main(arguments: list[str]) -> int:
    match arguments:
        case ["secrets"]:
            return secrets(accept=False)
        case ["secrets", "--accept"]:
            return secrets(accept=True)
        case ["holes"]:
            return holes()
        case _:
            print(__doc__)
            return 2


def secrets(*, accept: bool) -> int:
    files = _run("git", "ls-files").stdout.split("\n")
    told = [name for name in files if name and name not in UNTOLD and (ROOT / name).is_file()]
    if not told:
        print("secrets: no git repository here, nothing was looked at")
        return 0
    done = _run(str(BIN / "detect-secrets"), "scan", *told)
    if done.returncode:
        print(f"secrets: detect-secrets failed: {done.stderr}")
        return 1
    found = {
        f"{name}: {one['type']} {one['hashed_secret']}": one["line_number"]
        for name, ones in json.loads(done.stdout)["results"].items()
        for one in ones
    }
    if accept:
        BASELINE.write_text("\n".join(sorted(found)) + "\n")
    known = set(BASELINE.read_text().splitlines())
    new = sorted(set(found) - known)
    for one in new:
        name, _, kind = one.partition(": ")
        print(
            f"{name}:{found[one]}: {kind.rpartition(' ')[0]} that .secrets.baseline does not know"
        )
    print(f"secrets: {len(told)} files, {len(found)} known false alarms, {len(new)} new")
    return bool(new)


def holes() -> int:
    options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "5")
    lock = str(ROOT / "requirements.lock")
    try:
        done = _run(str(BIN / "pip-audit"), "-r", lock, *options, "-f", "json")
        rows: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError, TypeError):
        rows = []
    looked = [one for one in rows if "vulns" in one]
    if not looked:
        print("holes: pip-audit could not reach its data; nothing was audited")
        return 0
    bad = [(one["name"], one["version"], hole["id"]) for one in looked for hole in one["vulns"]]
    for name, version, hole in bad:
        print(f"{name} {version}: {hole}")
    print(
        f"holes: {len(looked)} of {len(rows)} pinned packages were audited, {len(bad)} known holes"
    )
    return bool(bad)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIME
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
