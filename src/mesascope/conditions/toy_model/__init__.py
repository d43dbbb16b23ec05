"""Does the post's equation predict what training does? (section 2.1)"""

from ._condition import Equation as Equation
from ._surface import novel_bits as novel_bits, tuned_bits as tuned_bits
