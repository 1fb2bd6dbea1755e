"""The tiny runs that the tests of this room share."""

from run_fixtures import *  # noqa: F403
