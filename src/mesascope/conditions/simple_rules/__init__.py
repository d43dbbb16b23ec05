"""Simple rules: does a task that they solve perfectly do without computation at run time?"""

from ._condition import SimpleRules as SimpleRules
