"""Streams of other encodings, a full disk behind standard output, a folder or a home that is gone, python -OO."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

WITHOUT_HOME = """
import os, pathlib, sys
os.environ.pop("HOME", None)
import pwd
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
from mesascope.cli import main
sys.exit(main(sys.argv[1:]))
"""


def mesascope(*arguments, python=(), code=None, env=(), **kwargs):
    start = ("-c", code) if code else ("-m", "mesascope")
    environment = {**os.environ, **dict(env)}
    command = [sys.executable, *python, *start, *arguments]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 300, "env": environment} | kwargs
    return subprocess.run(command, **options)


def one_line(finished, status, *texts):
    error = finished.stderr.decode()
    assert finished.returncode == status and len(error.strip().splitlines()) == 1, error
    assert all(text in error for text in texts), error


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_is_written_in_the_characters_that_the_stream_has(encoding):
    plain = mesascope("list", env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    whole = mesascope("list", env={"PYTHONIOENCODING": "utf-8"})
    assert plain.returncode == whole.returncode == 0 and not plain.stderr
    text = whole.stdout.decode("utf-8")
    assert "\u201c" in text
    written = text.replace("\u201c", '"').replace("\u2014", " - ").replace("\u201d", '"').replace("\u2019", "'")
    assert plain.stdout.decode(encoding).splitlines()[:3] == written.splitlines()[:3]
    assert len(plain.stdout.decode(encoding).splitlines()) == len(text.splitlines())


def test_names_that_are_no_text_are_written_all_the_same(tmp_path):
    finished = mesascope("list", "records", "--out", os.fsencode(tmp_path) + b"/\xff", env={"PYTHONUTF8": "1"})
    one_line(finished, 1, "does not exist")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_is_named(unbuffered):
    for arguments in (("list", "tasks"), ("list", "--json"), ("--help",)):
        with open("/dev/full", "wb") as full:
            finished = mesascope(*arguments, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
        one_line(finished, 1, "standard output cannot be written: No space left on device")
    with open("/dev/full", "wb") as full:
        assert mesascope("list", "nothing", "--out", "x", stdout=full, stderr=full).returncode != 0


def test_a_working_directory_that_is_gone_is_named(tmp_path):
    gone = str(tmp_path / "gone")
    code = f"import os; os.mkdir({gone!r}); os.chdir({gone!r}); os.rmdir({gone!r})\n"
    code += "import sys; from mesascope.cli import main; sys.exit(main(sys.argv[1:]))"
    for arguments, status in (
        (("report", "store"), 1),
        (("measure", "--table", "t.csv"), 2),
        (("run", "toy-model"), 1),
    ):
        one_line(mesascope(*arguments, code=code), status, "The working directory no longer exists: change to one")


def test_an_account_without_a_home_is_told_so(tmp_path):
    arguments = ("list", "records", "--out", str(tmp_path / "store"))
    one_line(mesascope(*arguments, code=WITHOUT_HOME), 1, "no home directory; set HOME")


def test_python_without_documentation_strings_is_told_so(tmp_path):
    one_line(mesascope("list", "records", "--out", str(tmp_path), python=["-OO"]), 1, "python -OO", "leave out -OO")


def test_json_needs_no_characters_beyond_ascii():
    assert json.loads(mesascope("list", "--json", env={"PYTHONIOENCODING": "ascii"}).stdout.decode("ascii"))
