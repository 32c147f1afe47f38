"""Runs one notebook cell by cell and reports as JSON: `python run_notebook.py NOTEBOOK REPORT
[tcp|ipc]`, with the Python of a fresh environment."""

import json
import os
import pathlib
import re
import sys
import tempfile
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

VALUE = re.compile(r"^(\d\d\.[\w.-]+): .*✓", re.MULTILINE)  # what course.expect tells
HELD = re.compile(r"course\.expect\(\s*[\"'](\d\d\.[\w.-]+)[\"']")
SILENCE = 240  # seconds for one cell, several times what the slowest takes on a busy machine
WHERE = (
    "import sys, pathlib; "
    "print(pathlib.Path(sys.modules['trevsnn_lite'].__file__).resolve(), 'google.colab' in "
    "sys.modules)"
)


def values(cells: list) -> list[str]:
    """The ids of what course.expect tells in the outputs of `cells`, each once."""
    texts = (
        output.get("text", "")
        for cell in cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    return sorted(set(VALUE.findall("\n".join(texts))))


def run(file: pathlib.Path, connection: dict) -> dict:
    """Everything that the rehearsal wants to know of one run; `error` is "" for a run without one."""  # noqa: E501
    notebook = nbformat.read(file, as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    report = {
        "stored": sorted(set(HELD.findall(code))),
        "error": "",
        "setup_seconds": 0.0,
        "line": "",
        "library": "",
        "colab": False,
        "silent": False,
    }
    for cell in notebook.cells:
        cell.update({"outputs": []} if cell.cell_type == "code" else {})
    # What one `print` writes can arrive in pieces, and late, from a busy machine: put together,
    # waited for, and a loss is silence.
    client = NotebookClient(
        notebook,
        timeout=SILENCE,
        kernel_name="python3",
        config=Config({"KernelManager": connection}),
        resources={"metadata": {"path": str(file.parent)}},
        coalesce_streams=True,
        iopub_timeout=60,
        raise_on_iopub_timeout=True,
    )
    started = time.perf_counter()
    try:
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                before = time.perf_counter()
                client.execute_cell(cell, index)
                if cell.cell_type == "code" and not report["line"]:
                    report["setup_seconds"] = time.perf_counter() - before
                    report["line"] = (
                        "".join(output.get("text", "") for output in cell.outputs).strip()
                        or "nothing"
                    )
            where = nbformat.v4.new_code_cell(WHERE)
            notebook.cells.append(where)
            client.execute_cell(where, len(notebook.cells) - 1)
            report["library"], report["colab"] = where.outputs[0]["text"].strip().rsplit(" ", 1)
    except CellExecutionError as error:
        report["error"] = f"{error.ename}: {error.evalue}"
    except (DeadKernelError, TimeoutError) as error:
        report |= {
            "error": f"{type(error).__name__}: {error}",
            "silent": isinstance(error, TimeoutError),
        }
    report |= {"seconds": time.perf_counter() - started, "values": values(notebook.cells)}
    return report


if __name__ == "__main__":
    file, result, transport = (
        pathlib.Path(sys.argv[1]),
        pathlib.Path(sys.argv[2]),
        (sys.argv[3:] or ["tcp"])[0],
    )
    with tempfile.TemporaryDirectory(
        dir="/tmp" if transport == "ipc" else None
    ) as folder:  # a socket's path may have 107 characters
        os.environ |= {"JUPYTER_RUNTIME_DIR": folder, "TREVSNN_TELL": "1"}
        result.write_text(
            json.dumps(
                run(
                    file,
                    {"transport": "ipc", "ip": f"{folder}/kernel"} if transport == "ipc" else {},
                )
            ),
            "utf8",
        )
