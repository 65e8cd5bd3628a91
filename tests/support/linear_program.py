"""A linear program whose figures stay the same while another sum of them is asked for: one solver, kept warm."""

from __future__ import annotations

import highspy
import numpy as np


class LinearProgram:
    """Figures y with matrix @ y = right and lower <= y <= upper; what is known of them has to be possible."""

    def __init__(self, matrix: np.ndarray, right: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        rows, columns = matrix.shape
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = rows, columns
        model.col_cost_, model.col_lower_, model.col_upper_ = np.zeros(columns), lower, upper
        model.row_lower_ = model.row_upper_ = right
        where = [np.flatnonzero(row) for row in matrix]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *(len(one) for one in where)]).astype(np.int32)
        model.a_matrix_.index_ = np.concatenate([*where, []]).astype(np.int32)
        model.a_matrix_.value_ = np.concatenate([*(row[one] for row, one in zip(matrix, where, strict=True)), []])
        self._highs = highspy.Highs()
        for option, setting in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("simplex_strategy", 4)):
            self._highs.setOptionValue(option, setting)
        self._highs.passModel(model)
        self._cost = np.zeros(columns)

    def at_least(self, cost: np.ndarray) -> np.ndarray | None:
        """Figures for which cost @ y is least; None when nothing bounds it.

        Raises:
            AssertionError: there are no such figures, or the solver does not find them.
        """
        changed = np.flatnonzero(cost != self._cost).astype(np.int32)
        self._highs.changeColsCost(len(changed), changed, cost[changed])
        self._cost = cost
        for prepare in (None, self._highs.clearSolver):
            if prepare is not None:
                prepare()
            self._highs.run()
            status = self._highs.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return np.array(self._highs.getSolution().col_value)
            if status == highspy.HighsModelStatus.kUnbounded:
                return None
        raise AssertionError(self._highs.modelStatusToString(status))
