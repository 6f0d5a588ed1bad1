"""The density along which latent classes move: its gradient, and that places and parameters are one to one."""

from __future__ import annotations

import numpy as np
import pytest

from capture_recapture.latent_class_trajectories import Patterns, Trajectories


def moved(classes: int) -> tuple[Trajectories, np.ndarray]:
    """Two columns, one with a power of the likelihood."""
    data = Patterns(on=np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0], [0, 1, 0]]), counts=np.array([12, 3, 5, 6]))
    trajectories = Trajectories(data, classes, (0.5, 2.0), np.array([1.0, 0.4]))
    trajectories.alpha = np.array([[0.3], [2.0]])
    return trajectories, 2 * np.random.default_rng(4).standard_normal((4, 2, classes)) + 0.5


@pytest.mark.parametrize("classes", [1, 2, 3, 5])
def test_the_gradient_is_that_of_the_density(classes):
    trajectories, y = moved(classes)
    _, force, _ = trajectories._density(y)
    for place in np.ndindex(y.shape):
        step = np.zeros(y.shape)
        step[place] = 1e-5
        above, below = (trajectories._density(y + sign * step)[0][place[1]] for sign in (1, -1))
        assert force[place] == pytest.approx((above - below) / 2e-5, rel=1e-5, abs=1e-5)


def test_parameters_of_a_place_lead_back_to_it():
    trajectories, y = moved(4)
    y[0, 0, 0], y[2, 1, 1] = -90.0, -25.0
    log_odds, log_off, log_sizes = trajectories._chances(y)
    np.testing.assert_allclose(trajectories._places(log_odds, log_sizes), y, rtol=1e-9)
    np.testing.assert_allclose(np.exp(log_off), 1 / (1 + np.exp(log_odds)))
