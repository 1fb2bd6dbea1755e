"""Publications whose figures and tables `premotor reproduce` makes from runs of ours."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.report.reproductions.base import (
        REPRODUCTIONS as REPRODUCTIONS,
        Compared as Compared,
        Part as Part,
        Reproduction as Reproduction,
    )
    from premotor.report.reproductions.page import reproduce as reproduce
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
