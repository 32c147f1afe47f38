"""fetch against a server on 127.0.0.1: the right file or no change, whatever the server does."""

import hashlib
import shutil
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trevsnn_lite.data import images
from trevsnn_lite.data.downloads import cache_folder, fetch

CONTENT = bytes(range(256)) * 1000
RIGHT = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path == "/missing":
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(
            {"/whole": CONTENT, "/altered": CONTENT[:-1] + b"!", "/broken": CONTENT[:1000]}[
                self.path
            ]
        )

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_success_makes_the_folder_and_a_second_call_asks_nobody(server, tmp_path):
    path = tmp_path / "new" / "file.bin"
    assert fetch(f"{server.url}/whole", path, RIGHT) == path
    assert path.read_bytes() == CONTENT and names(path.parent) == ["file.bin"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044  # others may read it
    fetch(f"{server.url}/whole", path, RIGHT)
    assert server.asked == ["/whole"]


def test_wrong_hash_names_both_and_keeps_nothing(server, tmp_path):
    altered = hashlib.sha256(CONTENT[:-1] + b"!").hexdigest()
    with pytest.raises(ValueError, match=f"expected {RIGHT} but got {altered}"):
        fetch(f"{server.url}/altered", tmp_path / "file.bin", RIGHT)
    assert names(tmp_path) == []


def test_interrupted_transfer_keeps_nothing(server, tmp_path):
    with pytest.raises(
        ConnectionError, match="failed .*1000 bytes read, 255000 more expected.*nothing was kept"
    ):
        fetch(f"{server.url}/broken", tmp_path / "file.bin", RIGHT)
    assert names(tmp_path) == []


@pytest.mark.parametrize("page", ["missing", "altered", "broken"])
def test_a_wrong_file_stays_until_the_new_one_is_verified(server, tmp_path, page):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises((ConnectionError, ValueError)):
        fetch(f"{server.url}/{page}", path, RIGHT)
    assert path.read_bytes() == b"old" and names(tmp_path) == ["file.bin"]
    fetch(f"{server.url}/whole", path, RIGHT)
    assert path.read_bytes() == CONTENT and names(tmp_path) == ["file.bin"]


def test_no_server(tmp_path):
    with pytest.raises(ConnectionError, match="9/file failed .*nothing was kept"):
        fetch("http://127.0.0.1:9/file", tmp_path / "file.bin", RIGHT, timeout=5)
    assert names(tmp_path) == []


def test_a_full_disk_is_reported_as_such_and_leaves_nothing(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "move", full)
    with pytest.raises(OSError, match="No space left") as caught:
        fetch(f"{server.url}/whole", tmp_path / "file.bin", RIGHT)
    assert not isinstance(caught.value, ConnectionError) and names(tmp_path) == []


def test_works_without_tqdm(server, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tqdm", None)
    assert fetch(f"{server.url}/whole", tmp_path / "file.bin", RIGHT).read_bytes() == CONTENT


def test_without_pooch_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(ImportError, match="pip install pooch"):
        fetch("http://127.0.0.1:9/file", tmp_path / "file.bin", RIGHT)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def unknown():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", unknown)
    with pytest.raises(OSError, match="HOME is not set .* expected .* XDG_CACHE_HOME"):
        cache_folder()


def test_cache_folder_follows_xdg(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "trevsnn_lite"


def test_load_images_refuses_a_download_with_another_hash(server, tmp_path, monkeypatch):
    monkeypatch.setattr(images, "FASHION_URL", f"{server.url}/altered?")
    monkeypatch.setattr(
        Handler,
        "do_GET",
        lambda self: (self.send_response(200), self.end_headers(), self.wfile.write(CONTENT)),
    )
    with pytest.raises(ValueError, match=images.FASHION_SHA256["t10k-images-idx3-ubyte.gz"]):
        images.load_images("fashion-mnist", "test", folder=tmp_path, download=True)
    assert names(tmp_path) == []
