"""Do narrow learners hold less run-time optimization than one general learner?"""

from ._condition import Restriction as Restriction
