"""A home on this machine: a bare repository that takes a push over git and is cloned over http, in
place of the one on GitHub that its address names; its book built and served with the wheel beside
it; and set-up cells that run against it in fresh environments. No other network: proxies lead
nowhere, and pip asks no index."""

import contextlib
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import nbformat
import pytest

from tools import colab, rehearse, site, wheel
from trevsnn_lite import course

HOME = "https://github.com/" + "some-owner/its-book"  # in two parts: this file is rewritten too
CHAPTER = "chapters/01_the_spiking_neuron.ipynb"


@contextlib.contextmanager
def served(folder: pathlib.Path):
    """The folder's address while a server of this machine gives it out."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()


def run(*command, cwd: pathlib.Path, **variables: str) -> str:
    """A command's output, in an environment that asks no proxy for this machine's addresses."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd), "NO_PROXY": "127.0.0.1", **variables},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout.strip()


def instead(place: str) -> dict[str, str]:
    """Variables with which git finds the repositories of HOME's owner at `place`."""
    key = f"url.{place}.insteadOf"
    owner = HOME.rpartition("/")[0] + "/"
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": owner}


def cell_in(stage: pathlib.Path, cell: str, shared: pathlib.Path, **variables: str) -> dict:
    """The report of a notebook that is the set-up cell alone, in a fresh environment."""
    stage.mkdir()
    file = stage / "01_cell.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)]), file)
    return notebook_in(stage, file, shared, **variables)


def notebook_in(stage, file: pathlib.Path, shared: pathlib.Path, **variables: str) -> dict:
    python = colab.environment(stage / "env", shared)
    given = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1", **variables}
    subprocess.run(
        [python, rehearse.RUNNER, file, stage / "report.json"],
        cwd=stage,
        env=colab.variables(stage / "home", **given),
        check=True,
        timeout=1200,
    )
    report = json.loads((stage / "report.json").read_text("utf8"))
    return {**report, "faults": rehearse.faults(report, stage / "env")}


@contextlib.contextmanager
def taking(folder: pathlib.Path):
    """The address, git://, of the bare repositories in `folder` while a daemon takes pushes."""
    port = re.search(r":(\d+)/", dead())[1]
    command = ["git", "daemon", "--export-all", "--enable=receive-pack", "--reuseaddr"]
    place = [f"--base-path={folder}", "--listen=127.0.0.1", f"--port={port}"]
    daemon = subprocess.Popen([*command, *place], stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert daemon.poll() is None, "git daemon did not start"
            time.sleep(0.1)
        yield f"git://127.0.0.1:{port}/"
    finally:
        daemon.terminate()
        daemon.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return colab.share(tmp_path_factory.mktemp("colab") / "shared")


@pytest.fixture(scope="module")
def published(tmp_path_factory, root):
    """(the site's address, a clone of the home's main), as one address and one push make them."""
    folder = tmp_path_factory.mktemp("home")
    bare, owner, clone, out = (folder / name for name in ("its-book", "owner", "clone", "site"))
    out.mkdir()
    with served(folder) as files, served(out) as pages:
        # The owner: a copy of this checkout as it stands, the address, a push.
        run("git", "init", "--quiet", "--initial-branch=main", owner, cwd=folder)
        names = run("git", "ls-files", "-co", "--exclude-standard", cwd=root).splitlines()
        for name in filter(lambda name: (root / name).is_file(), names):
            (owner / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, owner / name)
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", bare, cwd=folder)
        (bare / "hooks/post-update").write_text("#!/bin/sh\nexec git update-server-info\n")
        (bare / "hooks/post-update").chmod(0o755)
        command = [sys.executable, "-m", "tools.repository", HOME, "--pages", pages]
        assert run(*command, cwd=owner).endswith(f"The repository is {HOME}.")
        identity = ["-c", "user.name=owner", "-c", "user.email=owner@example.org"]
        run("git", "add", "-A", cwd=owner)
        run("git", *identity, "commit", "-qm", "The book has a home", cwd=owner)
        with taking(folder) as git:
            run("git", "push", "--quiet", HOME, "HEAD:main", cwd=owner, **instead(git))
        # The workflow: a clone over http, the book, and the wheel beside it.
        run("git", "clone", "--quiet", HOME, clone, cwd=folder, **instead(files))
        commit = run("git", "rev-parse", "HEAD", cwd=clone)
        book = pathlib.Path(sys.executable).with_name("jupyter-book")
        options = ["-W", "-n", "--keep-going", "--quiet"]
        run(book, "build", ".", *options, cwd=clone, TREVSNN_COMMIT=commit)
        run(sys.executable, "-m", "tools.site", "--out", folder / "new", cwd=clone)
        shutil.copytree(folder / "new", out, dirs_exist_ok=True)
        yield pages, clone


@pytest.mark.slow
def test_one_push_publishes_page_notebook_and_library_of_one_commit(published, shared, tmp_path):
    _, clone = published
    commit = run("git", "rev-parse", "HEAD", cwd=clone)
    (built,) = (clone.parent / "site/wheels").glob("*.whl")
    assert built.name == f"trevsnn_lite-0.1.0+g{commit[:7]}-py3-none-any.whl"
    text = (clone.parent / "site" / CHAPTER).with_suffix(".html").read_text("utf8")
    assert "Report a problem on this page" in text and "no home yet" not in text
    for place in (
        f"colab.research.google.com/github/some-owner/its-book/blob/{commit}/{CHAPTER}",
        f"kaggle.com/kernels/welcome?src={HOME}/blob/{commit}/{CHAPTER}",
        f"mybinder.org/v2/gh/some-owner/its-book/{commit}?urlpath=lab/tree/{CHAPTER}",
    ):
        assert place in text
    # A reader: the chapter alone, and no library.
    report = notebook_in(tmp_path, pathlib.Path(shutil.copy(clone / CHAPTER, tmp_path)), shared)
    assert report["faults"] == [] and len(report["values"]) >= 5
    assert report["line"].startswith(f"trevsnn_lite 0.1.0+g{commit[:7]}, Python ")


@pytest.mark.slow
def test_an_older_wheel_is_refused_and_a_mirror_helps(published, shared, tmp_path, root):
    pages, clone = published
    text = (clone / CHAPTER).read_text("utf8")
    cell = "".join(next(c for c in json.loads(text)["cells"] if c["cell_type"] == "code")["source"])
    known = int(re.search(r"run=(\d+)", cell)[1])
    # main has gone on: the chapter was run again, and its notebook meets the wheel of before.
    newer = cell.replace(f"run={known}", f"run={known + 1}")
    report = cell_in(tmp_path / "older", newer, shared)
    assert re.match(
        rf"ImportError: The installed trevsnn_lite 0\.1\.0\+g\w+ is older than this chapter: it knows "
        rf"its run {known}, and this is run {known + 1}\. Remove it ",
        report["faults"][0],
    )
    # A saved copy of an older chapter goes on working with the newer library.
    assert (
        cell_in(tmp_path / "saved", cell.replace(f"run={known}", "run=0"), shared)["faults"] == []
    )
    # The pages are out of reach: the cell says what to do, and a mirror is enough.
    gone = cell.replace(pages, dead())
    report = cell_in(tmp_path / "gone", gone, shared)
    assert report["faults"][0] == (
        "RuntimeError: No wheel came: upload the book's wheel beside this notebook, and run this "
        "again."
    )
    mirrored = course.setup_cell(HOME, "01", pages=dead(), mirrors=(f"{pages}wheels/",))
    assert cell_in(tmp_path / "mirrored", mirrored, shared)["faults"] == []


def dead() -> str:
    """An address of this machine at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_a_page_of_wheels_is_what_pip_reads(tmp_path):
    """A link each, the plus sign quoted, with the file's sha256."""
    name = "trevsnn_lite-0.1.0+g1a2b3c4-py3-none-any.whl"
    (tmp_path / name).write_bytes(b"abc")
    page = site.list_wheels(tmp_path).read_text("utf8")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert f'<a href="{name.replace("+", "%2B")}#sha256={digest}">{name}</a>' in page


def test_a_book_that_is_not_built_is_not_published(tmp_path, capsys):
    assert site.main(["--book", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    assert "lacks index.html: type make book first." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_label_is_the_commit_and_says_where_the_library_differs_from_it(tmp_path):
    for name in ("trevsnn_lite", "data"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("1")
    assert wheel.commit(tmp_path) == "changed"
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    run("git", "init", "--quiet", cwd=tmp_path)
    run("git", "add", "-A", cwd=tmp_path)
    run("git", *identity, "commit", "-qm", "one", cwd=tmp_path)
    head = run("git", "rev-parse", "HEAD", cwd=tmp_path)
    assert wheel.commit(tmp_path) == f"g{head[:7]}"
    (tmp_path / "other").write_text("2")
    assert wheel.commit(tmp_path) == f"g{head[:7]}", "only the library counts"
    (tmp_path / "data/file").write_text("2")
    assert wheel.commit(tmp_path) == f"g{head[:7]}.changed"


def test_the_label_stands_behind_the_version_once(tmp_path):
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[project]\nversion = "0.1.0"\n[tool]\nversion = "3"\n', "utf8")
    for label in ("g1a2b3c4", "student"):
        wheel.labelled(label)(tmp_path)
        assert settings.read_text("utf8") == (
            f'[project]\nversion = "0.1.0+{label}"\n[tool]\nversion = "3"\n'
        )
