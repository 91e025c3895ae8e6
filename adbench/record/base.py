"""What every type of the run record has in common."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A record's part: frozen, exact about its fields, with NaN and infinities as strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")
