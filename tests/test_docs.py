"""What the documents say is what the project does."""

import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_generated_blocks_are_those_of_the_records():
    result = subprocess.run([sys.executable, ROOT / "docs" / "build.py", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_the_pythons_of_the_readme_run(capsys):
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})
    power, _, best = capsys.readouterr().out.split()
    assert 0 < float(power) < float(best)


def test_the_quick_commands_of_the_readme_run(tmp_path):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    quick = [
        line for line in lines if not re.search(r"venv \.venv|--profile smoke|list records|export|calibrate", line)
    ]
    assert len(quick) >= 5
    python = shlex.quote(sys.executable)
    script = "\n".join(line.replace(".venv/bin/mesascope", f"{python} -m mesascope") for line in quick)
    result = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert "mean 12.0000 bits" in result.stdout


def test_continuous_integration_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    selected = re.search(r"<!-- test -->\n```sh\n(.*?)\n```", README).group(1)
    assert "README.md" in script and selected.startswith("python3 -m venv") and selected.endswith("-m pytest")


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/*.md")) + [ROOT / "README.md"], ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name}: {target}"
