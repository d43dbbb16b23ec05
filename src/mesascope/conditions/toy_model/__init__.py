"""Does the post's equation predict what training does? (section 2.1)"""

from ._condition import Equation as Equation
