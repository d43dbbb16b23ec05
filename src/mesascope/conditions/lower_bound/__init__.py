"""Must some minimum of optimization power be spent? Selection against its own neutral tail. (section 2.1)"""

from ._condition import LowerBound as LowerBound
