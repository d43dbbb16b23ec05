"""Does diversity favour run-time search? (section 2.1)"""

from ._condition import Diversity as Diversity
