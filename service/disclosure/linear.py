"""A thin, warm-started hold on HiGHS: one model, many objectives and bounds."""

from __future__ import annotations

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.disclosure.faults import DisclosureError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class SolverFailed(DisclosureError):
    """The solver gave up on a problem that has a solution; nothing may be concluded from it."""


NOTHING_FOUND = {
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kTimeLimit,
}
"""There is no solution, or none was found within the branches and seconds allowed."""


def _model(
    matrix: sp.csr_matrix, cost: Floats, bounds: tuple[Floats, Floats], right: tuple[Floats, Floats]
) -> highspy.HighsLp:
    """Minimise cost @ x subject to matrix @ x and x within bounds."""
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = bounds
    model.row_lower_, model.row_upper_ = right
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    model.a_matrix_.index_ = matrix.indices.astype(np.int32)
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    return model


def _solver(*options: tuple[str, str | float]) -> highspy.Highs:
    """A solver that does the same every time."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, setting in (("output_flag", False), ("threads", 1), ("random_seed", 0), *options):
        highs.setOptionValue(option, setting)
    return highs


class Program:
    """minimise cost @ x subject to lower <= x <= upper and matrix @ x = 0, or within bounds; solved again and again.

    Every change keeps the basis of the solve before it, so that the next one starts from there.

    Attributes:
        columns: length of x.
        solves: linear programs solved so far.
        work: simplex steps so far, times columns and rows that may vary, which grows as time does and is the same every
            time.
    """

    def __init__(
        self,
        matrix: sp.csr_matrix,
        cost: Floats,
        lower: Floats,
        upper: Floats,
        *,
        right: tuple[Floats, Floats] | None = None,
        simplex: int = 4,
    ) -> None:
        """Load the model.

        Args:
            matrix: the rows.
            cost: per column.
            lower: per column, finite.
            upper: per column, finite, so that every objective has an optimum.
            right: per row, the least and the most that it may be; 0 when absent.
            simplex: HiGHS `simplex_strategy`; 4 is primal, which suits changing objectives, 1 is dual.
        """
        self._highs = _solver(("presolve", "off"), ("solver", "simplex"), ("simplex_strategy", simplex))
        zeros = np.zeros(matrix.shape[0])
        self._highs.passModel(_model(matrix, cost, (lower, upper), right or (zeros, zeros)))
        self.columns = matrix.shape[1]
        self.solves = 0
        self.work = 0
        self._size = self.columns if right is None else self.columns + int(np.count_nonzero(right[0] != right[1]))

    def set_cost(self, column: int, cost: float) -> None:
        """Change one objective coefficient."""
        self._highs.changeColCost(column, cost)

    def set_costs(self, columns: npt.NDArray[np.integer], costs: Floats) -> None:
        """Change objective coefficients."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), costs)

    def set_bounds(self, columns: npt.NDArray[np.integer], lower: Floats, upper: Floats) -> None:
        """Change bounds."""
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def set_right(self, rows: npt.NDArray[np.integer], lower: Floats, upper: Floats) -> None:
        """Change what rows may be."""
        self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower, upper)  # type: ignore[attr-defined] # stub

    def restart(self) -> None:
        """Start the next solve from x at its lower bounds instead of from the last x."""
        self._highs.setBasis()

    def forget(self) -> None:
        """Start the next solve from nothing."""
        self._highs.clearSolver()

    def solve(self) -> Floats | None:
        """The optimal x, or None when no x satisfies the constraints (see `make_whole` for whole numbers).

        Raises:
            SolverFailed: neither was proven, even from a cold start.
        """
        status = highspy.HighsModelStatus.kNotset
        for cold in (False, True):
            if cold:
                self._highs.clearSolver()
            self._highs.run()
            self.solves += 1
            self.work += (1 + self._highs.getInfo().simplex_iteration_count) * self._size
            status = self._highs.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return np.array(self._highs.getSolution().col_value)
            if status in NOTHING_FOUND:
                return None
        raise SolverFailed(f"HiGHS: {self._highs.modelStatusToString(status)}")

    @property
    def reduced_costs(self) -> Floats:
        """Per column, by how much the objective would change with it, at the last x."""
        return np.array(self._highs.getSolution().col_dual)

    def give_up_after(self, seconds: float) -> None:
        """The next `solve` says after so much time that there is no x; its clock counts all solves together."""
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + seconds)

    def make_whole(self, branches: int) -> None:
        """From now on x must be whole numbers; that is branch and bound, where presolve pays.

        After so many branches without an outcome `solve` says that there is no such x.
        """
        self._highs.setOptionValue("mip_max_nodes", branches)
        self._highs.setOptionValue("presolve", "on")
        self._highs.changeColsIntegrality(
            self.columns,
            np.arange(self.columns, dtype=np.int32),
            np.ones(self.columns, dtype=np.uint8),
        )


PER_SEARCH = 1_000
"""Simplex steps that take as long as what a search among whole numbers does besides."""

MIXED_GAP = 0.5
"""Relative distance from the best objective at which a search among whole numbers stops."""

MIXED_NODES = 200
"""Branches after which it gives up."""

MIXED_SECONDS = 60.0
"""Time after which it gives up; what it finds before that does not depend on time."""


def solve_mixed(
    matrix: sp.csr_matrix, right: Floats, cost: Floats, bounds: tuple[Floats, Floats], whole: Flags
) -> Floats | None:
    """A good x with matrix @ x = right within bounds (lower, upper), some of it whole; None when there is none.

    Good, not best: among many whole solutions the first that is within `MIXED_GAP` of the least cost @ x.

    Raises:
        SolverFailed: neither a solution was found nor shown that there is none.
    """
    model = _model(matrix, cost, bounds, (right, right))
    model.integrality_ = [
        highspy.HighsVarType.kInteger if one else highspy.HighsVarType.kContinuous for one in whole.tolist()
    ]
    highs = _solver(("mip_rel_gap", MIXED_GAP), ("mip_max_nodes", MIXED_NODES), ("time_limit", MIXED_SECONDS))
    highs.passModel(model)
    highs.run()
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed(f"HiGHS: {highs.modelStatusToString(status)}")
    return np.array(highs.getSolution().col_value)


class Selection:
    """minimise cost @ z over 0 <= z <= 1 subject to rows @ z >= least, where rows are found one after another.

    Attributes:
        work: simplex steps so far, and `PER_SEARCH` for each search among whole numbers, times columns.
    """

    def __init__(self, cost: Floats, fixed: Flags) -> None:
        """No rows yet.

        Args:
            cost: per column.
            fixed: what is selected anyway.
        """
        self._highs = _solver()
        nothing = np.zeros(0)
        bounds = fixed.astype(np.float64), np.ones(len(cost))
        self._highs.passModel(_model(sp.csr_matrix((0, len(cost))), cost, bounds, (nothing, nothing)))
        self._columns = np.arange(len(cost), dtype=np.int32)
        self.work = 0

    def add(self, rows: sp.csr_matrix, least: float) -> None:
        """From now on these hold too."""
        count = rows.shape[0]
        most = np.full(count, highspy.kHighsInf)
        starts, columns = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        entries = rows.data.astype(np.float64)
        self._highs.addRows(count, np.full(count, least), most, rows.nnz, starts, columns, entries)

    def without(self, columns: npt.NDArray[np.integer]) -> None:
        """From now on these are not selected."""
        nothing = np.zeros(len(columns))
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), nothing, nothing)

    def in_shares(self) -> tuple[Floats, Floats] | None:
        """The cheapest selection of columns in part, and its reduced costs; None when there is none."""
        if not self._solved():
            return None
        solution = self._highs.getSolution()
        return np.clip(np.array(solution.col_value), 0.0, 1.0), np.array(solution.col_dual)

    def whole(self, gap: float, branches: int) -> Floats | None:
        """A selection of whole columns that costs no more than `gap` above the cheapest; None when none was found.

        Args:
            gap: relative.
            branches: after how many to give up.
        """
        flags = np.ones(len(self._columns), dtype=np.uint8)
        self._highs.changeColsIntegrality(len(self._columns), self._columns, flags)
        self._highs.setOptionValue("mip_rel_gap", gap)
        self._highs.setOptionValue("mip_max_nodes", branches)
        self.work += PER_SEARCH * len(self._columns)
        return np.rint(np.array(self._highs.getSolution().col_value)) if self._solved() else None

    def _solved(self) -> bool:
        self._highs.run()
        self.work += (1 + self._highs.getInfo().simplex_iteration_count) * len(self._columns)
        return bool(self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)
