"""The base of every settings class: strict, immutable, and clear about what is wrong."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Immutable settings; unknown keys, wrong types and NaN are errors.

    Each room defines the settings of what it owns; `premotor.experiments` composes them and turns
    pydantic's errors into one sentence that names the key, the value found and what is allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
