"""Findings to pages, figures and tables."""

from ._page import page as page
from ._theory_figures import write_theory as write_theory
from ._theory_page import write_theory_page as write_theory_page
from ._write import (
    csv_text as csv_text,
    replace_file as replace_file,
    write as write,
    write_charts as write_charts,
    write_tables as write_tables,
)
