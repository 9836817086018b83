"""Brings what the portal needs onto a machine that has python3 and git, then runs a command with it:

    python3 script/setup.py server|test -- COMMAND…

Python packages go into .venv/, libraries and programs of the operating system into .system/: fetched as packages by apt-get,
unpacked there, never installed. So nothing on the machine changes, no root is needed, and `rm -r .venv .system` undoes it all.
What the machine already has is used as it is. Uses the standard library only, as it runs before anything is installed.
"""

import contextlib
import ctypes
import fcntl
import glob
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path


BASE = Path(__file__).resolve().parent.parent
VENV, SYSTEM = BASE / ".venv", BASE / ".system"
ROOT = SYSTEM / "root"
FETCHED = "PORTAL_SYSTEM_PACKAGES_FETCHED"
BROWSERS = SYSTEM / "browsers"
CHROMIUM_LIBRARIES = (
    *("libasound2t64", "libatk-bridge2.0-0t64", "libatk1.0-0t64", "libatspi2.0-0t64", "libcairo2", "libcups2t64", "libdbus-1-3"),
    *("libdrm2", "libgbm1", "libglib2.0-0t64", "libnspr4", "libnss3", "libpango-1.0-0", "libx11-6", "libxcb1", "libxcomposite1"),
    *("libxdamage1", "libxext6", "libxfixes3", "libxkbcommon0", "libxrandr2"),
)
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Need:
    what_for: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]


def library_loads(*names: str) -> bool:
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
    return True


def program(name: str) -> str | None:
    """Where a program is: on the machine, or in .system/. Ubuntu's chromium is a door to the snap store, and does not count."""
    inside = ROOT / "usr" / "bin" / name
    found = shutil.which(name) or (str(inside) if inside.exists() else None)
    return None if found and "/snap/" in os.path.realpath(found) else found


def chromium() -> str | None:
    # Unpacked, not installed, the Debian package's own start script fails: it reads paths of an installed system.
    inside = ROOT / "usr" / "lib" / "chromium" / "chromium"
    from_playwright = sorted(BROWSERS.glob("chromium_headless_shell-*/chrome-*/*headless?shell"))
    found = [str(path) for path in (inside, *from_playwright) if path.exists()]
    installed = program("chromium")
    if installed and not Path(installed).is_relative_to(ROOT):
        return installed
    return found[0] if found else None


def is_ubuntu() -> bool:
    return any(line.strip() == "ID=ubuntu" for line in _lines("/etc/os-release"))


def _lines(path: str) -> list[str]:
    return Path(path).read_text(errors="replace").splitlines() if Path(path).exists() else []


def has_pip() -> bool:
    return (VENV / "bin" / "pip").exists() or importlib.util.find_spec("ensurepip") is not None or bool(pip_wheels())


def pip_wheels() -> list[str]:
    """Debian keeps pip as a wheel for its venv module; a wheel runs as it is."""
    return sorted(path for root in (ROOT, Path("/")) for path in glob.glob(str(root / "usr/share/python-wheels/pip-*.whl")))


def has_pango() -> bool:
    return library_loads("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")


NEEDS = {
    "server": [
        Need("pip, which installs the Python packages", ("python3-pip-whl",), has_pip),
        Need("Pango, which lays out the text of PDFs", ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"), has_pango),
    ],
    "test": [
        # Ubuntu has Chromium as a snap only: there its libraries are fetched here, and itself by Playwright.
        Need("the libraries of Chromium", CHROMIUM_LIBRARIES, lambda: library_loads("libnss3.so", "libgbm.so.1", "libasound.so.2"))
        if is_ubuntu()
        else Need("Chromium, the browser of the tests", ("chromium",), lambda: chromium() is not None),
        Need("Redis, the second message broker of the tests", ("redis-server",), lambda: program("redis-server") is not None),
    ],
}
REQUIREMENTS = {"server": "requirements.txt", "test": "requirements-dev.txt"}


def main() -> None:
    profile, command = _arguments()
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    _start_with_libraries()
    SYSTEM.mkdir(exist_ok=True)
    with exclusive(SYSTEM / "lock"):
        _make_ready(profile)
    os.environ.update(environment())
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.environ.pop(FETCHED, None)
    os.chdir(BASE)
    os.execvp(command[0], command)  # noqa: S606 - our own scripts, no shell wanted


def _arguments() -> tuple[str, list[str]]:
    match sys.argv[1:]:
        case [profile, "--", *command] if profile in REQUIREMENTS and command:
            return profile, command
    sys.exit(__doc__)


def _start_with_libraries() -> None:
    """A library path takes effect when a process starts: start again with it, once there is something on it."""
    present = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    if not set(library_dirs()) <= set(present):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **environment()})  # noqa: S606


def _make_ready(profile: str) -> None:
    needs = [*NEEDS["server"], *(NEEDS["test"] if profile == "test" else [])]
    missing = [need for need in needs if not need.is_there()]
    if missing and os.environ.get(FETCHED):
        sys.exit(f"Fetched, but still not found: {'; '.join(need.what_for for need in missing)}. Please install: {_names(missing)}")
    if missing:
        fetch_system_packages(missing)
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, FETCHED: "1"})  # noqa: S606
    install_python_packages(profile)
    if profile == "test" and chromium() is None:
        fetch_browser()


def fetch_browser() -> None:
    say("Missing here: Chromium, the browser of the tests. Playwright fetches it into .system/.")
    command = [str(VENV / "bin" / "python"), "-m", "playwright", "install", "--only-shell", "chromium"]
    try:
        run(command, env={**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)})
    except SystemExit as failure:
        sys.exit(f"{failure}\nPlease install a Chromium that starts as `chromium`, and start again.")


def _names(needs: list[Need]) -> str:
    return " ".join(package for need in needs for package in need.packages)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this checkout to finish.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(text, flush=True)


def run(command: list[str], **options: object) -> None:
    """A child that ends when we are killed. What it prints is shown when it fails."""
    libc = ctypes.CDLL(None)
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: libc.prctl(1, signal.SIGTERM),  # PR_SET_PDEATHSIG
        **options,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … failed:\n{done.stdout[-4000:]}")


# --- the operating system's part -------------------------------------------------------------------------------------


def fetch_system_packages(missing: list[Need]) -> None:
    for need in missing:
        say(f"Missing here: {need.what_for} ({', '.join(need.packages)}).")
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        sys.exit(f"This machine has no apt-get to fetch them with. Please install them and start again: {_names(missing)}")
    say(f"Fetching them into {SYSTEM.relative_to(BASE)}/; nothing on the machine itself changes.")
    started = time.monotonic()
    try:
        archives = _download(_names(missing).split())
    except SystemExit as failure:
        sys.exit(f"{failure}\nCould not fetch what is missing. Please install it and start again: {_names(missing)}")
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        list(pool.map(_unpack, archives))
    if not Path("/etc/fonts/fonts.conf").exists():
        write_font_configuration()
    for folder in ("apt-lists", "apt-cache"):
        shutil.rmtree(SYSTEM / folder, ignore_errors=True)
    say(f"  {len(archives)} packages in {time.monotonic() - started:.0f} s")


def _download(packages: list[str]) -> list[Path]:
    """apt-get with folders of our own needs no root; only the list of what is installed is the machine's."""
    lists, cache = SYSTEM / "apt-lists", SYSTEM / "apt-cache"
    for folder in (lists / "lists" / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "-q"]
    for option in (
        f"Dir::State={lists}",
        "Dir::State::status=/var/lib/dpkg/status",
        f"Dir::Cache={cache}",
        f"Dir::Log={lists}",
        "Dir::Bin::dpkg=/usr/bin/dpkg",
        "Debug::NoLocking=1",
        "Acquire::Languages=none",
        "Acquire::Retries=3",
        "APT::Install-Recommends=0",
        "APT::Sandbox::User=root",
    ):
        apt += ["-o", option]
    run([*apt, "update"])
    run([*apt, "-y", "--download-only", "install", *packages])
    installed = _installed_packages()
    archives = sorted((cache / "archives").glob("*.deb"))
    # An upgrade of something installed (the C library, say) must not be mixed into running programs.
    return [archive for archive in archives if archive.name.split("_")[0] not in installed or archive.name.split("_")[0] in packages]


def _installed_packages() -> set[str]:
    names: set[str] = set()
    name = ""
    for line in _lines("/var/lib/dpkg/status"):
        if line.startswith("Package: "):
            name = line.removeprefix("Package: ")
        elif line == "Status: install ok installed":
            names.add(name)
    return names


def _unpack(archive: Path) -> None:
    run(["dpkg-deb", "-x", str(archive), str(ROOT)])


def write_font_configuration() -> None:
    """For a machine without one: its fonts, those fetched, and ours, which know Chinese."""
    (SYSTEM / "fonts.conf").write_text(f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{ROOT}/usr/share/fonts</dir>
  <dir>{BASE}/static/fonts</dir>
  <cachedir>{SYSTEM}/font-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family><family>Noto Sans SC</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family><family>Noto Sans SC</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family><family>Noto Sans SC</family></prefer></alias>
</fontconfig>
""")


def library_dirs() -> list[str]:
    patterns = ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/pulseaudio", "usr/lib/*-linux-gnu*/nss")
    return [path for pattern in patterns for path in sorted(glob.glob(str(ROOT / pattern)))]


def environment() -> dict[str, str]:
    """What a process must know to find what is in .system/."""
    found: dict[str, str] = {}
    folders = library_dirs()
    if folders:
        present = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if folder and folder not in folders]
        found["LD_LIBRARY_PATH"] = os.pathsep.join([*folders, *present])
    if (SYSTEM / "fonts.conf").exists():
        found["FONTCONFIG_FILE"] = str(SYSTEM / "fonts.conf")
    programs = {"PORTAL_CHROMIUM": chromium(), "PORTAL_REDIS_SERVER": program("redis-server")}
    return found | {variable: path for variable, path in programs.items() if path}


# --- Python's part ---------------------------------------------------------------------------------------------------


def install_python_packages(profile: str) -> None:
    stamps = {name: _stamp(name) for name in REQUIREMENTS}
    marks = {name: VENV / f"installed-{name}" for name in REQUIREMENTS}
    # The test profile holds the server's, too.
    sufficient = ("test",) if profile == "test" else ("server", "test")
    if any(marks[name].exists() and marks[name].read_text() == stamps[name] for name in sufficient) and _venv_works():
        return
    if not _venv_works():
        shutil.rmtree(VENV, ignore_errors=True)
        pip_at_hand = importlib.util.find_spec("ensurepip") is not None
        run([sys.executable, "-m", "venv", *([] if pip_at_hand else ["--without-pip"]), str(VENV)])
    say("Installing the Python packages into .venv/ (a minute, the first time only).")
    started = time.monotonic()
    run(
        # What is imported gets compiled then; compiling everything now takes longer than the rest.
        [str(VENV / "bin" / "python"), *_pip(), "install", "--no-compile", "-r", str(BASE / REQUIREMENTS[profile])],
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_PROGRESS_BAR": "off"},
    )
    marks[profile].write_text(stamps[profile])
    say(f"  done in {time.monotonic() - started:.0f} s")


def _stamp(profile: str) -> str:
    text = b"".join((BASE / name).read_bytes() for name in ("requirements.txt", "constraints.txt", REQUIREMENTS[profile]))
    return f"{sys.version} {hashlib.sha256(text).hexdigest()}"


def _venv_works() -> bool:
    python = VENV / "bin" / "python"
    # A dangling link after an upgrade of the machine's Python does not exist either.
    return python.exists() and (VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}").exists()


def _pip() -> list[str]:
    if (VENV / "bin" / "pip").exists():
        return ["-m", "pip"]
    return [f"{pip_wheels()[-1]}/pip"]


if __name__ == "__main__":
    main()
