"""What the documents say is what the project does."""

import pathlib
import re
import shlex
import subprocess
import sys
import types

import numpy as np
import pytest
from invented import Invented, planted

from mesascope.cli import main
from mesascope.conditions import CONDITIONS, settings
from mesascope.conditions.frame import AbstractClaim

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


CLAIMS = [name for name in CONDITIONS if issubclass(CONDITIONS[name], AbstractClaim)]
PAGES = [name for name in CLAIMS if (ROOT / "docs" / f"{name}.md").is_file()]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_generated_blocks_are_those_of_the_records():
    result = subprocess.run([sys.executable, ROOT / "docs" / "build.py", "--check"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", PAGES)
def test_a_claims_page_is_three_blocks_around_few_lines_by_hand(name):
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(rf"<!-- made from {name}: (\S+) ", page) == ["answer", "fixed", "shown"]
    rest = re.sub(r"<!-- made from .*?<!-- end -->", "", page, flags=re.S)
    by_hand = [line for line in rest.splitlines() if line.strip() and not line.startswith("#")]
    assert len(by_hand) <= 50, f"{len(by_hand)} lines"


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


def test_the_claim_of_the_documents_runs(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    code = re.search(r"<!-- claim -->\n```python\n(.*?)```", text, re.S).group(1)
    module = types.ModuleType("thinking_time")
    exec(compile(code, "extending.md", "exec"), module.__dict__)
    monkeypatch.setitem(CONDITIONS._members, "thinking-time", module.ThinkingTime)
    # a planted effect is seen
    claim = settings(module.ThinkingTime, "standard", {})
    records = planted(claim, 5.0, 0.5, np.random.default_rng(0))
    finding = claim.analyse(records)
    assert finding.verdict == "supported" and finding.effect.value == pytest.approx(5, abs=0.1)
    assert finding.answer == "Yes. With more time, more is computed."
    # and says nothing where its control fails
    unsolved = claim.analyse(Invented(records.run_time, own=0.5))
    assert unsolved.verdict == "inconclusive" and "with 6 thoughts is 0.50, where at least 0.8" in unsolved.reason
    # and it runs from the command line
    assert main(["run", "thinking-time", "--profile", "smoke", "--out", str(tmp_path / "runs"), "--workers", "1"]) == 0
    assert "verdict  none" in capsys.readouterr().out
    assert (tmp_path / "runs" / "reports" / "thinking-time" / "tables" / "means.csv").is_file()
    publish = ["publish", "thinking-time", "--out", str(tmp_path / "runs"), "--to"]
    assert main([*publish, str(tmp_path / "published")]) == 0 == main(["report", str(tmp_path / "published")])
    # without the views that it reads nothing is published
    monkeypatch.setattr(module.ThinkingTime, "views", ())
    assert main([*publish, str(tmp_path / "part")]) == 1 and not (tmp_path / "part").exists()
    assert "nothing was published" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "published"}
