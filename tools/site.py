"""What goes on the web: the built book, and beside it the library's wheel of the same commit with a
page that lists it, as the chapters' set-up cells ask for it.

`python -m tools.site [--book _build/html] [--out _build/site]` (make site)."""

import argparse
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.parse

from tools import wheel

ROOT = wheel.ROOT
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Wheels of the book's library</title></head>
<body>
<p>The chapters' first cell installs the library from here. By hand: download the file, upload it
beside a notebook, and run the notebook.</p>
{links}
</body>
</html>
"""


def list_wheels(folder: pathlib.Path) -> pathlib.Path:
    """Write index.html for the wheels in `folder`, as `pip --find-links` reads it: a link each,
    with its sha256; its path."""
    links = []
    for file in sorted(folder.glob("*.whl")):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        address = urllib.parse.quote(file.name)  # a plus sign is a space to some servers
        links.append(f'<a href="{address}#sha256={digest}">{file.name}</a><br>')
    page = folder / "index.html"
    page.write_text(PAGE.format(links="\n".join(links)), "utf8")
    return page


def write_site(book: pathlib.Path, out: pathlib.Path, root: pathlib.Path = ROOT) -> pathlib.Path:
    """Copy the built book to `out`, in one step, with the wheel of `root`'s commit in wheels/; the
    wheel's path. FileNotFoundError where the book is not built."""
    if not (book / "index.html").is_file():
        raise FileNotFoundError(f"The built book in {book} lacks index.html: type make book first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as temporary:
        folder = pathlib.Path(temporary) / "site"
        shutil.copytree(book, folder)
        (folder / ".nojekyll").touch()  # else Pages drops folders whose names begin with _
        built = wheel.build(folder / "wheels", root, wheel.labelled(wheel.commit(root)))
        list_wheels(folder / "wheels")
        shutil.rmtree(out, ignore_errors=True)
        os.replace(folder, out)
    return out / "wheels" / built.name


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.site", description="Writes the pages to publish, with the wheel."
    )
    parser.add_argument("--book", type=pathlib.Path, default=ROOT / "_build/html")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "_build/site")
    given = parser.parse_args(arguments)
    try:
        written = write_site(given.book, given.out)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The site is in {os.path.relpath(given.out)}, with wheels/{written.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
