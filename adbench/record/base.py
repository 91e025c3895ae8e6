"""What every type of the run record has in common, and every message that carries one."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A record's part: frozen, exact about its fields, with NaN and infinities as strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Message(BaseModel):
    """One line between a process and its workers. NaN and infinities keep their names."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    def line(self) -> bytes:
        """The message as it is sent."""
        return self.model_dump_json().encode() + b"\n"
