"""What a pattern claims and an attack verifies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Certificate = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
"""A deviation from the true figures that is said to be possible: nodes of the lattice, and how far each moves."""
