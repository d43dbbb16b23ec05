"""Does algorithmic range, capacity held fixed, favour run-time search? (section 2.2)"""

from ._condition import AlgorithmicRange as AlgorithmicRange
