"""Equations solved by hand have the solutions that they had, no fewer and no more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from service.disclosure import elimination
from service.disclosure.choices import Choices
from service.disclosure.elimination import MOST, Solutions

Matrix = npt.NDArray[np.int64]


@st.composite
def matrices(draw: st.DrawFn, entries: tuple[int, ...] = (-1, 0, 0, 0, 1)) -> Matrix:
    """A few equations over a few unknowns, most of which stand in few."""
    rows, columns = draw(st.integers(0, 8)), draw(st.integers(1, 10))
    flat = draw(st.lists(st.sampled_from(entries), min_size=rows * columns, max_size=rows * columns))
    return np.array(flat, dtype=np.int64).reshape(rows, columns)


def rank(matrix: npt.NDArray[np.generic]) -> int:
    return int(np.linalg.matrix_rank(matrix.astype(float))) if matrix.size else 0


def null_space(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Columns that span what the equations leave free, by singular values."""
    if not matrix.shape[0]:
        return np.eye(matrix.shape[1])
    _, values, right = np.linalg.svd(matrix)
    return np.asarray(right[int((values > 1e-9).sum()) :].T)


@given(matrix=matrices(), keep=st.sets(st.integers(0, 9)))
def test_the_same_solutions(matrix: Matrix, keep: set[int]) -> None:
    found = Solutions.of(sp.csr_matrix(matrix.astype(float)), keep)
    basis, left = found.basis.toarray(), found.equations.toarray()
    possible = basis @ null_space(left)
    assert np.allclose(matrix @ possible, 0.0)
    assert rank(possible) == matrix.shape[1] - rank(matrix)
    assert set(found.chosen) | set(found.given) == set(range(matrix.shape[1]))
    assert keep & set(range(matrix.shape[1])) <= set(found.chosen)


@given(matrix=matrices((-2, -1, 0, 0, 0, 1, 3)))
def test_whole_when_what_is_chosen_is_whole(matrix: Matrix) -> None:
    found = Solutions.of(sp.csr_matrix(matrix.astype(float)))
    basis = found.basis.toarray()
    assert np.array_equal(basis, np.rint(basis))
    assert np.array_equal(basis[found.chosen], np.eye(len(found.chosen)))


def test_what_fills_up_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elimination, "FILLED", 0)
    chain = sp.csr_matrix(np.array([[1.0, -1.0, 0.0, 1.0], [0.0, 1.0, -1.0, 1.0]]))
    found = Solutions.of(chain)
    assert len(found.chosen) == 4
    assert (found.equations != chain).nnz == 0


def test_what_is_large_or_not_whole_is_left() -> None:
    several = sp.csr_matrix((1, MOST + 1))
    parts = sp.csr_matrix(np.array([[0.5, 1.0]]))
    for matrix in (several, parts):
        found = Solutions.of(matrix)
        assert len(found.chosen) == matrix.shape[1]
        assert (found.equations != matrix).nnz == 0


def test_a_chain_of_releases_comes_down_to_one_number() -> None:
    """Each of 400 figures differs from the next by what is known: one number says all."""
    count = 400
    chain = sp.diags([np.ones(count - 1), -np.ones(count - 1)], [0, 1], shape=(count - 1, count)).tocsr()
    found = Solutions.of(chain)
    assert len(found.chosen) == 1
    assert np.array_equal(found.basis.toarray(), np.ones((count, 1)))


@given(matrix=matrices(), choice=st.integers(0, 9), bounds=st.integers(1, 6))
def test_programs_by_hand_go_as_far_as_programs_as_they_are(matrix: Matrix, choice: int, bounds: int) -> None:
    """Also where nothing is left to choose, or no equation is left."""
    equations, target = sp.csr_matrix(matrix.astype(float)), choice % matrix.shape[1]
    lower, upper = -np.arange(1.0, matrix.shape[1] + 1), np.full(matrix.shape[1], float(bounds))
    reached = []
    for solutions in (Solutions.of(equations), Solutions.none(equations)):
        far = Choices(solutions, lower, upper)
        far.aim(target, -1.0)
        found = far.find()
        assert found is not None
        assert np.allclose(matrix @ found, 0.0, atol=1e-6)
        near = Choices(solutions, lower, upper, prices=np.ones(len(lower)), simplex=1)
        asked = lower.copy()
        asked[target] = upper[target]
        near.bound(asked, upper)
        reached.append((round(float(found[target]), 5), near.find() is None))
    assert reached[0] == reached[1]
