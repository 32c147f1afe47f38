"""The mutants: drawn by a seed, each another program, and killed by a test that looks."""

import sys

from tools import mutants

CODE = '''"""A docstring with 1 + 1."""


def f(x: int = 3, quiet=False):
    """2 + 2"""
    if x < 0:
        raise ValueError(f"x is {x + 1}")
    y = -x * 2
    y += 1
    return y if not quiet else 0
'''


def test_each_mutant_changes_one_thing_and_no_words(tmp_path):
    file = tmp_path / "f.py"
    file.write_text(CODE)
    found = mutants.mutants(file)
    assert {m.change for m in found} == {
        "operator",
        "comparison",
        "negation",
        "other branch",
        "plus one",
        "bool",
        "removed",
    }
    texts = [m.text() for m in found]
    assert len(set(texts)) == len(texts)
    for text in texts:
        compile(text, "f", "exec")
        assert '"""A docstring with 1 + 1."""' in text and "2 + 2" in text
        assert "{x + 1}" in text or "raise" not in text
    assert mutants.drawn([file], 5, 0) == mutants.drawn([file], 5, 0)
    assert mutants.drawn([file], 5, 0) != mutants.drawn([file], 5, 1)


def test_what_no_test_looks_at_survives_and_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    file = tmp_path / "seen.py"
    file.write_text("def seen():\n    return 1 + 2\n\n\ndef unseen():\n    return 3 * 4\n")
    check = [sys.executable, "-c", "import seen; assert seen.seen() == 3"]
    assert mutants.main([str(file), "--count", "20", "--", *check]) == 1
    said = capsys.readouterr().out
    before = file.read_text()
    assert said.splitlines()[-1].startswith("4 of 8 mutants killed")
    assert "+    return 3 / 4" in said and "+    return 1 - 2" not in said
    assert file.read_text() == before


def test_wrong_use_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    file = tmp_path / "f.py"
    file.write_text("x = 1\n")
    assert mutants.main([str(tmp_path / "none.py"), "--", "true"]) == 2
    assert "none.py is no file of this checkout." in capsys.readouterr().err
    assert mutants.main([str(file)]) == 2
    assert capsys.readouterr().err == ("There is no test command: write -- and the command last.\n")
    assert mutants.main([str(file), "--", sys.executable, "-c", "1 / 0"]) == 2
    assert "without a mutant" in capsys.readouterr().err
