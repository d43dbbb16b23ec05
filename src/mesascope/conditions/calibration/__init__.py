"""The measures themselves put to the test, on algorithms whose answer is known."""

from ._condition import Calibration as Calibration
