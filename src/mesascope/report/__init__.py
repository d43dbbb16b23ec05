"""Findings to pages, figures and tables."""

from ._page import page as page
from ._write import write as write
