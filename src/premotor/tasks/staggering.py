"""First episodes of different lengths, so that copies of a task do not begin all their episodes at once."""

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from premotor.errors import PremotorError
from premotor.tasks.base import VectorEnvironment
from premotor.tasks.environment import PhysicsEnvironment


def stagger(environment: VectorEnvironment, key: PRNGKeyArray) -> None:
    """Take the episodes that have just begun for old ones, of evenly spaced ages in random order.

    They end by the time limit one after the other, and so do those that follow. A learner then sees starts in every
    roll-out, and not in every twentieth (Rudin et al. 2022, *CoRL*).

    Raises:
        PremotorError: the copies are not of `PhysicsEnvironment`, whose time limits alone are known here.
    """
    if not isinstance(environment, PhysicsEnvironment):
        raise PremotorError(
            f"learning.stagger is true, but a {type(environment).__name__} cannot begin with episodes of different "
            "ages; set it to false"
        )
    settled, copies = environment.task.settling, environment.environments
    ages = settled + np.arange(copies) * max(environment.task.time_limit - settled, 0) // copies
    environment._elapsed[:] = ages[np.asarray(jax.random.permutation(key, copies))]
