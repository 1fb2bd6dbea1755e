"""Off-policy learning: DDPG, TD3 and SAC with one replay memory, for controllers with and without a state."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.learning.off_policy.agent import (
        OffPolicyState as OffPolicyState,
        initialise as initialise,
        iterate as iterate,
    )
    from premotor.learning.off_policy.replay import Columns as Columns, Replay as Replay
    from premotor.learning.off_policy.settings import (
        DDPGSettings as DDPGSettings,
        NoiseSettings as NoiseSettings,
        OffPolicySettings as OffPolicySettings,
        SACSettings as SACSettings,
        TD3Settings as TD3Settings,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
