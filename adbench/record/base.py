"""What every type of the run record has in common, and every message that carries one."""

from pydantic import BaseModel, ConfigDict, ValidationError

_SHOWN_PROBLEMS = 3


class Model(BaseModel):
    """A record's part: frozen, exact about its fields, with NaN and infinities as strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Message(BaseModel):
    """One line between a process and its workers. NaN and infinities keep their names."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    def line(self) -> bytes:
        """The message as it is sent."""
        return self.model_dump_json().encode() + b"\n"


def first_problems(error: ValidationError) -> str:
    """What pydantic had to say, the first few of it, on one line."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'the record'}: {problem['msg']}"
        for problem in problems[:_SHOWN_PROBLEMS]
    ]
    more = len(problems) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
