"""A thin, warm-started hold on HiGHS: one model, many objectives and bounds."""

from __future__ import annotations

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.faults import DisclosureError

Floats = npt.NDArray[np.float64]


class SolverFailed(DisclosureError):
    """The solver gave up on a problem that has a solution; nothing may be concluded from it."""


class Program:
    """minimise cost @ x subject to matrix @ x = 0 and lower <= x <= upper, solved again and again.

    Every change keeps the basis of the solve before it, so that the next one starts from there.
    """

    def __init__(self, matrix: sp.csr_matrix, cost: Floats, lower: Floats, upper: Floats, *, simplex: int = 4) -> None:
        """Load the model.

        Args:
            matrix: equality rows.
            cost: per column.
            lower: per column, finite.
            upper: per column, finite, so that every objective has an optimum.
            simplex: HiGHS `simplex_strategy`; 4 is primal, which suits changing objectives, 1 is dual.
        """
        rows, columns = matrix.shape
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = columns, rows
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
        model.row_lower_ = model.row_upper_ = np.zeros(rows)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data.astype(np.float64)
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, setting in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("simplex_strategy", simplex),
            ("random_seed", 0),
        ):
            self._highs.setOptionValue(option, setting)
        self._highs.passModel(model)
        self.columns = columns
        self.solves = 0

    def set_cost(self, column: int, cost: float) -> None:
        """Change one objective coefficient."""
        self._highs.changeColCost(column, cost)

    def set_costs(self, columns: npt.NDArray[np.integer], costs: Floats) -> None:
        """Change objective coefficients."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), costs)

    def set_bounds(self, columns: npt.NDArray[np.integer], lower: Floats, upper: Floats) -> None:
        """Change bounds."""
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def restart(self) -> None:
        """Start the next solve from x at its lower bounds instead of from the last x."""
        self._highs.setBasis()

    def solve(self) -> Floats | None:
        """The optimal x, or None when no x satisfies the constraints.

        Raises:
            SolverFailed: neither was proven, even from a cold start.
        """
        status = highspy.HighsModelStatus.kNotset
        for cold in (False, True):
            if cold:
                self._highs.clearSolver()
            self._highs.run()
            self.solves += 1
            status = self._highs.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return np.array(self._highs.getSolution().col_value)
            if status == highspy.HighsModelStatus.kInfeasible:
                return None
        raise SolverFailed(f"HiGHS: {self._highs.modelStatusToString(status)}")

    def make_whole(self) -> None:
        """From now on x must be whole numbers; that is branch and bound, where presolve pays."""
        self._highs.setOptionValue("presolve", "on")
        self._highs.changeColsIntegrality(
            self.columns,
            np.arange(self.columns, dtype=np.int32),
            np.ones(self.columns, dtype=np.uint8),
        )
