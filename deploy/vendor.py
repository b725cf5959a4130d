"""Fetch the browser libraries from npm at pinned versions and build the icon sprite.

Run `python deploy/vendor.py` after changing a version or the list of icons, and commit what it wrote. It
needs npm; the program itself does not.
"""

import json
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parents[1] / "web/static"
VENDOR = STATIC / "vendor"


@dataclass(frozen=True)
class Package:
    """An npm package. `integrity` is what the registry had when this version was chosen."""

    name: str
    version: str
    integrity: str

    @property
    def folder(self) -> Path:
        return VENDOR / f"{self.name.split('.')[0]}-{self.version}"


HTMX = Package(
    "htmx.org",
    "4.0.1",
    "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
)
HUGERTE = Package(
    "hugerte",
    "1.0.14",
    "sha512-pwJAt+o6PLH2+jJkyl5kHG54GozXfeaXiyF66khdUqiOUijYhXygK1tgktUZYTk+9ALItrTeX9Icj34JHzMA0A==",
)
ICONS = Package(
    "@tabler/icons",
    "3.51.0",
    "sha512-0pinvPZz7YeX+OSfxuEAbnEPWbocVXW5iU8h5lh41pYG8sZuQfpWECC980lxOT0clGIcNGn8xsBr+zKaRGdA/g==",
)

HTMX_FILES = ("dist/htmx.min.js", "dist/scripts/upgrade-check.py", "LICENSE")
EDITOR_PLUGINS = (
    "table",
    "lists",
    "link",
    "image",
    "code",
    "searchreplace",
    "autosave",
    "wordcount",
    "autolink",
)
EDITOR_SCRIPTS = (
    "hugerte.min.js",
    "models/dom/model.min.js",
    "themes/silver/theme.min.js",
    "icons/default/icons.min.js",
    *(f"plugins/{name}/plugin.min.js" for name in EDITOR_PLUGINS),
)
EDITOR_SKIN = ("skins/ui/oxide/skin.min.css", "skins/ui/oxide/content.min.css")

ICON_NAMES = (
    *("alert-triangle", "arrow-back-up", "arrow-left", "bolt", "book-2", "bulb", "chart-bar", "check"),
    *("chevron-down", "chevron-left", "chevron-right", "circle-check", "clock", "copy", "download"),
    *("edit", "external-link", "eye", "file-import", "filter", "flag", "flame", "flask", "folder"),
    *(
        "headset",
        "history",
        "info-circle",
        "key",
        "keyboard",
        "layout-dashboard",
        "lock",
        "logout",
        "map-pin",
    ),
    *("message-2", "message-report", "plus", "refresh", "search", "send", "settings", "shield-check"),
    *("tag", "thumb-down", "thumb-up", "trash", "upload", "user", "user-off", "user-plus", "users"),
    *("users-group", "x"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _write_htmx(_fetch(HTMX, Path(folder)))
        _write_editor(_fetch(HUGERTE, Path(folder)))
        _write_icons(_fetch(ICONS, Path(folder)))


def _fetch(package: Package, folder: Path) -> Path:
    """Return the folder of the unpacked package.

    :raises ValueError: if the registry now answers with other bytes than it had
    """
    asked = ["npm", "pack", "--json", f"{package.name}@{package.version}"]
    answer = subprocess.run(asked, cwd=folder, check=True, capture_output=True, text=True)
    packed = json.loads(answer.stdout)[0]
    if packed["integrity"] != package.integrity:
        raise ValueError(f"{package.name} {package.version} is not the package we chose")
    target = folder / package.version
    with tarfile.open(folder / packed["filename"]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def _write_htmx(source: Path) -> None:
    for name in HTMX_FILES:
        _write(HTMX.folder / Path(name).name, (source / name).read_bytes())


def _write_editor(source: Path) -> None:
    """Join the editor's scripts: one request instead of thirteen."""
    bundle = ";\n".join((source / name).read_text() for name in EDITOR_SCRIPTS)
    _write(HUGERTE.folder / "hugerte.bundle.min.js", bundle.encode())
    _write(HUGERTE.folder / "LICENSE", (source / "license.txt").read_bytes())
    for name in EDITOR_SKIN:
        _write(HUGERTE.folder / name, (source / name).read_bytes())


def _write_icons(source: Path) -> None:
    symbols = [
        _symbol(name, (source / f"icons/outline/{name}.svg").read_text()) for name in sorted(ICON_NAMES)
    ]
    sprite = ['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]
    _write(STATIC / "icons.svg", "\n".join(sprite).encode())
    _write(VENDOR / f"tabler-icons-{ICONS.version}/LICENSE", (source / "LICENSE").read_bytes())


def _symbol(name: str, svg: str) -> str:
    drawn = re.findall(r"<(?:path|circle|rect|line|polyline|polygon|ellipse) [^>]*/>", svg)
    shapes = "".join(shape for shape in drawn if 'stroke="none"' not in shape)
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{len(content):>9,}  {path.relative_to(STATIC)}")


if __name__ == "__main__":
    main()
